/** One set of images in order along the normal of their plane, with what is wrong with it. */
import type { Reason } from '../findings/types.ts';
import type { FrameHeader } from './frame-header.ts';
import { along, planeNormal, samePositionMm } from './group-frames.ts';
import { reason } from './reasons.ts';
import type { Vec3, VolumeGeometry } from './types.ts';
import { add, distance, dot, length, normalize, scale, subtract } from './vec3.ts';

/** A slice of the volume to be: an image, or an empty place between two that will be interpolated. */
export interface StackSlice {
  readonly frame?: FrameHeader;
}

export interface Stack {
  readonly frames: readonly FrameHeader[];
  /** Present when the images form one volume. */
  readonly plan?: { readonly geometry: VolumeGeometry; readonly slices: readonly StackSlice[] };
  readonly refusals: readonly Reason[];
  readonly warnings: readonly Reason[];
}

/** A step within this part of the median step is regular. */
const regularTolerance = 0.02;
/** Beyond this part of the step a slice is not where an even grid puts it. */
export const gridTolerance = 0.2;
/** At most so many slices may be missing, in one place, and at most this part of all. */
const maxMissing = 2;
const maxMissingFraction = 0.03;
const maxTiltDeg = 30;
/** Cosine between the normal and the body's axis below which images are not axial. */
const minAxialCosine = 0.9;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

interface Placed {
  readonly frame: FrameHeader;
  readonly position: Vec3;
  readonly t: number;
}

/** Drops images that are the same image again; tells of differing ones at one position. */
function dropCopies(sorted: readonly Placed[], digestOf: (frame: FrameHeader) => string): { kept: Placed[]; copies: number; conflicts: number } {
  const kept: Placed[] = [];
  let copies = 0;
  let conflicts = 0;
  for (const placed of sorted) {
    const last = kept.at(-1);
    if (!last || placed.t - last.t >= samePositionMm) {
      kept.push(placed);
      continue;
    }
    const same = last.frame.instance !== placed.frame.instance && digestOf(last.frame) === digestOf(placed.frame);
    if (same) copies++;
    else conflicts++;
  }
  return { kept, copies, conflicts };
}

/** How many grid steps lie between each slice and the next. */
function stepCounts(placed: readonly Placed[], step: number): { readonly counts: readonly number[]; readonly worst: number; readonly regular: boolean } {
  let worst = 0;
  let regular = true;
  const counts = placed.slice(1).map((current, n) => {
    const gap = current.t - (placed[n]?.t ?? NaN);
    const count = Math.max(1, Math.round(gap / step));
    const error = Math.abs(gap - count * step);
    worst = Math.max(worst, error / step);
    if (error > Math.max(samePositionMm, regularTolerance * step)) regular = false;
    return count;
  });
  return { counts, worst, regular };
}

function geometryOf(placed: readonly Placed[], slices: number): VolumeGeometry | undefined {
  const first = placed[0];
  const last = placed.at(-1);
  const { rowCosines, columnCosines, pixelSpacing, format, frameOfReferenceUID } = first?.frame ?? {};
  if (!first || !last || !rowCosines || !columnCosines || !pixelSpacing || !format) return undefined;
  const span = subtract(last.position, first.position);
  return {
    columns: format.columns,
    rows: format.rows,
    slices,
    origin: first.position,
    columnDirection: rowCosines,
    rowDirection: columnCosines,
    sliceDirection: normalize(span),
    spacingMm: [pixelSpacing[1], pixelSpacing[0], length(span) / (slices - 1)],
    frameOfReferenceUID: frameOfReferenceUID ?? '',
  };
}

/** How far the slices lie from where the geometry puts them, as a part of the step. */
function gridError(placed: readonly Placed[], counts: readonly number[], geometry: VolumeGeometry): number {
  let k = 0;
  let worst = 0;
  placed.forEach((current, n) => {
    if (n > 0) k += counts[n - 1] ?? 1;
    const expected = add(geometry.origin, scale(geometry.sliceDirection, k * geometry.spacingMm[2]));
    worst = Math.max(worst, distance(expected, current.position) / geometry.spacingMm[2]);
  });
  return worst;
}

/** Whether planes with this normal are axial. */
export const isAxial = (normal: Vec3): boolean => Math.abs(normal[2]) >= minAxialCosine;

const degrees = (cosine: number): number => (Math.acos(Math.min(1, Math.abs(cosine))) * 180) / Math.PI;

/** Refuses a tilt beyond the limit, warns of a smaller one. `normal`: of the image planes. */
export function checkTilt(geometry: VolumeGeometry, normal: Vec3, refusals: Reason[], warnings: Reason[]): void {
  const tiltDeg = degrees(dot(geometry.sliceDirection, normal));
  if (tiltDeg > maxTiltDeg) refusals.push(reason('tilt', { tiltDeg: Math.round(tiltDeg * 10) / 10 }));
  else if (tiltDeg > 0.57) warnings.push(reason('tilt-corrected', { tiltDeg: Math.round(tiltDeg * 10) / 10 }));
}

/**
 * Puts the images in order and finds out whether they form a volume (no instance number or slice location is believed).
 *
 * @param digestOf a digest of an image's pixel data, equal for equal images
 */
export function buildStack(frames: readonly FrameHeader[], digestOf: (frame: FrameHeader) => string): Stack {
  const refusals: Reason[] = [];
  const warnings: Reason[] = [];
  const refuse = (problem: Reason): Stack => ({ frames, refusals: [...refusals, problem], warnings });
  const normal = frames[0] && planeNormal(frames[0]);
  if (!normal || frames.some((frame) => !frame.position || !frame.pixelSpacing)) return refuse(reason('missing-geometry'));
  const sorted = frames
    .map((frame): Placed => ({ frame, position: frame.position ?? [0, 0, 0], t: along(frame, normal) }))
    .sort((a, b) => a.t - b.t || a.frame.instanceNumber - b.frame.instanceNumber || (a.frame.sopInstanceUID < b.frame.sopInstanceUID ? -1 : 1));
  const { kept, copies, conflicts } = dropCopies(sorted, digestOf);
  if (conflicts > 0) return refuse(reason('duplicate', { images: conflicts }));
  if (copies > 0) warnings.push(reason('duplicate-dropped', { images: copies }));
  if (!isAxial(normal)) refusals.push(reason('not-axial'));
  if (kept.length < 2) return refuse(reason('few-slices', { slices: kept.length }));

  const step = median(kept.slice(1).map((current, n) => current.t - (kept[n]?.t ?? NaN)));
  const { counts, worst, regular } = stepCounts(kept, step);
  if (worst > gridTolerance) return refuse(reason('uneven-spacing', { stepMm: Math.round(step * 1000) / 1000 }));
  const missing = counts.reduce((sum, count) => sum + count - 1, 0);
  const gaps = counts.filter((count) => count > 1).length;
  const slices = kept.length + missing;
  if (gaps > 1 || missing > maxMissing || missing / slices > maxMissingFraction) return refuse(reason('gap', { gaps, missing }));

  const geometry = geometryOf(kept, slices);
  if (!geometry) return refuse(reason('missing-geometry'));
  checkTilt(geometry, normal, refusals, warnings);
  if (gridError(kept, counts, geometry) > gridTolerance) refusals.push(reason('uneven-spacing', { stepMm: Math.round(step * 1000) / 1000 }));
  else if (!regular) warnings.push(reason('uneven-spacing-warning'));
  if (missing > 0) warnings.push(reason('gap-interpolated', { missing }));

  const planned: StackSlice[] = [];
  kept.forEach(({ frame }, n) => {
    if (n > 0) for (let empty = 1; empty < (counts[n - 1] ?? 1); empty++) planned.push({});
    planned.push({ frame });
  });
  return { frames: kept.map(({ frame }) => frame), plan: { geometry, slices: planned }, refusals, warnings };
}
