import type { Dataset } from '../dicom/dataset.ts';
import type { PhantomGrid } from './types.ts';
import type { Vec3 } from '../volume/types.ts';
import { put, putBytes } from '../dicom/build.ts';

/** HU + 1024 in 16 bits, 12 used; outside the circle that the scanner reconstructs there is nothing. */
export function storedPixels(image: Int16Array, grid: PhantomGrid): Uint8Array {
  const bytes = new Uint8Array(image.length * 2);
  const view = new Uint16Array(bytes.buffer);
  const radius = grid.columns / 2;
  for (let j = 0; j < grid.rows; j++) {
    const across = Math.sqrt(Math.max(radius * radius - (j - (grid.rows - 1) / 2) ** 2, 0));
    const first = Math.ceil((grid.columns - 1) / 2 - across);
    const last = grid.columns - 1 - first;
    for (let i = first; i <= last; i++) view[j * grid.columns + i] = image[j * grid.columns + i]! + 1024;
  }
  return bytes;
}

/** ImagePositionPatient of slice `k`, to a tenth of a micrometre. */
export function positionOf(grid: PhantomGrid, k: number): Vec3 {
  const at = (axis: 0 | 1 | 2): number => Math.round((grid.origin[axis] + k * grid.spacingMm[2] * grid.sliceDirection[axis]) * 10_000) / 10_000;
  return [at(0), at(1), at(2)];
}

/** Image Pixel module (PS3.3 C.7.6.3). */
export function putPixels(dataset: Dataset, grid: PhantomGrid, pixels: Uint8Array): void {
  put(dataset, 'SamplesPerPixel', 1);
  put(dataset, 'PhotometricInterpretation', 'MONOCHROME2');
  put(dataset, 'Rows', grid.rows);
  put(dataset, 'Columns', grid.columns);
  put(dataset, 'BitsAllocated', 16);
  put(dataset, 'BitsStored', 12);
  put(dataset, 'HighBit', 11);
  put(dataset, 'PixelRepresentation', 0);
  putBytes(dataset, 'PixelData', 'OW', pixels);
}
