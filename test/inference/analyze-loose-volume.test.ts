/** The same scan as DICOM and as volume files, flipped and turned in memory: the same findings at the same places. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FindingsSchema } from '../../src/findings/schema.ts';
import { analyzeLooseVolume } from '../../src/inference/analyze-loose-volume.ts';
import { analyzeStudy, type AnalysisResult } from '../../src/inference/analyze-study.ts';
import { readStudy } from '../../src/inference/read-study.ts';
import { loadPipeline, type ModelPipeline } from '../../src/inference/registry.ts';
import { phantomToInstances } from '../../src/phantom/dicom-series.ts';
import { describePhantom } from '../../src/phantom/scene.ts';
import { readLooseVolume } from '../../src/volume-files/loose-volume.ts';
import { assembleVolume } from '../../src/volume/assemble.ts';
import { chooseSeries } from '../../src/volume/choose-series.ts';
import { indexToWorld } from '../../src/volume/geometry.ts';
import type { Volume } from '../../src/volume/types.ts';
import { distance, scale } from '../../src/volume/vec3.ts';
import { run } from '../helpers/run.ts';
import { writeMetaImage, writeNifti, writeNrrd, type Stored } from '../volume-files/writers.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
let folder: string;
let model: ModelPipeline;
let volume: Volume;
let reference: AnalysisResult;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoi-loose-'));
  model = await loadPipeline(fixtures, 'blob-detector');
  const scene = describePhantom({ seed: 100_412, nodules: [11, 9].map((diameterMm) => ({ diameterMm, type: 'solid', location: 'isolated', margin: 'smooth' })), distractors: false });
  const instances = phantomToInstances(scene, { scanner: { kernel: 'standard', noise: 15, sliceThicknessMm: 2.5 }, columns: 192, sliceSpacingMm: 2.5 })
    .map(({ part10, sopInstanceUID }) => ({ sopInstanceUID, read: () => Promise.resolve(part10) }));
  const { signal } = new AbortController();
  const study = await readStudy(instances, signal, () => undefined);
  const [chosen] = chooseSeries(study.instances, model.manifest.accepts).ranked;
  volume = await assembleVolume(chosen!.stack.plan!, async (n) => instances[n]!.read(), { threads: 1, signal, onProgress: () => undefined });
  reference = await analyzeStudy({ instances, model });
});
afterAll(async () => {
  await model.release();
  await rm(folder, { recursive: true, force: true });
});

/** The volume with its first two axes turned round, as LUNA16 has some scans, or its axes exchanged. */
function storedAs(order: readonly [number, number, number], flips: readonly [boolean, boolean, boolean]): Stored {
  const { geometry, hu } = volume;
  const counts = [geometry.columns, geometry.rows, geometry.slices] as const;
  const directions = [geometry.columnDirection, geometry.rowDirection, geometry.sliceDirection] as const;
  const size = order.map((axis) => counts[axis]!) as [number, number, number];
  const step = (n: 0 | 1 | 2): Stored['origin'] => scale(directions[order[n]]!, geometry.spacingMm[order[n]]! * (flips[n] ? -1 : 1));
  const indexOf = (i: number, j: number, k: number): [number, number, number] => {
    const index: [number, number, number] = [0, 0, 0];
    [i, j, k].forEach((value, n) => { index[order[n]!] = flips[n] ? size[n]! - 1 - value : value; });
    return index;
  };
  const values = new Array<number>(hu.length);
  let n = 0;
  for (let k = 0; k < size[2]; k += 1) {
    for (let j = 0; j < size[1]; j += 1) {
      for (let i = 0; i < size[0]; i += 1, n += 1) {
        const [ci, cj, ck] = indexOf(i, j, k);
        values[n] = hu[(ck * geometry.rows + cj) * geometry.columns + ci]!;
      }
    }
  }
  return { size, steps: [step(0), step(1), step(2)], origin: indexToWorld(geometry, indexOf(0, 0, 0)), type: 'int16', littleEndian: true, compressed: true, values };
}

function expectSameFindings({ findings }: AnalysisResult): void {
  expect(Value.Check(FindingsSchema, findings)).toBe(true);
  expect(findings.status).toBe('analysed');
  expect(reference.findings.findings.length).toBeGreaterThan(1);
  expect(findings.findings).toHaveLength(reference.findings.findings.length);
  findings.findings.forEach((finding, n) => {
    const other = reference.findings.findings[n]!;
    expect(distance(finding.worldPoint, other.worldPoint)).toBeLessThan(0.01);
    expect(finding.diameterMm).toBeCloseTo(other.diameterMm, 2);
    expect(finding.volumeMm3).toBeCloseTo(other.volumeMm3, 0);
    expect(finding.probability).toBeCloseTo(other.probability, 3);
    expect(finding.laterality).toBe(other.laterality);
  });
}

const analyse = (path: string): Promise<AnalysisResult> => analyzeLooseVolume({ model, read: (onProgress, signal) => readLooseVolume(path, { onProgress, signal }) });

describe('one scan, several files', () => {
  it('MetaImage with x and y turned round', async () => expectSameFindings(await analyse(await writeMetaImage(folder, storedAs([0, 1, 2], [true, true, false]), false))));
  it('NIfTI stored in sagittal slices', async () => expectSameFindings(await analyse(await writeNifti(folder, storedAs([1, 2, 0], [false, true, true]), 1))));
  it('NRRD in RAS space, upside down', async () => expectSameFindings(await analyse(await writeNrrd(folder, storedAs([0, 1, 2], [true, false, true]), 'RAS', false))));

  it('phoi analyze takes the file', async () => {
    const path = await writeNifti(folder, storedAs([0, 1, 2], [true, true, false]), 2);
    const out = join(folder, 'out');
    const { code, stdout, stderr } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../../src/cli/main.ts'), 'analyze', path, '--model', 'blob-detector', '--out', out, '--json'], { env: { ...process.env, PHOI_MODELS_DIR: fixtures } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const written = await readFile(join(out, 'findings.json'), 'utf8');
    expect(JSON.parse(stdout)).toEqual(JSON.parse(written));
    const document = JSON.parse(written) as AnalysisResult['findings'];
    expect(document).toMatchObject({ status: 'analysed', studyInstanceUID: '' });
    expect(document.warnings.map(({ code }) => code)).toContain('thick-slices-warning');
  });
});

describe('a volume that is not analysed', () => {
  const part = (slices: number): Stored => {
    const whole = storedAs([0, 1, 2], [false, false, false]);
    return { ...whole, size: [whole.size[0], whole.size[1], slices], values: whole.values.slice(0, whole.size[0] * whole.size[1] * slices) };
  };

  it('too short', async () => {
    const { findings } = await analyse(await writeMetaImage(folder, part(12), true));
    expect(findings).toMatchObject({ status: 'not-analysed', findings: [], reason: { code: 'few-slices' } });
    expect(Value.Check(FindingsSchema, findings)).toBe(true);
  });

  it('without lungs', async () => {
    const whole = storedAs([0, 1, 2], [false, false, false]);
    const { findings } = await analyse(await writeMetaImage(folder, { ...whole, values: whole.values.map((value) => Math.max(value, 0)) }, true));
    expect(findings).toMatchObject({ status: 'not-analysed', reason: { code: 'hu-implausible' } });
  });
});
