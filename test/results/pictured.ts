/** The sample's spheres with an image behind them: views for the pictures. */
import { cutViews } from '../../src/inference/finding-views.ts';
import type { ResultInput } from '../../src/results/build-result-objects.ts';
import type { ResultOptions } from '../../src/results/options.ts';
import type { Vec3, Volume, VolumeGeometry } from '../../src/volume/types.ts';
import { indexToWorld } from '../../src/volume/geometry.ts';
import { distance } from '../../src/volume/vec3.ts';
import { axial, sampleInput, spheres, worldOf, type Grid, type Sphere } from './sample.ts';

export interface Ball {
  readonly centre: Vec3;
  readonly radiusMm: number;
  readonly hu: number;
}

export function volumeOf(geometry: VolumeGeometry, balls: readonly Ball[]): Volume {
  const { columns, rows, slices } = geometry;
  const hu = new Int16Array(columns * rows * slices).fill(-850);
  for (let k = 0, n = 0; k < slices; k += 1) {
    for (let j = 0; j < rows; j += 1) {
      for (let i = 0; i < columns; i += 1, n += 1) {
        const world = indexToWorld(geometry, [i, j, k]);
        for (const { centre, radiusMm, hu: value } of balls) if (distance(world, centre) <= radiusMm) hu[n] = value;
      }
    }
  }
  return { geometry, hu, slices: [] };
}

/** As `sampleInput`, with views. `markers` are further balls, LPS mm. */
export function picturedInput(grid: Grid = axial, options: Partial<ResultOptions> = {}, among: readonly Sphere[] = spheres, markers: readonly Ball[] = []): ResultInput {
  const input = sampleInput(grid, among);
  const geometry = input.volume!.geometry;
  const volume = volumeOf(geometry, [...among.map(({ centre, radiusMm }) => ({ centre: worldOf(geometry, centre), radiusMm, hu: 20 })), ...markers]);
  return {
    ...input, views: cutViews(volume, input.findings.findings),
    sourceHeaders: { ...input.sourceHeaders, references: input.sourceHeaders.references.map((reference, n) => ({ ...reference, instanceNumber: n + 1 })) },
    options: { language: 'en', secondaryCapture: true, pdf: false, chestCadSr: false, enhancedSr: false, labelmap: false, ...options },
  };
}
