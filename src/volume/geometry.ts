/**
 * Index space <-> LPS patient coordinates (PS3.3 C.7.6.2.1.1).
 * `sliceDirection` need not be perpendicular to the image plane: with a tilted gantry it is not, and the mapping still holds.
 */
import type { Vec3, VolumeGeometry } from './types.ts';
import { add, determinant, dot, invertColumns, scale, subtract, type Columns3 } from './vec3.ts';

/** LPS steps in mm of one voxel along i, j, k. */
export function voxelSteps(geometry: VolumeGeometry): Columns3 {
  const { columnDirection, rowDirection, sliceDirection, spacingMm } = geometry;
  return [scale(columnDirection, spacingMm[0]), scale(rowDirection, spacingMm[1]), scale(sliceDirection, spacingMm[2])];
}

/** LPS mm of an index point (i, j, k); whole numbers are voxel centres. */
export function indexToWorld(geometry: VolumeGeometry, index: Vec3): Vec3 {
  const [i, j, k] = voxelSteps(geometry);
  return add(geometry.origin, add(scale(i, index[0]), add(scale(j, index[1]), scale(k, index[2]))));
}

/** Index point (i, j, k) of an LPS point; whole numbers are voxel centres. */
export function worldToIndex(geometry: VolumeGeometry, world: Vec3): Vec3 {
  const rows = invertColumns(voxelSteps(geometry));
  const relative = subtract(world, geometry.origin);
  return [dot(rows[0], relative), dot(rows[1], relative), dot(rows[2], relative)];
}

/** Volume of one voxel in mm³, right for a tilted stack too. */
export function voxelVolumeMm3(geometry: VolumeGeometry): number {
  return Math.abs(determinant(voxelSteps(geometry)));
}

/** Smallest box in LPS that holds every voxel centre: its lower and upper corner in mm. */
export function worldBounds(geometry: VolumeGeometry): readonly [Vec3, Vec3] {
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (const k of [0, geometry.slices - 1]) {
    for (const j of [0, geometry.rows - 1]) {
      for (const i of [0, geometry.columns - 1]) {
        const corner = indexToWorld(geometry, [i, j, k]);
        for (const axis of [0, 1, 2] as const) {
          low[axis] = Math.min(low[axis], corner[axis]);
          high[axis] = Math.max(high[axis], corner[axis]);
        }
      }
    }
  }
  return [low, high];
}
