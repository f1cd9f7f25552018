/** Cutting a volume into windows of a fixed shape, and the part of each whose detections count. */
import type { Triple } from '../volume/lps-grid.ts';
import type { TensorVolume } from './tensor/frame.ts';

/** One window along one axis, in voxels of the volume; may reach beyond its ends. */
export interface AxisWindow {
  readonly start: number;
  /** The part whose cells count, voxels of the volume, `from` inclusive, `to` exclusive; the parts of all windows tile the axis. */
  readonly from: number;
  readonly to: number;
}

/**
 * Windows along one axis; starts and borders are multiples of the stride, so that cells of neighbours coincide.
 * With `padEnds` every window's part is its middle, and the outermost windows reach half an overlap beyond the volume.
 */
export function axisWindows(size: number, window: number, overlap: number, stride: number, padEnds = false): readonly AxisWindow[] {
  if (padEnds) {
    const part = window - overlap;
    return Array.from({ length: Math.max(1, Math.ceil(size / part)) }, (_, n) => ({ start: n * part - overlap / 2, from: n * part, to: (n + 1) * part }));
  }
  const starts = [0];
  const lastStart = Math.max(0, Math.ceil((size - window) / stride) * stride);
  for (let start = window - overlap; start < lastStart; start += window - overlap) starts.push(start);
  if (lastStart > 0) starts.push(lastStart);
  const border = (n: number): number => {
    const before = starts[n - 1];
    const after = starts[n];
    if (before === undefined) return 0;
    if (after === undefined) return before + window;
    return after + Math.floor((before + window - after) / 2 / stride) * stride;
  };
  return starts.map((start, n) => ({ start, from: border(n), to: border(n + 1) }));
}

export interface WindowSize {
  /** Largest. */
  readonly window: number;
  readonly overlap: number;
  readonly multiple: number;
  readonly padEnds?: boolean;
}

/** Smallest multiple, above the overlap, with which as few windows cover an axis as with the largest. */
export function fittedWindow(size: number, { window, overlap, multiple, padEnds = false }: WindowSize): number {
  const parts = Math.max(1, padEnds ? size : size - overlap);
  const count = Math.ceil(parts / (window - overlap));
  return Math.ceil((parts / count + overlap) / multiple) * multiple;
}

export type Window = readonly [AxisWindow, AxisWindow, AxisWindow];

export interface WindowPlan {
  readonly window: Triple;
  readonly overlap: Triple;
  /** Of the cells, or the largest of several. */
  readonly stride: Triple;
  readonly padEnds?: boolean;
}

export function planWindows(size: Triple, { window, overlap, stride, padEnds }: WindowPlan): readonly Window[] {
  const [as, bs, cs] = ([0, 1, 2] as const).map((axis) => axisWindows(size[axis], window[axis], overlap[axis], stride[axis], padEnds));
  return (as ?? []).flatMap((a) => (bs ?? []).flatMap((b) => (cs ?? []).map((c): Window => [a, b, c])));
}

export const startOf = ([a, b, c]: Window): Triple => [a.start, b.start, c.start];

export interface FillOptions {
  readonly value: (hu: number) => number;
  /** Tensor value beyond the volume; undefined repeats its outermost voxels. */
  readonly pad?: number;
  /** Axes along which the window is turned round. */
  readonly flips: readonly number[];
}

/** Source index of every position of a window along one axis; -1 beyond the volume. */
function sources(start: number, count: number, size: number, flip: boolean, repeat: boolean): Int32Array {
  return Int32Array.from({ length: count }, (_, n) => {
    const at = start + (flip ? count - 1 - n : n);
    if (at >= 0 && at < size) return at;
    return repeat ? Math.min(size - 1, Math.max(0, at)) : -1;
  });
}

/** Fills `out` (at `offset`) with the window that starts at voxel `start` of the volume. */
export function fillWindow({ frame, hu }: TensorVolume, start: Triple, window: Triple, { value, pad, flips }: FillOptions, out: Float32Array, offset: number): void {
  const axis = (n: 0 | 1 | 2): Int32Array => sources(start[n], window[n], frame.size[n], flips.includes(n), pad === undefined);
  const [as, bs, cs] = [axis(0), axis(1), axis(2)];
  const [w0, w1, w2] = window;
  out.fill(pad ?? 0, offset, offset + w0 * w1 * w2);
  for (let a = 0; a < w0; a++) {
    const slice = as[a] as number;
    if (slice < 0) continue;
    for (let b = 0; b < w1; b++) {
      const line = bs[b] as number;
      if (line < 0) continue;
      const source = (slice * frame.size[1] + line) * frame.size[2];
      const target = offset + (a * w1 + b) * w2;
      for (let c = 0; c < w2; c++) {
        const column = cs[c] as number;
        if (column >= 0) out[target + c] = value(hu[source + column] as number);
      }
    }
  }
}
