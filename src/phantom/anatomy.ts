import type { BodyPlan } from './plan.ts';
import { clamp, smoothMax, smoothMin } from './vector.ts';
import { spineCentre } from './plan.ts';

/** Signed value in mm, positive inside, good near the surface only. */
type Implicit = number;

const zBase = -165;
const power = (value: number, exponent: number): number => Math.max(value, 1e-9) ** exponent;

export function ellipsoid(dx: number, dy: number, dz: number, rx: number, ry: number, rz: number): Implicit {
  const k0 = Math.sqrt((dx / rx) ** 2 + (dy / ry) ** 2 + (dz / rz) ** 2);
  const k1 = Math.sqrt((dx / (rx * rx)) ** 2 + (dy / (ry * ry)) ** 2 + (dz / (rz * rz)) ** 2);
  return k1 > 1e-9 ? (k0 * (1 - k0)) / k1 : Math.min(rx, ry, rz);
}

/** Half axes and centre of the pleural cavity of one side at height z, before mediastinum and diaphragm cut it. */
export interface PleuralSection {
  readonly cx: number;
  readonly cy: number;
  readonly a: number;
  readonly b: number;
  /** 0 in the lower chest, 1 at the apex. */
  readonly rise: number;
  /** What the height adds to the squared radius of the section. */
  readonly cap: number;
}

export function pleuralSection(plan: BodyPlan, side: 1 | -1, z: number): PleuralSection {
  const t = (z - zBase) / (plan.zApex - zBase);
  const upper = clamp((t - 0.36) / 0.64, 0, 1.2);
  const lower = clamp((0.36 - t) / 0.36, 0, 1.2);
  const inward = 1 - 0.3 * upper * upper;
  return {
    cx: side * 0.47 * plan.halfWidth * inward,
    cy: 10 * upper * upper - 2,
    a: 0.535 * plan.halfWidth * (1 - 0.05 * lower * lower) * (1 - 0.12 * upper * upper),
    b: plan.halfDepth * (1 - 0.03 * lower * lower) * (1 - 0.22 * upper * upper),
    rise: upper,
    cap: power(upper, 3.2),
  };
}

export function pleuralCavity(section: PleuralSection, x: number, y: number): Implicit {
  const sum = power(Math.abs(x - section.cx) / section.a, 2.3) + power(Math.abs(y - section.cy) / section.b, 2.3);
  return (1 - Math.sqrt(power(sum, 2 / 2.3) + section.cap)) * 62;
}

export function diaphragmHeight(plan: BodyPlan, side: 1 | -1, x: number, y: number): number {
  const dome = side > 0 ? plan.zDomeLeft : plan.zDomeRight;
  const u = (x - side * 0.42 * plan.halfWidth) / (0.58 * plan.halfWidth);
  const v = (y + 0.2 * plan.halfDepth) / (1.05 * plan.halfDepth);
  return dome - plan.sulcusDrop * (0.75 * u * u + 0.95 * v * v) ** 1.25;
}

/** Heart with its pericardium. */
export function heart(plan: BodyPlan, x: number, y: number, z: number): Implicit {
  const s = plan.heartScale;
  const cz = (plan.zDomeLeft + plan.zDomeRight) / 2 + 42 * s;
  const dx = x - 20 * s;
  const dy = y + 0.3 * plan.halfDepth;
  const dz = z - cz;
  const c = Math.cos(plan.heartTilt);
  const n = Math.sin(plan.heartTilt);
  // The long axis points to the left, forwards and down.
  const u = dx * c - dy * 0.35 - dz * n * 0.55;
  const v = dy + dx * 0.28;
  const w = dz * c + dx * n * 0.45;
  return ellipsoid(u, v, w, 58 * s, 43 * s, 46 * s);
}

/** Everything between the lungs: the lungs end where this begins. */
export function mediastinum(plan: BodyPlan, x: number, y: number, z: number): Implicit {
  const m = plan.mediastinum;
  const [sx, sy] = spineCentre(plan, z);
  let f = heart(plan, x, y, z) + 2;
  const arch = clamp((z - 10) / 60, 0, 1);
  const upper = ellipsoid(x - 2, y - 2, 0, (25 - 5 * arch) * m + 2, 46, 1e4);
  // The upper mediastinum fades into the heart below and into the neck above.
  f = smoothMax(f, Math.min(upper, z + 70), 10);
  f = smoothMax(f, ellipsoid(x, y + plan.halfDepth * 0.55, 0, 4.5 * m, plan.halfDepth * 0.6, 1e4), 7);
  f = smoothMax(f, ellipsoid(x - sx, y - sy, 0, 21, 20, 1e4), 8);
  f = smoothMax(f, ellipsoid(x - sx, y - sy - 26, 0, 30, 24, 1e4), 8);
  const [ax, ay] = descendingAorta(plan, z);
  f = smoothMax(f, Math.min(plan.aortaRadius + 2 - Math.hypot(x - ax, y - ay), 34 - z), 6);
  f = smoothMax(f, ellipsoid(x - 20, y - 4, z - 22, 22 * m, 30, plan.aortaRadius + 6), 8);
  for (const side of [1, -1] as const) {
    const [hx, hy, hz] = hilum(plan, side);
    f = smoothMax(f, ellipsoid(x - hx * 0.82, y - hy, z - hz, 15, 15, 19), 9);
  }
  return f;
}

export function descendingAorta(plan: BodyPlan, z: number): readonly [number, number] {
  const [sx, sy] = spineCentre(plan, z);
  const down = clamp(-z / 150, 0, 1);
  return [sx + 25 - 14 * down, sy - 14 - 6 * down];
}

export const hilum = (plan: BodyPlan, side: 1 | -1): readonly [number, number, number] => [
  side * (0.3 * plan.halfWidth), 6, side > 0 ? -12 : -20,
];

/** One lung: its pleural cavity less mediastinum, diaphragm and the other side. */
export function lung(plan: BodyPlan, side: 1 | -1, x: number, y: number, z: number, cavity: Implicit, mediastinal: Implicit): Implicit {
  if (cavity < -25) return cavity;
  const above = (z - diaphragmHeight(plan, side, x, y)) * 0.8;
  // Lungs of both sides meet in front at the midline; each keeps to its side.
  const own = side * x + 14 - Math.max(0, 8 - Math.abs(y + plan.halfDepth * 0.8) * 0.1);
  // Ribs press into the lung, which bulges between them; a rib falls by about 66 mm from back to front.
  const turn = (z - plan.zApex - 18 + 66 * (0.5 - y / (2 * plan.halfDepth))) / plan.ribPitch;
  const wall = cavity - plan.scallop * Math.cos(2 * Math.PI * turn);
  return smoothMin(smoothMin(smoothMin(wall, above, 3), -mediastinal, 5), own, 4);
}

/** Skin. */
export function body(plan: BodyPlan, x: number, y: number, z: number): Implicit {
  const wall = 9 + plan.muscle;
  const shoulder = clamp((z - plan.zApex + 62) / 75, 0, 1.4);
  const armpit = plan.armsDown ? 0 : 22 * Math.exp(-(((z - plan.zApex + 25) / 40) ** 2));
  const a = plan.halfWidth + wall + plan.fat + shoulder * shoulder * 46 + armpit * 0.5;
  const b = plan.halfDepth + wall + plan.fat * 0.85 - shoulder * 14;
  const u = power(power(Math.abs(x) / a, 2.5) + power(Math.abs(y - 6) / b, 2.5), 1 / 2.5);
  let f = (1 - u) * Math.min(a, b);
  if (plan.breast > 0) {
    for (const side of [1, -1]) {
      const breast = ellipsoid(
        x - side * 0.52 * plan.halfWidth, y + plan.halfDepth + wall + 4, z + 42,
        58 * plan.breast ** 0.5, 40 * plan.breast, 54 * plan.breast ** 0.5,
      );
      f = smoothMax(f, breast, 14);
    }
  }
  return f;
}

/** Muscle and bone of the chest wall and shoulders: the body without its fat. */
export function muscleEnvelope(plan: BodyPlan, x: number, y: number, z: number): Implicit {
  const shoulder = clamp((z - plan.zApex + 62) / 75, 0, 1.4);
  const a = plan.halfWidth + 5 + plan.muscle + shoulder * shoulder * 40;
  const b = plan.halfDepth + 5 + plan.muscle - shoulder * 12;
  const u = power(power(Math.abs(x) / a, 2.5) + power(Math.abs(y - 6) / b, 2.5), 1 / 2.5);
  return (1 - u) * Math.min(a, b);
}
