import type { Vec3 } from '../volume/types.ts';
import type { Random } from './random.ts';
import { add, cross, dot, length, mix, randomPerpendicular, scale, subtract, unit } from './vector.ts';

/** A branch of a space-filling tree; `radius` follows from how many ends it feeds (Murray's law). */
export interface Branch {
  readonly a: Vec3;
  readonly b: Vec3;
  /** Control point of the quadratic Bézier that bends it. */
  readonly control: Vec3;
  readonly radius: number;
  readonly ends: number;
}

export interface TreeOptions {
  readonly endRadius: number;
  /** Exponent of r^g = r1^g + r2^g. */
  readonly exponent: number;
}

/**
 * Divides the targets again and again into two halves across their widest direction and joins the halves'
 * centroids: the dichotomous trees of the lung come out of the shape of the lobe itself.
 */
export function growTree(root: Vec3, targets: readonly Vec3[], options: TreeOptions, random: Random): Branch[] {
  const branches: Branch[] = [];
  const grow = (start: Vec3, heading: Vec3, points: readonly Vec3[]): void => {
    const n = points.length;
    const radius = options.endRadius * Math.exp(Math.log(n) / options.exponent);
    const centre = centroid(points);
    const fraction = n === 1 ? 1 : n < 6 ? random.uniform(0.35, 0.6) : random.uniform(0.16, 0.42);
    const end = mix(start, centre, fraction);
    const step = subtract(end, start);
    const span = length(step);
    const along = unit(step);
    // Bend so that the branch leaves along its parent's heading.
    const straight = mix(start, end, 0.5);
    const bend = scale(subtract(heading, scale(along, dot(heading, along))), 0.16 * span);
    const control = add(add(straight, bend), scale(randomPerpendicular(along, random), random.normal(0, 0.07) * span));
    branches.push({ a: start, b: end, control, radius, ends: n });
    if (n === 1) return;
    const [first, second] = divide(points, centre, along, random);
    const leaving = unit(subtract(end, control));
    grow(end, leaving, first);
    grow(end, leaving, second);
  };
  if (targets.length > 0) grow(root, unit(subtract(centroid(targets), root)), targets);
  return branches;
}

function centroid(points: readonly Vec3[]): Vec3 {
  let x = 0;
  let y = 0;
  let z = 0;
  for (const p of points) {
    x += p[0];
    y += p[1];
    z += p[2];
  }
  return [x / points.length, y / points.length, z / points.length];
}

function divide(points: readonly Vec3[], centre: Vec3, along: Vec3, random: Random): [Vec3[], Vec3[]] {
  let axis = randomPerpendicular(along, random);
  for (let pass = 0; pass < 5; pass++) {
    let next: Vec3 = [0, 0, 0];
    for (const p of points) {
      const d = subtract(p, centre);
      next = add(next, scale(d, dot(d, axis)));
    }
    // Prefer to divide across the direction of flow.
    next = subtract(next, scale(along, 0.75 * dot(next, along)));
    if (length(next) < 1e-9) break;
    axis = unit(next);
  }
  if (random.chance(0.25)) axis = unit(add(axis, scale(cross(axis, along), random.normal(0, 0.5))));
  const keyed = points.map((p) => ({ p, key: dot(subtract(p, centre), axis) })).sort((u, v) => u.key - v.key);
  const cut = Math.min(Math.max(Math.round(points.length * (random.chance(0.5) ? random.uniform(0.08, 0.5) : random.uniform(0.5, 0.92))), 1), points.length - 1);
  return [keyed.slice(0, cut).map((k) => k.p), keyed.slice(cut).map((k) => k.p)];
}

/** Points of the branch's curve, both ends included. */
export function curve(branch: Branch): Vec3[] {
  const span = length(subtract(branch.b, branch.a));
  const pieces = span > 18 ? 4 : span > 8 ? 3 : span > 4 ? 2 : 1;
  const points: Vec3[] = [];
  for (let n = 0; n <= pieces; n++) {
    const t = n / pieces;
    points.push(mix(mix(branch.a, branch.control, t), mix(branch.control, branch.b, t), t));
  }
  return points;
}
