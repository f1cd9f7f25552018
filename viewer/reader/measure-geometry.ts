/** Lengths and right angles of measures, in millimetres where the image says how large its pixels are. */
import type { SliceImage } from '../rendering/slice-images.ts';
import type { Measure, MeasureKind, PixelPoint, Segment } from './measures.ts';

/** Distance between neighbouring columns and rows, mm. */
export interface PixelSize {
  readonly columnMm: number;
  readonly rowMm: number;
}

export function lengthOf([from, to]: Segment, { columnMm, rowMm }: PixelSize): number {
  return Math.hypot((to[0] - from[0]) * columnMm, (to[1] - from[1]) * rowMm);
}

/** The share of the way along the segment at which a point stands, and its signed distance from it in mm. */
function relative([from, to]: Segment, point: PixelPoint, { columnMm, rowMm }: PixelSize): { readonly along: number; readonly across: number } {
  const [x, y] = [(to[0] - from[0]) * columnMm, (to[1] - from[1]) * rowMm];
  const [px, py] = [(point[0] - from[0]) * columnMm, (point[1] - from[1]) * rowMm];
  const length = Math.hypot(x, y);
  return length === 0 ? { along: 0, across: 0 } : { along: (px * x + py * y) / length ** 2, across: (py * x - px * y) / length };
}

function pointAt([from, to]: Segment, along: number, across: number, { columnMm, rowMm }: PixelSize): PixelPoint {
  const [x, y] = [(to[0] - from[0]) * columnMm, (to[1] - from[1]) * rowMm];
  const length = Math.hypot(x, y);
  if (length === 0) return from;
  return [from[0] + (x * along - y / length * across) / columnMm, from[1] + (y * along + x / length * across) / rowMm];
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** A short axis across the middle of a new long one, to be dragged to where it belongs. */
export function firstShortAxis(long: Segment, size: PixelSize): Segment {
  const half = lengthOf(long, size) / 4;
  return [pointAt(long, 0.5, -half, size), pointAt(long, 0.5, half, size)];
}

/** The short axis with one end moved: it stays at right angles to the long one and shifts along it with the end. */
export function withShortEnd(long: Segment, short: Segment, end: 0 | 1, to: PixelPoint, size: PixelSize): Segment {
  const other = relative(long, short[end === 0 ? 1 : 0], size).across;
  const moved = relative(long, to, size);
  const along = clamp(moved.along);
  const ends: readonly [PixelPoint, PixelPoint] = [pointAt(long, along, end === 0 ? moved.across : other, size), pointAt(long, along, end === 0 ? other : moved.across, size)];
  return ends;
}

/** The short axis carried along when the long one is changed. */
export function carriedShort(before: Segment, after: Segment, short: Segment, size: PixelSize): Segment {
  const ends = short.map((end) => {
    const { along, across } = relative(before, end, size);
    return pointAt(after, clamp(along), across, size);
  });
  return [ends[0] ?? after[0], ends[1] ?? after[1]];
}

/** One millimetre a pixel where the image does not say how large they are. */
export function sizeOf(image: SliceImage): PixelSize {
  return { columnMm: image.plane?.columnSpacingMm ?? 1, rowMm: image.plane?.rowSpacingMm ?? 1 };
}

/** A measure along `long`, the short axis of two where it usually is; it has no number yet. */
export function newMeasure(kind: MeasureKind, on: SliceImage, long: Segment): Omit<Measure, 'id'> {
  return {
    kind, sopInstanceUID: on.sopInstanceUID, long, ...(on.frameNumber === undefined ? {} : { frameNumber: on.frameNumber }),
    ...(kind === 'bidirectional' ? { short: firstShortAxis(long, sizeOf(on)) } : {}),
  };
}
