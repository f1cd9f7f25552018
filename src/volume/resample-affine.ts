/** Resampling through any affine: oblique series and stacks of a tilted gantry. */
import { voxelSteps, worldToIndex } from './geometry.ts';
import { gridToWorld, voxelCount, type LpsGrid } from './lps-grid.ts';
import type { Vec3, Volume } from './types.ts';
import { dot, invertColumns, scale, type Columns3 } from './vec3.ts';

/** Trilinear value at an index point, coordinates clamped to the volume. */
function trilinear(hu: Int16Array, columns: number, rows: number, slices: number, i: number, j: number, k: number): number {
  const ci = i < 0 ? 0 : i > columns - 1 ? columns - 1 : i;
  const cj = j < 0 ? 0 : j > rows - 1 ? rows - 1 : j;
  const ck = k < 0 ? 0 : k > slices - 1 ? slices - 1 : k;
  const i0 = Math.floor(ci);
  const j0 = Math.floor(cj);
  const k0 = Math.floor(ck);
  const di = i0 < columns - 1 ? 1 : 0;
  const dj = j0 < rows - 1 ? columns : 0;
  const dk = k0 < slices - 1 ? columns * rows : 0;
  const base = (k0 * rows + j0) * columns + i0;
  const fi = ci - i0;
  const fj = cj - j0;
  const fk = ck - k0;
  const at = (offset: number): number => hu[base + offset] as number;
  const low = (at(0) * (1 - fi) + at(di) * fi) * (1 - fj) + (at(dj) * (1 - fi) + at(dj + di) * fi) * fj;
  const high = (at(dk) * (1 - fi) + at(dk + di) * fi) * (1 - fj) + (at(dk + dj) * (1 - fi) + at(dk + dj + di) * fi) * fj;
  return low * (1 - fk) + high * fk;
}

/** Offsets in index space of the samples that are averaged for one target voxel. */
function subsamples(targetSteps: Columns3): readonly Vec3[] {
  let offsets: readonly Vec3[] = [[0, 0, 0]];
  for (const step of targetSteps) {
    // Source voxels that one target step crosses, at most: where it is more than one, samples are averaged along it.
    const crossed = Math.max(...step.map(Math.abs));
    const samples = Math.min(4, Math.max(1, Math.ceil(crossed - 0.05)));
    if (samples === 1) continue;
    offsets = offsets.flatMap((offset) =>
      Array.from({ length: samples }, (_, n): Vec3 => {
        const part = scale(step, (n + 0.5) / samples - 0.5);
        return [offset[0] + part[0], offset[1] + part[1], offset[2] + part[2]];
      }),
    );
  }
  return offsets;
}

/** See `resample`; every target voxel is mapped through the inverse affine. */
export function resampleAffine(volume: Volume, grid: LpsGrid, padHU: number): Int16Array {
  const { geometry, hu } = volume;
  const { columns, rows, slices } = geometry;
  const inverse = invertColumns(voxelSteps(geometry));
  const indexStep = (world: Vec3): Vec3 => [dot(inverse[0], world), dot(inverse[1], world), dot(inverse[2], world)];
  const stepX = indexStep([grid.spacingMm[2], 0, 0]);
  const stepY = indexStep([0, grid.spacingMm[1], 0]);
  const stepZ = indexStep([0, 0, grid.spacingMm[0]]);
  const samples = subsamples([stepZ, stepY, stepX]);
  const start = worldToIndex(geometry, gridToWorld(grid, [0, 0, 0]));
  const out = new Int16Array(voxelCount(grid)).fill(padHU);
  const [nz, ny, nx] = grid.size;
  let target = 0;
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      let i = start[0] + z * stepZ[0] + y * stepY[0];
      let j = start[1] + z * stepZ[1] + y * stepY[1];
      let k = start[2] + z * stepZ[2] + y * stepY[2];
      for (let x = 0; x < nx; x++, target++, i += stepX[0], j += stepX[1], k += stepX[2]) {
        if (i < -0.5 || j < -0.5 || k < -0.5 || i > columns - 0.5 || j > rows - 0.5 || k > slices - 0.5) continue;
        let sum = 0;
        for (const offset of samples) sum += trilinear(hu, columns, rows, slices, i + offset[0], j + offset[1], k + offset[2]);
        out[target] = Math.round(sum / samples.length);
      }
    }
  }
  return out;
}
