import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { geometryOf } from '../../src/conclusions/compare-nodules.ts';
import { FindingsSchema } from '../../src/findings/schema.ts';
import { text } from '../../src/dicom/access.ts';
import { put } from '../../src/dicom/build.ts';
import { isUID } from '../../src/dicom/uid.ts';
import { analyzeStudy, type AnalysisResult, type AnalysisStage, type InstanceSource } from '../../src/inference/analyze-study.ts';
import { loadPipeline, type ModelPipeline } from '../../src/inference/registry.ts';
import { phantomToInstances } from '../../src/phantom/dicom-series.ts';
import type { PhantomDicomOptions } from '../../src/phantom/dicom-header.ts';
import { describePhantom } from '../../src/phantom/scene.ts';
import type { NoduleRequest, PhantomScene } from '../../src/phantom/types.ts';
import { worldToIndex } from '../../src/volume/geometry.ts';
import { distance } from '../../src/volume/vec3.ts';
import { seriesDatasets, shuffled, sourcesOf } from '../volume/synthetic-series.ts';

const nodules: readonly NoduleRequest[] = [11, 9, 13].map((diameterMm) => ({ diameterMm, type: 'solid', location: 'isolated', margin: 'smooth' }));
let model: ModelPipeline;
let scene: PhantomScene;
beforeAll(async () => {
  model = await loadPipeline(join(import.meta.dirname, 'fixtures'), 'blob-detector');
  scene = describePhantom({ seed: 100_412, nodules, distractors: false });
});
afterAll(async () => { await model.release(); });

function makeSources(options: Partial<PhantomDicomOptions>): readonly InstanceSource[] {
  return phantomToInstances(scene, { scanner: { kernel: 'standard', noise: 15, sliceThicknessMm: 2 }, columns: 256, sliceSpacingMm: 2, ...options })
    .map(({ part10, sopInstanceUID }) => ({ sopInstanceUID, read: () => Promise.resolve(part10) }));
}

/** The phantom as it is takes seconds to draw and is asked for by many tests. */
let plain: readonly InstanceSource[] | undefined;
const phantomSources = (options?: Partial<PhantomDicomOptions>): readonly InstanceSource[] => (options ? makeSources(options) : plain ??= makeSources({}));

/** Every nodule is among the findings, where it is, with its size, on images and outlines that lead to the same place. */
function expectNodules({ findings, volume, masks }: AnalysisResult): void {
  expect(findings.status).toBe('analysed');
  expect(masks).toHaveLength(findings.findings.length);
  for (const { truth } of scene.nodules) {
    const n = findings.findings.findIndex(({ worldPoint }) => distance(worldPoint, truth.worldPoint) < 2);
    const finding = findings.findings[n];
    const mask = masks[n];
    if (!finding || !mask || !volume) throw new Error(`no finding at ${truth.worldPoint.join(' ')}`);
    expect(Math.abs(finding.diameterMm - truth.diameterMm)).toBeLessThan(1.5);
    expect(finding.laterality).toBe(truth.worldPoint[0] < 0 ? 'right' : 'left');
    expect(finding.type).toBe('solid');
    const [i, j, k] = worldToIndex(volume.geometry, truth.worldPoint);
    const reference = volume.slices[Math.round(k)];
    const outline = finding.outlines.find(({ sopInstanceUID, frameNumber }) => sopInstanceUID === reference?.sopInstanceUID && frameNumber === reference.frameNumber);
    const xs = outline?.polygons[0]?.filter((_, at) => at % 2 === 0) ?? [];
    const ys = outline?.polygons[0]?.filter((_, at) => at % 2 === 1) ?? [];
    expect(Math.abs((Math.min(...xs) + Math.max(...xs)) / 2 - i)).toBeLessThan(1.5);
    expect(Math.abs((Math.min(...ys) + Math.max(...ys)) / 2 - j)).toBeLessThan(1.5);
    const at = [i, j, k].map((value, axis) => Math.round(value) - (mask.start[axis as 0 | 1 | 2]));
    expect(mask.data[((at[2] ?? -1) * mask.size[1] + (at[1] ?? -1)) * mask.size[0] + (at[0] ?? -1)]).toBe(1);
  }
}

describe('a phantom is analysed', () => {
  let first: AnalysisResult;

  it('from its files to measured findings', async () => {
    const progress: [AnalysisStage, number][] = [];
    first = await analyzeStudy({ instances: phantomSources(), model, onProgress: (stage, fraction) => progress.push([stage, fraction]) });
    expectNodules(first);
    expect(progress.every(([, fraction], n) => n === 0 || fraction >= (progress[n - 1]?.[1] ?? 0))).toBe(true);
    expect(new Set(progress.map(([stage]) => stage))).toEqual(new Set(['read', 'assemble', 'segment', 'infer', 'measure']));
    const { findings, sourceHeaders, volume } = first;
    expect(findings.warnings.map(({ code }) => code)).toContain('thick-slices-warning');
    expect(findings.findings.every(({ trackingUID }) => isUID(trackingUID))).toBe(true);
    expect(new Set(findings.findings.map(({ trackingUID }) => trackingUID)).size).toBe(findings.findings.length);
    expect(sourceHeaders.map((header) => text(header, 'SOPInstanceUID'))).toEqual(volume?.slices.map(({ sopInstanceUID }) => sopInstanceUID));
    expect(findings.quality).toMatchObject({ sliceSpacingMm: 2, kernel: 'B45f', lungsComplete: true });
    const { lungBox, coverageMm } = geometryOf(findings);
    expect((coverageMm?.[1] ?? 0) - (coverageMm?.[0] ?? 0)).toBeCloseTo(Number(findings.quality['coverageMm']), 1);
    for (const axis of [0, 1, 2] as const) expect(lungBox?.[0][axis]).toBeLessThan(lungBox?.[1][axis] ?? -Infinity);
    for (const { worldPoint } of findings.findings) {
      for (const axis of [0, 1, 2] as const) {
        expect(worldPoint[axis]).toBeGreaterThan((lungBox?.[0][axis] ?? Infinity) - 5);
        expect(worldPoint[axis]).toBeLessThan((lungBox?.[1][axis] ?? -Infinity) + 5);
      }
    }
    expect(JSON.parse(JSON.stringify(findings))).toEqual(findings);
    expect([...Value.Errors(FindingsSchema, findings)]).toEqual([]);
  });

  it('with the same result whatever the order of the files', async () => {
    const again = await analyzeStudy({ instances: shuffled(phantomSources()), model, threads: 1 });
    expect({ ...again.findings, timingsMs: {} }).toEqual({ ...first.findings, timingsMs: {} });
  });

  it.each([
    ['feet first, prone', { patientPosition: 'FFP' }],
    ['oblique', { obliqueDegrees: [8, -6, 10] }],
    ['Enhanced CT', { enhanced: true }],
  ] as const)('%s', async (_, options) => {
    expectNodules(await analyzeStudy({ instances: phantomSources(options), model }));
  });

  it('with one slice missing: what lies beside the gap says so', async () => {
    const sources = phantomSources();
    const middle = first.findings.findings.find(({ worldPoint }) => scene.nodules.some(({ truth }) => distance(truth.worldPoint, worldPoint) < 2));
    const gone = first.volume?.slices.findIndex(({ sopInstanceUID }) => sopInstanceUID === middle?.sliceInstanceUID) ?? -1;
    const { findings } = await analyzeStudy({ instances: sources.filter(({ sopInstanceUID }) => sopInstanceUID !== first.volume?.slices[gone]?.sopInstanceUID), model });
    expect(findings.warnings.map(({ code }) => code)).toContain('gap-interpolated');
    const beside = findings.findings.find(({ worldPoint }) => distance(worldPoint, middle?.worldPoint ?? [0, 0, 0]) < 4);
    expect(beside?.notes).toContain('gap-nearby');
    expect(beside?.sliceInstanceUID).not.toBe('');
  });
});

describe('what cannot be analysed is said, not hidden', () => {
  async function refused(instances: readonly InstanceSource[]): Promise<AnalysisResult> {
    const result = await analyzeStudy({ instances, model });
    expect(result.findings.status).toBe('not-analysed');
    expect(result.findings.findings).toEqual([]);
    expect(result.findings.reason?.text.vi).not.toBe('');
    expect([...Value.Errors(FindingsSchema, result.findings)]).toEqual([]);
    expect(result.volume).toBeUndefined();
    return result;
  }

  it('an MR study', async () => {
    const result = await refused(sourcesOf(seriesDatasets({ change: (dataset) => { put(dataset, 'Modality', 'MR'); put(dataset, 'SOPClassUID', '1.2.840.10008.5.1.4.1.1.4'); } })));
    expect(result.findings.reason?.code).toBe('not-ct');
    expect(result.sourceHeaders).toHaveLength(40);
  });

  it('a single slice', async () => {
    expect((await refused(phantomSources({ slices: 1 }))).findings.reason?.code).toBe('few-slices');
  });

  it('a CT without lungs, after which another series of the study is tried', async () => {
    // Thinner than the phantom: by its headers alone it would be the better choice.
    const bottle = sourcesOf(seriesDatasets({
      name: 'bottle', slices: 200, columns: 104, rows: 104, pixelSpacing: [2, 2], origin: [-104, -104, 0],
      hu: ([x, y]) => (Math.hypot(x, y) < 80 ? 30 : -1000),
      change: (dataset) => put(dataset, 'BodyPartExamined', 'CHEST'),
    }));
    expect((await refused(bottle)).findings.reason?.code).toBe('not-chest');
    const { findings } = await analyzeStudy({ instances: [...bottle, ...phantomSources()], model });
    expect(findings.status).toBe('analysed');
    const assessments = findings.seriesAssessments.map(({ eligible, reasons }) => [eligible, reasons[0]?.code]);
    expect(assessments).toContainEqual([false, 'not-chest']);
    expect(findings.seriesInstanceUID).not.toBe(findings.seriesAssessments.find(({ eligible }) => !eligible)?.seriesInstanceUID);
  });

  it('nothing at all, and nothing but rubbish', async () => {
    expect((await refused([])).findings.reason?.code).toBe('no-images');
    const rubbish = await refused([{ read: () => Promise.resolve(new Uint8Array(4000)) }]);
    expect(rubbish.findings.warnings.map(({ code }) => code)).toEqual(['unreadable-instance']);
    expect(rubbish.sourceHeaders).toEqual([]);
  });

  it('an image whose pixel data is cut off', async () => {
    const sources = phantomSources({ slices: 40, sliceSpacingMm: 2 });
    const cut = sources.map((source, n) => (n === 17 ? { read: async () => (await source.read()).slice(0, 40_000) } : source));
    const { findings } = await analyzeStudy({ instances: cut, model });
    expect(findings.warnings.map(({ code }) => code)).toEqual(expect.arrayContaining(['unreadable-instance']));
  });

  it('and a source that cannot be read is a failure', async () => {
    await expect(analyzeStudy({ instances: [{ read: () => Promise.reject(new Error('disk')) }], model })).rejects.toThrow('disk');
  });

  it('and a cancelled analysis stops', async () => {
    const stop = new AbortController();
    const reason = new Error('cancelled');
    const run = analyzeStudy({ instances: phantomSources({ slices: 60 }), model, signal: stop.signal, onProgress: (stage) => { if (stage === 'infer') stop.abort(reason); } });
    await expect(run).rejects.toBe(reason);
  });
});
