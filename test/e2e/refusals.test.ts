/** Studies that cannot or should not be analysed as they are: each gets an answer of its own, and the service lives on. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sendFolder } from '../../src/dimse/send-folder.ts';
import { put, putBytes } from '../../src/dicom/build.ts';
import { encodePart10 } from '../../src/dicom/encode.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { uidFromName } from '../../src/dicom/uid.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import type { FindingsDocument } from '../../src/findings/types.ts';
import { makePhantomStudy, type PhantomStudy } from '../../src/phantom/write-phantom.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { run } from '../helpers/run.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

// Analyses on a busy machine: a deadline is there to end a hang, not to measure.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 120_000 });

describe('studies that are not as they should be', () => {
  let folder: string;
  let service: TestService;
  let phantom: PhantomStudy;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-refusals-'));
    phantom = makePhantomStudy({ seed: 23, nodules: [{ diameterMm: 10, type: 'solid', location: 'isolated' }], columns: 288, sliceSpacingMm: 2.5, sliceThicknessMm: 2.5 });
    service = await startTestService({ config: { completeness: { patienceSeconds: 600 } } });
  });
  afterAll(async () => {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** The phantom as another study, each image changed by `change`; gives its study UID. */
  async function send(name: string, change: (dataset: Dataset) => void, only?: (k: number) => boolean): Promise<string> {
    const to = join(folder, `${name}-${Math.random()}`);
    await mkdir(to);
    const studyInstanceUID = uidFromName(`refusals ${name}`);
    for (const [k, { part10 }] of phantom.instances.entries()) {
      if (only !== undefined && !only(k)) continue;
      const { dataset, meta, pixelData } = parsePart10(part10);
      if (pixelData?.kind !== 'native') throw new Error('the phantom is not native');
      const copy = { ...dataset };
      putBytes(copy, 'PixelData', 'OW', part10.subarray(pixelData.offset, pixelData.offset + pixelData.length));
      put(copy, 'StudyInstanceUID', studyInstanceUID);
      put(copy, 'SeriesInstanceUID', uidFromName(`refusals ${name} series`));
      put(copy, 'SOPInstanceUID', uidFromName(`refusals ${name} ${k}`));
      change(copy);
      await writeFile(join(to, `IM${k}`), encodePart10(copy, { transferSyntaxUID: meta.transferSyntaxUID }));
    }
    const { failed, skipped } = await sendFolder(to, { host: '127.0.0.1', port: service.dicomPort, calledAETitle: 'PHOI', callingAETitle: 'TEST' });
    expect(skipped).toEqual([]);
    expect(failed).toBe(0);
    return studyInstanceUID;
  }
  const findingsOf = (uid: string): Promise<FindingsDocument> => service.api(`/api/v1/studies/${uid}/findings`);

  async function refused(uid: string, code: string): Promise<void> {
    const study = await service.reaches(uid, ['not-analysed', 'analysed', 'failed']);
    expect(study.state).toBe('not-analysed');
    expect(study.findingCount).toBeUndefined();
    const findings = await findingsOf(uid);
    expect(findings).toMatchObject({ status: 'not-analysed', reason: { code } });
    expect(findings.reason!.text.vi).not.toBe('');
    const sr = study.analysis!.objects.find(({ role }) => role === 'sr')!;
    const tree = JSON.stringify(await service.api(`/api/v1/studies/${uid}/reports/${sr.sopInstanceUID}`));
    expect(tree).toContain(findings.reason!.text.en);
    expect(tree).not.toMatch(/no nodule/iu);
    if (!hasPrograms('dciodvfy')) return;
    const path = join(folder, `${code}.dcm`);
    const response = await fetch(`${service.httpUrl}dicom-web/studies/${uid}/series/${study.series.find(({ modality }) => modality === 'SR')!.seriesInstanceUID}/instances/${sr.sopInstanceUID}`, { headers: { Accept: 'multipart/related; type="application/dicom"' } });
    const body = Buffer.from(await response.arrayBuffer());
    const start = body.indexOf('\r\n\r\n') + 4;
    await writeFile(path, body.subarray(start, body.lastIndexOf('\r\n--')));
    const { stdout, stderr } = await run('dciodvfy', [path]);
    expect(`${stdout}${stderr}`.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
  }

  it('an MR study is not analysed, because it is no CT', async () => {
    await refused(await send('mr', (dataset) => {
      put(dataset, 'SOPClassUID', '1.2.840.10008.5.1.4.1.1.4');
      put(dataset, 'Modality', 'MR');
    }, (k) => k % 10 === 0), 'not-ct');
  });

  it('a single slice is not analysed, because it is too few', async () => {
    await refused(await send('single', () => undefined, (k) => k === 40), 'few-slices');
  });

  it('a missing slice keeps the study open and is named; forced, it is analysed with the gap as a warning; the late slice supersedes it', async () => {
    const missing = 30;
    const uid = await send('gap', () => undefined, (k) => k !== missing);
    const open = await service.reaches(uid, ['incomplete']);
    expect(open.reasons[0]!.text.en).toMatch(/missing/iu);
    await service.api(`/api/v1/studies/${uid}/complete`, { method: 'POST' });
    const first = await service.reaches(uid, ['analysed', 'not-analysed', 'failed']);
    expect(first.state).toBe('analysed');
    expect((await findingsOf(uid)).warnings.map(({ code }) => code)).toContain('gap-interpolated');
    await send('gap', () => undefined, (k) => k === missing);
    const second = await service.reaches(uid, ['analysed']).then(async (study) => (study.analysis!.version > 1 ? study
      : service.reaches(uid, ['receiving', 'waiting', 'analysing']).then(() => service.reaches(uid, ['analysed']))));
    expect(second.analysis!.version).toBe(2);
    expect(second.earlierAnalyses.map(({ version }) => version)).toEqual([1]);
    const findings = await findingsOf(uid);
    expect(findings.warnings.map(({ code }) => code)).not.toContain('gap-interpolated');
    expect(second.analysis!.objects[0]!.sopInstanceUID).not.toBe(first.analysis!.objects[0]!.sopInstanceUID);
  });

  it('broken images inside a study are refused one by one, the rest is analysed', async () => {
    const { part10 } = phantom.instances[3]!;
    const form = new FormData();
    form.append('files', new Blob([part10.slice(0, part10.length - 1000)]), 'truncated');
    form.append('files', new Blob(['this is no DICOM file']), 'text');
    form.append('files', new Blob([part10.slice()]), 'good');
    const answer = await service.api<{ files: { name: string; outcome: string; code?: string }[] }>('/api/v1/uploads', { method: 'POST', body: form });
    expect(answer.files.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(['truncated failed', 'text skipped', 'good stored']);
    expect(answer.files[0]!.code).toBe('DICOM_TRUNCATED');
  });
});
