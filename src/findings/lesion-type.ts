/** Type of a nodule by the composition of its densities. */
import { distanceTo } from './distance-transform.ts';
import type { LesionPatch } from './lesion-patch.ts';
import type { Lesion } from './lesion-segment.ts';
import type { NoduleType } from './types.ts';

/** Denser than enhanced soft tissue: lime. */
const calcifiedHU = 220;
const calcifiedFraction = 0.35;
/** Solid tissue reaches this, ground glass does not. */
const solidHU = -300;
/** The border, where densities are mixtures, is this deep. */
const borderMm = 1.2;
/** A part-solid nodule has at least this part of either tissue inside its border. */
const leastPart = 0.12;
/** Inside the border, values below this are ground glass, not the blur of a small solid nodule. */
const glassHU = -420;
const leastGlass = 0.3;
const fewestForComposition = 60;

export interface Composition {
  readonly type: NoduleType;
  /** Mean HU inside the border; of the whole nodule where it is all border. */
  readonly meanHU: number;
}

function inside(patch: LesionPatch, mask: Uint8Array, deepMm: number): readonly number[] {
  const depth = distanceTo(mask, patch.grid.size, patch.grid.spacingMm, 0);
  const voxels: number[] = [];
  for (let n = 0; n < mask.length; n++) if ((depth[n] as number) > deepMm) voxels.push(n);
  return voxels;
}

const fraction = (voxels: readonly number[], holds: (n: number) => boolean): number => (voxels.length === 0 ? 0 : voxels.filter(holds).length / voxels.length);

export function composition(patch: LesionPatch, lesion: Lesion): Composition {
  const all = inside(patch, lesion.mask, 0);
  const deep = inside(patch, lesion.mask, borderMm);
  const judged = deep.length >= 20 ? deep : all;
  const hu = (n: number): number => patch.hu[n] as number;
  const smoothHU = (n: number): number => patch.smoothHU[n] as number;
  const meanHU = judged.reduce((sum, n) => sum + hu(n), 0) / Math.max(1, judged.length);
  if (fraction(judged, (n) => hu(n) > calcifiedHU) >= calcifiedFraction) return { type: 'calcified', meanHU };
  if (lesion.solid) return { type: 'part-solid', meanHU };
  const solid = fraction(judged, (n) => smoothHU(n) > solidHU);
  if (lesion.coreHU <= solidHU && solid < leastPart) return { type: 'ground-glass', meanHU };
  if (deep.length < fewestForComposition) return { type: 'solid', meanHU };
  const glass = fraction(deep, (n) => smoothHU(n) < glassHU);
  if (glass < leastGlass) return { type: 'solid', meanHU };
  return { type: solid < leastPart ? 'ground-glass' : 'part-solid', meanHU };
}
