import type { Vec3 } from '../volume/types.ts';
import type { BodyPlan } from './plan.ts';
import type { Branch } from './tree.ts';
import type { Lattice } from './lattice.ts';
import type { Capsule, PhantomFields } from './types.ts';
import type { Random } from './random.ts';
import { createRandom } from './random.ts';
import { curve, growTree } from './tree.ts';
import { add, cross, dot, mix, scale, subtract, unit } from './vector.ts';
import { hilum } from './anatomy.ts';
import { sampleField } from './lattice.ts';

export interface LungTrees {
  readonly vessels: readonly Capsule[];
  readonly airwayWalls: readonly Capsule[];
  readonly airwayLumens: readonly Capsule[];
}

interface Region { readonly side: 1 | -1; readonly upper: boolean; readonly horizontalAbove?: boolean }

const regions: readonly Region[] = [
  { side: 1, upper: true }, { side: 1, upper: false },
  { side: -1, upper: true, horizontalAbove: true }, { side: -1, upper: true, horizontalAbove: false }, { side: -1, upper: false },
];

/** Pulmonary arteries, veins and airways of both lungs, lobe by lobe. */
export function growLungs(plan: BodyPlan, seed: number, lattice: Lattice, fields: PhantomFields): LungTrees {
  const random = createRandom(seed, 'vessels');
  const vessels: Capsule[] = [];
  const airwayWalls: Capsule[] = [];
  const airwayLumens: Capsule[] = [];
  const lungAt = (p: Vec3): number => sampleField(lattice, fields.lung, ...p);
  const density = random.uniform(0.8, 1.25);
  const wall = random.uniform(0.75, 1.25);
  for (const region of regions) {
    const points = lobePoints(region, lattice, fields, random);
    if (points.length < 40) continue;
    const [hx, hy, hz] = hilum(plan, region.side);
    const lift = region.upper ? (region.horizontalAbove === false ? -6 : 14) : -18;
    const arteryRoot: Vec3 = [hx + region.side * 6, hy + (region.upper ? -2 : 8), hz + lift];
    const veinRoot: Vec3 = [hx * 0.85, hy - 10, hz - 14 + 0.6 * lift];
    const ends = Math.min(points.length, Math.round(points.length * 0.2 * density));
    const arteries = growTree(arteryRoot, sample(points, ends, random), { endRadius: random.uniform(0.44, 0.56), exponent: 3.15 }, random);
    const veins = growTree(veinRoot, sample(points, Math.round(ends * 0.8), random), { endRadius: random.uniform(0.41, 0.52), exponent: 3.15 }, random);
    for (const branch of arteries) addTube(vessels, branch, plan.bloodHU.artery, 'max');
    for (const branch of veins) addTube(vessels, branch, plan.bloodHU.vein, 'max');
    const bronchus: Vec3 = [hx * 0.8, hy + 4, hz + 0.5 * lift];
    addAirways(airwayWalls, airwayLumens, arteries, bronchus, wall, lungAt, random);
  }
  addCentral(plan, vessels, airwayWalls, airwayLumens, wall);
  return { vessels, airwayWalls, airwayLumens };
}

/** Lattice points of one lobe, jittered, a little away from the pleura. */
function lobePoints(region: Region, lattice: Lattice, fields: PhantomFields, random: Random): Vec3[] {
  const [nx, ny, nz] = lattice.size;
  const s = lattice.spacingMm;
  const points: Vec3[] = [];
  for (let k = 0; k < nz; k += 2) {
    for (let j = 0; j < ny; j += 2) {
      for (let i = 0; i < nx; i += 2) {
        const p = (k * ny + j) * nx + i;
        if (fields.lung[p]! < 2.2 || Math.sign(lattice.origin[0] + i * s) !== region.side) continue;
        if ((fields.oblique[p]! > 0) !== region.upper || Math.abs(fields.oblique[p]!) < 1.5) continue;
        if (region.horizontalAbove !== undefined && (fields.horizontal[p]! > 0) !== region.horizontalAbove) continue;
        points.push([
          lattice.origin[0] + (i + random.next() - 0.5) * s, lattice.origin[1] + (j + random.next() - 0.5) * s,
          lattice.origin[2] + (k + random.next() - 0.5) * s,
        ]);
      }
    }
  }
  return points;
}

function sample(points: readonly Vec3[], count: number, random: Random): Vec3[] {
  const pool = [...points];
  const chosen: Vec3[] = [];
  for (let n = 0; n < count && pool.length > 0; n++) {
    const index = random.integer(pool.length);
    chosen.push(pool[index]!);
    pool[index] = pool[pool.length - 1]!;
    pool.pop();
  }
  return chosen;
}

function addTube(out: Capsule[], branch: Branch, hu: number, blend: 'max' | 'over', radius = branch.radius): void {
  const points = curve(branch);
  for (let n = 1; n < points.length; n++) {
    const taper = 1.06 - 0.12 * ((n - 1) / (points.length - 1));
    out.push({ a: points[n - 1]!, b: points[n]!, radiusA: radius * taper, radiusB: radius * (taper - 0.12 / (points.length - 1)), hu, blend });
  }
}

/** Airways run beside the arteries down to about 1 mm lumen radius. */
function addAirways(
  walls: Capsule[], lumens: Capsule[], arteries: readonly Branch[], bronchus: Vec3, wallScale: number,
  lungAt: (p: Vec3) => number, random: Random,
): void {
  const ratio = random.uniform(0.58, 0.82);
  /** Where the parent's airway ended, and on which side of the artery it ran: the child keeps to that side. */
  const joints = new Map<Vec3, { readonly point: Vec3; readonly aside: Vec3 }>();
  let first = true;
  for (const branch of arteries) {
    if (branch.radius < 1.25 || (!first && !joints.has(branch.a))) continue;
    const lumen = branch.radius * ratio;
    const wall = wallScale * (0.32 + 0.15 * lumen);
    const points = curve(branch);
    const joint = joints.get(branch.a);
    const heading = unit(subtract(branch.b, branch.a));
    const before: Vec3 = joint?.aside ?? unit(cross(heading, [0.3, 0.2, 1]));
    const aside = unit(subtract(before, scale(heading, dot(before, heading))));
    const offset = branch.radius + lumen + 0.6 * wall;
    const shifted = points.map((p, n) => (n === 0 && joint ? joint.point : add(p, scale(aside, offset))));
    if (first) {
      walls.push({ a: bronchus, b: shifted[0]!, radiusA: lumen * 1.15 + wall, radiusB: lumen + wall, hu: 20, blend: 'max' });
      lumens.push({ a: bronchus, b: shifted[0]!, radiusA: lumen * 1.15, radiusB: lumen, hu: -985, blend: 'over' });
      first = false;
    }
    joints.set(branch.b, { point: shifted[shifted.length - 1]!, aside });
    if (shifted.some((p) => lungAt(p) < -1)) continue;
    for (let n = 1; n < shifted.length; n++) {
      walls.push({ a: shifted[n - 1]!, b: shifted[n]!, radiusA: lumen + wall, radiusB: lumen * 0.97 + wall, hu: 20, blend: 'max' });
      lumens.push({ a: shifted[n - 1]!, b: shifted[n]!, radiusA: lumen, radiusB: lumen * 0.97, hu: -985, blend: 'over' });
    }
  }
}

/** Trachea, main bronchi, pulmonary trunk and its two arteries, hilar veins. */
function addCentral(plan: BodyPlan, vessels: Capsule[], walls: Capsule[], lumens: Capsule[], wallScale: number): void {
  const trachea = plan.sex === 'M' ? 8.8 : 7.4;
  const carina: Vec3 = [0, 4, 0];
  const tube = (a: Vec3, b: Vec3, ra: number, rb: number): void => {
    walls.push({ a, b, radiusA: ra + 1.3 * wallScale, radiusB: rb + 1.2 * wallScale, hu: 35, blend: 'over' });
    lumens.push({ a, b, radiusA: ra, radiusB: rb, hu: -990, blend: 'over' });
  };
  tube([1, -2, plan.zApex + 45], [2, 2, 40], trachea, trachea);
  tube([2, 2, 40], carina, trachea, trachea);
  for (const side of [1, -1] as const) {
    const [hx, hy, hz] = hilum(plan, side);
    const end: Vec3 = [hx * 0.8, hy + 4, hz];
    const middle = mix(carina, end, 0.5);
    tube(carina, [middle[0], middle[1], middle[2] - 2], trachea * 0.78, 6);
    tube([middle[0], middle[1], middle[2] - 2], end, 6, 4.8);
    for (const lift of [14, -6, -18]) tube(end, [hx * 0.8, hy + 4, hz + 0.5 * lift], 4.4, 3.6);
    const { artery, vein } = plan.bloodHU;
    const front: Vec3 = [side * 8 + 6, -14, -16];
    const behind: Vec3 = [hx, hy + 2, hz + 4];
    vessels.push({ a: front, b: behind, radiusA: 11, radiusB: 8.5, hu: artery, blend: 'max' });
    vessels.push({ a: behind, b: [hx + side * 6, hy - 2, hz + 14], radiusA: 7, radiusB: 5, hu: artery, blend: 'max' });
    vessels.push({ a: behind, b: [hx + side * 6, hy + 8, hz - 18], radiusA: 8, radiusB: 6, hu: artery, blend: 'max' });
    for (const lift of [8, -4, -12]) {
      vessels.push({ a: [side * 10, 8, -34], b: [hx * 0.85, hy - 10, hz - 14 + 0.6 * lift], radiusA: 7, radiusB: 5, hu: vein, blend: 'max' });
    }
  }
}
