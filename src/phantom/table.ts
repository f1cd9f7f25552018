import type { BodyPlan } from './plan.ts';
import type { Capsule, PhantomScene } from './types.ts';

/** The patient table: two thin curved shells under the back, or under the chest of a prone patient. */
export function patientTable(plan: BodyPlan, bodyBox: PhantomScene['bodyBox'], lowZ: number): Capsule[] {
  const out: Capsule[] = [];
  const top = plan.gravity > 0 ? bodyBox.high[1] + 6 : bodyBox.low[1] - 6;
  const shells = [{ depth: 0, bend: 760, half: 205, hu: -250 }, { depth: 46, bend: 520, half: 190, hu: -120 }];
  for (const { depth, bend, half, hu } of shells) {
    for (let x = -half; x <= half; x += 2) {
      const y = top + plan.gravity * (depth - (x * x) / (2 * bend));
      out.push({ a: [x, y, lowZ - 20], b: [x, y, plan.zApex + 60], radiusA: 1.3, radiusB: 1.3, hu, blend: 'max' });
    }
  }
  return out;
}
