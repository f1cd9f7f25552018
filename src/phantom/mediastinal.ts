import type { Vec3 } from '../volume/types.ts';
import type { BodyPlan } from './plan.ts';
import type { Capsule } from './types.ts';
import { descendingAorta } from './anatomy.ts';
import { createRandom } from './random.ts';

/** Aorta, its arch and branches, caval veins, pulmonary trunk, oesophagus, azygos vein, lymph nodes. */
export function mediastinalTubes(plan: BodyPlan, seed: number, lowZ: number): Capsule[] {
  const random = createRandom(seed, 'mediastinum');
  const out: Capsule[] = [];
  const path = (points: readonly Vec3[], radius: number, hu: number, last = radius): void => {
    for (let n = 1; n < points.length; n++) {
      const from = radius + ((last - radius) * (n - 1)) / (points.length - 1);
      const to = radius + ((last - radius) * n) / (points.length - 1);
      out.push({ a: points[n - 1]!, b: points[n]!, radiusA: from, radiusB: to, hu, blend: 'over' });
    }
  };
  const { aorta, artery, vein } = plan.bloodHU;
  const r = plan.aortaRadius;
  const down = (z: number): Vec3 => [...descendingAorta(plan, z), z];
  const oesophagus: Vec3[] = [];
  for (let z = plan.zApex + 30; z > lowZ; z -= 25) {
    const d = descendingAorta(plan, z);
    oesophagus.push([4 + 0.1 * Math.max(0, -z), Math.min(16, d[1] - 4), z]);
  }
  path(oesophagus, 6.5, 38);
  if (random.chance(0.4)) path(oesophagus.slice(0, 5), 2, -850);
  const veinHU = plan.contrast ? vein * random.uniform(0.8, 2) : 40;
  path([[-16, -14, plan.zApex + 10], [-20, -16, 30], [-22, -14, -30]], 8.5, veinHU);
  path([[-20, 2, -60], [-22, 0, lowZ]], 11.5, plan.contrast ? 90 : 40);
  path([[-8, -26, -38], [-10, -24, -6], [-6, -16, 20], [4, -6, 32], [16, 6, 30], down(14)], r + 2, aorta, r);
  const descending: Vec3[] = [];
  for (let z = 14; z > lowZ; z -= 20) descending.push(down(z));
  path(descending, r, aorta, r * 0.88);
  path([[-6, -12, 30], [-14, -12, 62], [-22, -14, plan.zApex + 25]], 6, aorta, 4.5);
  path([[5, -4, 33], [10, -8, 62], [16, -10, plan.zApex + 25]], 4, aorta, 3.4);
  path([[14, 4, 33], [22, 2, 62], [32, 0, plan.zApex + 15]], 4.6, aorta, 4);
  path([[26, -22, plan.zApex - 12], [2, -26, 46], [-18, -17, 32]], 6, veinHU, 7);
  path([[12, -34, -42], [10, -24, -18], [14, -12, -12]], 13, artery, 12);
  path([[-12, 22, 6], [-4, 32, -20], [-3, 34, lowZ]], 3.2, plan.contrast ? 100 : 35);
  for (let n = 0; n < 5; n++) {
    const at: Vec3 = random.pick<Vec3>([[-16, 2, 24], [-14, -4, 8], [16, -6, 6], [4, 16, -14], [-12, 14, -14], [20, -18, 14]]);
    const size = random.uniform(2, random.chance(0.15) ? 7 : 4);
    const shift = (): number => random.normal(0, 3);
    const a: Vec3 = [at[0] + shift(), at[1] + shift(), at[2] + shift()];
    const calcified = random.chance(0.06);
    out.push({ a, b: [a[0] + shift(), a[1] + shift(), a[2] + shift()], radiusA: size, radiusB: size * 0.8, hu: calcified ? 450 : 42, blend: 'over' });
  }
  return out;
}
