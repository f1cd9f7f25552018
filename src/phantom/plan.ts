import type { PhantomOptions } from './types.ts';
import { createRandom } from './random.ts';
import { clamp } from './vector.ts';

/** The measures of one synthetic patient, all in mm; z = 0 at the carina, x = 0 the midline, y = 0 mid-thorax. */
export interface BodyPlan {
  readonly sex: 'M' | 'F';
  readonly contrast: boolean;
  /** Half of the inner thorax's width and depth. */
  readonly halfWidth: number;
  readonly halfDepth: number;
  readonly zApex: number;
  readonly zDomeRight: number;
  readonly zDomeLeft: number;
  readonly sulcusDrop: number;
  readonly fat: number;
  readonly muscle: number;
  readonly breast: number;
  readonly heartScale: number;
  readonly heartTilt: number;
  readonly mediastinum: number;
  readonly aortaRadius: number;
  /** Depth of the vertebral bodies' centre and how strongly it bends back in the middle. */
  readonly spineY: number;
  readonly kyphosis: number;
  readonly scoliosis: number;
  readonly ribPitch: number;
  /** How far the lungs bulge between the ribs. */
  readonly scallop: number;
  readonly lungHU: number;
  readonly gravityHU: number;
  readonly textureHU: number;
  readonly emphysema: number;
  /** 1 supine, -1 prone: the direction of gravity along y. */
  readonly gravity: 1 | -1;
  readonly armsDown: boolean;
  readonly bloodHU: { readonly artery: number; readonly vein: number; readonly aorta: number; readonly heart: number };
  readonly liverHU: number;
}

export function planBody(options: PhantomOptions): BodyPlan {
  const random = createRandom(options.seed, 'plan');
  const sex = options.sex ?? (random.chance(0.5) ? 'M' : 'F');
  const contrast = options.contrast ?? random.chance(0.4);
  const size = random.normal(0, 1);
  const inspiration = clamp(random.normal(0, 1), -2, 2);
  const male = sex === 'M' ? 1 : 0;
  const halfDepth = clamp(87 + 7 * male + 6 * size + random.normal(0, 5), 68, 116);
  const blood = contrast ? random.uniform(110, 330) : 42;
  return {
    sex, contrast,
    halfWidth: clamp(120 + 11 * male + 6 * size + random.normal(0, 5), 98, 155),
    halfDepth,
    zApex: clamp(94 + 9 * male + 6 * size + random.normal(0, 6), 70, 128),
    zDomeRight: clamp(-90 - 11 * male - 5 * size - 12 * inspiration, -142, -55),
    zDomeLeft: clamp(-100 - 11 * male - 5 * size - 12 * inspiration + random.normal(0, 4), -155, -62),
    sulcusDrop: random.uniform(38, 62),
    fat: clamp(Math.exp(random.normal(2.5 + 0.2 * (1 - male), 0.45)), 4, 42),
    muscle: random.uniform(9, 17) + 4 * male,
    breast: sex === 'F' ? random.uniform(0.4, 1.25) : 0,
    heartScale: clamp(random.normal(1, 0.1), 0.8, 1.35),
    heartTilt: random.uniform(0.3, 0.8),
    mediastinum: clamp(random.normal(1, 0.12), 0.75, 1.35),
    aortaRadius: random.uniform(10.5, 15.5),
    spineY: halfDepth * 0.63,
    kyphosis: random.uniform(4, 16),
    scoliosis: random.normal(0, 3),
    ribPitch: random.uniform(21, 24), scallop: random.uniform(0.2, 1.1),
    lungHU: clamp(-882 - 15 * inspiration + random.normal(0, 16), -935, -815),
    gravityHU: random.uniform(12, 60),
    textureHU: random.uniform(7, 20),
    emphysema: random.chance(0.25) ? random.uniform(0.2, 1) : 0,
    gravity: options.prone === true ? -1 : 1,
    armsDown: random.chance(0.12),
    bloodHU: {
      artery: blood, vein: contrast ? blood * random.uniform(0.75, 1.05) : 42,
      aorta: contrast ? blood * random.uniform(0.7, 1.1) : 42, heart: contrast ? blood * random.uniform(0.7, 1) : 42,
    },
    liverHU: contrast ? random.uniform(70, 120) : random.uniform(40, 65),
  };
}

/** Centre of the vertebral canal's front wall at height z. */
export function spineCentre(plan: BodyPlan, z: number): readonly [x: number, y: number] {
  const t = clamp((z + 20) / 130, -1.6, 1.6);
  return [plan.scoliosis * Math.cos(t * 1.5), plan.spineY - plan.kyphosis * t * t];
}
