import type { Point3, SliceImage } from './slice-images.ts';

/** A regular grid of voxels in the patient: index (column, row, slice) ↔ LPS mm. */
export interface SliceGrid {
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
  /** LPS mm of voxel (0, 0, 0). */
  readonly origin: Point3;
  /** One step along each index axis, LPS mm. With a tilted gantry the third is not at right angles to the others. */
  readonly steps: readonly [Point3, Point3, Point3];
  /** Index of an offset from the origin: its products with these. */
  readonly duals: readonly [Point3, Point3, Point3];
}

const cross = (a: Point3, b: Point3): Point3 => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const scaled = (a: Point3, by: number): Point3 => [a[0] * by, a[1] * by, a[2] * by];

export function dot(a: Point3, b: Point3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** The grid of a stack that `canReformat`; undefined where slices have no place. */
export function gridOf(images: readonly SliceImage[]): SliceGrid | undefined {
  const [first, last] = [images[0], images.at(-1)];
  if (first?.plane === undefined || last?.plane === undefined || images.length < 2) return undefined;
  const { plane, rows, columns } = first;
  const [from, to] = [plane.position, last.plane.position];
  const a = scaled(plane.columnDirection, plane.columnSpacingMm);
  const b = scaled(plane.rowDirection, plane.rowSpacingMm);
  const c = scaled([to[0] - from[0], to[1] - from[1], to[2] - from[2]], 1 / (images.length - 1));
  const volume = dot(a, cross(b, c));
  if (volume === 0) return undefined;
  return {
    columns, rows, slices: images.length, origin: from, steps: [a, b, c],
    duals: [scaled(cross(b, c), 1 / volume), scaled(cross(c, a), 1 / volume), scaled(cross(a, b), 1 / volume)],
  };
}

/** The index, in fractions, of an offset from the origin of the grid, mm. */
export function indexOfOffset({ duals }: SliceGrid, offset: Point3): Point3 {
  return [dot(offset, duals[0]), dot(offset, duals[1]), dot(offset, duals[2])];
}

/** The eight corners of the whole grid, voxels included to their outer edges, LPS mm. */
export function cornersOf({ columns, rows, slices, origin, steps }: SliceGrid): readonly Point3[] {
  const at = (i: number, j: number, k: number): Point3 => {
    const on = (axis: 0 | 1 | 2): number => origin[axis] + steps[0][axis] * i + steps[1][axis] * j + steps[2][axis] * k;
    return [on(0), on(1), on(2)];
  };
  return [-0.5, columns - 0.5].flatMap((i) => [-0.5, rows - 0.5].flatMap((j) => [-0.5, slices - 0.5].map((k) => at(i, j, k))));
}
