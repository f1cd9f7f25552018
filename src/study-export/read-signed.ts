/** What a signed reading says of the truth: which series it is about, and where its nodules are. */
import type { StudyIndex } from '../index/port.ts';
import type { ReviewedFinding, SignedReview } from '../review/types.ts';
import type { InstanceRecord } from '../study/types.ts';

export interface SignedStudy {
  readonly studyInstanceUID: string;
  readonly review: SignedReview;
  /** Every image and object of the study. */
  readonly instances: readonly InstanceRecord[];
  /** The series that the reader's findings lie on, or that was analysed when there is none. */
  readonly seriesInstanceUIDs: readonly string[];
  readonly findings: readonly { readonly seriesInstanceUID: string; readonly reviewed: ReviewedFinding }[];
  /** What was signed about images that the index does not have: no series can be said for it. */
  readonly withoutImage: readonly ReviewedFinding[];
}

/** A study that was asked for, or listed as signed, and of which nothing can be exported. */
export interface UnsignedStudy {
  readonly studyInstanceUID: string;
  readonly leftOut: string;
}

export type SignedIndex = Pick<StudyIndex, 'worklist' | 'instances' | 'study' | 'reviews'>;

const page = 200;

/**
 * Each study once. Readers go on signing: whatever is signed or reopened between two pages moves the rest to other places, so
 * the list is gone through until that brings nothing new.
 */
async function signedStudies(index: SignedIndex): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let before = -1; found.size > before;) {
    before = found.size;
    for (let offset = 0, isLast = false; !isLast; offset += page) {
      const { items } = await index.worklist({ reviewStates: ['signed', 'addendum'], limit: page, offset, order: 'received' });
      for (const { studyInstanceUID } of items) found.add(studyInstanceUID);
      isLast = items.length < page;
    }
  }
  return found;
}

/** Studies with a signed version, the newest of it; drafts are not looked at. */
export async function* readSigned(index: SignedIndex, only?: ReadonlySet<string>): AsyncGenerator<SignedStudy | UnsignedStudy> {
  const listed = await signedStudies(index);
  for (const studyInstanceUID of only ?? listed) {
    const [review] = listed.has(studyInstanceUID) ? await index.reviews.signed(studyInstanceUID) : [];
    if (review === undefined) {
      yield { studyInstanceUID, leftOut: 'no signed reading' };
      continue;
    }
    const instances = await index.instances({ studyInstanceUID });
    const seriesOf = new Map(instances.map(({ sopInstanceUID, seriesInstanceUID }) => [sopInstanceUID, seriesInstanceUID]));
    const findings: SignedStudy['findings'][number][] = [];
    const withoutImage: ReviewedFinding[] = [];
    for (const reviewed of review.draft.findings) {
      const seriesInstanceUID = seriesOf.get(reviewed.finding.sliceInstanceUID);
      if (seriesInstanceUID === undefined) withoutImage.push(reviewed);
      else findings.push({ seriesInstanceUID, reviewed });
    }
    const detail = await index.study(studyInstanceUID);
    const analysed = [detail?.analysis, ...detail?.earlierAnalyses ?? []].find((analysis) => analysis?.version === review.analysisVersion)?.findings.seriesInstanceUID;
    const series = new Set(findings.map(({ seriesInstanceUID }) => seriesInstanceUID));
    if (analysed !== undefined) series.add(analysed);
    yield { studyInstanceUID, review, instances, seriesInstanceUIDs: [...series], findings, withoutImage };
  }
}
