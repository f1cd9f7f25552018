/**
 * The measuring process: holds the volume of the study that is being read, and measures what readers point at. A
 * process of its own, since assembling takes gigabytes and seconds, and neither may touch the server.
 */
import { setPriority } from 'node:os';
import { openFileArchive } from '../../src/archive/file-archive.ts';
import { AppError, toAppError } from '../../src/errors.ts';
import { measureAxes } from '../../src/inference/measure-axes.ts';
import { isInside, measurePoint, type MeasuredPoint } from '../../src/inference/measure-point.ts';
import { prepareSeries, type PreparedSeries } from '../../src/inference/prepare-series.ts';
import type { FromMeasurer, MeasuredNodule, MeasureImages, MeasureTarget, ToMeasurer } from '../../src/review/measurer.ts';
import { indexToWorld, worldToIndex } from '../../src/volume/geometry.ts';
import type { Vec3 } from '../../src/volume/types.ts';

/** Behind the server and the analyses. */
const niceness = 5;
setPriority(niceness);
const archive = await openFileArchive(process.argv[2] ?? '.');
/** One study is read at a time; a second volume would double the memory. */
let held: { readonly key: string; readonly series: Promise<PreparedSeries> } | undefined;

function seriesOf({ instances }: MeasureImages): Promise<PreparedSeries> {
  const key = instances.map(({ sopInstanceUID, blobKey }) => `${sopInstanceUID} ${blobKey}`).sort().join('\n');
  if (held?.key !== key) {
    // The volume before is let go first, so that two are never there together.
    held = undefined;
    const series = prepareSeries(instances.map(({ sopInstanceUID, blobKey }) => ({ sopInstanceUID, read: () => archive.read(blobKey) })), { signal: new AbortController().signal });
    const mine = { key, series };
    held = mine;
    series.catch(() => { if (held === mine) held = undefined; });
  }
  return held.series;
}

function worldOf({ volume }: PreparedSeries, target: Exclude<MeasureTarget, { kind: 'axes' }>): Vec3 | undefined {
  const { geometry, slices } = volume;
  if (target.kind === 'point') return isInside(geometry, worldToIndex(geometry, target.worldPoint)) ? target.worldPoint : undefined;
  const slice = slices.findIndex(({ sopInstanceUID, frameNumber }) => sopInstanceUID === target.sopInstanceUID && (target.frameNumber === undefined || frameNumber === target.frameNumber));
  const index: Vec3 = [target.column, target.row, slice];
  return slice >= 0 && isInside(geometry, index) ? indexToWorld(geometry, index) : undefined;
}

function measure(series: PreparedSeries, target: MeasureTarget): MeasuredNodule {
  const outside = (): AppError => new AppError('REVIEW_POINT_OUTSIDE', 'The point lies outside the images.');
  let measured: MeasuredPoint | undefined;
  if (target.kind === 'axes') {
    measured = measureAxes(series, target.longAxisWorld, target.shortAxisWorld);
    if (measured === undefined) throw outside();
  } else {
    const world = worldOf(series, target);
    if (world === undefined) throw outside();
    measured = measurePoint(series, world);
    if (measured === undefined) throw new AppError('REVIEW_NOTHING_TO_MEASURE', 'Nothing at this point has a border that can be found.');
  }
  return { ...measured, seriesInstanceUID: series.seriesInstanceUID };
}

function tell(message: FromMeasurer): void {
  process.send?.(message);
}

async function answer({ id, images, target }: ToMeasurer): Promise<void> {
  try {
    const series = await seriesOf(images);
    tell(target === undefined ? { id } : { id, result: measure(series, target) });
  } catch (error) {
    const { code, message } = toAppError(error);
    tell({ id, code, message });
  }
}

// One after the other: a change of study must not start while another is being made ready.
let tail: Promise<void> = Promise.resolve();
process.on('message', (message: ToMeasurer) => {
  tail = tail.then(() => answer(message));
});
process.once('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
process.on('SIGINT', () => undefined);
