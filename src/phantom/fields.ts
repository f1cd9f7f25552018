import type { BodyPlan } from './plan.ts';
import type { Lattice } from './lattice.ts';
import type { PhantomFields } from './types.ts';
import { body, diaphragmHeight, ellipsoid, heart, lung, mediastinum, muscleEnvelope, pleuralCavity, pleuralSection } from './anatomy.ts';
import { coarseNoise, normaliseToDistance, smoothNoise } from './lattice.ts';
import { clamp } from './vector.ts';
import { createRandom } from './random.ts';

const spacingMm = 2.5;

export function latticeFor(plan: BodyPlan): Lattice {
  const halfX = plan.halfWidth + plan.fat + plan.muscle + 90;
  const front = plan.halfDepth + plan.fat + plan.muscle + 25 + 42 * plan.breast;
  const back = plan.halfDepth + plan.fat + plan.muscle + 30;
  const low = plan.zDomeLeft - plan.sulcusDrop * 1.4 - 35;
  const high = plan.zApex + 32;
  return {
    origin: [-halfX, -front, low], spacingMm,
    size: [Math.ceil((2 * halfX) / spacingMm) + 1, Math.ceil((front + back) / spacingMm) + 1, Math.ceil((high - low) / spacingMm) + 1],
  };
}

interface FissurePlan { readonly offset: number; readonly slope: number; readonly bowX: number; readonly bowY: number; readonly wave: number; readonly phase: number }

/** Tabulates the smooth anatomy. */
export function tabulate(plan: BodyPlan, seed: number, lattice: Lattice): PhantomFields {
  const random = createRandom(seed, 'fields');
  const [nx, ny, nz] = lattice.size;
  const count = nx * ny * nz;
  const bodyField = new Float32Array(count);
  const soft = new Float32Array(count);
  const lungField = new Float32Array(count);
  const parenchyma = new Float32Array(count);
  const oblique = new Float32Array(count);
  const horizontal = new Float32Array(count);
  const coarse = coarseNoise(lattice, () => random.normal());
  const fine = smoothNoise(lattice, () => random.normal(), 2);
  const fissures = ([1, -1] as const).map((): FissurePlan => ({
    offset: random.normal(-32, 7), slope: random.uniform(0.95, 1.35), bowX: random.uniform(-14, 10), bowY: random.uniform(-26, 6),
    wave: random.uniform(1, 5), phase: random.uniform(0, 6.28),
  }));
  const horizontalOffset = random.normal(-14, 6);
  for (let k = 0; k < nz; k++) {
    const z = lattice.origin[2] + k * spacingMm;
    const left = pleuralSection(plan, 1, z);
    const right = pleuralSection(plan, -1, z);
    for (let j = 0; j < ny; j++) {
      const y = lattice.origin[1] + j * spacingMm;
      for (let i = 0; i < nx; i++) {
        const x = lattice.origin[0] + i * spacingMm;
        const p = (k * ny + j) * nx + i;
        const skin = body(plan, x, y, z);
        bodyField[p] = skin;
        if (skin < -12) {
          soft[p] = -95;
          lungField[p] = -40;
          parenchyma[p] = plan.lungHU;
          oblique[p] = horizontal[p] = 100;
          continue;
        }
        const side = x >= 0 ? 1 : -1;
        const middle = mediastinum(plan, x, y, z);
        const wobble = 0.8 * coarse[p]!;
        const cavityLeft = pleuralCavity(left, x, y);
        const cavityRight = pleuralCavity(right, x, y);
        lungField[p] = Math.max(lung(plan, 1, x, y, z, cavityLeft, middle), lung(plan, -1, x, y, z, cavityRight, middle)) + wobble;
        soft[p] = softTissue(plan, x, y, z, Math.max(cavityLeft, cavityRight), coarse[p]!, fine[p]!);
        const depth = y / plan.halfDepth;
        const low = depth * plan.gravity;
        parenchyma[p] = plan.lungHU + plan.gravityHU * (low + 0.35 * Math.max(low, 0) ** 3) + plan.textureHU * (0.8 * coarse[p]! + 0.55 * fine[p]!);
        const fissure = fissures[side > 0 ? 0 : 1]!;
        const ripple = fissure.wave * Math.sin(0.045 * x + 0.03 * y + fissure.phase);
        const lateral = (Math.abs(x) - 60) / 60;
        const height = fissure.offset + fissure.slope * y + fissure.bowX * lateral * lateral + fissure.bowY * depth * depth + ripple;
        oblique[p] = (z - height) / Math.sqrt(1 + fissure.slope ** 2);
        horizontal[p] = side < 0 && oblique[p] > 0 ? z - (horizontalOffset - 0.12 * (y + 40) + 0.6 * ripple) : 100;
      }
    }
  }
  return {
    body: normaliseToDistance(lattice, bodyField), soft, lung: normaliseToDistance(lattice, lungField),
    parenchyma, oblique, horizontal,
  };
}

/** HU of everything that is neither lung nor painted later. */
function softTissue(plan: BodyPlan, x: number, y: number, z: number, pleural: number, coarse: number, fine: number): number {
  const fat = -98 + 6 * fine;
  const muscle = 48 + 5 * fine - 60 * clamp(coarse - 1.1, 0, 1);
  const cavity = Math.max(pleural, 50 - 2.2 * Math.hypot(x, y * 0.55));
  const blend = (distance: number): number => clamp(0.5 + distance / spacingMm, 0, 1);
  let hu = fat + (muscle - fat) * blend(muscleEnvelope(plan, x, y, z) + 2 * coarse);
  if (cavity < 3) return hu;
  const below = Math.max(diaphragmHeight(plan, 1, x, y), diaphragmHeight(plan, -1, x, y)) - z;
  const inside = blend(cavity - 5);
  let inner = fat + 22 + 18 * fine;
  inner += (plan.bloodHU.heart + 4 * fine - inner) * blend(heart(plan, x, y, z) - 1);
  if (below > 0) inner = abdomen(plan, x, y, z, fine);
  hu += (inner - hu) * inside;
  return hu;
}

function abdomen(plan: BodyPlan, x: number, y: number, z: number, fine: number): number {
  const blend = (distance: number): number => clamp(0.5 + distance / spacingMm, 0, 1);
  let hu = -96 + 12 * fine;
  const underRight = diaphragmHeight(plan, -1, x, y) - z;
  const liver = Math.min(underRight - 3, 30 - x - 0.25 * (y + 30));
  hu += (plan.liverHU + 5 * fine - hu) * blend(liver);
  const underLeft = diaphragmHeight(plan, 1, x, y) - z;
  const spleen = Math.min(underLeft - 3, ellipsoid(x - 0.72 * plan.halfWidth, y - 0.42 * plan.halfDepth, z - plan.zDomeLeft + 45, 38, 42, 46));
  hu += (plan.liverHU + 3 + 4 * fine - hu) * blend(spleen);
  const stomach = Math.min(underLeft - 4, ellipsoid(x - 0.4 * plan.halfWidth, y + 0.25 * plan.halfDepth, z - plan.zDomeLeft + 34, 42, 40, 36));
  const content = plan.gravity * (y + 0.25 * plan.halfDepth) < -0.08 * plan.halfDepth ? -960 : 25;
  hu += (content - hu) * blend(stomach - 3) ;
  return hu;
}
