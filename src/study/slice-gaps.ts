/**
 * Holes in a stack of CT images, from ImagePositionPatient along the normal of ImageOrientationPatient
 * (PS3.3 C.7.6.2.1.1). Instance numbers and SliceLocation are not used: neither is reliable.
 */
import type { InstancePlacement } from './types.ts';

export interface SliceGap {
  /** Positions of the images on both sides: z in LPS mm for axial stacks, otherwise the distance along the normal. */
  readonly axis: 'z' | 'normal';
  readonly fromMm: number;
  readonly toMm: number;
  /** How many images fit into the hole at the usual step. */
  readonly missing: number;
}

/** One missing image makes a step of 2; uneven spacing of a scanner stays well below. */
const gapFactor = 1.75;
/** Positions nearer than this are the same place: several acquisitions, or rounding. */
const samePlaceMm = 0.01;
/** With fewer steps there is no usual one. */
const fewestSteps = 3;
const axialCosine = 0.9;

export type Placed = Required<Pick<InstancePlacement, 'imagePositionPatient' | 'imageOrientationPatient'>> & InstancePlacement;

function isPlaced(placement: InstancePlacement): placement is Placed {
  return placement.imagePositionPatient !== undefined && placement.imageOrientationPatient !== undefined;
}

function normalOf([rowX, rowY, rowZ, columnX, columnY, columnZ]: Placed['imageOrientationPatient']): readonly [number, number, number] {
  return [rowY * columnZ - rowZ * columnY, rowZ * columnX - rowX * columnZ, rowX * columnY - rowY * columnX];
}

/** One slice position: along the normal, and what a reader calls it. */
interface Station {
  readonly alongNormalMm: number;
  readonly shownMm: number;
}

function stationsOf(stack: readonly Placed[]): { readonly axis: SliceGap['axis']; readonly stations: readonly Station[] } {
  const [nx, ny, nz] = normalOf(stack[0]!.imageOrientationPatient);
  const axis = Math.abs(nz) >= axialCosine ? 'z' : 'normal';
  const sorted = stack.map(({ imagePositionPatient: [x, y, z] }): Station => {
    const alongNormalMm = x * nx + y * ny + z * nz;
    return { alongNormalMm, shownMm: axis === 'z' ? z : alongNormalMm };
  }).sort((a, b) => a.alongNormalMm - b.alongNormalMm);
  const stations = sorted.filter((station, index) => index === 0 || station.alongNormalMm - sorted[index - 1]!.alongNormalMm >= samePlaceMm);
  return { axis, stations };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function gapsOfStack(stack: readonly Placed[]): readonly SliceGap[] {
  const { axis, stations } = stationsOf(stack);
  const steps = stations.slice(1).map((station, index) => station.alongNormalMm - stations[index]!.alongNormalMm);
  if (steps.length < fewestSteps) return [];
  const usual = median(steps);
  return steps.flatMap((step, index) => {
    if (step < gapFactor * usual) return [];
    const shown = [stations[index]!.shownMm, stations[index + 1]!.shownMm].sort((a, b) => a - b) as [number, number];
    return [{ axis, fromMm: shown[0], toMm: shown[1], missing: Math.max(1, Math.round(step / usual) - 1) } as const];
  });
}

function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return [...groups.values()];
}

/** Orientations that differ by rounding are one. */
const orientationKey = ({ imageOrientationPatient, frameOfReferenceUID }: Placed): string =>
  `${frameOfReferenceUID ?? ''} ${imageOrientationPatient.map((cosine) => (Math.round(cosine * 100) / 100 + 0).toFixed(2)).join(' ')}`;

/**
 * A series may hold several passes over the same places (phases, acquisitions). Where places repeat, each pass is its
 * own stack, so that a hole in one is not covered by the other; where they do not repeat, an acquisition number that
 * changes from table stop to table stop does not cut the stack into pieces.
 */
function stacksOf(stack: readonly Placed[]): readonly (readonly Placed[])[] {
  if (stationsOf(stack).stations.length === stack.length) return [stack];
  const passes = groupBy(stack, ({ acquisitionNumber, temporalPosition }) => `${acquisitionNumber ?? ''} ${temporalPosition ?? ''}`);
  return passes.length > 1 && passes.every((pass) => pass.length > fewestSteps) ? passes : [stack];
}

function isSlice({ modality, imageType, numberOfFrames }: InstancePlacement): boolean {
  const localizer = imageType?.some((value) => value.toUpperCase() === 'LOCALIZER' || value.toUpperCase() === 'SCOUT') ?? false;
  return modality === 'CT' && !localizer && (numberOfFrames ?? 1) === 1;
}

/** The holes of one series, in ascending position. */
export function findSliceGaps(series: readonly InstancePlacement[]): readonly SliceGap[] {
  const slices = series.filter(isSlice).filter(isPlaced);
  return groupBy(slices, orientationKey).flatMap(stacksOf).flatMap(gapsOfStack).sort((a, b) => a.fromMm - b.fromMm);
}
