/** Grids whose axes are those of LPS patient coordinates, in tensor order z, y, x. */
import type { Vec3 } from './types.ts';

export type Triple = readonly [z: number, y: number, x: number];

/** Voxel (z, y, x) has its centre at `origin` + (x * spacing x, y * spacing y, z * spacing z). */
export interface LpsGrid {
  /** Voxels along z (towards the head), y (towards the back), x (towards the left). */
  readonly size: Triple;
  readonly spacingMm: Triple;
  /** LPS mm (x, y, z) of the centre of voxel (0, 0, 0). */
  readonly origin: Vec3;
}

/** Hounsfield units on a grid, shape [z, y, x]. */
export interface LpsVolume {
  readonly grid: LpsGrid;
  readonly hu: Int16Array;
}

/** The grid that covers the box from `low` to `high` (LPS mm, voxel centres included). */
export function gridOver(low: Vec3, high: Vec3, spacingMm: Triple): LpsGrid {
  const count = (axis: 0 | 1 | 2, spacing: number): number => Math.max(1, Math.floor((high[axis] - low[axis]) / spacing + 1e-6) + 1);
  return { size: [count(2, spacingMm[0]), count(1, spacingMm[1]), count(0, spacingMm[2])], spacingMm, origin: low };
}

/** LPS mm of a tensor index (z, y, x). */
export function gridToWorld(grid: LpsGrid, index: Triple): Vec3 {
  return [
    grid.origin[0] + index[2] * grid.spacingMm[2],
    grid.origin[1] + index[1] * grid.spacingMm[1],
    grid.origin[2] + index[0] * grid.spacingMm[0],
  ];
}

/** Tensor index (z, y, x) of an LPS point. */
export function worldToGrid(grid: LpsGrid, world: Vec3): Triple {
  return [
    (world[2] - grid.origin[2]) / grid.spacingMm[0],
    (world[1] - grid.origin[1]) / grid.spacingMm[1],
    (world[0] - grid.origin[0]) / grid.spacingMm[2],
  ];
}

export const voxelCount = (grid: LpsGrid): number => grid.size[0] * grid.size[1] * grid.size[2];
