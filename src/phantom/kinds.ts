import type { Kernel, NoduleType, PhantomOptions, Scanner } from './types.ts';
import { createRandom } from './random.ts';

/** A whole study as a scanner would make it: patient, protocol and position, from the seed. */
export interface PhantomStudyOptions {
  readonly phantom: PhantomOptions;
  readonly scanner: Scanner;
  readonly pixelSpacingMm: number;
  readonly sliceThicknessMm: number;
  readonly sliceSpacingMm: number;
  readonly patientPosition: 'HFS' | 'HFP' | 'FFS' | 'FFP';
}

/**
 * The mix of kinds that a chest service meets. Seeds below 100000 are for training, from 100000 on for
 * held-out evaluation; the distribution is the same.
 */
export function phantomOptionsForSeed(seed: number): PhantomStudyOptions {
  const random = createRandom(seed, 'kind');
  const kernel: Kernel = random.pick(['soft', 'standard', 'standard', 'sharp']);
  const sliceThicknessMm = random.pick([0.75, 1, 1, 1.25, 1.25, 1.5, 2, 2.5, 3]);
  const overlap = random.pick([0.5, 0.7, 0.8, 1, 1]);
  const dose = Math.exp(random.normal(Math.log(26), 0.38));
  return {
    phantom: { seed },
    scanner: { kernel, sliceThicknessMm, noise: dose, streaks: random.chance(0.6) },
    pixelSpacingMm: Math.round(random.uniform(0.58, 0.86) * 1000) / 1000,
    sliceThicknessMm,
    sliceSpacingMm: Math.round(Math.max(sliceThicknessMm * overlap, 0.6) * 100) / 100,
    patientPosition: random.pick(['HFS', 'HFS', 'HFS', 'HFS', 'HFS', 'FFS', 'FFS', 'HFP', 'FFP']),
  };
}

export const noduleTypes: readonly NoduleType[] = ['solid', 'part-solid', 'ground-glass', 'calcified'];
