/**
 * The main job on real CT: a PACS pushes, a report comes back. DCMTK sends, Orthanc receives and pushes, dciodvfy and
 * pydicom judge what was written.
 */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FindingsDocument } from '../../src/findings/types.ts';
import { projectRoot } from '../../src/settings.ts';
import { startOrthanc, type Orthanc } from '../helpers/orthanc.ts';
import { hasPrograms, hasSharedData, sharedData } from '../helpers/peers.ts';
import { run, runOk } from '../helpers/run.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const ready = hasSharedData() && hasPrograms('storescu', 'dcmdjpls', 'dcmcjpeg', 'dcmcrle', 'gdcmconv', 'dciodvfy', 'dsrdump', 'Orthanc', 'curl', 'zip');
const scan = join(sharedData, 'ct/ncia-0117');
const phoi = [join(projectRoot, 'src/cli/phoi.js')];

/** Ways to write the same scan; each converter takes `IN OUT`. */
const syntaxes: Readonly<Record<string, { readonly convert: readonly (readonly string[])[]; readonly propose: string }>> = {
  'uncompressed': { convert: [['dcmdjpls']], propose: '-xe' },
  'JPEG Lossless': { convert: [['dcmdjpls'], ['dcmcjpeg', '+e1']], propose: '-xs' },
  'JPEG 2000': { convert: [['dcmdjpls'], ['gdcmconv', '--j2k']], propose: '-xv' },
  'RLE': { convert: [['dcmdjpls'], ['dcmcrle']], propose: '-xr' },
};

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

async function convertAll(from: string, to: string, commands: readonly (readonly string[])[]): Promise<void> {
  for (const name of await readdir(from)) {
    let source = join(from, name);
    for (const [step, [program, ...options]] of commands.entries()) {
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
        for (const match of rest.matchAll(/^data: (\{"studyInstanceUID".*"state":"([a-z-]+)".*\})$/gmu)) states.push(match[2]!);
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

  it('acknowledges the same images again and changes nothing', async () => {
    const before = await service.study(firstUID);
    await runOk('storescu', ['-aec', 'PHOI', '-xt', '127.0.0.1', String(service.dicomPort), '+sd', scan]);
    const after = await service.study(firstUID);
    expect(after).toMatchObject({ instanceCount: before.instanceCount, conflictCount: 0, state: 'analysed' });
    expect(after.earlierAnalyses).toEqual([]);
  });

  it.each(Object.entries(syntaxes))('finds the same in the scan as %s', async (name, { convert, propose }) => {
    const to = await mkdtemp(join(folder, 'syntax-'));
    await convertAll(scan, to, convert);
    const known = await knownStudies();
    await runOk('/usr/bin/python3', ['-c', newUIDs, to, String(known.length)]);
    await runOk('storescu', ['-aec', 'PHOI', propose, '127.0.0.1', String(service.dicomPort), '+sd', to]);
    const uid = await newStudy(known);
    await service.reaches(uid, ['analysed']);
    const findings = (await findingsOf(uid)).findings;
    const brief = (list: typeof findings): unknown => list.map(({ worldPoint, diameterMm, volumeMm3, type }) => ({ worldPoint, diameterMm, volumeMm3, type }));
    expect(brief(findings), name).toEqual(brief(first.findings));
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
