/**
 * The main job on real CT: a PACS pushes, a report comes back. DCMTK sends, Orthanc receives and pushes, dciodvfy and
 * pydicom judge what was written.
 */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FindingsDocument } from '../../src/findings/types.ts';
import { projectRoot } from '../../src/settings.ts';
import { startOrthanc, type Orthanc } from '../helpers/orthanc.ts';
import { hasPrograms, hasSharedData, sharedData } from '../helpers/peers.ts';
import { run, runOk } from '../helpers/run.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';
import { launchBrowser, openPage } from '../viewer/helpers/browser.ts';
import { eventually } from '../viewer/helpers/eventually.ts';

const ready = hasSharedData() && hasPrograms('storescu', 'dcmsend', 'dcmdjpls', 'dcmcjpeg', 'dcmcrle', 'gdcmconv', 'dciodvfy', 'dsrdump', 'Orthanc', 'curl', 'zip');
const scan = join(sharedData, 'ct/ncia-0117');
const phoi = [join(projectRoot, 'src/cli/phoi.js')];

/** Ways to write the same slice; each converter takes `IN OUT`. */
const syntaxes: readonly (readonly (readonly string[])[])[] = [
  [['dcmdjpls']],
  [['dcmdjpls'], ['dcmcjpeg', '+e1']],
  [['dcmdjpls'], ['gdcmconv', '--j2k']],
  [['dcmdjpls'], ['dcmcrle']],
];

/** New UIDs, as if it were another study: the same UIDs with other bytes would be a conflict. */
const newUIDs = `
import glob, pydicom, sys
for path in glob.glob(sys.argv[1] + '/*'):
    d = pydicom.dcmread(path)
    for name in ('StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'):
        setattr(d, name, getattr(d, name)[:60] + '.' + sys.argv[2])
    d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
    d.save_as(path)
`;

async function convertInTurn(from: string, to: string): Promise<void> {
  for (const [at, name] of (await readdir(from)).entries()) {
    let source = join(from, name);
    for (const [step, [program, ...options]] of syntaxes[at % syntaxes.length]!.entries()) {
      const target = join(to, `${name}.${step}`);
      await runOk(program!, [...options, source, target]);
      if (step > 0) await rm(source);
      source = target;
    }
  }
}

// Analyses on a busy machine: a deadline is there to end a hang, not to measure.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 120_000 });

describe.runIf(ready)('real CT through the service', () => {
  let folder: string;
  let orthanc: Orthanc;
  let service: TestService;
  let first: FindingsDocument;
  let firstUID: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-real-'));
    orthanc = await startOrthanc();
    service = await startTestService({
      config: {
        destinations: [
          { name: 'pacs', kind: 'dimse', host: '127.0.0.1', port: orthanc.dicomPort, aeTitle: 'ORTHANC' },
          { name: 'pacs-web', kind: 'stow', url: orthanc.dicomWebUrl },
        ],
      },
    });
  });
  afterAll(async () => {
    await service.stop();
    await orthanc.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** The UID of the study that is not among `known`. */
  const newStudy = (known: readonly string[]): Promise<string> => until('a new study', async () =>
    (await service.worklist()).map(({ studyInstanceUID }) => studyInstanceUID).find((uid) => !known.includes(uid)));
  const knownStudies = async (): Promise<string[]> => (await service.worklist()).map(({ studyInstanceUID }) => studyInstanceUID);
  const findingsOf = (uid: string): Promise<FindingsDocument> => service.api(`/api/v1/studies/${uid}/findings`);

  it('takes JPEG-LS as stored from storescu and shows every state on the way', async () => {
    const states: string[] = [];
    const events = new AbortController();
    const listening = (async () => {
      const response = await fetch(new URL('/api/v1/events', service.httpUrl), { signal: events.signal });
      let rest = '';
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        rest += chunk;
        for (const match of rest.matchAll(/^data: (\{"studyInstanceUID".*?"state":"([a-z-]+)".*\})$/gmu)) states.push(match[2]!);
        rest = rest.slice(rest.lastIndexOf('\n') + 1);
      }
    })().catch((error: unknown) => { if (!events.signal.aborted) throw error; });
    await runOk('storescu', ['-aec', 'PHOI', '-xt', '127.0.0.1', String(service.dicomPort), '+sd', scan]);
    firstUID = await newStudy([]);
    const study = await service.reaches(firstUID, ['analysed', 'not-analysed', 'failed']);
    events.abort();
    await listening;
    expect(study.state).toBe('analysed');
    expect([...new Set(states)]).toEqual(expect.arrayContaining(['receiving', 'waiting', 'analysing', 'analysed']));
    first = await findingsOf(firstUID);
    expect(first.findings.length).toBeGreaterThan(0);
    // The scan shows only the lower half of the lungs: analysed, and said so.
    expect(first.warnings.map(({ code }) => code)).toContain('incomplete-lung');
    expect(study.analysis!.objects.map(({ role }) => role).sort()).toEqual(expect.arrayContaining(['seg', 'sr']));
  });

  it('delivers the report and the segmentation to the PACS by both ways, and they are valid', async () => {
    await until('the deliveries', async () => (await service.study(firstUID)).deliveries.every(({ state }) => state === 'sent'));
    const found = await orthanc.post<string[]>('/tools/find', { Level: 'Instance', Query: { StudyInstanceUID: firstUID } });
    const objects = (await service.study(firstUID)).analysis!.objects;
    expect(found.length).toBe(objects.length);
    for (const instance of found) {
      const path = join(folder, `${instance}.dcm`);
      await writeFile(path, await orthanc.file(instance));
      const { stdout, stderr } = await run('dciodvfy', [path]);
      expect(`${stdout}${stderr}`.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
      const { modality } = JSON.parse(await runOk('/usr/bin/python3', ['-c',
        'import pydicom,json,sys; d=pydicom.dcmread(sys.argv[1]); print(json.dumps({"modality": d.Modality}))', path])) as { modality: string };
      if (modality === 'SR') expect(await runOk('dsrdump', [path])).toContain('Imaging Measurement Report');
    }
  });

  it.runIf(hasPrograms('chromium'))('shows a finding on its pixels in the reader, the right way round', async () => {
    const browser = await launchBrowser();
    try {
      const { page, troubles } = await openPage(browser);
      await page.goto(new URL(`/studies/${firstUID}`, service.httpUrl).href);
      await page.locator('.finding').first().waitFor();
      await page.keyboard.press('n');
      const outline = page.locator('.overlay .mark-selected polygon').first();
      await outline.waitFor({ state: 'attached' });
      // The scan is of a patient who lies on the back, head first: seen from the feet.
      const letters = (): Promise<readonly string[]> => Promise.all(['left', 'right', 'top', 'bottom'].map((side) => page.locator(`.letter-${side}`).innerText()));
      await eventually(letters).toEqual(['R', 'L', 'A', 'P']);
      /** How much brighter it is within the outline than on a ring around it, in grey levels of the lung window. */
      const contrast = async (): Promise<number> => {
        const numbers = (await outline.getAttribute('points'))!.split(/[ ,]/u).map(Number);
        const corners = Array.from({ length: numbers.length / 2 }, (_, at) => [numbers[at * 2]!, numbers[at * 2 + 1]!] as const);
        const middle = [0, 1].map((axis) => corners.reduce((sum, corner) => sum + corner[axis as 0 | 1], 0) / corners.length);
        await page.keyboard.press('o');
        await outline.waitFor({ state: 'detached' });
        const { data, info } = await sharp(await page.locator('.viewport').screenshot()).greyscale().raw().toBuffer({ resolveWithObject: true });
        await page.keyboard.press('o');
        await outline.waitFor({ state: 'attached' });
        const mean = (scale: number): number => corners.reduce((sum, [x, y]) => sum
          + data[Math.round(middle[1]! + (y - middle[1]!) * scale) * info.width + Math.round(middle[0]! + (x - middle[0]!) * scale)]!, 0) / corners.length;
        return mean(0.5) - mean(1.6);
      };
      await eventually(contrast).toBeGreaterThan(40);
      expect(troubles).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  it('acknowledges the same images again and changes nothing', async () => {
    const before = await service.study(firstUID);
    await runOk('storescu', ['-aec', 'PHOI', '-xt', '127.0.0.1', String(service.dicomPort), '+sd', scan]);
    const after = await service.study(firstUID);
    expect(after).toMatchObject({ instanceCount: before.instanceCount, conflictCount: 0, state: 'analysed' });
    expect(after.earlierAnalyses).toEqual([]);
  });

  it('finds the same when one slice comes uncompressed, the next in JPEG Lossless, in JPEG 2000, in RLE', async () => {
    const to = await mkdtemp(join(folder, 'syntaxes-'));
    await convertInTurn(scan, to);
    const known = await knownStudies();
    await runOk('/usr/bin/python3', ['-c', newUIDs, to, String(known.length)]);
    await runOk('dcmsend', ['--decompress-never', '-aec', 'PHOI', '127.0.0.1', String(service.dicomPort), '+sd', to]);
    const uid = await newStudy(known);
    await service.reaches(uid, ['analysed']);
    const findings = (await findingsOf(uid)).findings;
    const brief = (list: typeof findings): unknown => list.map(({ worldPoint, diameterMm, volumeMm3, type }) => ({ worldPoint, diameterMm, volumeMm3, type }));
    expect(brief(findings)).toEqual(brief(first.findings));
  });

  it('is pushed to by Orthanc', async () => {
    const pushing = await startOrthanc();
    const receiver = await startTestService({ env: { PHOI_WORKERS: '0' } });
    try {
      await runOk('storescu', ['-aec', 'ORTHANC', '-xt', '127.0.0.1', String(pushing.dicomPort), '+sd', scan]);
      await fetch(`${pushing.httpUrl}/modalities/phoi`, { method: 'PUT', body: JSON.stringify(['PHOI', '127.0.0.1', receiver.dicomPort]) });
      const [study] = await pushing.get<string[]>('/studies');
      const answer = await pushing.post<{ FailedInstancesCount: number; InstancesCount: number }>('/modalities/phoi/store', { Resources: [study], StorageCommitment: false });
      expect(answer).toMatchObject({ FailedInstancesCount: 0, InstancesCount: 95 });
      expect((await receiver.worklist())[0]).toMatchObject({ instanceCount: 95 });
    } finally {
      await receiver.stop();
      await pushing.stop();
    }
  });

  it('takes it by STOW-RS with curl, as a zip on the web page, and by phoi send', async () => {
    const receiver = await startTestService({ env: { PHOI_WORKERS: '0' } });
    try {
      // curl itself writes multipart/form-data only: the body is made the way a script would.
      const body = join(folder, 'body');
      await runOk('sh', ['-c', 'for f in "$1"/*; do printf -- "--b\\r\\nContent-Type: application/dicom\\r\\n\\r\\n"; cat "$f"; printf "\\r\\n"; done > "$2"; printf -- "--b--\\r\\n" >> "$2"', 'sh', scan, body]);
      const stow = JSON.parse(await runOk('curl', ['-s', '-H', 'Content-Type: multipart/related; type="application/dicom"; boundary=b', '-H', 'Accept: application/dicom+json', '--data-binary', `@${body}`, `${receiver.httpUrl}dicom-web/studies`])) as Record<string, { Value: unknown[] }>;
      expect(stow['00081199']!.Value.length).toBe(95);
      expect(stow['00081198']).toBeUndefined();

      const zip = join(folder, 'scan.zip');
      await runOk('zip', ['-q', '-r', zip, 'ncia-0117'], { cwd: join(sharedData, 'ct') });
      const upload = JSON.parse(await runOk('curl', ['-s', '-F', `files=@${zip}`, `${receiver.httpUrl}api/v1/uploads`])) as { counts: Record<string, number> };
      expect(upload.counts).toMatchObject({ stored: 0, duplicate: 95, failed: 0 });

      const sent = JSON.parse(await runOk(process.execPath, [...phoi, 'send', join(sharedData, 'ct/cptac-c3n-00247'), '--to', `127.0.0.1:${receiver.dicomPort}`, '--aet', 'PHOI', '--json'])) as { sent: number; failed: number };
      expect(sent).toMatchObject({ sent: 99, failed: 0 });
      expect((await receiver.worklist()).map(({ instanceCount }) => instanceCount).sort()).toEqual([95, 99]);
    } finally {
      await receiver.stop();
    }
  });

  it('gives the same answer without a server', async () => {
    const out = join(folder, 'analyze');
    await runOk(process.execPath, [...phoi, 'analyze', scan, '--out', out]);
    const { default: alone } = await import(join(out, 'findings.json'), { with: { type: 'json' } }) as { default: FindingsDocument };
    expect(alone.findings).toEqual(first.findings);
    expect(alone.inputHash).toBe(first.inputHash);
    expect((await readdir(out)).sort()).toEqual(expect.arrayContaining(['findings.json', 'seg.dcm', 'sr.dcm']));
  });
});
