/** A fine isotropic cube of the scan around one detection, with the surface of the lungs in it. */
import { gridToWorld, type LpsGrid, type Triple } from '../volume/lps-grid.ts';
import { resample } from '../volume/resample.ts';
import type { Vec3, Volume } from '../volume/types.ts';
import { smooth } from './gaussian.ts';
import { depthAt } from './lung-location.ts';
import type { LungMask } from './lung-mask.ts';

export interface LesionPatch {
  readonly grid: LpsGrid;
  readonly spacingMm: number;
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

export function cutPatch(volume: Volume, lungs: LungMask, centre: Vec3, radiusMm: number): LesionPatch {
  const spacingMm = patchSpacingMm(radiusMm);
  const half = Math.ceil(radiusMm / spacingMm);
  const count = 2 * half + 1;
  const size: Triple = [count, count, count];
  const reach = half * spacingMm;
  const grid: LpsGrid = { size, spacingMm: [spacingMm, spacingMm, spacingMm], origin: [centre[0] - reach, centre[1] - reach, centre[2] - reach] };
  const hu = Float32Array.from(resample(volume, grid, -1024).hu);
  const depthMm = new Float32Array(hu.length);
  for (let z = 0, n = 0; z < count; z++) for (let y = 0; y < count; y++) for (let x = 0; x < count; x++, n++) depthMm[n] = depthAt(lungs, gridToWorld(grid, [z, y, x]));
  return { grid, spacingMm, hu, smoothHU: smooth(hu, size, smoothingMm / spacingMm), depthMm };
}

/** Tensor index of a voxel number. */
export function voxelAt({ grid }: LesionPatch, n: number): Triple {
  const [, ny, nx] = grid.size;
  return [Math.floor(n / (ny * nx)), Math.floor(n / nx) % ny, n % nx];
}

/** Distance of a voxel from a tensor index, mm. */
export function distanceFrom(patch: LesionPatch, n: number, from: Triple): number {
  const [z, y, x] = voxelAt(patch, n);
  return Math.hypot(z - from[0], y - from[1], x - from[2]) * patch.spacingMm;
}
