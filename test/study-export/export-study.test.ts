/** A phantom that was received, analysed, read and signed, given away as a data set: nothing of the patient goes with it, and the bench takes it. */
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { item, items, text } from '../../src/dicom/access.ts';
import type { AuditEntry } from '../../src/audit/entry.ts';
import { openAuditTrail } from '../../src/audit/trail.ts';
import { readTrail, verifyTrail } from '../../src/audit/verify.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import type { ReportJson } from '../../src/bench/report-json.ts';
import { describeSr } from '../../src/results/describe-sr.ts';
import type { SignedReview } from '../../src/review/types.ts';
import type { ExportManifest } from '../../src/study-export/export-signed.ts';
import { distance } from '../../src/volume/vec3.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { run, type RunResult } from '../helpers/run.ts';
import { openReadingRoom, reader, readPhantom } from '../review/read-study.ts';

let folder: string;
let signed: SignedReview;
let studyInstanceUID: string;
const program = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../../src/cli/main.ts')];
const exportTo = (out: string, ...more: readonly string[]): Promise<RunResult> => run(process.execPath, [...program, 'export-study', '--out', join(folder, out), ...more], { env: { ...process.env, PHOI_DATA_DIR: join(folder, 'data') } });
const manifestOf = async (out: string): Promise<ExportManifest> => JSON.parse(await readFile(join(folder, out, 'manifest.json'), 'utf8')) as ExportManifest;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoi-export-'));
  const room = await openReadingRoom(join(folder, 'data'));
  try {
    const review = await readPhantom(room);
    ({ studyInstanceUID } = review);
    const nothing = await exportTo('too-early');
    expect(nothing.stderr).toContain('EXPORT_NOTHING_SIGNED');
    expect(nothing.code).toBe(1);
    const done = await room.review.sign(studyInstanceUID, { reader, revision: review.revision });
    signed = done.signed[0]!;
  } finally {
    await room.close();
  }
});
afterAll(async () => { await rm(folder, { recursive: true, force: true }); });

describe('phoi export-study', () => {
  it('writes the images that were read and what was signed', async () => {
    const { code, stdout } = await exportTo('set', '--secret', join(folder, 'secret'), '--characteristics');
    expect(code).toBe(0);
    expect(stdout).toContain('Look at the set before you give it away.');
    const manifest = await manifestOf('set');
    expect(manifest).toMatchObject({ studies: 1, patientCharacteristics: true, deidentification: ['113100', '113104', '113107', '113108'] });
    const classes = new Set(manifest.files.map(({ sopClassUID }) => sopClassUID));
    expect(classes.has('1.2.840.10008.5.1.4.1.1.2')).toBe(true);
    expect(classes.has('1.2.840.10008.5.1.4.1.1.88.34')).toBe(true);
    expect(((await stat(join(folder, 'secret'))).mode & 0o777).toString(8)).toBe('600');
  });

  it('stands in the audit trail: that it began, each study before its files, and how it ended', async () => {
    const trail = join(folder, 'data', 'audit');
    expect((await verifyTrail(trail)).broken).toBeUndefined();
    const entries: AuditEntry[] = [];
    for await (const { entry } of readTrail(trail)) if (entry !== undefined) entries.push(entry);
    expect(entries.map(({ kind, what, studyInstanceUID: uid }) => [kind, what, uid])).toEqual([
      ['export', 'begun', undefined], ['export', 'failed', undefined],
      ['export', 'begun', undefined], ['export', 'study', studyInstanceUID], ['export', 'finished', undefined],
    ]);
    expect(entries[1]!.details).toEqual({ code: 'EXPORT_NOTHING_SIGNED' });
    expect(entries[2]!.details).toEqual({ patientCharacteristics: true, studiesAskedFor: 'all' });
    const { files } = await manifestOf('set');
    expect(entries[4]!.details).toMatchObject({ studies: 1, files: files.length });
    // The old and the new UIDs side by side would undo the de-identification.
    const text = JSON.stringify(entries);
    for (const { path } of files) for (const uid of path.replace('.dcm', '').split('/').slice(1)) expect(text).not.toContain(uid);
  });

  it('is refused where a service holds the trail and nobody says how it is to be recorded', async () => {
    const trail = await openAuditTrail(join(folder, 'data', 'audit'));
    try {
      const refused = await exportTo('unrecorded');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/EXPORT_NOT_RECORDED.*--server.*--no-audit/u);
      expect(await readdir(join(folder, 'unrecorded'))).toEqual([]);
      const unreachable = await exportTo('unrecorded', '--server', 'http://127.0.0.1:1');
      expect(unreachable.stderr).toMatch(/EXPORT_NOT_RECORDED.*no answer/u);
      expect(await readdir(join(folder, 'unrecorded'))).toEqual([]);
      const knowingly = await exportTo('unrecorded', '--no-audit');
      expect(knowingly.stderr).toContain('NOT entered in the audit trail');
      expect(knowingly.code).toBe(0);
      expect((await exportTo('both', '--no-audit', '--server', 'http://127.0.0.1:1')).code).toBe(2);
    } finally {
      await trail.close();
    }
  });

  it('nothing names the patient, the reader or an old UID', async () => {
    const manifest = await manifestOf('set');
    const needles = ['PHANTOM', 'Phantom', 'Trần', 'Tran^', reader.id === 'an' ? 'Trần^An' : reader.name, studyInstanceUID, ...signed.objects.map(({ sopInstanceUID }) => sopInstanceUID)];
    const room = await openReadingRoom(join(folder, 'data'));
    const [first] = await room.index.instances({ studyInstanceUID });
    await room.close();
    const header = first!.header;
    for (const keyword of ['PatientID', 'SeriesInstanceUID', 'SOPInstanceUID', 'FrameOfReferenceUID', 'AccessionNumber', 'InstitutionName', 'ReferringPhysicianName'] as const) {
      const value = text(header, keyword);
      if (value !== undefined && value.length > 2) needles.push(value);
    }
    for (const { path } of manifest.files) {
      const bytes = await readFile(join(folder, 'set', path));
      for (const needle of needles) expect(bytes.includes(needle), `${needle} in ${path}`).toBe(false);
      expect(path).toMatch(/^dicom\/2\.25\.\d+\/2\.25\.\d+\/2\.25\.\d+\.dcm$/u);
    }
    for (const name of (await readdir(join(folder, 'set'))).filter((one) => one !== 'dicom')) {
      const content = await readFile(join(folder, 'set', name));
      for (const needle of needles) expect(content.includes(needle), `${needle} in ${name}`).toBe(false);
    }
  });

  it('the nodules are those that the reader accepted or added', async () => {
    const rows = (await readFile(join(folder, 'set', 'annotations.csv'), 'utf8')).trim().split('\n').slice(1).map((row) => row.split(','));
    const accepted = signed.draft.findings.filter(({ verdict }) => verdict === 'accepted').map(({ finding }) => finding);
    expect(accepted.length).toBeGreaterThan(1);
    expect(rows).toHaveLength(accepted.length);
    accepted.forEach(({ worldPoint, diameterMm, type }, n) => {
      expect(distance([Number(rows[n]![1]), Number(rows[n]![2]), Number(rows[n]![3])], worldPoint)).toBeLessThan(0.001);
      expect(Number(rows[n]![4])).toBe(diameterMm);
      expect(rows[n]![5]).toBe(type);
    });
    const [uid] = (await readFile(join(folder, 'set', 'seriesuids.csv'), 'utf8')).trim().split('\n');
    expect(rows.every((row) => row[0] === uid)).toBe(true);
  });

  it('the signed report still tells of the nodules and refers to the new images', async () => {
    const { files } = await manifestOf('set');
    const report = files.find(({ sopClassUID }) => sopClassUID === '1.2.840.10008.5.1.4.1.1.88.34')!;
    const { dataset } = parsePart10(await readFile(join(folder, 'set', report.path)));
    const written = new Set(files.map(({ path }) => path.split('/').at(-1)!.replace('.dcm', '')));
    const referenced = items(dataset, 'CurrentRequestedProcedureEvidenceSequence').flatMap((study) => items(study, 'ReferencedSeriesSequence')).flatMap((series) => items(series, 'ReferencedSOPSequence')).map((one) => text(one, 'ReferencedSOPInstanceUID'));
    expect(referenced.filter((uid) => uid !== undefined && written.has(uid)).length).toBeGreaterThan(10);
    const told = JSON.stringify(describeSr(dataset));
    expect(told).toContain('Tracking Identifier');
    expect(told).toContain('Nodule 1');
    expect(text(item(dataset, 'VerifyingObserverSequence')!, 'VerifyingObserverName')).toBe('REMOVED');
  });

  it.runIf(hasPrograms('dciodvfy'))('and everything is as valid as it was', async () => {
    const { files } = await manifestOf('set');
    const oneOfEach = [...new Map(files.map((file) => [file.sopClassUID, file])).values()];
    for (const { path, sopClassUID } of oneOfEach) {
      const { stderr } = await run('dciodvfy', ['-new', join(folder, 'set', path)]);
      expect([sopClassUID, stderr.split('\n').filter((line) => line.startsWith('Error'))]).toEqual([sopClassUID, []]);
    }
  });

  it('the same secret gives the same set, another one shares nothing with it', async () => {
    await exportTo('again', '--secret', join(folder, 'secret'), '--characteristics');
    await exportTo('other', '--study', studyInstanceUID, '--study', '1.2.3');
    const [first, again, other] = [await manifestOf('set'), await manifestOf('again'), await manifestOf('other')];
    expect(again).toEqual(first);
    const paths = new Set(first.files.map(({ path }) => path));
    expect(other.files.filter(({ path }) => paths.has(path))).toEqual([]);
    expect(other.files).toHaveLength(first.files.length);
    // Asked for and not there: told, under the UID that it would have had.
    expect(other.refused.slice(0, -1).map(({ sopClassUID, reason }) => [sopClassUID, reason])).toEqual(first.refused.map(({ sopClassUID, reason }) => [sopClassUID, reason]));
    expect(other.refused.at(-1)).toEqual({ study: other.refused.at(-1)!.study, reason: 'no signed reading' });
    expect(other.refused.at(-1)!.study).toMatch(/^2\.25\./u);
  });

  it('the bench takes the folder as it is', async () => {
    const { code, stderr } = await run(process.execPath, [...program, 'bench', join(folder, 'set'), '--models', 'blob-detector', '--out', join(folder, 'bench'), '--bootstrap', '0'], { env: { ...process.env, PHOI_MODELS_DIR: join(import.meta.dirname, '../inference/fixtures') } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = JSON.parse(await readFile(join(folder, 'bench', 'report.json'), 'utf8')) as ReportJson;
    expect(report.models[0]!.scans).toEqual({ 'analysed': 1, 'not-analysed': 0, 'failed': 0 });
    expect(report.models[0]!.statistics.truePositives).toBeGreaterThan(0);
  });

  it('writes only into an empty folder', async () => {
    await writeFile(join(folder, 'again', 'mine.txt'), 'x');
    expect((await exportTo('again')).code).toBe(2);
    expect((await run(process.execPath, [...program, 'export-study'], {})).code).toBe(2);
  });
});
