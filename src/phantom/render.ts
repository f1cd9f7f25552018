import type { Slab } from './paint.ts';
import type { PhantomGrid, PhantomScene, Scanner } from './types.ts';
import type { Vec3 } from '../volume/types.ts';
import { createNoise } from './noise.ts';
import { paintCapsule, paintNodule } from './paint.ts';
import { paintFields } from './paint-fields.ts';
import { blurImage, pointSpreadTaps, sliceProfile } from './scanner.ts';

/**
 * HU of the scene on a grid, shape [slices, rows, columns], clamped to [-1024, 3071], as the scanner would
 * show it. Any orientation; works slab by slab, so that memory stays near the size of the answer.
 */
export function renderPhantom(scene: PhantomScene, grid: PhantomGrid, scanner: Scanner): Int16Array {
  const out = new Int16Array(grid.columns * grid.rows * grid.slices);
  renderSlices(scene, grid, scanner, (k, image) => out.set(image, k * grid.columns * grid.rows));
  return out;
}

/** As `renderPhantom`, but hands over one slice at a time; the image is reused for the next. */
export function renderSlices(scene: PhantomScene, grid: PhantomGrid, scanner: Scanner, take: (k: number, image: Int16Array) => void): void {
  const { perSlice, weights } = sliceProfile(grid.spacingMm[2], scanner);
  const reach = (weights.length - 1) / 2;
  const plane = grid.columns * grid.rows;
  // Slices far apart are painted one by one, and nothing in between.
  const perSlab = weights.length < perSlice ? 1 : Math.max(1, Math.min(grid.slices, Math.floor(24_000_000 / plane / perSlice)));
  const buffer = new Float32Array(((perSlab - 1) * perSlice + weights.length) * plane);
  const image = new Float32Array(plane);
  const rounded = new Int16Array(plane);
  const taps = pointSpreadTaps(scanner.kernel, grid.spacingMm[0]);
  const columnTaps = pointSpreadTaps(scanner.kernel, grid.spacingMm[1]);
  const addNoise = createNoise(scene, grid, scanner);
  const pitch = grid.spacingMm[2] / perSlice;
  for (let first = 0; first < grid.slices; first += perSlab) {
    const count = Math.min(perSlab, grid.slices - first);
    const subSlices = (count - 1) * perSlice + weights.length;
    paintSlab(scene, {
      ...grid, slices: subSlices, spacingMm: [grid.spacingMm[0], grid.spacingMm[1], pitch],
      origin: along(grid.origin, grid.sliceDirection, (first * perSlice - reach) * pitch),
      hu: buffer.subarray(0, subSlices * plane),
    });
    for (let n = 0; n < count; n++) {
      average(buffer, n * perSlice * plane, weights, image);
      blurImage(image, grid.columns, grid.rows, taps, columnTaps);
      addNoise(image, first + n);
      for (let p = 0; p < plane; p++) {
        const hu = image[p]!;
        rounded[p] = hu < -1024 ? -1024 : hu > 3071 ? 3071 : ((hu + 4096.5) | 0) - 4096;
      }
      take(first + n, rounded);
    }
  }
}

const along = (origin: Vec3, direction: Vec3, distance: number): Vec3 => [
  origin[0] + direction[0] * distance, origin[1] + direction[1] * distance, origin[2] + direction[2] * distance,
];

function paintSlab(scene: PhantomScene, slab: Slab): void {
  paintFields(slab, scene);
  for (const capsule of scene.capsules) paintCapsule(slab, scene, capsule);
  for (const nodule of scene.nodules) paintNodule(slab, scene, nodule);
}

function average(slab: Float32Array, start: number, weights: Float32Array, image: Float32Array): void {
  image.fill(0);
  for (let m = 0; m < weights.length; m++) {
    const weight = weights[m]!;
    const source = start + m * image.length;
    for (let p = 0; p < image.length; p++) image[p]! += weight * slab[source + p]!;
  }
}
