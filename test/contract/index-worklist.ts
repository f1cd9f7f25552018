import { describe, expect, it } from 'vitest';
import type { StudyIndex, WorklistQuery } from '../../src/index/port.ts';
import { findings, record } from '../index/records.ts';
import type { CreateIndexFixture } from './index.ts';
import { openBeforeEach } from './opened-index.ts';

export function testWorklist(name: string, createFixture: CreateIndexFixture): void {
  describe(name, () => {
    let index: StudyIndex;
    openBeforeEach(createFixture, (opened) => { index = opened; });
    const list = async (query: Partial<WorklistQuery> = {}): Promise<readonly string[]> =>
      (await index.worklist({ limit: 100, offset: 0, ...query })).items.map(({ studyInstanceUID }) => studyInstanceUID);
    const analysed = async (study: string, sizes: readonly (readonly [number, number])[], refusal?: string): Promise<void> => {
      const document = findings(study, sizes, refusal);
      await index.addAnalysis(study, { jobId: `job of ${study}`, findings: document, createdAt: '2026-01-02T04:00:00.000Z', objects: [] });
      await index.setState(study, document.status);
    };

    it('puts stat first, then what a person must look at, then the largest, the most probable and the longest waiting', async () => {
      for (const [at, study] of ['1.1', '1.2', '1.3', '1.4', '1.5', '1.6', '1.7', '1.8', '1.9'].entries()) {
        await index.addInstance(record({ study, receivedAt: `2026-01-02T0${at}:00:00.000Z` }));
      }
      await index.setPriority('1.9', 'stat');
      await analysed('1.2', [[4, 0.99]]);
      await analysed('1.3', [[22, 0.6]]);
      await analysed('1.4', [[22, 0.9], [3, 0.2]]);
      await analysed('1.5', []);
      await analysed('1.6', [], 'not-ct');
      await index.setState('1.7', 'failed');
      expect(await list()).toEqual(['1.9', '1.6', '1.7', '1.4', '1.3', '1.2', '1.1', '1.5', '1.8']);
      expect(await list({ order: 'received' })).toEqual(['1.9', '1.8', '1.7', '1.6', '1.5', '1.4', '1.3', '1.2', '1.1']);
      expect(await list({ states: ['analysed'] })).toEqual(['1.4', '1.3', '1.2', '1.5']);
      expect(await list({ states: ['failed', 'not-analysed'] })).toEqual(['1.6', '1.7']);
      await index.setPriority('1.9', 'routine');
      expect((await list())[0]).toBe('1.6');
    });

    it('filters by priority, modality and study date, all of them together', async () => {
      await index.addInstance(record({ study: '1.1', attributes: { StudyDate: ['20260101'] } }));
      await index.addInstance(record({ study: '1.2', attributes: { StudyDate: ['20260102'], Modality: ['MR'] } }));
      await index.addInstance(record({ study: '1.3', attributes: { StudyDate: ['20260103'] } }));
      await index.addInstance(record({ study: '1.3', series: '1.3.9', instance: '1.3.9.1', attributes: { StudyDate: ['20260103'], Modality: ['PT'] } }));
      await index.addInstance(record({ study: '1.4', attributes: { StudyDate: [] } }));
      await index.setPriority('1.3', 'stat');
      expect(await list({ priority: 'stat' })).toEqual(['1.3']);
      expect([...await list({ priority: 'routine' })].sort()).toEqual(['1.1', '1.2', '1.4']);
      expect([...await list({ modalities: ['PT', 'MR'] })].sort()).toEqual(['1.2', '1.3']);
      expect([...await list({ from: '20260102' })].sort()).toEqual(['1.2', '1.3']);
      expect([...await list({ to: '20260102' })].sort()).toEqual(['1.1', '1.2']);
      expect(await list({ from: '20260101', to: '20260102', modalities: ['CT'] })).toEqual(['1.1']);
      expect((await index.worklist({ limit: 1, offset: 0, from: '20260101', to: '20260103' })).total).toBe(3);
      expect(await list({ modalities: ['US'] })).toEqual([]);
    });

    it('pages and says how many there are', async () => {
      await Promise.all(Array.from({ length: 23 }, (_, at) => index.addInstance(record({ study: `1.3.${at}` }))));
      const all = await list();
      expect(all.length).toBe(23);
      expect([...await list({ limit: 10 }), ...await list({ limit: 10, offset: 10 }), ...await list({ limit: 10, offset: 20 })]).toEqual(all);
      expect((await index.worklist({ limit: 10, offset: 20 })).total).toBe(23);
      expect((await index.worklist({ limit: 10, offset: 0, search: 'nguyen', states: ['receiving'] })).total).toBe(23);
      expect((await index.worklist({ limit: 10, offset: 0, search: 'nguyen', states: ['failed'] })).total).toBe(0);
    });

    it.each([
      ['nguyen', ['1.1', '1.2']], ['NGUYỄN', ['1.1', '1.2']], ['duc', ['1.1']], ['Đức', ['1.1']], ['đuc', ['1.1']], ['van duc', ['1.1']], ['duc van nguyen', ['1.1']],
      ['an', ['1.2']], ['ngu', ['1.1', '1.2']], ['guyen', []], ['nguyen tran', []],
      ['BN-0012345', ['1.1']], ['12345', ['1.1']], ['0012', ['1.1']], ['bn', ['1.1', '1.2']], ['778', ['1.1']], ['nguc', ['1.1']], ['long nguc duc', ['1.1']],
      ['', ['1.1', '1.2', '1.3']], ['  ', ['1.1', '1.2', '1.3']], ['"', ['1.1', '1.2', '1.3']], ['nguyen" OR "x', []], ['*', ['1.1', '1.2', '1.3']], ['muller', ['1.3']], ['strasse', ['1.3']],
    ] as const)('searches for %j as a person types it', async (search, expected) => {
      await index.addInstance(record({ study: '1.1' }));
      await index.addInstance(record({ study: '1.2', attributes: { PatientName: ['Nguyễn^Thị Ân'], PatientID: ['BN-999'], AccessionNumber: ['A1'], StudyDescription: ['Sọ não'] } }));
      await index.addInstance(record({ study: '1.3', attributes: { PatientName: ['Müller^Straße'], PatientID: ['X'], AccessionNumber: [], StudyDescription: [] } }));
      expect([...await list({ search })].sort()).toEqual(expected);
    });

    it('finds a name that came decomposed or in capitals', async () => {
      await index.addInstance(record({ study: '1.1', attributes: { PatientName: ['ĐẶNG^THỊ HƯỜNG'.normalize('NFD')] } }));
      expect(await list({ search: 'dang huong' })).toEqual(['1.1']);
      expect(await list({ search: 'Đặng Thị Hường' })).toEqual(['1.1']);
    });
  });
}
