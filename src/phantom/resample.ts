import type { PhantomGrid } from './types.ts';

interface AxisWeights { readonly start: Int32Array; readonly taps: Float32Array; readonly width: number }

/** Triangle filter as wide as the coarser of both steps: linear when refining, anti-aliased when coarsening. */
function axisWeights(from: number, fromStep: number, to: number, toStep: number): AxisWeights {
  const support = Math.max(1, toStep / fromStep);
  const width = 2 * Math.ceil(support) + 1;
  const start = new Int32Array(to);
  const taps = new Float32Array(to * width);
  for (let n = 0; n < to; n++) {
    const centre = (n * toStep) / fromStep;
    start[n] = Math.floor(centre - support) + 1;
    let sum = 0;
    for (let m = 0; m < width; m++) {
      const p = start[n]! + m;
      const weight = p >= 0 && p < from ? Math.max(0, 1 - Math.abs(p - centre) / support) : 0;
      taps[n * width + m] = weight;
      sum += weight;
    }
    for (let m = 0; m < width; m++) taps[n * width + m]! /= sum || 1;
  }
  return { start, taps, width };
}

/** Resamples an axis-aligned volume to cubic voxels, the first voxel's centre staying where it is. */
export function resampleIsotropic(hu: Int16Array, grid: PhantomGrid, spacingMm: number): { readonly hu: Int16Array; readonly grid: PhantomGrid } {
  const [sx, sy, sz] = grid.spacingMm;
  const size = (n: number, s: number): number => Math.floor(((n - 1) * s) / spacingMm) + 1;
  const columns = size(grid.columns, sx);
  const rows = size(grid.rows, sy);
  const slices = size(grid.slices, sz);
  const wx = axisWeights(grid.columns, sx, columns, spacingMm);
  const wy = axisWeights(grid.rows, sy, rows, spacingMm);
  const wz = axisWeights(grid.slices, sz, slices, spacingMm);
  const plane = columns * rows;
  const flat = new Float32Array(plane * grid.slices);
  const line = new Float32Array(columns * grid.rows);
  for (let k = 0; k < grid.slices; k++) {
    for (let j = 0; j < grid.rows; j++) {
      const source = (k * grid.rows + j) * grid.columns;
      for (let i = 0; i < columns; i++) {
        let sum = 0;
        for (let m = 0, p = source + wx.start[i]!; m < wx.width; m++, p++) {
          const tap = wx.taps[i * wx.width + m]!;
          if (tap !== 0) sum += tap * hu[p]!;
        }
        line[j * columns + i] = sum;
      }
    }
    accumulate(line, columns, wy, rows, flat, k * plane);
  }
  const out = new Int16Array(plane * slices);
  const sum = new Float32Array(plane);
  for (let k = 0; k < slices; k++) {
    sum.fill(0);
    for (let m = 0; m < wz.width; m++) {
      const tap = wz.taps[k * wz.width + m]!;
      if (tap === 0) continue;
      const source = (wz.start[k]! + m) * plane;
      for (let p = 0; p < plane; p++) sum[p]! += tap * flat[source + p]!;
    }
    for (let p = 0; p < plane; p++) out[k * plane + p] = Math.round(sum[p]!);
  }
  return { hu: out, grid: { ...grid, columns, rows, slices, spacingMm: [spacingMm, spacingMm, spacingMm] } };
}

function accumulate(line: Float32Array, columns: number, weights: AxisWeights, rows: number, out: Float32Array, offset: number): void {
  for (let j = 0; j < rows; j++) {
    const target = offset + j * columns;
    for (let m = 0; m < weights.width; m++) {
      const tap = weights.taps[j * weights.width + m]!;
      if (tap === 0) continue;
      const source = (weights.start[j]! + m) * columns;
      for (let i = 0; i < columns; i++) out[target + i]! += tap * line[source + i]!;
    }
  }
}
