/** The truth about a series as a DICOM segmentation, to be laid over the images beside what a model found. */
import type { ResultObject } from '../results/input.ts';
import { buildSeg } from '../results/seg.ts';
import type { Segmentation } from '../results/segment-frames.ts';
import { referenceModelName, type Truth } from './truth.ts';

/** Undefined when no nodule has a voxel. @throws as `buildSeg` */
export function truthSegmentation({ input, identity, nodules, source: { creator } }: Truth, segmentation: Segmentation): ResultObject | undefined {
  return buildSeg(input, identity, segmentation, {
    seriesNumber: 9201, seriesDescription: 'Reference annotation: lung nodules, segmentation', contentDescription: 'Reference annotation for evaluation, not a report', contentCreatorName: creator,
    modelName: referenceModelName,
    segments: nodules.map(({ trackingIdentifier, trackingUID, description }) => ({
      finding: { trackingIdentifier, trackingUID, laterality: 'unknown' as const }, description, algorithmType: 'MANUAL' as const,
    })),
  });
}
