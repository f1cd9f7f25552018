import { describe, expect, it } from 'vitest';
import { tag } from '../../src/dicom/tags.ts';
import type { Reason } from '../../src/findings/types.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import { comprehensive3DSR, findings, record } from '../index/records.ts';
import type { CreateIndexFixture } from './index.ts';
import { openBeforeEach } from './opened-index.ts';

const reason = (code: string): Reason => ({ code, text: { en: code, vi: code } });

export function testStudies(name: string, createFixture: CreateIndexFixture): void {
  describe(name, () => {
    let index: StudyIndex;
    const { restart } = openBeforeEach(createFixture, (opened) => { index = opened; });

    it('gives an instance back as it was added, also after a restart', async () => {
      const added = record({ attributes: { ImagePositionPatient: [-1.5, 2, 3.25] } });
      expect(await index.addInstance(added)).toEqual({ kind: 'stored' });
      await restart();
      expect(await index.instance(added.sopInstanceUID)).toEqual(added);
      expect(await index.instance('1.9')).toBeUndefined();
    });

    it('lists instances in reading order and by what is asked for', async () => {
      await Promise.all(['1.2.3.2.10', '1.2.3.2.9', '1.2.3.2.2'].map((instance) => index.addInstance(record({ series: '1.2.3.2', instance, attributes: { SeriesNumber: [3] } }))));
      await index.addInstance(record({ series: '1.2.3.1', instance: '1.2.3.1.5' }));
      await index.addInstance(record({ study: '1.2.4' }));
      const uids = async (filter: Parameters<StudyIndex['instances']>[0]): Promise<readonly string[]> => (await index.instances(filter)).map(({ sopInstanceUID }) => sopInstanceUID);
      expect(await uids({ studyInstanceUID: '1.2.3' })).toEqual(['1.2.3.1.5', '1.2.3.2.2', '1.2.3.2.9', '1.2.3.2.10']);
      expect(await uids({ studyInstanceUID: '1.2.3', seriesInstanceUID: '1.2.3.1' })).toEqual(['1.2.3.1.5']);
      expect(await uids({ studyInstanceUID: '1.2.3', sopInstanceUID: '1.2.3.2.9' })).toEqual(['1.2.3.2.9']);
      expect(await uids({ studyInstanceUID: '1.2.4', sopInstanceUID: '1.2.3.2.9' })).toEqual([]);
    });

    it('summarises where instances lie', async () => {
      await index.addInstance(record({ attributes: {
        ImagePositionPatient: [1, 2, -3.5], ImageOrientationPatient: [1, 0, 0, 0, 1, 0], AcquisitionNumber: [4], NumberOfStudyRelatedInstances: [300], ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
      } }));
      expect(await index.summaries('1.2.3')).toEqual([{
        sopInstanceUID: '1.2.3.1.1', sopClassUID: '1.2.840.10008.5.1.4.1.1.2', seriesInstanceUID: '1.2.3.1', own: false, receivedAt: '2026-01-02T03:04:05.000Z',
        blobKey: 'blob of 1.2.3.1.1', sha256: 'hash of 1.2.3.1.1',
        placement: {
          patientID: 'BN-0012345', modality: 'CT', imageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'], imagePositionPatient: [1, 2, -3.5], imageOrientationPatient: [1, 0, 0, 0, 1, 0],
          acquisitionNumber: 4, instanceNumber: 1, seriesNumber: 2, numberOfStudyRelatedInstances: 300,
        },
      }]);
    });

    it('keeps long binary values out of the header and names their place', async () => {
      const added = record();
      added.header[tag('RedPaletteColorLookupTableData')] = { vr: 'OW', bytes: new Uint8Array(100_000) };
      added.header[tag('ICCProfile')] = { vr: 'OB', bytes: Uint8Array.of(1, 2) };
      await index.addInstance(added);
      const header = (await index.instance(added.sopInstanceUID))!.header;
      expect(header[tag('RedPaletteColorLookupTableData')]).toEqual({ vr: 'OW', BulkDataURI: `bulkdata/${tag('RedPaletteColorLookupTableData')}` });
      expect(header[tag('ICCProfile')]).toEqual({ vr: 'OB', InlineBinary: 'AQI=' });
    });

    it('counts series and instances, also when hundreds are added at once', async () => {
      const all = Array.from({ length: 300 }, (_, at) => record({ series: `1.2.3.${at % 3}`, instance: `1.2.3.${at % 3}.${at}` }));
      const kinds = await Promise.all(all.map((one) => index.addInstance(one)));
      expect(kinds.every(({ kind }) => kind === 'stored')).toBe(true);
      const study = (await index.study('1.2.3'))!;
      expect(study).toMatchObject({ seriesCount: 3, instanceCount: 300, state: 'receiving', modalities: ['CT'] });
      expect(study.series.map(({ instanceCount }) => instanceCount)).toEqual([100, 100, 100]);
    });

    it('leaves its neighbours alone when one write fails', async () => {
      const broken = { ...record({ study: '1.2.9' }), sizeBytes: Number.NaN };
      const outcomes = await Promise.allSettled([index.addInstance(record({ study: '1.2.8' })), index.addInstance(broken), index.addInstance(record({ study: '1.2.10' }))]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await index.study('1.2.9')).toBeUndefined();
      expect(await index.study('1.2.10')).toBeDefined();
    });

    it('shows the patient and fills in later what the first series left empty, never overwriting', async () => {
      await index.addInstance(record({ attributes: { StudyDescription: [], PatientBirthDate: undefined } }));
      await index.addInstance(record({ series: '1.2.3.2', attributes: { StudyDescription: ['CT ngực'], PatientName: ['Other^Name'] } }));
      expect(await index.worklistItem('1.2.3')).toMatchObject({
        patientName: 'Nguyễn^Văn Đức', patientID: 'BN-0012345', patientBirthDate: '19610203', patientSex: 'M', accessionNumber: 'ACC778',
        studyDate: '20260102', studyTime: '101530', studyDescription: 'CT ngực', priority: 'routine', reasons: [], conflictCount: 0,
      });
      expect((await index.worklist({ search: 'nguc', limit: 10, offset: 0 })).total).toBe(1);
    });

    it('a study of nothing but our own objects is not analysed, and says so', async () => {
      await index.addInstance(record({ own: true, sopClassUID: comprehensive3DSR, attributes: { Modality: ['SR'] } }));
      const item = (await index.worklistItem('1.2.3'))!;
      expect(item.state).toBe('not-analysed');
      expect(item.reasons.map(({ code }) => code)).toEqual(['no-images']);
      await index.addInstance(record({ series: '1.2.3.5' }));
      expect(await index.worklistItem('1.2.3')).toMatchObject({ state: 'receiving', reasons: [] });
    });

    it('a late instance reopens the study in the same breath, one of our own does not', async () => {
      await index.addInstance(record());
      await index.setState('1.2.3', 'analysed', { jobId: 'job 1', warnings: [reason('slice-gap')] });
      await index.addInstance(record({ own: true, series: '1.2.3.9', instance: '1.2.3.9.1', sopClassUID: comprehensive3DSR }));
      expect(await index.worklistItem('1.2.3')).toMatchObject({ state: 'analysed', jobId: 'job 1' });
      await index.addInstance(record({ instance: '1.2.3.1.2' }));
      const item = (await index.worklistItem('1.2.3'))!;
      expect(item).toMatchObject({ state: 'receiving', reasons: [] });
      expect(item.jobId).toBeUndefined();
    });

    it('keeps reasons with the state, warnings beyond it, progress while it lasts', async () => {
      await index.addInstance(record());
      expect(await index.setState('1.2.3', 'incomplete', { reasons: [reason('slice-gap')] })).toBe(true);
      expect((await index.worklistItem('1.2.3'))!.reasons.map(({ code }) => code)).toEqual(['slice-gap']);
      await index.setState('1.2.3', 'waiting', { reasons: [], warnings: [reason('slice-gap')] });
      await index.setState('1.2.3', 'analysing', { progress: { stage: 'volume', fraction: 0.25 }, jobId: 'job 1' });
      await index.setState('1.2.3', 'analysing', { reasons: [reason('second attempt')] });
      expect(await index.worklistItem('1.2.3')).toMatchObject({ progress: { stage: 'volume', fraction: 0.25 }, jobId: 'job 1' });
      expect((await index.worklistItem('1.2.3'))!.reasons.map(({ code }) => code)).toEqual(['second attempt', 'slice-gap']);
      await index.setState('1.2.3', 'failed');
      const failed = (await index.worklistItem('1.2.3'))!;
      expect(failed.progress).toBeUndefined();
      expect(failed.reasons.map(({ code }) => code)).toEqual(['slice-gap']);
      expect(await index.studiesInState(['failed', 'waiting'])).toEqual(['1.2.3']);
      expect(await index.studiesInState(['waiting'])).toEqual([]);
    });

    it('changes a state only if what was seen still holds', async () => {
      await index.addInstance(record());
      expect(await index.setState('1.2.3', 'waiting', { onlyIf: { states: ['receiving'], instanceCount: 2 } })).toBe(false);
      expect(await index.setState('1.2.3', 'waiting', { onlyIf: { states: ['incomplete'] } })).toBe(false);
      expect((await index.worklistItem('1.2.3'))!.state).toBe('receiving');
      expect(await index.setState('1.2.3', 'waiting', { onlyIf: { states: ['receiving'], instanceCount: 1 } })).toBe(true);
      expect(await index.setState('1.2.99', 'waiting')).toBe(false);
    });

    it('keeps one current result, the earlier ones behind it, and each job once', async () => {
      await index.addInstance(record());
      const objects = [{ role: 'sr', sopInstanceUID: '2.25.7', sopClassUID: comprehensive3DSR }];
      const first = { jobId: 'job 1', findings: findings('1.2.3', [[6, 0.7], [12.5, 0.6]]), createdAt: '2026-01-02T04:00:00.000Z', objects };
      expect((await index.addAnalysis('1.2.3', first)).version).toBe(1);
      expect((await index.addAnalysis('1.2.3', first)).version).toBe(1);
      expect(await index.worklistItem('1.2.3')).toMatchObject({ findingCount: 2, largestDiameterMm: 12.5, topProbability: 0.7, baselineCategory: '4A' });
      expect((await index.addAnalysis('1.2.3', { ...first, jobId: 'job 2', findings: findings('1.2.3', []) })).version).toBe(2);
      const study = (await index.study('1.2.3'))!;
      expect(study.analysis).toMatchObject({ version: 2, jobId: 'job 2' });
      expect(study.earlierAnalyses).toEqual([{ ...first, version: 1 }]);
      expect(study.findingCount).toBe(0);
      expect(study.largestDiameterMm).toBeUndefined();
      expect(study.baselineCategory).toBeUndefined();
    });

    it('never shows a refusal as a count of findings', async () => {
      await index.addInstance(record());
      await index.addAnalysis('1.2.3', { jobId: 'job 1', findings: findings('1.2.3', [], 'not-ct'), createdAt: '2026-01-02T04:00:00.000Z', objects: [] });
      expect((await index.worklistItem('1.2.3'))!.findingCount).toBeUndefined();
      await expect(index.addAnalysis('1.9.9', { jobId: 'x', findings: findings('1.9.9', []), createdAt: '', objects: [] })).rejects.toMatchObject({ code: 'INDEX_CONFLICT' });
    });

    it('keeps notes', async () => {
      expect(await index.note('a')).toBeUndefined();
      await index.setNote('a', '1');
      await index.setNote('a', '2');
      expect(await index.note('a')).toBe('2');
    });

    it('finishes the writes that were asked for before it closes', async () => {
      const writes = Array.from({ length: 200 }, (_, at) => index.addInstance(record({ instance: `1.2.3.1.${at}` })));
      await index.close();
      expect((await Promise.all(writes)).length).toBe(200);
      await expect(index.addInstance(record({ instance: '1.2.3.1.999' }))).rejects.toThrow();
      await restart();
      expect((await index.worklistItem('1.2.3'))!.instanceCount).toBe(200);
    });
  });
}
