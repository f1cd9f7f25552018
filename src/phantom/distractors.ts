import type { Vec3 } from '../volume/types.ts';
import type { Lattice } from './lattice.ts';
import type { BodyPlan } from './plan.ts';
import type { Random } from './random.ts';
import type { Capsule, PhantomFields, PhantomOptions, PlacedNodule } from './types.ts';
import type { LungTrees } from './vessels.ts';
import { sampleField } from './lattice.ts';
import { createRandom } from './random.ts';
import { add, cross, length, randomDirection, randomPerpendicular, scale, subtract, unit } from './vector.ts';

/** Benign things that are no nodules: scars, bands, plaques, emphysema, mucus. They keep clear of the nodules. */
export function distractors(
  plan: BodyPlan, options: PhantomOptions, lattice: Lattice, fields: PhantomFields, trees: LungTrees, nodules: readonly PlacedNodule[],
): Capsule[] {
  const random = createRandom(options.seed, 'distractors');
  if (!(options.distractors ?? random.chance(0.75))) return [];
  const lungAt = (p: Vec3): number => sampleField(lattice, fields.lung, ...p);
  const free = (p: Vec3, margin: number): boolean => nodules.every((n) => length(subtract(n.shape.centre, p)) > n.shape.boundMm + margin);
  const somewhere = (low: number, high: number, test: (p: Vec3) => boolean): Vec3 | undefined => {
    for (let n = 0; n < 400; n++) {
      const p: Vec3 = [random.uniform(-plan.halfWidth, plan.halfWidth), random.uniform(-plan.halfDepth, plan.halfDepth), random.uniform(low, high)];
      if (test(p)) return p;
    }
    return undefined;
  };
  const out: Capsule[] = [];
  if (plan.emphysema > 0) {
    const holes = Math.round(plan.emphysema * 260);
    for (let n = 0; n < holes; n++) {
      const p = somewhere(plan.zDomeRight, plan.zApex, (q) => lungAt(q) > 2 && random.chance((q[2] + 120) / 240));
      const r = random.uniform(1.5, 6.5);
      if (!p || !free(p, r)) continue;
      out.push({ a: p, b: add(p, scale(randomDirection(random), r)), radiusA: r, radiusB: r * 0.7, hu: -968, blend: 'over' });
    }
    // Vessels run on through the holes.
    out.push(...trees.vessels.filter((v) => v.radiusA > 0.6 && v.radiusA < 4));
  }
  const scars = random.chance(0.35) ? 2 + random.integer(6) : 0;
  for (let n = 0; n < scars; n++) {
    const p = somewhere(plan.zApex - 28, plan.zApex, (q) => lungAt(q) > 0 && lungAt(q) < 5 && free(q, 12));
    if (p) strand(out, p, randomDirection(random), random.uniform(5, 16), random.uniform(0.6, 1.6), random);
  }
  const bands = random.chance(0.4) ? 1 + random.integer(4) : 0;
  for (let n = 0; n < bands; n++) {
    const p = somewhere(plan.zDomeRight - 30, plan.zDomeRight + 45, (q) => lungAt(q) > 1 && lungAt(q) < 16 && free(q, 30));
    if (p) sheet(out, p, unit([random.normal(), random.normal(0, 0.6), random.normal(0, 0.25)]), random.uniform(12, 38), random.uniform(3, 14), random.uniform(0.5, 1.3), -60, random);
  }
  const plaques = random.chance(0.2) ? 1 + random.integer(5) : 0;
  for (let n = 0; n < plaques; n++) {
    const p = somewhere(plan.zDomeRight - 10, plan.zApex - 25, (q) => Math.abs(lungAt(q)) < 1 && Math.abs(q[0]) > 55 && free(q, 25));
    const hu = random.chance(0.35) ? random.uniform(200, 700) : 50;
    if (p) sheet(out, p, unit([0.2 * random.normal(), random.normal(), random.normal()]), random.uniform(10, 30), random.uniform(5, 18), random.uniform(1.2, 2.6), hu, random);
  }
  const plugs = random.chance(0.3) ? 1 + random.integer(4) : 0;
  for (let n = 0; n < plugs && trees.airwayLumens.length > 0; n++) {
    const lumen = random.pick(trees.airwayLumens);
    if (lumen.radiusA < 3 && free(lumen.a, 8)) out.push({ ...lumen, hu: random.uniform(-20, 40), blend: 'max' });
  }
  const dependent = random.chance(0.35) ? 40 + random.integer(140) : 0;
  for (let n = 0; n < dependent; n++) {
    const p = somewhere(plan.zDomeRight - 40, plan.zApex - 30, (q) => plan.gravity * q[1] > plan.halfDepth * 0.3 && lungAt(q) > 0 && lungAt(q) < 4.5 && free(q, 8));
    if (p) strand(out, p, unit([random.normal(), 0.3 * random.normal(), random.normal()]), random.uniform(3, 10), random.uniform(0.5, 1.5), random, -520);
  }
  return out;
}

function strand(out: Capsule[], from: Vec3, direction: Vec3, span: number, radius: number, random: Random, hu = 10): void {
  let a = from;
  let heading = direction;
  for (let n = 0; n < 3; n++) {
    const b = add(a, scale(heading, span / 3));
    out.push({ a, b, radiusA: radius * (1 - 0.25 * n), radiusB: radius * (0.75 - 0.25 * n) + 0.15, hu, blend: 'max' });
    heading = unit(add(heading, scale(randomDirection(random), 0.35)));
    a = b;
  }
}

/** A flat band, laid out of parallel tubes. */
function sheet(out: Capsule[], from: Vec3, along: Vec3, span: number, width: number, radius: number, hu: number, random: Random): void {
  const across = cross(along, randomPerpendicular(along, random));
  for (let offset = 0; offset <= width; offset += radius * 0.9) {
    const a = add(from, scale(across, offset - width / 2));
    const bend = scale(randomPerpendicular(along, random), 0.15 * radius);
    const b = add(add(a, scale(along, span * (1 - 0.5 * Math.abs(offset / width - 0.5)))), bend);
    out.push({ a, b, radiusA: radius, radiusB: radius * 0.6, hu, blend: 'max' });
  }
}
