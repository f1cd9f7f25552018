/** A fine isotropic cube of the scan around one detection, with the surface of the lungs in it. */
import type { LpsGrid, Triple } from '../volume/lps-grid.ts';
import { resample } from '../volume/resample.ts';
import type { Vec3, Volume } from '../volume/types.ts';
import { smooth } from './gaussian.ts';
import { depthOn } from './lung-location.ts';
import type { LungMask } from './lung-mask.ts';
import { fitPleura, raiseToPleura } from './pleura.ts';

export interface LesionPatch {
  readonly grid: LpsGrid;
  readonly spacingMm: number;
  /** Largest voxel spacing of the scan itself. */
  readonly coarsestMm: number;
  readonly hu: Float32Array;
  /** Noise suppressed, edges a little softer. */
  readonly smoothHU: Float32Array;
  /** Signed distance to the lungs' surface, mm, positive inside. */
  readonly depthMm: Float32Array;
}

const smoothingMm = 0.8;

/** Fine enough for the smallest nodule, coarse enough for the largest. */
function patchSpacingMm(radiusMm: number): number {
  if (radiusMm <= 16) return 0.5;
  return radiusMm <= 24 ? 0.75 : 1;
}

/** @param expectedMm diameter that the nodule may have: so much of the pleura around it is taken to be covered by it */
export function cutPatch(volume: Volume, lungs: LungMask, centre: Vec3, radiusMm: number, expectedMm: number): LesionPatch {
  const spacingMm = patchSpacingMm(radiusMm);
  const half = Math.ceil(radiusMm / spacingMm);
  const count = 2 * half + 1;
  const size: Triple = [count, count, count];
  const reach = half * spacingMm;
  const grid: LpsGrid = { size, spacingMm: [spacingMm, spacingMm, spacingMm], origin: [centre[0] - reach, centre[1] - reach, centre[2] - reach] };
  const hu = Float32Array.from(resample(volume, grid, -1024).hu);
  const depthMm = depthOn(lungs, grid);
  const pleura = fitPleura(lungs, centre, expectedMm);
  if (pleura) raiseToPleura(depthMm, grid, pleura);
  return { grid, spacingMm, coarsestMm: Math.max(...volume.geometry.spacingMm), hu, smoothHU: smooth(hu, size, smoothingMm / spacingMm), depthMm };
}

/** Tensor index of a voxel number. */
export function voxelAt({ grid }: LesionPatch, n: number): Triple {
  const [, ny, nx] = grid.size;
  return [Math.floor(n / (ny * nx)), Math.floor(n / nx) % ny, n % nx];
}

/** Distance of every voxel from a voxel, mm. */
export function distancesFrom(patch: LesionPatch, voxel: number): Float32Array {
  const [cz, cy, cx] = voxelAt(patch, voxel);
  const [nz, ny, nx] = patch.grid.size;
  const out = new Float32Array(nz * ny * nx);
  for (let z = 0, n = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      const across = (z - cz) ** 2 + (y - cy) ** 2;
      for (let x = 0; x < nx; x++, n++) out[n] = Math.sqrt(across + (x - cx) ** 2) * patch.spacingMm;
    }
  }
  return out;
}
