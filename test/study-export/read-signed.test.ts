/** Which studies an export takes while readers go on signing, and what it tells of those that it cannot take. */
import { describe, expect, it } from 'vitest';
import type { ReviewedFinding, SignedReview } from '../../src/review/types.ts';
import { readSigned, type SignedIndex, type SignedStudy, type UnsignedStudy } from '../../src/study-export/read-signed.ts';

const image = { sopInstanceUID: '1.1', seriesInstanceUID: '1.0' };
const finding = (sliceInstanceUID: string): ReviewedFinding => ({ verdict: 'accepted', finding: { sliceInstanceUID } }) as unknown as ReviewedFinding;
const review = { draft: { findings: [finding('1.1'), finding('9.9')] }, objects: [] } as unknown as SignedReview;

/** Newest first, in pages, as the index lists them; `between` acts after every page. */
function indexOf(uids: string[], between: (page: number) => void = () => undefined, signed: (uid: string) => readonly SignedReview[] = () => [review]): SignedIndex {
  let page = 0;
  return {
    async worklist({ limit, offset }: { readonly limit: number; readonly offset: number }) {
      const items = uids.slice(offset, offset + limit).map((studyInstanceUID) => ({ studyInstanceUID }));
      between(page);
      page += 1;
      return { total: uids.length, items };
    },
    reviews: { signed: async (uid: string) => signed(uid) },
    instances: async () => [image],
    study: async () => undefined,
  } as unknown as SignedIndex;
}

async function all(studies: AsyncIterable<SignedStudy | UnsignedStudy>): Promise<readonly (SignedStudy | UnsignedStudy)[]> {
  const found = [];
  for await (const study of studies) found.push(study);
  return found;
}

describe('signed studies', () => {
  const many = (): string[] => Array.from({ length: 450 }, (_, n) => `2.${n}`);

  it('each comes once when others are signed between two pages', async () => {
    const uids = many();
    const found = await all(readSigned(indexOf(uids, (page) => { if (page < 2) uids.unshift(`3.${page}`); })));
    const names = found.map(({ studyInstanceUID }) => studyInstanceUID);
    expect(names.toSorted()).toEqual([...many(), '3.0', '3.1'].toSorted());
  });

  it('none is passed over when others are reopened between two pages', async () => {
    const uids = many();
    const found = await all(readSigned(indexOf(uids, (page) => { if (page === 0) uids.splice(0, 5); })));
    expect(new Set(found.map(({ studyInstanceUID }) => studyInstanceUID))).toEqual(new Set(many()));
  });

  it('what was asked for and is not signed, and a nodule without its image, are told', async () => {
    const [known, unknown, empty] = await all(readSigned(indexOf(['2.1', '2.2'], undefined, (uid) => (uid === '2.1' ? [review] : [])), new Set(['2.1', '2.9', '2.2'])));
    expect(known).toMatchObject({ findings: [{ seriesInstanceUID: '1.0' }], withoutImage: [{ finding: { sliceInstanceUID: '9.9' } }], seriesInstanceUIDs: ['1.0'] });
    expect(unknown).toEqual({ studyInstanceUID: '2.9', leftOut: 'no signed reading' });
    expect(empty).toEqual({ studyInstanceUID: '2.2', leftOut: 'no signed reading' });
  });
});
