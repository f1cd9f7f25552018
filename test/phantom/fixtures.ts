import type { PhantomGrid, PhantomScene, Scanner } from '../../src/phantom/types.ts';
import { describePhantom } from '../../src/phantom/scene.ts';

export const clean: Scanner = { kernel: 'standard', noise: 'none' };

const cache = new Map<string, PhantomScene>();

/** A scene once described is shared by the tests of a file. */
export function sceneOf(options: Parameters<typeof describePhantom>[0]): PhantomScene {
  const key = JSON.stringify(options);
  const found = cache.get(key) ?? describePhantom(options);
  cache.set(key, found);
  return found;
}

/** Axis-aligned cube of `halfMm` around a point. */
export function boxGrid(centre: readonly [number, number, number], halfMm: number, step: number): PhantomGrid {
  const n = 2 * Math.ceil(halfMm / step) + 1;
  const at = (axis: 0 | 1 | 2): number => centre[axis] - ((n - 1) / 2) * step;
  return {
    columns: n, rows: n, slices: n, origin: [at(0), at(1), at(2)], spacingMm: [step, step, step],
    columnDirection: [1, 0, 0], rowDirection: [0, 1, 0], sliceDirection: [0, 0, 1],
  };
}

/** The same scene without its nodules: the difference of two renderings is the nodules alone. */
export const withoutNodules = (scene: PhantomScene): PhantomScene => ({ ...scene, nodules: [] });

export const isolatedSolid = {
  seed: 11, contrast: false, distractors: false,
  nodules: [{ diameterMm: 12, type: 'solid', location: 'isolated', margin: 'smooth' }],
} as const;

/** One of every type, place and margin. */
export const mixture = {
  seed: 12, contrast: true, distractors: false,
  nodules: [
    { diameterMm: 22, type: 'part-solid', location: 'isolated', margin: 'lobulated' },
    { diameterMm: 14, type: 'solid', location: 'juxtapleural', margin: 'spiculated' },
    { diameterMm: 10, type: 'ground-glass', location: 'isolated', margin: 'smooth' },
    { diameterMm: 8, type: 'solid', location: 'juxtavascular', margin: 'lobulated' },
    { diameterMm: 6, type: 'calcified', location: 'perifissural', margin: 'smooth' },
    { diameterMm: 5, type: 'solid', location: 'perihilar', margin: 'smooth' },
  ],
} as const;
