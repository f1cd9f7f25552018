import type { NoduleTruth, PhantomGrid, PhantomScene, Scanner } from './types.ts';
import type { Vec3 } from '../volume/types.ts';
import { phantomOptionsForSeed } from './kinds.ts';
import { renderPhantom } from './render.ts';
import { resampleIsotropic } from './resample.ts';
import { describePhantom } from './scene.ts';

export interface TrainingOptions {
  readonly spacingMm: number;
  readonly marginMm: number;
  readonly diameterRangeMm: readonly [number, number];
  readonly noise: 'none' | 'auto' | number;
  readonly nodules?: number;
}

export interface TrainingHeader {
  readonly seed: number;
  readonly shape: Vec3;
  readonly spacingMm: Vec3;
  readonly originLps: Vec3;
  readonly kernel: string;
  readonly sliceThicknessMm: number;
  readonly noise: number | 'none';
  readonly contrast: boolean;
  readonly sex: string;
  readonly nodules: readonly NoduleTruth[];
}

/** The lungs of one seed, scanned on its own protocol and resampled to isotropic voxels, [z,y,x]. */
export function exportVolume(seed: number, options: TrainingOptions): { readonly hu: Int16Array; readonly header: TrainingHeader } {
  const study = phantomOptionsForSeed(seed);
  const scene = describePhantom({
    ...study.phantom, prone: study.patientPosition.endsWith('P'), diameterRangeMm: options.diameterRangeMm,
    ...(options.nodules === undefined ? {} : { nodules: options.nodules }),
  });
  const scanner: Scanner = { ...study.scanner, noise: options.noise === 'auto' ? study.scanner.noise : options.noise };
  const native = lungGrid(scene, [study.pixelSpacingMm, study.pixelSpacingMm, study.sliceSpacingMm], options.marginMm);
  const scanned = renderPhantom(scene, native, scanner);
  const { hu, grid } = resampleIsotropic(scanned, native, options.spacingMm);
  return {
    hu,
    header: {
      seed, shape: [grid.slices, grid.rows, grid.columns], spacingMm: [options.spacingMm, options.spacingMm, options.spacingMm],
      originLps: grid.origin, kernel: scanner.kernel, sliceThicknessMm: study.sliceThicknessMm, noise: scanner.noise,
      contrast: scene.contrast, sex: scene.sex, nodules: scene.nodules.map((n) => n.truth),
    },
  };
}

/** Axis-aligned grid (x left, y back, z head) over the lungs and a margin. */
export function lungGrid(scene: PhantomScene, spacingMm: Vec3, marginMm: number): PhantomGrid {
  const { low, high } = scene.lungBox;
  const count = (axis: 0 | 1 | 2): number => Math.ceil((high[axis] - low[axis] + 2 * marginMm) / spacingMm[axis]);
  return {
    columns: count(0), rows: count(1), slices: count(2), spacingMm,
    origin: [low[0] - marginMm, low[1] - marginMm, low[2] - marginMm],
    columnDirection: [1, 0, 0], rowDirection: [0, 1, 0], sliceDirection: [0, 0, 1],
  };
}
