/** Cutting a grid into windows of a fixed shape, and the part of each whose detections count. */
import type { LpsVolume, Triple } from '../volume/lps-grid.ts';

/** One window along one axis, in voxels of the grid; may reach beyond its end. */
export interface AxisWindow {
  readonly start: number;
  /** The part whose cells count, grid voxels, `from` inclusive, `to` exclusive; the parts of all windows tile the axis. */
  readonly from: number;
  readonly to: number;
}

/** Windows along one axis; starts and borders are multiples of the stride, so that cells of neighbours coincide. */
export function axisWindows(size: number, window: number, overlap: number, stride: number): readonly AxisWindow[] {
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

export type Window = readonly [z: AxisWindow, y: AxisWindow, x: AxisWindow];

export function planWindows(size: Triple, window: Triple, overlap: Triple, stride: Triple): readonly Window[] {
  const axes = [0, 1, 2].map((axis) => axisWindows(size[axis] ?? 1, window[axis] ?? 1, overlap[axis] ?? 0, stride[axis] ?? 1));
  const [zs = [], ys = [], xs = []] = axes;
  return zs.flatMap((z) => ys.flatMap((y) => xs.map((x): Window => [z, y, x])));
}

/** Maps Hounsfield units to tensor values: clipped to `clipHU`, then linearly to `scaleTo`. */
export function intensityTable(clipHU: readonly [number, number], scaleTo: readonly [number, number]): (hu: number) => number {
  const [low, high] = clipHU;
  const factor = (scaleTo[1] - scaleTo[0]) / (high - low);
  const table = new Float32Array(4096);
  for (let n = 0; n < table.length; n++) table[n] = scaleTo[0] + (Math.min(high, Math.max(low, n - 1024)) - low) * factor;
  return (hu) => table[hu < -1024 ? 0 : hu > 3071 ? 4095 : hu + 1024] as number;
}

/** Fills `out` (at `offset`) with the window that starts at grid voxel `start`; voxels beyond the grid get `pad`. */
export function fillWindow(volume: LpsVolume, start: Triple, window: Triple, value: (hu: number) => number, pad: number, out: Float32Array, offset: number): void {
  const [nz, ny, nx] = volume.grid.size;
  const [wz, wy, wx] = window;
  const columns = Math.max(0, Math.min(wx, nx - start[2]));
  out.fill(pad, offset, offset + wz * wy * wx);
  for (let z = 0; z < wz && z + start[0] < nz; z++) {
    for (let y = 0; y < wy && y + start[1] < ny; y++) {
      const source = ((z + start[0]) * ny + y + start[1]) * nx + start[2];
      const target = offset + (z * wy + y) * wx;
      for (let x = 0; x < columns; x++) out[target + x] = value(volume.hu[source + x] as number);
    }
  }
}
