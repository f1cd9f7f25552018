import type { Vec3 } from '../volume/types.ts';
import type { BodyPlan } from './plan.ts';
import type { Capsule } from './types.ts';
import { pleuralSection } from './anatomy.ts';
import { spineCentre } from './plan.ts';
import { createRandom } from './random.ts';
import { clamp } from './vector.ts';

const cortex = 620;
const marrow = 190;

/** Ribs with cartilage, spine, sternum, clavicles, scapulae. */
export function skeleton(plan: BodyPlan, seed: number, lowZ: number): Capsule[] {
  const random = createRandom(seed, 'skeleton');
  const density = random.uniform(0.75, 1.2);
  const out: Capsule[] = [];
  const bone = (a: Vec3, b: Vec3, ra: number, rb: number, shell: number, stretchZ = 1): void => {
    out.push({
      a, b, radiusA: ra, radiusB: rb, hu: cortex * density, blend: 'over', stretchZ,
      core: { hu: marrow * density, insetMm: shell },
    });
  };
  const pitch = plan.ribPitch;
  const top = plan.zApex + 22;
  ribs(plan, top, pitch, density, out, bone);
  for (let z = top + 20; z > lowZ; z -= pitch) {
    const [x, y] = spineCentre(plan, z);
    // Several slim discs make the flat end plates of a vertebral body; the gap is the disc.
    out.push({ a: [x - 6, y, z - pitch / 2], b: [x + 6, y, z - pitch / 2], radiusA: 13, radiusB: 13, hu: 85, blend: 'over', stretchZ: 0.3 });
    for (const dx of [-7, 7]) bone([x + dx, y, z - 5.5], [x + dx, y, z + 5.5], 11, 11, 1.2);
    bone([x - 7, y, z], [x + 7, y, z], 13.5, 13.5, 1.2, 0.72);
    for (const side of [-1, 1]) {
      bone([x + side * 11, y + 12, z + 3], [x + side * 12, y + 20, z + 3], 4, 4.5, 1.2, 1.4);
      bone([x + side * 12, y + 20, z + 3], [x + side * 28, y + 29, z + 5], 4.5, 4.5, 1.2, 1.2);
      bone([x + side * 12, y + 21, z], [x, y + 31, z - 3], 3.4, 3.4, 1.1, 2);
    }
    bone([x, y + 31, z - 3], [x, y + 50, z - 14], 3.2, 3, 1.1, 1.6);
    out.push({ a: [x, y + 20, z - pitch / 2], b: [x, y + 20, z + pitch / 2], radiusA: 8, radiusB: 8, hu: 25, blend: 'over' });
    if (random.chance(0.25)) bone([x - 18, y - 4, z - pitch / 2 + 3], [x - 14, y - 10, z - pitch / 2], 2.5, 3, 0.9);
  }
  const front = -plan.halfDepth * 0.97 - 6;
  for (const dx of [-10, -3.5, 3.5, 10]) {
    bone([dx, front + 8, plan.zApex - 42], [dx * 0.9, front, -70], 5, 5, 1.1);
  }
  for (const dx of [-16, -5, 5, 16]) bone([dx, front + 14, plan.zApex - 22], [dx * 0.8, front + 8, plan.zApex - 44], 5.5, 5, 1.1);
  for (const side of [-1, 1]) {
    const raise = plan.armsDown ? -6 : 22;
    bone([side * 20, front + 20, plan.zApex - 10], [side * 0.75 * plan.halfWidth, -plan.halfDepth * 0.35, plan.zApex + 8], 6, 5, 1.3);
    bone([side * 0.75 * plan.halfWidth, -plan.halfDepth * 0.35, plan.zApex + 8], [side * (plan.halfWidth + 20), 8, plan.zApex + raise], 5, 5.5, 1.3);
    const back = plan.halfDepth * 0.8 + 16;
    for (let n = 0; n < 9; n++) {
      const t = n / 8;
      const z = plan.zApex + 12 - 100 * t;
      const outer = plan.halfWidth * (1.02 - 0.42 * t * t);
      bone([side * outer * (0.55 + 0.25 * t), back + 6 - 4 * t, z], [side * outer, back - 20 + 6 * t, z + 6], 2.4, 3.2, 1, 2.6);
    }
    bone([side * 0.6 * plan.halfWidth, back + 10, plan.zApex + 2], [side * (plan.halfWidth + 12), 20, plan.zApex + 18], 4.5, 6, 1.2);
    bone([side * (plan.halfWidth + 26), 12, plan.zApex + 6], [side * (plan.halfWidth + 26), 12, plan.zApex + 16], 21, 21, 1.6);
  }
  return out;
}

type BonePainter = (a: Vec3, b: Vec3, ra: number, rb: number, shell: number, stretchZ?: number) => void;

function ribs(plan: BodyPlan, top: number, pitch: number, density: number, out: Capsule[], bone: BonePainter): void {
  for (let n = 0; n < 12; n++) {
    const start = top - 4 - pitch * n;
    const drop = n === 0 ? 26 : 52 + 3.4 * n;
    const reach = n < 10 ? 0.86 - 0.012 * n : 0.5 - 0.12 * (n - 10);
    for (const side of [-1, 1] as const) {
      const [sx, sy] = spineCentre(plan, start);
      const points: Vec3[] = [[sx + side * 17, sy + 11, start + 2]];
      const steps = 22;
      for (let m = 2; m <= steps; m++) {
        const t = (m / steps) * reach;
        const angle = -0.24 + Math.PI * t * 1.06;
        const z = start - drop * t ** 1.25 + (t < 0.2 ? -4 * t : 0);
        const section = pleuralSection(plan, side, z);
        const shrink = Math.exp(Math.log(Math.max(1 - clamp(section.rise, 0, 0.97) ** 3.2, 0.02)) / 2);
        const s = Math.sin(angle);
        const c = Math.cos(angle);
        const a = Math.max(section.a * shrink, 34) + 5.5;
        const b = Math.max(section.b * shrink, 30) + 5.5;
        const round = (v: number): number => Math.sign(v) * Math.exp(Math.log(Math.max(Math.abs(v), 1e-6)) * (2 / 2.3));
        points.push([section.cx + side * a * round(s), section.cy + b * round(c), z]);
      }
      const bony = n < 10 ? Math.round(points.length * 0.86) : points.length;
      for (let m = 1; m < points.length; m++) {
        const thick = m < 3 ? 4.2 : 3.5;
        if (m < bony) bone(points[m - 1]!, points[m]!, thick, thick, 0.9, 1.75);
        else out.push({ a: points[m - 1]!, b: points[m]!, radiusA: 4, radiusB: 4, hu: 95 * density + 20, blend: 'over', stretchZ: 1.6 });
      }
      const last = points[points.length - 1]!;
      if (n < 7) {
        const z = Math.max(last[2] + 12, -68);
        out.push({ a: last, b: [side * 12, -plan.halfDepth * 0.97 - 4, z], radiusA: 4, radiusB: 4.5, hu: 95 * density + 20, blend: 'over', stretchZ: 1.5 });
      }
    }
  }
}
