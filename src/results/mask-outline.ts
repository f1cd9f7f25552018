/** The outline of a mask on any plane through it. */
import { contours, type Polygon } from '../findings/contour.ts';
import { planeSteps, type Plane } from '../volume/reformat.ts';
import type { MaskBox, VolumeGeometry } from '../volume/types.ts';

/** Part of the voxels around an index point that are set, weighted by distance. */
function filled({ start, size, data }: MaskBox, i: number, j: number, k: number): number {
  const [x, y, z] = [i - start[0], j - start[1], k - start[2]];
  if (x <= -1 || y <= -1 || z <= -1 || x >= size[0] || y >= size[1] || z >= size[2]) return 0;
  const [x0, y0, z0] = [Math.floor(x), Math.floor(y), Math.floor(z)];
  const [fx, fy, fz] = [x - x0, y - y0, z - z0];
  let sum = 0;
  for (const [zz, wz] of [[z0, 1 - fz], [z0 + 1, fz]] as const) {
    for (const [yy, wy] of [[y0, 1 - fy], [y0 + 1, fy]] as const) {
      for (const [xx, wx] of [[x0, 1 - fx], [x0 + 1, fx]] as const) {
        if (xx >= 0 && yy >= 0 && zz >= 0 && xx < size[0] && yy < size[1] && zz < size[2] && data[(zz * size[1] + yy) * size[0] + xx] !== 0) sum += wx * wy * wz;
      }
    }
  }
  return sum;
}

/** Polygons in pixels of the plane; whole numbers are pixel centres. */
export function maskOutline(geometry: VolumeGeometry, mask: MaskBox, plane: Plane): readonly Polygon[] {
  const { start, x, y } = planeSteps(geometry, plane);
  const field = new Float32Array(plane.size * plane.size);
  for (let v = 0, n = 0; v < plane.size; v++) {
    for (let u = 0; u < plane.size; u++, n++) {
      field[n] = filled(mask, start[0] + u * x[0] + v * y[0], start[1] + u * x[1] + v * y[1], start[2] + u * x[2] + v * y[2]) - 0.5;
    }
  }
  return contours(field, plane.size, plane.size);
}
