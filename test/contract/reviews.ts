/** What every store of readings must do, as part of the index that it lies in. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Conclusions } from '../../src/conclusions/types.ts';
import { assessLungRadsExam } from '../../src/guidelines/lung-rads-exam.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import type { Signing, StoredReview } from '../../src/review/store.ts';
import type { ReviewDraft } from '../../src/review/types.ts';
import { findings, record } from '../index/records.ts';
import type { CreateIndexFixture } from './index.ts';
import { openBeforeEach } from './opened-index.ts';

const study = '1.2.3';
const an = { id: 'an', name: 'Trần^An' };
const binh = { id: 'binh', name: 'Lê^Bình' };
const draft: ReviewDraft = { findings: [], patient: { isScreening: true, lungsFullyEvaluated: true }, impression: 'Không thấy nốt.', language: 'vi' };
const conclusions: Conclusions = { lungRads: assessLungRadsExam({ findings: [], isScreening: true, lungsFullyEvaluated: true }), brock: [] };

const object = { role: 'sr', sopInstanceUID: '2.25.9', sopClassUID: '1.2.840.10008.5.1.4.1.1.88.34' };

export function signingOf(studyInstanceUID: string, revision: number, now: Date, version = 1): Signing {
  return {
    studyInstanceUID, revision, version, kind: version === 1 ? 'report' : 'addendum', reader: an, signedAt: now.toISOString(), draft, conclusions, comparisons: [],
    objects: [{ ...object, part10: Uint8Array.of(1, 2, 3) }],
  };
}

export function testReviews(name: string, createFixture: CreateIndexFixture): void {
  describe(name, () => {
    let index: StudyIndex;
    let now = new Date('2026-01-02T10:00:00.000Z');
    beforeEach(() => { now = new Date('2026-01-02T10:00:00.000Z'); });
    const { restart } = openBeforeEach(createFixture, (opened) => { index = opened; }, () => now);
    beforeEach(async () => { await index.addInstance(record({ study })); });
    const stored = (revision: number, change: Partial<StoredReview> = {}): StoredReview => ({
      studyInstanceUID: study, revision, state: 'draft', draft, newerAnalysis: false, updatedAt: now.toISOString(), ...change,
    });
    const signing = (revision: number, version = 1): Signing => signingOf(study, revision, now, version);
    const inSeconds = (seconds: number): string => new Date(now.getTime() + seconds * 1000).toISOString();
    const take = (reader: typeof an, takeOver = false) => index.reviews.takeLock(study, { reader, at: now.toISOString(), expiresAt: inSeconds(60), takeOver });

    it('keeps a draft, by revision, through a restart', async () => {
      expect(await index.reviews.review(study)).toBeUndefined();
      expect(await index.reviews.write(stored(1, { analysisVersion: 2, compareWith: '1.2.1', lungRads: '1' }), 0)).toBe(true);
      await restart();
      expect(await index.reviews.review(study)).toEqual(stored(1, { analysisVersion: 2, compareWith: '1.2.1', lungRads: '1' }));
      expect(await index.reviews.write(stored(1), 0)).toBe(false);
      expect(await index.reviews.write(stored(2), 1)).toBe(true);
      expect(await index.reviews.review(study)).toEqual(stored(2));
    });

    it('of writes on one revision exactly one counts', async () => {
      const outcomes = await Promise.all(Array.from({ length: 20 }, (_, at) => index.reviews.write(stored(1, { draft: { ...draft, impression: `${at}` } }), 0)));
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect((await index.reviews.review(study))?.draft.impression).toBe(String(outcomes.indexOf(true)));
    });

    it('gives the lock to one, until it expires or is taken over, and remembers who took it', async () => {
      expect(await take(an)).toMatchObject({ granted: true, lock: { reader: an, since: inSeconds(0), expiresAt: inSeconds(60) } });
      const since = inSeconds(0);
      expect(await take(binh)).toMatchObject({ granted: false, lock: { reader: an } });
      now = new Date(now.getTime() + 30_000);
      expect(await take(an)).toMatchObject({ granted: true, lock: { since, expiresAt: inSeconds(60) } });
      await restart();
      expect(await take(binh)).toMatchObject({ granted: false });
      expect(await take(binh, true)).toMatchObject({ granted: true, lock: { reader: binh, since: inSeconds(0) } });
      expect(await index.reviews.events(study)).toEqual([{ kind: 'taken-over', reader: binh, from: an, at: inSeconds(0) }]);
      now = new Date(now.getTime() + 60_000);
      expect(await take(an)).toMatchObject({ granted: true, lock: { reader: an } });
      // An expired lock is free: nobody lost it.
      expect(await index.reviews.events(study)).toHaveLength(1);
    });

    it('gives a lock back only to its holder', async () => {
      await take(an);
      expect(await index.reviews.releaseLock(study, binh.id)).toBe(false);
      expect(await index.reviews.releaseLock(study, an.id)).toBe(true);
      expect(await index.reviews.lock(study)).toBeUndefined();
    });

    it('keeps what was measured, mask and all', async () => {
      const finding = {
        trackingUID: '2.25.7', trackingIdentifier: 'Nodule 7', worldPoint: [1, 2, 3], diameterMm: 5, longAxisMm: 6, shortAxisMm: 4, volumeMm3: 60, meanHU: 20,
        type: 'solid', laterality: 'left', sliceInstanceUID: '1.2.3.1.1', longAxisWorld: [[0, 0, 0], [6, 0, 0]], shortAxisWorld: [[0, 0, 0], [0, 4, 0]], outlines: [],
      } as const;
      const mask = { start: [1, 2, 3] as const, size: [2, 2, 1] as const, data: Uint8Array.of(0, 1, 1, 0) };
      await index.reviews.addMeasured(study, { finding, mask, seriesInstanceUID: '1.2.3.1' }, now.toISOString());
      await index.reviews.addMeasured(study, { finding: { ...finding, trackingUID: '2.25.8' } }, inSeconds(1));
      await restart();
      expect(await index.reviews.measured(study)).toEqual([{ finding, mask, seriesInstanceUID: '1.2.3.1' }, { finding: { ...finding, trackingUID: '2.25.8' } }]);
      expect(await index.reviews.measured('1.2.9')).toEqual([]);
    });

    it('a signature stands until it is completed, and blocks what would change under it', async () => {
      await index.reviews.write(stored(1), 0);
      await take(an);
      expect(await index.reviews.beginSigning(signing(7))).toBe(false);
      expect(await index.reviews.beginSigning(signing(1))).toBe(true);
      expect(await index.reviews.beginSigning(signing(1))).toBe(false);
      expect(await index.reviews.write(stored(2), 1)).toBe(false);
      await restart();
      expect(await index.reviews.signings()).toEqual([signing(1)]);
      expect(await index.reviews.signed(study)).toEqual([]);
      await index.reviews.finishSigning(study, inSeconds(5));
      await index.reviews.finishSigning(study, inSeconds(6));
      await restart();
      const { version, kind, reader, signedAt } = signing(1);
      expect(await index.reviews.signed(study)).toEqual([{ version, kind, reader, signedAt, draft, conclusions, comparisons: [], objects: [object] }]);
      expect(await index.reviews.review(study)).toMatchObject({ revision: 2, state: 'signed', lungRads: '1' });
      expect(await index.reviews.signings()).toEqual([]);
      expect(await index.reviews.lock(study)).toBeUndefined();
      expect((await index.reviews.events(study)).map(({ kind }) => kind)).toEqual(['signed']);
    });

    it('refuses a second version under the number of a signed one', async () => {
      await index.reviews.write(stored(1), 0);
      await index.reviews.beginSigning(signing(1));
      await index.reviews.finishSigning(study, inSeconds(5));
      const before = await index.reviews.signed(study);
      await index.reviews.write(stored(3, { state: 'addendum' }), 2);
      expect(await index.reviews.beginSigning({ ...signing(3), kind: 'addendum' })).toBe(true);
      await expect(index.reviews.finishSigning(study, inSeconds(6))).rejects.toThrow();
      await index.reviews.dropSigning(study);
      expect(await index.reviews.beginSigning(signing(3, 2))).toBe(true);
      await index.reviews.finishSigning(study, inSeconds(7));
      expect((await index.reviews.signed(study)).map(({ version, kind }) => [version, kind])).toEqual([[2, 'addendum'], [1, 'report']]);
      expect((await index.reviews.signed(study))[1]).toEqual(before[0]);
    });

    it('the worklist is filtered by the state of the reading and by who reads or has signed', async () => {
      await index.addInstance(record({ study: '1.2.4' }));
      const list = async (query: { readonly reviewStates?: readonly ('unread' | 'draft' | 'signed' | 'addendum')[]; readonly readerId?: string }): Promise<readonly string[]> =>
        (await index.worklist({ limit: 10, offset: 0, ...query })).items.map(({ studyInstanceUID }) => studyInstanceUID);
      expect([...await list({ reviewStates: ['unread'] })].sort()).toEqual([study, '1.2.4']);
      expect(await list({ readerId: 'an' })).toEqual([]);
      await take(binh);
      expect(await list({ readerId: 'binh' })).toEqual([study]);
      now = new Date(now.getTime() + 61_000);
      expect(await list({ readerId: 'binh' }), 'the lock has expired').toEqual([]);
      await index.reviews.write(stored(1), 0);
      expect(await list({ reviewStates: ['draft', 'addendum'] })).toEqual([study]);
      expect(await list({ reviewStates: ['unread'] })).toEqual(['1.2.4']);
      await index.reviews.beginSigning(signing(1));
      await index.reviews.finishSigning(study, now.toISOString());
      expect(await list({ readerId: 'an', reviewStates: ['signed'] })).toEqual([study]);
      expect(await list({ readerId: 'binh' })).toEqual([]);
    });

    it('a result that comes after the signature brings the study back up, until the next signature', async () => {
      await index.addInstance(record({ study: '1.2.4', receivedAt: '2026-01-02T03:05:00.000Z' }));
      await index.reviews.write(stored(1), 0);
      await index.reviews.beginSigning(signing(1));
      await index.reviews.finishSigning(study, inSeconds(0));
      const rows = async () => (await index.worklist({ limit: 10, offset: 0 })).items.map(({ studyInstanceUID, review }) => [studyInstanceUID, review.state, review.newerAnalysis]);
      expect(await rows()).toEqual([['1.2.4', 'unread', undefined], [study, 'signed', undefined]]);
      const late = { jobId: 'late', findings: findings(study, [[9, 0.9]]), createdAt: inSeconds(1), objects: [] };
      await index.addAnalysis(study, late);
      expect(await rows()).toEqual([[study, 'signed', true], ['1.2.4', 'unread', undefined]]);
      await index.reviews.write(stored(3, { state: 'addendum' }), 2);
      await index.reviews.beginSigning(signing(3, 2));
      await index.reviews.finishSigning(study, inSeconds(2));
      await index.addAnalysis(study, late);
      expect(await rows()).toEqual([['1.2.4', 'unread', undefined], [study, 'signed', undefined]]);
    });

    it('the worklist shows who reads, what is signed, and has it last', async () => {
      await index.addInstance(record({ study: '1.2.4', receivedAt: '2026-01-02T03:05:00.000Z' }));
      const rows = async () => (await index.worklist({ limit: 10, offset: 0 })).items.map(({ studyInstanceUID, review }) => ({ studyInstanceUID, ...review }));
      expect(await rows()).toEqual([{ studyInstanceUID: study, state: 'unread' }, { studyInstanceUID: '1.2.4', state: 'unread' }]);
      await take(an);
      expect((await rows())[0]).toEqual({ studyInstanceUID: study, state: 'unread', reading: { name: an.name, since: inSeconds(0) } });
      await index.reviews.write(stored(1), 0);
      const signedAt = inSeconds(0);
      now = new Date(now.getTime() + 61_000);
      expect((await rows())[0]).toEqual({ studyInstanceUID: study, state: 'draft' });
      await index.reviews.beginSigning({ ...signing(1), signedAt });
      await index.reviews.finishSigning(study, inSeconds(0));
      expect(await rows()).toEqual([
        { studyInstanceUID: '1.2.4', state: 'unread' },
        { studyInstanceUID: study, state: 'signed', signedBy: an.name, signedAt, lungRads: '1' },
      ]);
      expect((await index.study(study))?.review.state).toBe('signed');
    });
  });
}
