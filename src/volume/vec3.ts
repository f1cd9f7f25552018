/** Vectors of three numbers and 3 x 3 matrices, as small pure functions. */
import type { Vec3 } from './types.ts';

export const add = (a: Vec3, b: Vec3): Vec3 => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const subtract = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const scale = (a: Vec3, factor: number): Vec3 => [a[0] * factor, a[1] * factor, a[2] * factor];
export const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const length = (a: Vec3): number => Math.hypot(a[0], a[1], a[2]);
export const distance = (a: Vec3, b: Vec3): number => length(subtract(a, b));

export const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** The unit vector along `a`; `a` itself when it has no length. */
export function normalize(a: Vec3): Vec3 {
  const size = length(a);
  return size === 0 ? a : scale(a, 1 / size);
}

/** A matrix by its three columns. */
export type Columns3 = readonly [Vec3, Vec3, Vec3];

export const determinant = (m: Columns3): number => dot(m[0], cross(m[1], m[2]));

/** Rows of the inverse of the matrix with the given columns. */
export function invertColumns(m: Columns3): readonly [Vec3, Vec3, Vec3] {
  const factor = 1 / determinant(m);
  return [scale(cross(m[1], m[2]), factor), scale(cross(m[2], m[0]), factor), scale(cross(m[0], m[1]), factor)];
}
