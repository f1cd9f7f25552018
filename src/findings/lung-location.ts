/** Where a point lies in the lungs. */
import { worldToGrid, type LpsGrid } from '../volume/lps-grid.ts';
import type { Vec3 } from '../volume/types.ts';
import type { Laterality, Lobe } from './types.ts';
import type { LungMask } from './lung-mask.ts';
import { leftLung, rightLung } from './lung-split.ts';

/** Signed distance to the surface of the lungs at an LPS point, mm, positive inside; trilinear, clamped at the mask's edge. */
export function depthAt({ grid, depthMm }: LungMask, world: Vec3): number {
  const index = worldToGrid(grid, world);
  const [nz, ny, nx] = grid.size;
  const clamp = (value: number, count: number): number => Math.min(count - 1, Math.max(0, value));
  const [z, y, x] = [clamp(index[0], nz), clamp(index[1], ny), clamp(index[2], nx)];
  const [z0, y0, x0] = [Math.min(nz - 2, Math.floor(z)), Math.min(ny - 2, Math.floor(y)), Math.min(nx - 2, Math.floor(x))];
  const [fz, fy, fx] = [z - z0, y - y0, x - x0];
  const at = (dz: number, dy: number, dx: number): number => depthMm[((z0 + dz) * ny + y0 + dy) * nx + x0 + dx] as number;
  const row = (dz: number, dy: number): number => at(dz, dy, 0) * (1 - fx) + at(dz, dy, 1) * fx;
  const plane = (dz: number): number => row(dz, 0) * (1 - fy) + row(dz, 1) * fy;
  return plane(0) * (1 - fz) + plane(1) * fz;
}

/** `depthAt` for every voxel of a grid, without an object per voxel. */
export function depthOn({ grid, depthMm }: LungMask, target: LpsGrid): Float32Array {
  const axis = (n: 0 | 1 | 2): { readonly low: Int32Array; readonly part: Float32Array } => {
    const count = target.size[n];
    const offset = target.origin[2 - n as 0 | 1 | 2] - grid.origin[2 - n as 0 | 1 | 2];
    const low = new Int32Array(count);
    const part = new Float32Array(count);
    for (let at = 0; at < count; at++) {
      const index = Math.min(grid.size[n] - 1, Math.max(0, (offset + at * target.spacingMm[n]) / grid.spacingMm[n]));
      low[at] = Math.min(grid.size[n] - 2, Math.floor(index));
      part[at] = index - (low[at] as number);
    }
    return { low, part };
  };
  const [z, y, x] = [axis(0), axis(1), axis(2)];
  const [, gy, gx] = grid.size;
  const [nz, ny, nx] = target.size;
  const out = new Float32Array(nz * ny * nx);
  const at = (n: number): number => depthMm[n] as number;
  for (let k = 0, n = 0; k < nz; k++) {
    const fz = z.part[k] as number;
    for (let j = 0; j < ny; j++) {
      const fy = y.part[j] as number;
      const row = ((z.low[k] as number) * gy + (y.low[j] as number)) * gx;
      for (let i = 0; i < nx; i++, n++) {
        const base = row + (x.low[i] as number);
        const fx = x.part[i] as number;
        const near = (at(base) * (1 - fx) + at(base + 1) * fx) * (1 - fy) + (at(base + gx) * (1 - fx) + at(base + gx + 1) * fx) * fy;
        const next = base + gy * gx;
        const far = (at(next) * (1 - fx) + at(next + 1) * fx) * (1 - fy) + (at(next + gx) * (1 - fx) + at(next + gx + 1) * fx) * fy;
        out[n] = near * (1 - fz) + far * fz;
      }
    }
  }
  return out;
}

/** How far from the mask a point may lie and still be given to a lung, mm. */
const nearMm = 12;

/** Right or left by the nearest voxel of the mask. */
export function lateralityAt({ grid, labels }: LungMask, world: Vec3): Laterality {
  const index = worldToGrid(grid, world);
  const [nz, ny, nx] = grid.size;
  const reach = Math.ceil(nearMm / grid.spacingMm[0]);
  const [cz, cy, cx] = [Math.round(index[0]), Math.round(index[1]), Math.round(index[2])];
  let best = Infinity;
  let label = 0;
  for (let z = Math.max(0, cz - reach); z <= Math.min(nz - 1, cz + reach); z++) {
    for (let y = Math.max(0, cy - reach); y <= Math.min(ny - 1, cy + reach); y++) {
      for (let x = Math.max(0, cx - reach); x <= Math.min(nx - 1, cx + reach); x++) {
        const value = labels[(z * ny + y) * nx + x] as number;
        if (value === 0) continue;
        const squared = (z - index[0]) ** 2 + (y - index[1]) ** 2 + (x - index[2]) ** 2;
        if (squared >= best) continue;
        best = squared;
        label = value;
      }
    }
  }
  if (label === rightLung) return 'right';
  return label === leftLung ? 'left' : 'unknown';
}

/** The part of a lung's height above which, and of which below, the lobe is certain without seeing the fissures. */
const certainlyUpper = 0.85;
const certainlyLower = 0.2;

/**
 * The lobe where height in the lung and front or back leave no doubt; undefined elsewhere and in incompletely covered lungs.
 * The fissures run obliquely: the top of a lung is upper lobe, its back at the bottom is lower lobe.
 */
export function lobeAt(mask: LungMask, world: Vec3, laterality: Laterality, isComplete: boolean): Lobe | undefined {
  if (!mask.box || laterality === 'unknown' || !isComplete) return undefined;
  const [low, high] = mask.box;
  const height = (world[2] - low[2]) / (high[2] - low[2]);
  const depth = (world[1] - low[1]) / (high[1] - low[1]);
  if (height >= certainlyUpper && height <= 1) return laterality === 'right' ? 'right-upper' : 'left-upper';
  if (height >= 0 && height <= certainlyLower && depth >= 0.6) return laterality === 'right' ? 'right-lower' : 'left-lower';
  return undefined;
}
