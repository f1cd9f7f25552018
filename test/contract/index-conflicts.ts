import { describe, expect, it } from 'vitest';
import type { StudyIndex } from '../../src/index/port.ts';
import { record } from '../index/records.ts';
import type { CreateIndexFixture } from './index.ts';
import { openBeforeEach } from './opened-index.ts';

export function testConflicts(name: string, createFixture: CreateIndexFixture): void {
  describe(name, () => {
    let index: StudyIndex;
    openBeforeEach(createFixture, (opened) => { index = opened; });

    it('the same content again is a duplicate and changes nothing', async () => {
      await index.addInstance(record());
      await index.setState('1.2.3', 'analysed');
      const before = await index.study('1.2.3');
      expect(await index.addInstance({ ...record(), blobKey: 'another file', receivedAt: '2027-01-01T00:00:00.000Z' })).toEqual({ kind: 'duplicate' });
      expect(await index.study('1.2.3')).toEqual(before);
      expect(await index.refersToBlob('another file')).toBe(false);
    });

    it('other content under a UID is kept beside the first, which stays current; the study is flagged, not reopened', async () => {
      const first = record();
      await index.addInstance(first);
      await index.setState('1.2.3', 'analysed');
      expect(await index.addInstance(record({ content: 'other' }))).toEqual({ kind: 'conflict' });
      expect(await index.instance(first.sopInstanceUID)).toEqual(first);
      expect(await index.worklistItem('1.2.3')).toMatchObject({ state: 'analysed', conflictCount: 1, instanceCount: 1 });
      expect(await index.conflicts('1.2.3')).toEqual([{
        kind: 'content', studyInstanceUID: '1.2.3', sopInstanceUID: '1.2.3.1.1', claimedStudyInstanceUID: '1.2.3', claimedSeriesInstanceUID: '1.2.3.1',
        transferSyntaxUID: '1.2.840.10008.1.2.1', blobKey: 'blob of other', sha256: 'hash of other', receivedAt: '2026-01-02T03:04:05.000Z',
      }]);
      expect(await index.refersToBlob('blob of other')).toBe(true);
    });

    it('the same conflict again is the same conflict, a third content another', async () => {
      await index.addInstance(record());
      await index.addInstance(record({ content: 'other' }));
      await index.addInstance({ ...record({ content: 'other' }), blobKey: 'a copy of it' });
      expect(await index.refersToBlob('a copy of it')).toBe(false);
      await index.addInstance(record({ content: 'third' }));
      expect((await index.worklistItem('1.2.3'))!.conflictCount).toBe(2);
    });

    it('a UID claimed for another series or study is never moved, and both studies are flagged', async () => {
      await index.addInstance(record());
      await index.addInstance(record({ study: '1.2.4', instance: '1.2.4.1.7' }));
      const claim = record({ study: '1.2.4', series: '1.2.4.1', instance: '1.2.3.1.1', content: 'claim' });
      expect(await index.addInstance(claim)).toEqual({ kind: 'conflict' });
      expect((await index.instance('1.2.3.1.1'))!.studyInstanceUID).toBe('1.2.3');
      expect(await index.worklistItem('1.2.3')).toMatchObject({ conflictCount: 1, instanceCount: 1 });
      expect(await index.worklistItem('1.2.4')).toMatchObject({ conflictCount: 1, instanceCount: 1 });
      for (const uid of ['1.2.3', '1.2.4']) {
        expect(await index.conflicts(uid)).toMatchObject([{ kind: 'moved', studyInstanceUID: '1.2.3', claimedStudyInstanceUID: '1.2.4' }]);
      }
      expect(await index.addInstance(record({ series: '1.2.3.8', instance: '1.2.3.1.1', content: 'other series' }))).toEqual({ kind: 'conflict' });
      expect((await index.instances({ studyInstanceUID: '1.2.3', seriesInstanceUID: '1.2.3.8' })).length).toBe(0);
    });

    it('a claim for a study that is not there yet flags it once it comes', async () => {
      await index.addInstance(record());
      await index.addInstance(record({ study: '1.2.4', instance: '1.2.3.1.1', content: 'claim' }));
      expect(await index.worklistItem('1.2.4')).toBeUndefined();
      await index.addInstance(record({ study: '1.2.4', instance: '1.2.4.1.7' }));
      expect((await index.worklistItem('1.2.4'))!.conflictCount).toBe(1);
    });

    it('the file of an instance can be replaced, and nothing else changes', async () => {
      await index.addInstance(record());
      await index.replaceBlob('1.2.3.1.1', { blobKey: 'a whole copy', sizeBytes: 7 });
      expect(await index.instance('1.2.3.1.1')).toEqual({ ...record(), blobKey: 'a whole copy', sizeBytes: 7 });
      expect(await index.refersToBlob('blob of 1.2.3.1.1')).toBe(false);
    });

    it('instances of one UID that come at the same time are one instance and one conflict', async () => {
      const outcomes = await Promise.all([record(), record(), record({ content: 'other' }), record({ content: 'other' })].map((one) => index.addInstance(one)));
      expect(outcomes.map(({ kind }) => kind)).toEqual(['stored', 'duplicate', 'conflict', 'conflict']);
      expect(await index.worklistItem('1.2.3')).toMatchObject({ instanceCount: 1, conflictCount: 1 });
    });
  });
}
