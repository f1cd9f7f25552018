/**
 * Every object of every kind of result, read by programs that are not ours: dciodvfy judges, dcm2json, dsrdump and
 * pydicom read, and find in report and segmentation what the findings say. Phantoms lie in every way a patient may, the
 * real ones head first and on their backs.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { text } from '../../src/dicom/access.ts';
import type { Finding } from '../../src/findings/types.ts';
import type { AnalysisResult } from '../../src/inference/analyze-study.ts';
import type { NoduleTruth } from '../../src/phantom/types.ts';
import { makePhantomStudy, type WritePhantomOptions } from '../../src/phantom/write-phantom.ts';
import { buildAnalysisObjects } from '../../src/results/analysis-objects.ts';
import { buildResultObjects, type ResultInput, type ResultObject, type ResultRole } from '../../src/results/build-result-objects.ts';
import type { ResultOptions } from '../../src/results/options.ts';
import { hasDebianPython, hasPrograms, hasSharedData, sharedData } from '../helpers/peers.ts';
import { run, runOk } from '../helpers/run.ts';
import { expectAgreement, expectTruth, readResults } from './agreement.ts';
import { measureStudy } from './measured-study.ts';
import { picturedInput } from './pictured.ts';
import { axial, createdAt, feetFirst, multiFrameInput, notAnalysedInput, oblique, sampleInput, spheres, tilted } from './sample.ts';

const everything: ResultOptions = { language: 'vi', secondaryCapture: true, pdf: true, chestCadSr: true, enhancedSr: true, labelmap: true };

/** What dciodvfy calls each kind; label maps are younger than the version that Debian has. */
const kinds: Readonly<Record<Exclude<ResultRole, 'labelmap' | 'rejection'>, string>> = {
  sr: 'Comprehensive3DSR', seg: 'Segmentation', pr: 'GrayscaleSoftcopyPresentationState', ko: 'KeyObjectSelectionDocument', sc: 'SCImage', pdf: 'EncapsulatedPDF', 'cad-sr': 'ChestCADSR', 'enhanced-sr': 'EnhancedSR',
};
const always: readonly ResultRole[] = ['sr', 'sc', 'pdf', 'cad-sr', 'enhanced-sr'];
const withFindings: readonly ResultRole[] = [...always, 'seg', 'pr', 'ko', 'labelmap'];

interface Case {
  readonly objects: readonly ResultObject[];
  readonly images: readonly string[];
  /** Where the objects come from images: these, and what was found in them. */
  readonly source?: { readonly files: readonly Uint8Array[]; readonly findings: readonly Finding[]; readonly nodules?: readonly NoduleTruth[] };
}

async function fromResult(result: AnalysisResult, files: readonly Uint8Array[], nodules?: readonly NoduleTruth[]): Promise<Case> {
  return {
    source: { files, findings: result.findings.findings, ...(nodules === undefined ? {} : { nodules }) },
    objects: await buildAnalysisObjects(result, { softwareVersion: '0.1.0', createdAt, options: everything }),
    images: result.sourceHeaders.flatMap((header) => text(header, 'SOPInstanceUID') ?? []),
  };
}

async function fromInput(input: ResultInput): Promise<Case> {
  return { objects: await buildResultObjects({ ...input, options: everything }), images: input.sourceHeaders.references.map(({ sopInstanceUID }) => sopInstanceUID) };
}

async function phantom(options: Partial<WritePhantomOptions>, reversed = false): Promise<Case> {
  const study = makePhantomStudy({
    seed: 4_711, columns: 288, contrast: false, noise: 'none', kernel: 'standard', sliceSpacingMm: 2, sliceThicknessMm: 2,
    nodules: [
      { diameterMm: 12, type: 'solid', location: 'isolated', margin: 'smooth' }, { diameterMm: 6, type: 'solid', location: 'isolated', margin: 'smooth' },
      { diameterMm: 16, type: 'part-solid', location: 'isolated', margin: 'lobulated' }, { diameterMm: 9, type: 'solid', location: 'juxtavascular', margin: 'lobulated' },
    ], ...options,
  });
  const { nodules } = study.truth;
  const files = study.instances.map(({ part10 }) => part10);
  return fromResult(await measureStudy(reversed ? files.toReversed() : files, nodules), files, nodules);
}

async function readScan(name: string): Promise<readonly Uint8Array[]> {
  const folder = join(sharedData, 'ct', name);
  return Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file))));
}

async function measured(name: string, marks: Parameters<typeof measureStudy>[1]): Promise<Case> {
  const files = await readScan(name);
  return fromResult(await measureStudy(files, marks), files);
}

/** Some of what the shipped model marks in the scans, of every type; LPS mm. `test/e2e/real-ct.test.ts` has all of the first. */
const marksOfFirstScan: Parameters<typeof measureStudy>[1] = [
  { worldPoint: [124.456, -9.118, -263.273], diameterMm: 11.19 }, { worldPoint: [-53.291, 28.755, -215.26], diameterMm: 16.78 },
  { worldPoint: [64.218, 58.362, -223.691], diameterMm: 3.62 }, { worldPoint: [-81.073, 26.85, -211.512], diameterMm: 7.25 },
];
const marksOfSecondScan: Parameters<typeof measureStudy>[1] = [
  { worldPoint: [-82.975, -192.455, -195.135], diameterMm: 20.26 }, { worldPoint: [106.641, -131.016, -195.43], diameterMm: 5.75 },
  { worldPoint: [-86.796, -127.877, -38.858], diameterMm: 4.03 }, { worldPoint: [-34.459, -110.733, -26.605], diameterMm: 3.3 },
];

function lossy(): ResultInput {
  const input = picturedInput();
  input.sourceHeaders.header['00282110'] = { vr: 'CS', Value: ['01'] };
  input.sourceHeaders.header['00282112'] = { vr: 'DS', Value: [8.5] };
  input.sourceHeaders.header['00282114'] = { vr: 'CS', Value: ['ISO_15444_1'] };
  return input;
}

type Study = readonly [name: string, roles: readonly ResultRole[], make: () => Promise<Case>];

const scans: readonly Study[] = [
  ['a phantom prone', withFindings, () => phantom({ patientPosition: 'HFP' })],
  ['a phantom feet first and prone, files in reverse', withFindings, () => phantom({ patientPosition: 'FFP' }, true)],
  ['an oblique phantom', withFindings, () => phantom({ obliqueDegrees: [9, -6, 5] })],
  ['a phantom as one multi-frame image', withFindings, () => phantom({ enhanced: true })],
  ...(hasSharedData() ? [
    ['real CT', withFindings, () => measured('ncia-0117', marksOfFirstScan)],
    ['another real CT', withFindings, () => measured('cptac-c3n-00247', marksOfSecondScan)],
  ] as const : []),
];
/** Of spheres that follow from arithmetic, without images. */
const drawings: readonly Study[] = [
  ['axial spheres', withFindings, () => fromInput(picturedInput(axial))],
  ['spheres feet first', withFindings, () => fromInput(picturedInput(feetFirst))],
  ['oblique spheres', withFindings, () => fromInput(picturedInput(oblique))],
  ['spheres behind a tilted gantry', withFindings, () => fromInput(picturedInput(tilted))],
  ['spheres across a gap', withFindings, () => fromInput(sampleInput(axial, spheres, { interpolated: [16] }))],
  ['spheres in images at uneven distances', withFindings, () => fromInput(sampleInput(axial, spheres, { unevenBy: 0.15 }))],
  ['a sphere in a multi-frame image', withFindings, () => fromInput(multiFrameInput())],
  ['spheres in lossy images', withFindings, () => fromInput(lossy())],
  ['spheres that overlap', withFindings, () => fromInput(picturedInput(axial, {}, [spheres[0]!, { ...spheres[0]!, centre: [32, 25, 15] }]))],
  ['nothing found', always, () => fromInput(sampleInput(axial, []))],
  ['nothing analysed', always, () => fromInput(notAnalysedInput())],
];

vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

describe.each([...scans, ...drawings])('of %s', (name, roles, make) => {
  let folder: string;
  let made: Case;
  let files: readonly { readonly role: ResultRole; readonly path: string }[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-every-'));
    made = await make();
    const counts = new Map<ResultRole, number>();
    const written: { role: ResultRole; path: string }[] = [];
    for (const { role, part10 } of made.objects) {
      const count = (counts.get(role) ?? 0) + 1;
      counts.set(role, count);
      const path = join(folder, count === 1 ? `${role}.dcm` : `${role}-${count}.dcm`);
      await writeFile(path, part10);
      written.push({ role, path });
    }
    files = written;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('there is every object that there should be', () => {
    expect([...new Set(made.objects.map(({ role }) => role))].sort()).toEqual([...roles].sort());
    expect(new Set(made.objects.map(({ sopInstanceUID }) => sopInstanceUID)).size).toBe(made.objects.length);
  });

  it.runIf(hasPrograms('dciodvfy'))('dciodvfy finds no error', async () => {
    for (const { role, path } of files) {
      if (role === 'labelmap' || role === 'rejection') continue;
      const { stdout, stderr } = await run('dciodvfy', ['-new', path]);
      const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.trim());
      expect({ role, errors: lines.filter((line) => line.startsWith('Error')) }).toEqual({ role, errors: [] });
      expect(lines).toContain(kinds[role]);
    }
  });

  it.runIf(hasPrograms('dcm2json', 'dsrdump'))('DCMTK reads them', async () => {
    // One of each kind: further pictures differ in nothing but their pixels.
    for (const [role, path] of new Map(files.toReversed().map((file) => [file.role, file.path]))) {
      const json = JSON.parse(await runOk('dcm2json', ['-fc', path])) as Record<string, { readonly Value?: readonly unknown[] }>;
      expect(json['00080016']?.Value).toEqual([made.objects.find((object) => object.role === role)?.sopClassUID]);
      if (['sr', 'cad-sr', 'enhanced-sr', 'ko'].includes(role)) {
        const { code, stderr } = await run('dsrdump', ['+Pl', path]);
        expect({ role, code, errors: stderr.split('\n').filter((line) => /^[EF]:/u.test(line)) }).toEqual({ role, code: 0, errors: [] });
      }
    }
  });

  it.runIf(hasDebianPython())('pydicom reads them, and they refer to nothing that is not there', async () => {
    const images = join(folder, 'images.json');
    await writeFile(images, JSON.stringify(made.images));
    expect(JSON.parse(await runOk('/usr/bin/python3', [join(import.meta.dirname, 'read_every.py'), folder, images]))).toEqual([]);
  });

  if (scans.some(([other]) => other === name)) it.runIf(hasDebianPython())('another reader takes from report and segmentation what the findings say, and of a phantom the truth', async () => {
    const { files: images, findings, nodules } = made.source!;
    const read = await readResults(folder, images);
    expectAgreement(findings, read);
    if (nodules !== undefined) expectTruth(findings, read, nodules);
  });
});
