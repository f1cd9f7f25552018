/**
 * From the scanner's grid to an LPS-aligned one. Directions that are axis-aligned (flips included) take the separable way,
 * every other affine, tilted gantries included, the general way.
 */
import { axisWeights, sourceRange, type AxisWeights } from './axis-weights.ts';
import { indexToWorld, voxelSteps, worldToIndex } from './geometry.ts';
import { gridToWorld, voxelCount, type LpsGrid, type LpsVolume } from './lps-grid.ts';
import { resampleAffine } from './resample-affine.ts';
import type { Volume, VolumeGeometry } from './types.ts';
import { distance, type Columns3 } from './vec3.ts';

/** How far (mm) the separable way may misplace a voxel before the general way is taken. */
const separableToleranceMm = 0.05;

/** The steps with everything off the main axes removed. */
function axisAlignedSteps(steps: Columns3): Columns3 {
  return [[steps[0][0], 0, 0], [0, steps[1][1], 0], [0, 0, steps[2][2]]];
}

/** True when treating i, j, k as ±x, ±y, ±z misplaces no voxel by more than the tolerance. */
export function isAxisAligned(geometry: VolumeGeometry): boolean {
  const aligned = axisAlignedSteps(voxelSteps(geometry));
  const far = [geometry.columns - 1, geometry.rows - 1, geometry.slices - 1] as const;
  return [[far[0], 0, 0], [0, far[1], 0], [0, 0, far[2]], far].every((index) => {
    const [i = 0, j = 0, k = 0] = index;
    const { origin } = geometry;
    const approximate = [origin[0] + i * aligned[0][0], origin[1] + j * aligned[1][1], origin[2] + k * aligned[2][2]] as const;
    return distance(approximate, indexToWorld(geometry, [i, j, k])) <= separableToleranceMm;
  });
}

/** Sums of source rows: `out[y * width + x]` for every target y, over source columns `from`..`from + width - 1`. */
function combineRows(hu: Int16Array, sliceOffset: number, columns: number, from: number, width: number, y: AxisWeights, out: Float32Array): void {
  const { taps, first, count, weights } = y;
  for (let target = 0; target < first.length; target++) {
    const start = first[target] ?? -1;
    const base = target * width;
    if (start < 0) continue;
    for (let tap = 0; tap < (count[target] ?? 0); tap++) {
      const weight = weights[target * taps + tap] ?? 0;
      const row = sliceOffset + (start + tap) * columns + from;
      if (tap === 0) for (let x = 0; x < width; x++) out[base + x] = weight * (hu[row + x] as number);
      else for (let x = 0; x < width; x++) out[base + x] = (out[base + x] as number) + weight * (hu[row + x] as number);
    }
  }
}

/** Interpolates along x, from rows of `width` source columns beginning at `from` to rows of target columns. */
function combineColumns(rows: Float32Array, height: number, from: number, width: number, x: AxisWeights, pad: number, y: AxisWeights, out: Float32Array): void {
  const { taps, first, count, weights } = x;
  const targets = first.length;
  for (let row = 0; row < height; row++) {
    const inside = (y.first[row] ?? -1) >= 0;
    for (let target = 0; target < targets; target++) {
      const start = first[target] as number;
      let sum = pad;
      if (inside && start >= 0) {
        sum = 0;
        const source = row * width + start - from;
        const end = count[target] as number;
        for (let tap = 0; tap < end; tap++) sum += (weights[target * taps + tap] as number) * (rows[source + tap] as number);
      }
      out[row * targets + target] = sum;
    }
  }
}

function resampleSeparable(volume: Volume, grid: LpsGrid, padHU: number): Int16Array {
  const { geometry, hu } = volume;
  const start = worldToIndex(geometry, gridToWorld(grid, [0, 0, 0]));
  const steps = voxelSteps(geometry);
  const [nz, ny, nx] = grid.size;
  const x = axisWeights(geometry.columns, nx, start[0], grid.spacingMm[2] / steps[0][0]);
  const y = axisWeights(geometry.rows, ny, start[1], grid.spacingMm[1] / steps[1][1]);
  const z = axisWeights(geometry.slices, nz, start[2], grid.spacingMm[0] / steps[2][2]);
  const [from, to] = sourceRange(x);
  const out = new Int16Array(voxelCount(grid)).fill(padHU);
  if (to === from) return out;
  const rows = new Float32Array(ny * (to - from));
  const planes = new Map<number, Float32Array>();
  const spare: Float32Array[] = [];
  const planeOf = (k: number): Float32Array => {
    const known = planes.get(k);
    if (known) return known;
    const plane = spare.pop() ?? new Float32Array(ny * nx);
    combineRows(hu, k * geometry.rows * geometry.columns, geometry.columns, from, to - from, y, rows);
    combineColumns(rows, ny, from, to - from, x, padHU, y, plane);
    planes.set(k, plane);
    return plane;
  };
  const sum = new Float32Array(ny * nx);
  for (let target = 0; target < nz; target++) {
    const first = z.first[target] ?? -1;
    if (first < 0) continue;
    const end = first + (z.count[target] ?? 0);
    for (const [k, plane] of planes) {
      if (k >= first && k < end) continue;
      planes.delete(k);
      spare.push(plane);
    }
    sum.fill(0);
    for (let k = first; k < end; k++) {
      const weight = z.weights[target * z.taps + k - first] ?? 0;
      if (weight === 0) continue;
      const plane = planeOf(k);
      for (let n = 0; n < sum.length; n++) sum[n] = (sum[n] as number) + weight * (plane[n] as number);
    }
    const base = target * ny * nx;
    for (let n = 0; n < sum.length; n++) out[base + n] = Math.round(sum[n] as number);
  }
  return out;
}

/**
 * The volume on another grid: linear interpolation, averaging where the grid is coarser than the volume.
 * Voxels outside the volume get `padHU`.
 */
export function resample(volume: Volume, grid: LpsGrid, padHU: number): LpsVolume {
  const hu = isAxisAligned(volume.geometry) ? resampleSeparable(volume, grid, padHU) : resampleAffine(volume, grid, padHU);
  return { grid, hu };
}
