/** Where an earlier examination shows the same anatomy: one shift of the patient, by what both have in common. */
import { normalOf, pixelToWorld, type Point3, type SliceImage } from '../rendering/slice-images.ts';

export interface CompareLink {
  /** To be added to a place in the present examination, mm along the normal of its slices. */
  readonly offsetMm: number;
  /** To be added to a point of the present examination, LPS mm; only what of it lies within the slices is used. */
  readonly shiftMm: Point3;
  /** What the shift was taken from; `hand`: the reader has set it. */
  readonly by: 'nodules' | 'frame' | 'scan' | 'hand';
  /** Matched nodules it was taken from. */
  readonly count: number;
}

/** A nodule in both examinations, LPS mm of each. */
export interface MatchedPlace {
  readonly now: Point3;
  readonly before: Point3;
}

const frameOfReference = '00200052';

function dot(a: Point3, b: Point3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** Places of slices along the normal of the first of `reference`, mm; undefined where a slice has no place. */
export function placesAlong(images: readonly SliceImage[], reference: readonly SliceImage[]): readonly number[] | undefined {
  const plane = reference[0]?.plane;
  if (plane === undefined) return undefined;
  const normal = normalOf(plane);
  const places = images.map((image) => (image.plane === undefined ? Number.NaN : dot(normal, image.plane.position)));
  return places.some(Number.isNaN) ? undefined : places;
}

function frameOf(images: readonly SliceImage[]): unknown {
  return images[0]?.attributes[frameOfReference]?.Value?.[0];
}

/** The middle of the first image: good enough within the slices, where scans are alike. */
function middleOf(images: readonly SliceImage[]): Point3 | undefined {
  const [first] = images;
  return first?.plane === undefined ? undefined : pixelToWorld(first.plane, (first.columns - 1) / 2, (first.rows - 1) / 2);
}

function perAxis(of: (axis: 0 | 1 | 2) => number): Point3 {
  return [of(0), of(1), of(2)];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] ?? 0 : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Matched nodules first, a common frame of reference next, else the middles of both scans on each other. */
export function startLink(now: readonly SliceImage[], before: readonly SliceImage[], matched: readonly MatchedPlace[]): CompareLink {
  const plane = now[0]?.plane;
  if (plane !== undefined && matched.length > 0) {
    const normal = normalOf(plane);
    return {
      offsetMm: median(matched.map((pair) => dot(normal, pair.before) - dot(normal, pair.now))), by: 'nodules', count: matched.length,
      shiftMm: perAxis((axis) => median(matched.map((pair) => pair.before[axis] - pair.now[axis]))),
    };
  }
  const frame = frameOf(now);
  if (frame !== undefined && frame === frameOf(before)) return { offsetMm: 0, shiftMm: [0, 0, 0], by: 'frame', count: 0 };
  const [here, there] = [placesAlong(now, now), placesAlong(before, now)];
  const [own, other] = [middleOf(now), middleOf(before)];
  if (here === undefined || there === undefined || own === undefined || other === undefined) return { offsetMm: 0, shiftMm: [0, 0, 0], by: 'scan', count: 0 };
  const middle = (places: readonly number[]): number => ((places[0] ?? 0) + (places.at(-1) ?? 0)) / 2;
  return { offsetMm: middle(there) - middle(here), shiftMm: perAxis((axis) => other[axis] - own[axis]), by: 'scan', count: 0 };
}

/** The slice of the earlier examination for a slice of the present one; undefined where places are unknown. */
export function linkedSlice(now: readonly SliceImage[], index: number, before: readonly SliceImage[], offsetMm: number): number | undefined {
  const own = placesAlong(now, now)?.[index];
  const places = placesAlong(before, now);
  if (own === undefined || places === undefined) return undefined;
  let best = 0;
  for (const [at, place] of places.entries()) if (Math.abs(place - own - offsetMm) < Math.abs((places[best] ?? Infinity) - own - offsetMm)) best = at;
  return places.length === 0 ? undefined : best;
}

/** The shift that puts these two slices on the same level. */
export function offsetBetween(now: readonly SliceImage[], index: number, before: readonly SliceImage[], there: number): number | undefined {
  const [own, other] = [placesAlong(now, now)?.[index], placesAlong(before, now)?.[there]];
  return own === undefined || other === undefined ? undefined : other - own;
}
