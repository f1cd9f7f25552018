/** A nodule of which only middle and diameter are known, as voxels. */
import { indexToWorld, worldToIndex } from '../volume/geometry.ts';
import type { MaskBox, Vec3, VolumeGeometry } from '../volume/types.ts';
import { distance } from '../volume/vec3.ts';

/** Voxels whose centre lies within the ball; at least the one nearest to its middle. Undefined outside of the volume. */
export function ballMask(geometry: VolumeGeometry, worldPoint: Vec3, diameterMm: number): MaskBox | undefined {
  const middle = worldToIndex(geometry, worldPoint);
  const limit = [geometry.columns, geometry.rows, geometry.slices] as const;
  const nearest = middle.map(Math.round);
  if (nearest.some((value, axis) => !(value >= 0 && value < limit[axis]!))) return undefined;
  const reach = ([0, 1, 2] as const).map((axis) => Math.ceil(diameterMm / 2 / geometry.spacingMm[axis]) + 1);
  const start = nearest.map((value, axis) => Math.max(0, value - reach[axis]!)) as [number, number, number];
  const size = nearest.map((value, axis) => Math.min(limit[axis]! - 1, value + reach[axis]!) - start[axis]! + 1) as [number, number, number];
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  for (let k = 0, n = 0; k < size[2]; k += 1) {
    for (let j = 0; j < size[1]; j += 1) {
      for (let i = 0; i < size[0]; i += 1, n += 1) {
        const index: Vec3 = [start[0] + i, start[1] + j, start[2] + k];
        if (distance(indexToWorld(geometry, index), worldPoint) <= diameterMm / 2 || index.every((value, axis) => value === nearest[axis])) data[n] = 1;
      }
    }
  }
  return { start, size, data };
}
