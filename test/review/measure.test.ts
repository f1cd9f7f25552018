/** Measuring on request, through the real process, archive and index. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFileArchive } from '../../src/archive/file-archive.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import { silentLog } from '../../src/log.ts';
import { createMeasurer } from '../../src/measuring-process.ts';
import { phantomToInstances } from '../../src/phantom/dicom-series.ts';
import { describePhantom } from '../../src/phantom/scene.ts';
import type { NoduleRequest } from '../../src/phantom/types.ts';
import type { Measurer, MeasureTarget } from '../../src/review/measurer.ts';
import type { ReviewService } from '../../src/review/port.ts';
import { createReviewService } from '../../src/review/review-service.ts';
import { createStudyService } from '../../src/study/study-service.ts';
import type { StudyService } from '../../src/study/port.ts';
import { distance } from '../../src/volume/vec3.ts';

const nodules: readonly NoduleRequest[] = [
  { diameterMm: 14, type: 'solid', location: 'isolated', margin: 'smooth' },
  { diameterMm: 10, type: 'ground-glass', location: 'isolated', margin: 'smooth' },
  { diameterMm: 8, type: 'solid', location: 'juxtapleural', margin: 'smooth' },
];
const scene = describePhantom({ seed: 100_412, nodules, distractors: false });
const truths = scene.nodules.map(({ truth }) => truth);
const instances = phantomToInstances(scene, { scanner: { kernel: 'standard', noise: 15, sliceThicknessMm: 1.5 }, columns: 320, sliceSpacingMm: 1.5 });

let folder: string;
let index: StudyIndex;
let study: StudyService;
let measurer: Measurer;
let review: ReviewService;
let studyInstanceUID = '';

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> { yield bytes; }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoi-measure-'));
  const log = silentLog();
  const archive = await openFileArchive(folder, { reserveBytes: 0 });
  index = await openSqliteIndex(join(folder, 'index.sqlite'));
  study = createStudyService({ archive, index, log, settings: { quietSeconds: 3600 } });
  measurer = createMeasurer({ dataDir: folder, log });
  review = createReviewService({ index, archive, study, log, measurer, softwareVersion: '0.1.0', route: async () => undefined });
  for (const { part10 } of instances) studyInstanceUID = (await study.receive(once(part10), { transport: 'cli' })).studyInstanceUID;
  await study.forceComplete(studyInstanceUID);
});
afterAll(async () => {
  await review.close();
  await measurer.close();
  await study.close();
  await index.close();
  await rm(folder, { recursive: true, force: true });
});

const measure = (target: MeasureTarget) => review.measure(studyInstanceUID, target);
const at = (truth: (typeof truths)[number], off: readonly [number, number, number] = [0, 0, 0]): MeasureTarget => ({
  kind: 'point', worldPoint: [truth.worldPoint[0] + off[0] * truth.diameterMm, truth.worldPoint[1] + off[1] * truth.diameterMm, truth.worldPoint[2] + off[2] * truth.diameterMm],
});

describe('a reader points at a nodule', () => {
  it('and gets its outline, axes, volume and type, much the same wherever in it the point was', async () => {
    for (const truth of truths) {
      for (const off of [[0, 0, 0], [0.3, 0, 0], [0, -0.3, 0], [-0.2, 0.2, 0.1]] as const) {
        const { finding, ...rest } = await measure(at(truth, off));
        expect(rest).toEqual({ trackingUID: finding.trackingUID, origin: 'reader', verdict: 'accepted', edited: [] });
        expect(Math.abs(finding.diameterMm - truth.diameterMm), `${truth.type} ${off.join(' ')}: ${finding.diameterMm}`).toBeLessThan(2);
        expect(distance(finding.worldPoint, truth.worldPoint)).toBeLessThan(2);
        expect(finding.type).toBe(truth.type);
        expect(finding.laterality).toBe(truth.worldPoint[0] < 0 ? 'right' : 'left');
        expect(finding.outlines.some(({ sopInstanceUID, polygons }) => sopInstanceUID === finding.sliceInstanceUID && polygons.length > 0)).toBe(true);
        expect(finding).not.toHaveProperty('probability');
      }
    }
  });

  it('each with an identity and a number of its own, kept with its mask', async () => {
    const [a, b] = [await measure(at(truths[0]!)), await measure(at(truths[0]!))];
    expect(a.trackingUID).not.toBe(b.trackingUID);
    expect(a.finding.trackingIdentifier).not.toBe(b.finding.trackingIdentifier);
    const kept = (await index.reviews.measured(studyInstanceUID)).find(({ finding }) => finding.trackingUID === a.trackingUID);
    expect(kept?.finding).toEqual(a.finding);
    expect(kept?.mask?.data.some((value) => value === 1)).toBe(true);
  });

  it('on the image of the screen as well as in space', async () => {
    const { finding } = await measure(at(truths[0]!));
    const polygon = finding.outlines.find(({ sopInstanceUID }) => sopInstanceUID === finding.sliceInstanceUID)?.polygons[0] ?? [];
    const middle = (from: 0 | 1): number => {
      const values = polygon.filter((_, n) => n % 2 === from);
      return (Math.min(...values) + Math.max(...values)) / 2;
    };
    const clicked = await measure({ kind: 'pixel', sopInstanceUID: finding.sliceInstanceUID, column: middle(0), row: middle(1) });
    expect(distance(clicked.finding.worldPoint, finding.worldPoint)).toBeLessThan(1);
    expect(Math.abs(clicked.finding.diameterMm - finding.diameterMm)).toBeLessThan(0.5);
  });

  it('and hears when there is nothing, or the point is beside the images', async () => {
    await expect(measure({ kind: 'point', worldPoint: [0, 0, truths[0]!.worldPoint[2]] })).rejects.toMatchObject({ code: 'REVIEW_NOTHING_TO_MEASURE' });
    await expect(measure({ kind: 'point', worldPoint: [9999, 0, 0] })).rejects.toMatchObject({ code: 'REVIEW_POINT_OUTSIDE' });
    await expect(measure({ kind: 'pixel', sopInstanceUID: '2.25.1', column: 1, row: 1 })).rejects.toMatchObject({ code: 'REVIEW_POINT_OUTSIDE' });
    await expect(review.measure(studyInstanceUID, at(truths[0]!), '2.25.1')).rejects.toMatchObject({ code: 'REVIEW_NO_VOLUME' });
  });

  it('and may draw the axes, of which nobody states a volume', async () => {
    const truth = truths[0]!;
    const [x, y, z] = truth.worldPoint;
    const half = truth.diameterMm / 2;
    const { finding } = await measure({ kind: 'axes', longAxisWorld: [[x - half, y, z], [x + half, y, z]], shortAxisWorld: [[x, y - half + 1, z], [x, y + half - 1, z]] });
    expect(finding).toMatchObject({ type: 'solid', outlines: [], notes: ['axes-drawn'], laterality: x < 0 ? 'right' : 'left' });
    expect(finding.longAxisMm).toBeCloseTo(truth.diameterMm, 1);
    expect(finding.shortAxisMm).toBeCloseTo(truth.diameterMm - 2, 1);
    expect(finding.diameterMm).toBeCloseTo(truth.diameterMm - 1, 1);
    const auto = (await measure(at(truth))).finding;
    const slices = instances.map(({ sopInstanceUID }) => sopInstanceUID);
    expect(Math.abs(slices.indexOf(finding.sliceInstanceUID) - slices.indexOf(auto.sliceInstanceUID))).toBeLessThanOrEqual(2);
    expect((await measure({ kind: 'axes', longAxisWorld: [[x - half, y, z], [x + half, y, z]] })).finding).toMatchObject({ notes: ['axes-drawn', 'one-axis'] });
  });
});

describe('the measuring process', () => {
  const target = at(truths[0]!);
  async function images() {
    return { instances: (await index.summaries(studyInstanceUID)).map(({ sopInstanceUID, blobKey }) => ({ sopInstanceUID, blobKey })) };
  }

  it('that takes too long is ended, and the next request gets a fresh one', async () => {
    const slow = createMeasurer({ dataDir: folder, log: silentLog(), timeoutMs: 1 });
    await expect(slow.measure(await images(), target)).rejects.toMatchObject({ code: 'REVIEW_MEASURE_TIMEOUT' });
    await expect(slow.measure(await images(), target)).rejects.toMatchObject({ code: 'REVIEW_MEASURE_TIMEOUT' });
    await slow.close();
  });

  it('that takes too much memory is ended', async () => {
    const greedy = createMeasurer({ dataDir: folder, log: silentLog(), maxMemoryBytes: 1024 ** 2 });
    await expect(greedy.measure(await images(), target)).rejects.toMatchObject({ code: 'REVIEW_MEASURE_FAILED' });
    await greedy.close();
  });

  it('refuses more than it can hold, and measures the rest', async () => {
    const given = await images();
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => measurer.measure(given, target)));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.map(({ reason }) => (reason as { code: string }).code)).toEqual(Array.from({ length: 4 }, () => 'REVIEW_MEASURE_BUSY'));
  });

  it('reads images that are gone or broken as a failure with a code', async () => {
    const given = await images();
    await expect(measurer.measure({ instances: [{ sopInstanceUID: '2.25.5', blobKey: '0'.repeat(64) }] }, target)).rejects.toMatchObject({ code: 'ARCHIVE_NOT_FOUND' });
    await expect(measurer.measure({ instances: given.instances.slice(0, 1) }, target)).rejects.toMatchObject({ code: 'REVIEW_NO_VOLUME' });
    expect((await measurer.measure(given, target)).values.diameterMm).toBeGreaterThan(10);
  });
});
