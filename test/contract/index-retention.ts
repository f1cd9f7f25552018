import { beforeEach, describe, expect, it } from 'vitest';
import type { StudyIndex } from '../../src/index/port.ts';
import { findings, record } from '../index/records.ts';
import { signingOf } from './reviews.ts';
import type { CreateIndexFixture } from './index.ts';
import { openBeforeEach } from './opened-index.ts';

export function testRetention(name: string, createFixture: CreateIndexFixture): void {
  describe(name, () => {
    let index: StudyIndex;
    let now = new Date('2026-01-02T05:00:00.000Z');
    beforeEach(() => { now = new Date('2026-01-02T05:00:00.000Z'); });
    openBeforeEach(createFixture, (opened) => { index = opened; }, () => now);
    const later = '2026-03-01T00:00:00.000Z';
    const retirable = async (before = later): Promise<readonly string[]> => {
      const found: string[] = [];
      for await (const study of index.retirableStudies(before)) found.push(`${study.studyInstanceUID} ${study.why} ${study.instances} ${study.bytes}`);
      return found;
    };

    /** A study whose result is there and was taken by a destination. */
    async function delivered(study: string, state: 'analysed' | 'not-analysed'): Promise<void> {
      await index.addInstance(record({ study }));
      await index.addInstance(record({ study, series: `${study}.9`, own: true }));
      await index.addAnalysis(study, {
        jobId: `job ${study}`, createdAt: now.toISOString(), findings: findings(study, [], state === 'analysed' ? undefined : 'NO_LUNG_SERIES'),
        objects: [{ role: 'sr', sopInstanceUID: `${study}.9.1`, sopClassUID: '1.2' }],
      });
      await index.setState(study, state);
      await index.addDelivery({ id: `d ${study}`, studyInstanceUID: study, sopInstanceUID: `${study}.9.1`, destination: 'pacs' });
      await index.updateDelivery(`d ${study}`, { state: 'sent', attempts: 1 });
    }

    async function signed(study: string): Promise<void> {
      await delivered(study, 'analysed');
      const { draft } = signingOf(study, 1, now);
      await index.reviews.write({ studyInstanceUID: study, revision: 1, state: 'draft', draft, newerAnalysis: false, updatedAt: now.toISOString() }, 0);
      await index.reviews.beginSigning(signingOf(study, 1, now));
      await index.reviews.finishSigning(study, now.toISOString());
      await index.addDelivery({ id: `s ${study}`, studyInstanceUID: study, sopInstanceUID: '2.25.9', destination: 'pacs' });
      await index.updateDelivery(`s ${study}`, { state: 'confirmed', attempts: 1 });
    }

    it('lists what is signed or not analysed, delivered and old, and nothing else', async () => {
      await signed('1.1');
      await delivered('1.2', 'not-analysed');
      await delivered('1.3', 'analysed');
      await index.addInstance(record({ study: '1.4' }));
      expect(await retirable()).toEqual(['1.1 signed 2 1052000', '1.2 not-analysed 2 1052000']);
      expect(await retirable(now.toISOString())).toEqual([]);
    });

    it.each<[string, () => Promise<unknown>]>([
      ['a delivery that waits', () => index.addDelivery({ id: 'x', studyInstanceUID: '1.1', sopInstanceUID: '2.25.9', destination: 'emr' })],
      ['a delivery that was given up', () => index.addDelivery({ id: 'x', studyInstanceUID: '1.1', sopInstanceUID: '2.25.9', destination: 'emr', failure: { code: 'A', message: 'no', final: true } })],
      ['one that nobody has confirmed yet', () => index.updateDelivery('s 1.1', { state: 'sent', attempts: 1, confirmAt: '2026-01-02T06:00:00.000Z' })],
      ['an image that came late', () => index.addInstance(record({ study: '1.1', instance: '1.1.1.2' }))],
      ['a newer result', () => index.addAnalysis('1.1', { jobId: 'newer', createdAt: now.toISOString(), findings: findings('1.1', []), objects: [] })],
      ['other content under the same UID', () => index.addInstance(record({ study: '1.1', content: 'other' }))],
      ['an addendum under way', async () => {
        const review = (await index.reviews.review('1.1'))!;
        await index.reviews.write({ ...review, state: 'addendum', revision: review.revision + 1 }, review.revision);
      }],
      ['a reader', () => index.reviews.takeLock('1.1', { reader: { id: 'an', name: 'An' }, at: now.toISOString(), expiresAt: '2026-01-02T05:01:00.000Z', takeOver: false })],
    ])('%s keeps a study, also when it comes after the list was made', async (_what, happens) => {
      await signed('1.1');
      expect(await retirable()).toHaveLength(1);
      await happens();
      expect(await retirable()).toEqual([]);
      expect(await index.removeStudy('1.1', later)).toBe(false);
      expect((await index.worklistItem('1.1'))?.instanceCount).toBeGreaterThan(1);
    });

    it('what was delivered before the newest signature is not enough', async () => {
      await signed('1.1');
      await index.resendDeliveries({ id: 's 1.1' });
      await index.updateDelivery('s 1.1', { state: 'failed', attempts: 1, lastErrorCode: 'DELIVERY_SUPERSEDED' });
      expect(await retirable()).toEqual([]);
    });

    it('removes a study with all that hangs on it but what was signed, and knows the files that have to go', async () => {
      await signed('1.1');
      await delivered('1.2', 'not-analysed');
      expect(await index.removeStudy('1.1', later)).toBe(true);
      expect([await index.study('1.1'), await index.instance('1.1.1.1'), await index.deliveries('1.1'), await index.reviews.review('1.1'), await index.sources('1.1')]).toEqual([undefined, undefined, [], undefined, []]);
      expect((await index.worklist({ search: 'nguyen', limit: 10, offset: 0 })).items.map(({ studyInstanceUID }) => studyInstanceUID)).toEqual(['1.2']);
      expect((await index.reviews.signed('1.1')).map(({ version }) => version)).toEqual([1]);
      expect((await index.reviews.events('1.1')).map(({ kind }) => kind)).toEqual(['signed']);
      expect(await index.retiredBlobs(10)).toEqual(['blob of 1.1.1.1', 'blob of 1.1.9.1']);
      await index.forgetRetiredBlob('blob of 1.1.1.1');
      expect(await index.retiredBlobs(10)).toEqual(['blob of 1.1.9.1']);
      expect(await index.removeStudy('1.1', later)).toBe(false);
      // The same study may come again.
      expect(await index.addInstance(record({ study: '1.1' }))).toEqual({ kind: 'stored' });
      expect(await index.worklistItem('1.1')).toMatchObject({ state: 'receiving', instanceCount: 1, review: { state: 'unread' } });
    });
  });
}
