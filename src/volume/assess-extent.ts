/** Whether a volume is fine and long enough for a model: what holds for any volume, wherever it came from. */
import type { Reason } from '../findings/types.ts';
import { reason } from './reasons.ts';
import { maxMatrix, maxSlices, maxVolumeBytes, type SeriesLimits } from './series-limits.ts';
import type { VolumeGeometry } from './types.ts';

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** @param thicknessMm of a slice, or the distance between slices where that is larger */
export function checkExtent(geometry: Omit<VolumeGeometry, 'frameOfReferenceUID'>, thicknessMm: number, reconstructionDiameterMm: number | undefined, limits: SeriesLimits, refusals: Reason[], warnings: Reason[]): void {
  const { spacingMm, slices, rows, columns } = geometry;
  if (slices < limits.minSlices) refusals.push(reason('few-slices', { slices, least: limits.minSlices }));
  const coverageMm = (slices - 1) * spacingMm[2];
  if (coverageMm < limits.minCoverageMm) refusals.push(reason('short-coverage', { coverageMm: rounded(coverageMm), leastMm: limits.minCoverageMm }));
  if (thicknessMm > limits.maxSliceThicknessMm + 0.01) refusals.push(reason('thick-slices', { thicknessMm: rounded(thicknessMm), mostMm: limits.maxSliceThicknessMm }));
  else if (thicknessMm > (limits.warnSliceThicknessMm ?? 1.5) + 0.01) warnings.push(reason('thick-slices-warning', { thicknessMm: rounded(thicknessMm) }));
  const pixelMm = Math.max(spacingMm[0], spacingMm[1]);
  if (pixelMm > (limits.maxPixelSpacingMm ?? 2)) refusals.push(reason('coarse-pixels', { pixelMm: rounded(pixelMm) }));
  else if (pixelMm > (limits.warnPixelSpacingMm ?? 1)) warnings.push(reason('coarse-pixels', { pixelMm: rounded(pixelMm) }));
  if (rows > (limits.maxRows ?? Infinity) || columns > (limits.maxColumns ?? Infinity)) refusals.push(reason('image-size', { rows, columns }));
  const fieldMm = Math.min(reconstructionDiameterMm ?? Infinity, spacingMm[0] * columns, spacingMm[1] * rows);
  if (fieldMm < (limits.minFieldOfViewMm ?? 200)) refusals.push(reason('fov', { fieldMm: rounded(fieldMm) }));
}

/** Beyond the limits of the machine, whatever the model. */
export function isTooLarge(slices: number, rows: number, columns: number): boolean {
  return slices > maxSlices || Math.max(rows, columns) > maxMatrix || slices * rows * columns * 2 > maxVolumeBytes;
}
