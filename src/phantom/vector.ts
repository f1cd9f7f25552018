import type { Vec3 } from '../volume/types.ts';
import type { Random } from './random.ts';

export const add = (a: Vec3, b: Vec3): Vec3 => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const subtract = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const scale = (a: Vec3, s: number): Vec3 => [a[0] * s, a[1] * s, a[2] * s];
export const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const length = (a: Vec3): number => Math.sqrt(dot(a, a));
export const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0],
];
export const mix = (a: Vec3, b: Vec3, t: number): Vec3 => [
  a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t,
];

export function unit(a: Vec3): Vec3 {
  const n = length(a);
  return n > 1e-9 ? scale(a, 1 / n) : [0, 0, 1];
}

export const randomDirection = (random: Random): Vec3 => unit([random.normal(), random.normal(), random.normal()]);

/** A random unit vector at a right angle to `axis`. */
export function randomPerpendicular(axis: Vec3, random: Random): Vec3 {
  const helper = cross(axis, randomDirection(random));
  return length(helper) > 1e-3 ? unit(helper) : unit(cross(axis, [axis[2], axis[0], axis[1]]));
}

/** Squared distance from `p` to the segment `ab`. */
export function squaredDistanceToSegment(p: Vec3, a: Vec3, b: Vec3): number {
  const ab = subtract(b, a);
  const ap = subtract(p, a);
  const t = Math.min(Math.max(dot(ap, ab) / Math.max(dot(ab, ab), 1e-12), 0), 1);
  const d = subtract(ap, scale(ab, t));
  return dot(d, d);
}

export const smoothMin = (a: number, b: number, k: number): number => {
  const h = Math.max(k - Math.abs(a - b), 0) / k;
  return Math.min(a, b) - h * h * k * 0.25;
};
export const smoothMax = (a: number, b: number, k: number): number => -smoothMin(-a, -b, k);
export const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);
