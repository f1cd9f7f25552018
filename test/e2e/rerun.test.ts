/** A study analysed twice by the whole service: the second result supersedes the first, in the archive and over the web. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { items, text } from '../../src/dicom/access.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { makePhantomStudy } from '../../src/phantom/write-phantom.ts';
import type { StudyDetail } from '../../src/study/types.ts';
import { quickModel } from '../helpers/quick-model.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';
import { multipartRelated } from '../http/support.ts';

vi.setConfig({ testTimeout: 700_000, hookTimeout: 120_000 });

describe('a study that is analysed again', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ config: quickModel });
  });
  afterAll(async () => {
    await service.stop();
  });

  it('has a new result that follows the earlier one, which is rejected and still there', async () => {
    const { truth: { studyInstanceUID }, instances } = makePhantomStudy({ seed: 7, nodules: 3, columns: 256, sliceSpacingMm: 2.5, sliceThicknessMm: 2.5 });
    const { body, contentType } = multipartRelated(instances.map(({ part10 }) => part10));
    expect((await fetch(new URL('/dicom-web/studies', service.httpUrl), { method: 'POST', body: new Uint8Array(body), headers: { 'content-type': contentType } })).status).toBe(200);
    const analysed = (version: number) => until(`version ${version}`, async () => {
      const detail = await service.study(studyInstanceUID);
      return detail.analysis?.version === version && detail.state === 'analysed' ? detail : undefined;
    }, 300_000);
    const first = await analysed(1);
    const posted = await fetch(`${service.httpUrl}api/v1/studies/${studyInstanceUID}/reanalyse`, { method: 'POST' });
    expect(posted.status).toBe(202);
    const second = await analysed(2);
    const uidOf = (detail: StudyDetail, role: string): string => detail.analysis?.objects.find((object) => object.role === role)?.sopInstanceUID ?? '';
    const found = (await service.api<readonly Dataset[]>(`/dicom-web/studies/${studyInstanceUID}/instances?limit=1000`)).map((instance) => text(instance, 'SOPInstanceUID'));
    expect(found).not.toContain(uidOf(first, 'sr'));
    expect(found).toContain(uidOf(second, 'sr'));
    expect(found).toContain(uidOf(second, 'rejection'));
    const [old] = await service.api<readonly Dataset[]>(`/dicom-web/studies/${studyInstanceUID}/instances?SOPInstanceUID=${uidOf(first, 'sr')}`);
    const retrieve = async (seriesInstanceUID: string, sopInstanceUID: string): Promise<Dataset> => {
      const response = await fetch(`${service.httpUrl}dicom-web/studies/${studyInstanceUID}/series/${seriesInstanceUID}/instances/${sopInstanceUID}`, { headers: { accept: 'application/dicom' } });
      expect(response.status).toBe(200);
      return parsePart10(new Uint8Array(await response.arrayBuffer())).dataset;
    };
    const earlier = await retrieve(text(old ?? {}, 'SeriesInstanceUID') ?? '', uidOf(first, 'sr'));
    expect(text(earlier, 'SOPInstanceUID')).toBe(uidOf(first, 'sr'));
    const [current] = await service.api<readonly Dataset[]>(`/dicom-web/studies/${studyInstanceUID}/instances?SOPInstanceUID=${uidOf(second, 'sr')}`);
    const newer = await retrieve(text(current ?? {}, 'SeriesInstanceUID') ?? '', uidOf(second, 'sr'));
    const predecessor = items(items(items(newer, 'PredecessorDocumentsSequence')[0] ?? {}, 'ReferencedSeriesSequence')[0] ?? {}, 'ReferencedSOPSequence')[0];
    expect(text(predecessor ?? {}, 'ReferencedSOPInstanceUID')).toBe(uidOf(first, 'sr'));
    expect(second.earlierAnalyses.map(({ version }) => version)).toEqual([1]);
  });
});
