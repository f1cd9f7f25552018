/** The binary segmentation object (PS3.3 A.51): the findings' masks on the grid of the analysed images. */
import { put, putBytes } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { SliceReference, VolumeGeometry } from '../volume/types.ts';
import { momentFor, putOwnModules } from './common-modules.ts';
import { copiedImageModules, isLossy } from './lossy.ts';
import type { ResultIdentity } from './identity.ts';
import type { ResultInput, ResultObject } from './input.ts';
import { frameOfReference, putReferencedSeries, sourceSeries } from './references.ts';
import { planeGroups, positionDimension, putDimensions, segmentDimension, sequenceItem, sharedGroups } from './seg-groups.ts';
import { automaticSegment, segmentItem } from './segment.ts';
import type { SegmentLabel } from './segment.ts';
import { packFrames } from './segment-frames.ts';
import type { SegmentFrame, Segmentation } from './segment-frames.ts';
import { writeObject } from './write.ts';

export const segmentationStorage = '1.2.840.10008.5.1.4.1.1.66.4';

function perFrameGroups(frame: SegmentFrame, slice: SliceReference, positionIndex: number): Dataset {
  const groups = planeGroups(slice, [frame.segmentNumber, positionIndex]);
  put(groups, 'SegmentIdentificationSequence', sequenceItem((segment) => {
    put(segment, 'ReferencedSegmentNumber', frame.segmentNumber);
  }));
  return groups;
}

function putImage(dataset: Dataset, header: Dataset, frames: number, geometry: VolumeGeometry): void {
  put(dataset, 'ImageType', 'DERIVED', 'PRIMARY');
  put(dataset, 'SamplesPerPixel', 1);
  put(dataset, 'PhotometricInterpretation', 'MONOCHROME2');
  put(dataset, 'NumberOfFrames', frames);
  put(dataset, 'Rows', geometry.rows);
  put(dataset, 'Columns', geometry.columns);
  put(dataset, 'BitsAllocated', 1);
  put(dataset, 'BitsStored', 1);
  put(dataset, 'HighBit', 0);
  put(dataset, 'PixelRepresentation', 0);
  put(dataset, 'LossyImageCompression', isLossy(header) ? '01' : '00');
}

/** What a segmentation says of itself and of its segments. */
export interface SegLabels {
  readonly seriesNumber: number;
  readonly seriesDescription: string;
  readonly contentDescription: string;
  /** In its one-string form. */
  readonly contentCreatorName: string;
  /** As in `SeriesFields`. */
  readonly modelName?: string;
  /** One for each mask. */
  readonly segments: readonly SegmentLabel[];
}

function automaticLabels({ findings }: ResultInput): SegLabels {
  return {
    seriesNumber: 9002, seriesDescription: 'AI lung nodules, segmentation',
    contentDescription: 'Lung nodules found by AI, not verified', contentCreatorName: 'Phoi^AI',
    segments: findings.findings.map(automaticSegment),
  };
}

/** The object, or undefined when no finding has a voxel. The caller has checked the masks (`segmentFrames`). */
export function buildSeg(input: ResultInput, identity: ResultIdentity, segmentation: Segmentation, labels: SegLabels = automaticLabels(input)): ResultObject | undefined {
  const { volume, masks, sourceHeaders } = input;
  if (volume === undefined || segmentation.frames.length === 0) return undefined;
  const { geometry, slices } = volume;
  const own: Dataset = {};
  const sopInstanceUID = identity.uid('seg');
  const moment = momentFor(sourceHeaders.header, identity.createdAt);
  putOwnModules(own, input, {
    sopClassUID: segmentationStorage, sopInstanceUID, seriesInstanceUID: identity.uid('seg-series'),
    seriesNumber: labels.seriesNumber, seriesDescription: labels.seriesDescription, modality: 'SEG',
    ...(labels.modelName !== undefined && { modelName: labels.modelName }),
  }, moment);
  put(own, 'FrameOfReferenceUID', frameOfReference(input));
  put(own, 'PositionReferenceIndicator');
  put(own, 'ContentLabel', 'LUNG_NODULES');
  put(own, 'ContentDescription', labels.contentDescription);
  put(own, 'ContentCreatorName', labels.contentCreatorName);
  putImage(own, sourceHeaders.header, segmentation.frames.length, geometry);
  put(own, 'SegmentationType', 'BINARY');
  put(own, 'SegmentsOverlap', 'UNDEFINED');
  put(own, 'SegmentSequence', ...labels.segments.flatMap((label, index) => {
    const segmentNumber = segmentation.segmentNumbers[index];
    return segmentNumber === undefined ? [] : [segmentItem(input, label, segmentNumber)];
  }));
  putDimensions(own, identity.uid('seg-dimensions'), [segmentDimension, positionDimension]);
  put(own, 'SharedFunctionalGroupsSequence', sharedGroups(geometry));
  const positions = [...new Set(segmentation.frames.map(({ k }) => k))].sort((a, b) => a - b);
  put(own, 'PerFrameFunctionalGroupsSequence', ...segmentation.frames.flatMap((frame) => {
    const slice = slices[frame.k];
    return slice === undefined ? [] : [perFrameGroups(frame, slice, positions.indexOf(frame.k) + 1)];
  }));
  const used = new Set(positions.flatMap((k) => slices[k]?.sopInstanceUID ?? []));
  const series = sourceSeries(input);
  if (series !== undefined) putReferencedSeries(own, { ...series, instances: series.instances.filter(({ sopInstanceUID: uid }) => used.has(uid)) });
  putBytes(own, 'PixelData', 'OB', packFrames(segmentation.frames, masks, geometry));
  return { role: 'seg', sopInstanceUID, sopClassUID: segmentationStorage, part10: writeObject(copiedImageModules(sourceHeaders.header), own) };
}
