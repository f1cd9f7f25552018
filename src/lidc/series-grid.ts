/** Where the pixels of a series lie, from the headers of its images alone. */
import type { Dataset } from '../dicom/dataset.ts';
import { chooseSeries } from '../volume/choose-series.ts';
import type { SeriesLimits } from '../volume/series-limits.ts';
import type { SliceReference, VolumeGeometry } from '../volume/types.ts';
import { add, scale } from '../volume/vec3.ts';

export interface SeriesGrid {
  readonly geometry: VolumeGeometry;
  readonly slices: readonly SliceReference[];
  /** Slice of each image. */
  readonly sliceOf: ReadonlyMap<string, number>;
}

/** Truth is read on every series that forms a volume, whatever a model would say of it. */
const anySeries: SeriesLimits = {
  modality: 'CT', minSlices: 2, minCoverageMm: 0, maxSliceThicknessMm: 100, maxPixelSpacingMm: 100, minFieldOfViewMm: 0, contrast: 'allow', lossy: 'warn', preferredKernel: 'any',
};

/** @param instances headers of one series; undefined when they form no volume */
export function seriesGrid(instances: readonly { readonly dataset: Dataset; readonly transferSyntaxUID: string; readonly sopInstanceUID: string }[]): SeriesGrid | undefined {
  const choice = chooseSeries(instances.map(({ dataset, transferSyntaxUID, sopInstanceUID }) => ({ dataset, transferSyntaxUID, pixelDigest: sopInstanceUID })), anySeries);
  const plan = choice.ranked[0]?.stack.plan;
  if (!plan) return undefined;
  const { geometry } = plan;
  const slices = plan.slices.map(({ frame }, k): SliceReference => {
    const imagePositionPatient = add(geometry.origin, scale(geometry.sliceDirection, k * geometry.spacingMm[2]));
    return frame ? { sopInstanceUID: frame.sopInstanceUID, sopClassUID: frame.sopClassUID, imagePositionPatient: frame.position ?? imagePositionPatient }
      : { sopInstanceUID: '', sopClassUID: '', imagePositionPatient, interpolated: true };
  });
  return { geometry, slices, sliceOf: new Map(slices.flatMap(({ sopInstanceUID }, k) => (sopInstanceUID === '' ? [] : [[sopInstanceUID, k]]))) };
}
