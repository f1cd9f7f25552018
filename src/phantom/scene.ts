/**
 * The synthetic thorax: anatomy and nodules as shapes, from a seed alone. Nothing here depends on a grid;
 * `render.ts` turns a scene into HU on any grid. No dependency beyond Node itself.
 *
 * Seeds from 100000 on are reserved for held-out evaluation: never train on them.
 */
import type { Vec3 } from '../volume/types.ts';
import type { Lattice } from './lattice.ts';
import type { Capsule, PhantomFields, PhantomOptions, PhantomScene } from './types.ts';
import { distractors } from './distractors.ts';
import { latticeFor, tabulate } from './fields.ts';
import { mediastinalTubes } from './mediastinal.ts';
import { placeNodules } from './nodules.ts';
import { planBody } from './plan.ts';
import { createRandom } from './random.ts';
import { skeleton } from './skeleton.ts';
import { patientTable } from './table.ts';
import { growLungs } from './vessels.ts';

export const firstHeldOutSeed = 100_000;

export function describePhantom(options: PhantomOptions): PhantomScene {
  const plan = planBody(options);
  const lattice = latticeFor(plan);
  const fields = tabulate(plan, options.seed, lattice);
  const lowZ = lattice.origin[2];
  const trees = growLungs(plan, options.seed, lattice, fields);
  const nodules = placeNodules(options, plan, lattice, fields, trees.vessels);
  const random = createRandom(options.seed, 'scene');
  const bodyBox = boxOf(lattice, fields, 'body');
  const capsules: Capsule[] = [
    ...patientTable(plan, bodyBox, lowZ),
    ...[...skeleton(plan, options.seed, lowZ), ...mediastinalTubes(plan, options.seed, lowZ)].map((c) => ({ ...c, outsideLung: true })),
    ...trees.airwayWalls, ...trees.airwayLumens, ...trees.vessels,
    ...distractors(plan, options, lattice, fields, trees, nodules),
  ];
  return {
    seed: options.seed, sex: plan.sex, contrast: plan.contrast, lattice, fields, capsules, nodules,
    fissureThicknessMm: random.uniform(0.05, 0.3),
    lungBox: boxOf(lattice, fields, 'lung'), bodyBox,
  };
}

function boxOf(lattice: Lattice, fields: PhantomFields, name: 'lung' | 'body'): { low: Vec3; high: Vec3 } {
  const [nx, ny] = lattice.size;
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  const field = fields[name];
  for (let p = 0; p < field.length; p++) {
    if (field[p]! <= 0) continue;
    const index = [p % nx, Math.floor(p / nx) % ny, Math.floor(p / (nx * ny))];
    for (let axis = 0; axis < 3; axis++) {
      const at = lattice.origin[axis]! + index[axis]! * lattice.spacingMm;
      low[axis] = Math.min(low[axis]!, at);
      high[axis] = Math.max(high[axis]!, at);
    }
  }
  return { low: [low[0]!, low[1]!, low[2]!], high: [high[0]!, high[1]!, high[2]!] };
}
