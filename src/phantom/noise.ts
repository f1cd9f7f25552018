import type { Kernel, PhantomGrid, PhantomScene, Scanner } from './types.ts';
import type { Random } from './random.ts';
import { createRandom } from './random.ts';
import { gaussianTaps, kernelModels, sliceThicknessOf } from './scanner.ts';

const side = 256;
const tileCount = 20;

/** Adds the noise of slice `k` to its image. */
export type NoiseAdder = (image: Float32Array, k: number) => void;

/**
 * Correlated noise: periodic tiles with the band-pass spectrum of a reconstruction kernel, laid at random
 * offsets for every slice and mixed between neighbours as the slice profile overlaps. Stronger in the middle
 * of the body and at the shoulders, where fewer photons arrive.
 */
export function createNoise(scene: PhantomScene, grid: PhantomGrid, scanner: Scanner): NoiseAdder {
  if (scanner.noise === 'none') return () => undefined;
  const random = createRandom(scanner.noiseSeed ?? scene.seed, 'noise');
  const model = kernelModels[scanner.kernel];
  const thickness = sliceThicknessOf(grid.spacingMm[2], scanner);
  const sd = (scanner.noise * model.noiseGain) / Math.sqrt(thickness);
  const tiles = Array.from({ length: tileCount }, () => tile(scanner.kernel, grid.spacingMm[0], random));
  const across = correlation(thickness / grid.spacingMm[2]);
  const reach = (across.length - 1) / 2;
  const layers = Array.from({ length: grid.slices + 2 * reach }, () => ({
    tile: random.integer(tileCount), dx: random.integer(side), dy: random.integer(side), flip: random.chance(0.5) ? -1 : 1,
  }));
  const [ax, ay] = amplitude(scene, grid);
  const streakAt = streaks(scene, grid, scanner, random);
  return (image, k) => {
    for (let m = 0; m < across.length; m++) {
      const layer = layers[k + m]!;
      const source = tiles[layer.tile]!;
      const gain = across[m]! * sd * layer.flip;
      for (let j = 0; j < grid.rows; j++) {
        const row = ((j + layer.dy) & (side - 1)) * side;
        const rowGain = gain * ay[j]!;
        const at = j * grid.columns;
        for (let i = 0; i < grid.columns; i++) image[at + i]! += rowGain * ax[i]! * source[row + ((i + layer.dx) & (side - 1))]!;
      }
    }
    streakAt(image, k);
  };
}

/** Unit-variance periodic noise: a narrow Gaussian minus a wide one keeps the middle band. */
function tile(kernel: Kernel, pixelMm: number, random: Random): Float32Array {
  const white = Float32Array.from({ length: side * side }, () => random.normal());
  const fine = blurPeriodic(white, gaussianTaps(kernelModels[kernel].noiseSigmaMm / pixelMm));
  const coarse = blurPeriodic(white, gaussianTaps(2.2 / pixelMm));
  let square = 0;
  for (let p = 0; p < fine.length; p++) {
    fine[p]! -= 0.93 * coarse[p]!;
    square += fine[p]! ** 2;
  }
  const scale = 1 / Math.sqrt(square / fine.length);
  for (let p = 0; p < fine.length; p++) fine[p]! *= scale;
  return fine;
}

function blurPeriodic(source: Float32Array, taps: Float32Array): Float32Array {
  const radius = (taps.length - 1) / 2;
  const half = new Float32Array(source.length);
  const out = new Float32Array(source.length);
  for (let j = 0; j < side; j++) {
    for (let i = 0; i < side; i++) {
      let sum = 0;
      for (let m = 0; m < taps.length; m++) sum += taps[m]! * source[j * side + ((i + m - radius + side) & (side - 1))]!;
      half[j * side + i] = sum;
    }
  }
  for (let j = 0; j < side; j++) {
    for (let m = 0; m < taps.length; m++) {
      const row = ((j + m - radius + side) & (side - 1)) * side;
      for (let i = 0; i < side; i++) out[j * side + i]! += taps[m]! * half[row + i]!;
    }
  }
  return out;
}

/** Mixing weights between slices, unit energy; `overlap` is thickness over spacing. */
function correlation(overlap: number): Float32Array {
  const taps = gaussianTaps(Math.max(0.3, overlap * 0.42));
  let energy = 0;
  for (const tap of taps) energy += tap * tap;
  return taps.map((tap) => tap / Math.sqrt(energy));
}

function amplitude(scene: PhantomScene, grid: PhantomGrid): readonly [Float32Array, Float32Array] {
  const { low, high } = scene.bodyBox;
  const centre = [0, (low[1] + high[1]) / 2, (scene.lungBox.low[2] + scene.lungBox.high[2]) / 2] as const;
  const profile = (count: number, spacing: number, direction: readonly number[], radius: number): Float32Array => {
    const offset = centre.reduce((sum, c, axis) => sum + (c - grid.origin[axis]!) * direction[axis]!, 0);
    return Float32Array.from({ length: count }, (_, n) => 0.78 + 0.36 * Math.exp(-(((n * spacing - offset) / radius) ** 2)));
  };
  return [
    profile(grid.columns, grid.spacingMm[0], grid.columnDirection, (high[0] - low[0]) * 0.3),
    profile(grid.rows, grid.spacingMm[1], grid.rowDirection, (high[1] - low[1]) * 0.36),
  ];
}

/** Left-to-right streaks of photon starvation at the shoulders; only where rows run across the patient. */
function streaks(scene: PhantomScene, grid: PhantomGrid, scanner: Scanner, random: Random): NoiseAdder {
  if (scanner.streaks === false || scanner.noise === 'none' || Math.abs(grid.columnDirection[0]) < 0.9) return () => undefined;
  const strength = scanner.noise * random.uniform(0.1, 0.7);
  const top = scene.lungBox.high[2];
  const seeds = Array.from({ length: grid.slices }, () => random.integer(1 << 30));
  return (image, k) => {
    const z = grid.origin[2] + k * grid.spacingMm[2] * grid.sliceDirection[2];
    const gain = strength * Math.min(Math.max((z - top + 55) / 60, 0), 1);
    if (gain <= 0) return;
    const local = createRandom(seeds[k]!, 'streak');
    const lines = Float32Array.from({ length: grid.rows }, () => local.normal());
    const smooth = new Float32Array(grid.rows);
    for (let j = 1; j < grid.rows - 1; j++) smooth[j] = 0.25 * lines[j - 1]! + 0.6 * lines[j]! + 0.25 * lines[j + 1]!;
    const slope = local.normal(0, 0.03);
    for (let j = 0; j < grid.rows; j++) {
      for (let i = 0; i < grid.columns; i++) {
        const row = Math.round(j + slope * (i - grid.columns / 2));
        if (row >= 0 && row < grid.rows) image[j * grid.columns + i]! += gain * smooth[row]!;
      }
    }
  };
}
