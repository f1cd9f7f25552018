/** Planes through a volume along the patient's own axes, however the scanner's slices lie. */
import { voxelSteps, worldToIndex } from './geometry.ts';
import type { Vec3, Volume, VolumeGeometry } from './types.ts';
import { add, dot, invertColumns, scale } from './vec3.ts';

export type PlaneName = 'axial' | 'coronal' | 'sagittal';

/** A square plane; pixel (x, y) has its centre at `origin` + x * spacing * right + y * spacing * down. */
export interface Plane {
  readonly name: PlaneName;
  /** LPS mm of the centre of pixel (0, 0). */
  readonly origin: Vec3;
  /** Unit vectors of x (to the right of a viewer) and y (down), LPS. */
  readonly right: Vec3;
  readonly down: Vec3;
  readonly spacingMm: number;
  /** Pixels along both sides. */
  readonly size: number;
}

export interface PlaneImage extends Plane {
  /** Hounsfield units, row by row; what lies outside the volume is -1024. */
  readonly hu: Int16Array;
}

/** As radiologists hang them: the patient's right on the viewer's left, front and head up, in sagittal planes the front to the left. */
const directions: Readonly<Record<PlaneName, readonly [right: Vec3, down: Vec3]>> = {
  axial: [[1, 0, 0], [0, 1, 0]],
  coronal: [[1, 0, 0], [0, 0, -1]],
  sagittal: [[0, 1, 0], [0, 0, -1]],
};

/** The plane of `fieldMm` around a point. */
export function planeAround(name: PlaneName, centre: Vec3, fieldMm: number, size: number): Plane {
  const [right, down] = directions[name];
  const spacingMm = fieldMm / size;
  const half = ((size - 1) / 2) * spacingMm;
  return { name, origin: add(centre, add(scale(right, -half), scale(down, -half))), right, down, spacingMm, size };
}

/** Index-space start and steps of a plane's pixels. */
export function planeSteps(geometry: VolumeGeometry, plane: Plane): { readonly start: Vec3; readonly x: Vec3; readonly y: Vec3 } {
  const rows = invertColumns(voxelSteps(geometry));
  const toIndex = (v: Vec3): Vec3 => [dot(rows[0], v), dot(rows[1], v), dot(rows[2], v)];
  return { start: worldToIndex(geometry, plane.origin), x: toIndex(scale(plane.right, plane.spacingMm)), y: toIndex(scale(plane.down, plane.spacingMm)) };
}

/** Linear interpolation; a point up to half a voxel beyond the outermost centres takes the value of the edge. */
export function samplePlane({ geometry, hu }: Pick<Volume, 'geometry' | 'hu'>, plane: Plane): PlaneImage {
  const { columns, rows, slices } = geometry;
  const { start, x, y } = planeSteps(geometry, plane);
  const out = new Int16Array(plane.size * plane.size).fill(-1024);
  const limit = [columns - 1, rows - 1, slices - 1] as const;
  for (let v = 0, n = 0; v < plane.size; v++) {
    for (let u = 0; u < plane.size; u++, n++) {
      const at = [start[0] + u * x[0] + v * y[0], start[1] + u * x[1] + v * y[1], start[2] + u * x[2] + v * y[2]] as const;
      if (at[0] < -0.5 || at[1] < -0.5 || at[2] < -0.5 || at[0] > limit[0] + 0.5 || at[1] > limit[1] + 0.5 || at[2] > limit[2] + 0.5) continue;
      const [i, j, k] = [Math.min(limit[0], Math.max(0, at[0])), Math.min(limit[1], Math.max(0, at[1])), Math.min(limit[2], Math.max(0, at[2]))];
      const [i0, j0, k0] = [Math.floor(i), Math.floor(j), Math.floor(k)];
      const [i1, j1, k1] = [Math.min(limit[0], i0 + 1), Math.min(limit[1], j0 + 1), Math.min(limit[2], k0 + 1)];
      const [fi, fj, fk] = [i - i0, j - j0, k - k0];
      const value = (kk: number, jj: number): number => {
        const base = (kk * rows + jj) * columns;
        return (1 - fi) * (hu[base + i0] as number) + fi * (hu[base + i1] as number);
      };
      out[n] = Math.round((1 - fk) * ((1 - fj) * value(k0, j0) + fj * value(k0, j1)) + fk * ((1 - fj) * value(k1, j0) + fj * value(k1, j1)));
    }
  }
  return { ...plane, hu: out };
}
