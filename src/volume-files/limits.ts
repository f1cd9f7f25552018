/** Size is judged by the header alone, before any memory is taken for voxels. */
import { isTooLarge } from '../volume/assess-extent.ts';
import { maxMatrix, maxSlices, maxVolumeBytes } from '../volume/series-limits.ts';
import type { VolumeGeometry } from '../volume/types.ts';
import type { Fault } from './faults.ts';

/** Longer than any header; what follows without its end is no header. */
export const longestHeaderBytes = 1 << 20;

/** @throws AppError VOLUME_FILE_TOO_LARGE */
export function checkSize({ columns, rows, slices }: VolumeGeometry, fault: Fault): void {
  if (isTooLarge(slices, rows, columns)) {
    throw fault('VOLUME_FILE_TOO_LARGE', `${columns} x ${rows} x ${slices} voxels; the limit is ${maxMatrix} x ${maxMatrix} x ${maxSlices} and ${maxVolumeBytes / 2} voxels in all`);
  }
}

/** The three sizes as whole numbers above 0. @throws AppError VOLUME_FILE_MALFORMED */
export function sizeOf(values: readonly number[], fault: Fault): [number, number, number] {
  const [i = 0, j = 0, k = 0] = values;
  if (values.length !== 3 || !values.every((value) => Number.isSafeInteger(value) && value > 0)) throw fault('VOLUME_FILE_MALFORMED', `the size ${values.slice(0, 8).join(' x ')} is not three whole numbers above 0`);
  return [i, j, k];
}
