import { describe, expect, it } from 'vitest';
import { text } from '../../src/dicom/access.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import type { Sender } from '../../src/study/types.ts';
import { findings, record } from '../index/records.ts';
import type { CreateIndexFixture } from './index.ts';
import { openBeforeEach } from './opened-index.ts';

export function testSites(name: string, createFixture: CreateIndexFixture): void {
  describe(name, () => {
    let index: StudyIndex;
    openBeforeEach(createFixture, (opened) => { index = opened; }, () => new Date('2026-01-02T05:00:00.000Z'));
    const from = (site?: string, sites?: readonly string[]): Sender => ({ transport: 'stow', ...(site === undefined ? {} : { site }), ...(sites === undefined ? {} : { sites }) });

    it('a study belongs to the site of its first image, whatever comes later', async () => {
      await index.addInstance(record({ study: '1.1', own: true }));
      expect(await index.siteOf('1.1')).toBeUndefined();
      await index.addInstance(record({ study: '1.1', instance: '1.1.1.2' }), from('north'));
      await index.addInstance(record({ study: '1.1', instance: '1.1.1.3' }), from('south'));
      expect(await index.siteOf('1.1')).toBe('north');
      expect((await index.worklistItem('1.1'))?.site).toBe('north');
      await index.addInstance(record({ study: '1.2' }), from(''));
      await index.addInstance(record({ study: '1.2', instance: '1.2.1.2' }), from('south'));
      expect([await index.siteOf('1.2'), (await index.worklistItem('1.2'))?.site, await index.siteOf('9.9')]).toEqual(['', undefined, undefined]);
    });

    it('lists, counts and searches of some sites hold nothing of the others', async () => {
      for (const [study, site] of [['1.1', 'north'], ['1.2', 'south'], ['1.3', 'west'], ['1.4', '']] as const) await index.addInstance(record({ study }), from(site));
      await index.addInstance(record({ study: '1.5' }));
      const list = async (sites: readonly string[]): Promise<unknown> => {
        const { total, items } = await index.worklist({ sites, search: 'nguyen', limit: 10, offset: 0 });
        return [total, items.map(({ studyInstanceUID }) => studyInstanceUID).sort()];
      };
      expect(await list(['north'])).toEqual([1, ['1.1']]);
      expect(await list(['north', 'west'])).toEqual([2, ['1.1', '1.3']]);
      expect(await list([])).toEqual([0, []]);
      const query = { match: {}, fuzzyMatching: false, limit: 10, offset: 0 };
      for (const level of ['queryStudies', 'querySeries', 'queryInstances'] as const) {
        expect((await index[level]({ ...query, sites: ['south'] })).map((answer) => text(answer, 'StudyInstanceUID'))).toEqual(['1.2']);
        expect(await index[level]({ ...query, sites: [] })).toEqual([]);
        expect(await index[level](query)).toHaveLength(5);
      }
    });

    it('who stores for some sites adds to no study of another one, and learns nothing of its images', async () => {
      await index.addInstance(record({ study: '1.1' }), from('north'));
      await index.addInstance(record({ study: '1.9' }));
      const refused = { code: 'STUDY_OF_ANOTHER_SITE' };
      await expect(index.addInstance(record({ study: '1.1', instance: '1.1.1.2' }), from('south', ['south']))).rejects.toMatchObject(refused);
      await expect(index.addInstance(record({ study: '1.1' }), from('south', ['south']))).rejects.toMatchObject(refused);
      await expect(index.addInstance(record({ study: '1.2', instance: '1.1.1.1', content: 'x' }), from('south', ['south']))).rejects.toMatchObject(refused);
      await expect(index.addInstance(record({ study: '1.9', instance: '1.9.1.2' }), from('south', ['south']))).rejects.toMatchObject(refused);
      expect((await index.worklistItem('1.1'))).toMatchObject({ instanceCount: 1, conflictCount: 0 });
      expect(await index.worklistItem('1.2')).toBeUndefined();
      expect(await index.addInstance(record({ study: '1.1', instance: '1.1.1.2' }), from('south', ['south', 'north']))).toEqual({ kind: 'stored' });
    });

    it('studies from before get a site once', async () => {
      await index.addInstance(record({ study: '1.1', attributes: { InstitutionName: ['Bệnh viện A'] } }), { transport: 'dimse', callingAETitle: 'CT_A', remoteAddress: '10.0.0.1' });
      await index.addInstance(record({ study: '1.2' }), from('south'));
      await index.addInstance(record({ study: '1.3', own: true }));
      const asked: unknown[] = [];
      expect(await index.assignSites((study) => {
        asked.push(study);
        return 'north';
      })).toBe(1);
      expect(asked).toMatchObject([{ studyInstanceUID: '1.1', institutionName: 'Bệnh viện A', sources: [{ transport: 'dimse', callingAETitle: 'CT_A', remoteAddress: '10.0.0.1' }] }]);
      expect(await Promise.all(['1.1', '1.2', '1.3'].map((study) => index.siteOf(study)))).toEqual(['north', 'south', undefined]);
      expect(await index.assignSites(() => 'west')).toBe(0);
    });

    it('the figures of some sites are those of their studies', async () => {
      const receivedAt = '2026-01-02T03:30:00.000Z';
      for (const [study, site] of [['1.1', 'north'], ['1.2', 'south'], ['1.3', 'south']] as const) {
        await index.addInstance(record({ study, receivedAt, attributes: { InstitutionName: [`Bệnh viện ${site}`] } }), from(site));
        await index.addAnalysis(study, { jobId: `job ${study}`, findings: findings(study, [], 'thick-slices'), createdAt: '2026-01-02T04:00:00.000Z', objects: [] });
        await index.setState(study, 'not-analysed');
        await index.addDelivery({ id: `d${study}`, studyInstanceUID: study, sopInstanceUID: '2.25.1', destination: 'pacs' });
        await index.updateDelivery(`d${study}`, { state: 'failed', attempts: 3, lastErrorCode: 'DIMSE_TIMEOUT', lastError: 'no' });
        await index.reviews.takeLock(study, { reader: { id: 'an', name: 'An' }, at: receivedAt, expiresAt: '2026-01-02T06:00:00.000Z', takeOver: false });
      }
      const south = { hour: '2026-01-02T03:00:00.000Z', site: 'Bệnh viện south' };
      expect(await index.dashboard(['south'])).toMatchObject({
        states: { 'not-analysed': 2 }, reviews: { unread: 2 }, toRead: 2, beingRead: 2, toReadBySite: [{ site: 'Bệnh viện south', toRead: 2 }], deliveries: { failed: 2 },
        activity: [{ ...south, received: 2, results: 0, signed: 0 }, { ...south, hour: '2026-01-02T04:00:00.000Z', received: 0, results: 2 }],
        toResult: { count: 2, medianSeconds: 1800 }, failures: [{}, {}], deliveryFailures: [{}, {}],
      });
      expect((await index.dashboard(['north'])).failures).toMatchObject([{ studyInstanceUID: '1.1' }]);
      expect((await index.dashboard(['north'])).deliveryFailures).toMatchObject([{ studyInstanceUID: '1.1' }]);
      expect(await index.dashboard([])).toMatchObject({ states: {}, toRead: 0, beingRead: 0, deliveries: {}, activity: [], failures: [], deliveryFailures: [] });
      expect(await index.dashboard()).toMatchObject({ toRead: 3, beingRead: 3, deliveries: { failed: 3 } });
    });
  });
}
