/** The binary segmentation object (PS3.3 A.51): the findings' masks on the grid of the analysed images. */
import { text } from '../dicom/access.ts';
import { copy, put, putBytes } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { tag } from '../dicom/tags.ts';
import { cross, dot } from '../volume/vec3.ts';
import type { SliceReference, VolumeGeometry } from '../volume/types.ts';
import { codeItem, dcm } from './codes.ts';
import { copiedModules, momentFor, putOwnModules } from './common-modules.ts';
import { sopItem } from './content-item.ts';
import type { ResultIdentity } from './identity.ts';
import type { ResultInput, ResultObject } from './input.ts';
import { frameOfReference, putReferencedSeries, sourceSeries } from './references.ts';
import { segmentItem } from './segment.ts';
import { packFrames } from './segment-frames.ts';
import type { SegmentFrame, Segmentation } from './segment-frames.ts';
import { writeObject } from './write.ts';

export const segmentationStorage = '1.2.840.10008.5.1.4.1.1.66.4';

function sequenceItem(fill: (item: Dataset) => void): Dataset {
  const item: Dataset = {};
  fill(item);
  return item;
}

/** Distance between neighbouring planes, right for a tilted stack. */
function planeDistance({ columnDirection, rowDirection, sliceDirection, spacingMm }: VolumeGeometry): number {
  return Math.abs(dot(cross(columnDirection, rowDirection), sliceDirection)) * spacingMm[2];
}

function sharedGroups(geometry: VolumeGeometry): Dataset {
  const distance = planeDistance(geometry);
  return sequenceItem((shared) => {
    put(shared, 'PixelMeasuresSequence', sequenceItem((measures) => {
      put(measures, 'PixelSpacing', geometry.spacingMm[1], geometry.spacingMm[0]);
      put(measures, 'SliceThickness', distance);
      put(measures, 'SpacingBetweenSlices', distance);
    }));
    put(shared, 'PlaneOrientationSequence', sequenceItem((orientation) => {
      put(orientation, 'ImageOrientationPatient', ...geometry.columnDirection, ...geometry.rowDirection);
    }));
  });
}

function derivation(source: SliceReference): Dataset {
  return sequenceItem((item) => {
    put(item, 'DerivationCodeSequence', codeItem(dcm.segmentation));
    const image = sopItem(source);
    put(image, 'SpatialLocationsPreserved', 'YES');
    put(image, 'PurposeOfReferenceCodeSequence', codeItem(dcm.sourceImageForProcessing));
    put(item, 'SourceImageSequence', image);
  });
}

/** True when the slice has an image of its own. */
function hasImage(slice: SliceReference | undefined): slice is SliceReference {
  return slice !== undefined && slice.interpolated !== true && slice.sopInstanceUID !== '';
}

function perFrameGroups(frame: SegmentFrame, slice: SliceReference, positionIndex: number): Dataset {
  return sequenceItem((groups) => {
    // Empty for a plane that was interpolated over a gap: no image shows it.
    put(groups, 'DerivationImageSequence', ...(hasImage(slice) ? [derivation(slice)] : []));
    put(groups, 'FrameContentSequence', sequenceItem((content) => {
      put(content, 'DimensionIndexValues', frame.segmentNumber, positionIndex);
    }));
    put(groups, 'PlanePositionSequence', sequenceItem((position) => {
      put(position, 'ImagePositionPatient', ...slice.imagePositionPatient);
    }));
    put(groups, 'SegmentIdentificationSequence', sequenceItem((segment) => {
      put(segment, 'ReferencedSegmentNumber', frame.segmentNumber);
    }));
  });
}

function putDimensions(dataset: Dataset, organizationUID: string): void {
  put(dataset, 'DimensionOrganizationSequence', sequenceItem((item) => put(item, 'DimensionOrganizationUID', organizationUID)));
  const index = (pointer: string, group: string, label: string): Dataset => sequenceItem((item) => {
    put(item, 'DimensionOrganizationUID', organizationUID);
    put(item, 'DimensionIndexPointer', pointer);
    put(item, 'FunctionalGroupPointer', group);
    put(item, 'DimensionDescriptionLabel', label);
  });
  put(dataset, 'DimensionIndexSequence',
    index(tag('ReferencedSegmentNumber'), tag('SegmentIdentificationSequence'), 'Segment'),
    index(tag('ImagePositionPatient'), tag('PlanePositionSequence'), 'Position'));
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

function isLossy(header: Dataset): boolean {
  return text(header, 'LossyImageCompression') === '01';
}

/** What was copied: with the history of lossy compression, which the masks inherit (PS3.3 C.7.6.1.1.5). */
function copiedAttributes(header: Dataset): Dataset {
  const copied = copiedModules(header);
  if (isLossy(header)) copy(header, copied, ['LossyImageCompressionRatio', 'LossyImageCompressionMethod']);
  return copied;
}

/** The object, or undefined when no finding has a voxel. The caller has checked the masks (`segmentFrames`). */
export function buildSeg(input: ResultInput, identity: ResultIdentity, segmentation: Segmentation): ResultObject | undefined {
  const { volume, findings, masks, sourceHeaders } = input;
  if (volume === undefined || segmentation.frames.length === 0) return undefined;
  const { geometry, slices } = volume;
  const own: Dataset = {};
  const sopInstanceUID = identity.uid('seg');
  const moment = momentFor(sourceHeaders.header, identity.createdAt);
  putOwnModules(own, input, {
    sopClassUID: segmentationStorage, sopInstanceUID, seriesInstanceUID: identity.uid('seg-series'),
    seriesNumber: 9002, seriesDescription: 'AI lung nodules, segmentation', modality: 'SEG',
  }, moment);
  put(own, 'FrameOfReferenceUID', frameOfReference(input));
  put(own, 'PositionReferenceIndicator');
  put(own, 'ContentLabel', 'LUNG_NODULES');
  put(own, 'ContentDescription', 'Lung nodules found by AI, not verified');
  put(own, 'ContentCreatorName', 'Phoi^AI');
  putImage(own, sourceHeaders.header, segmentation.frames.length, geometry);
  put(own, 'SegmentationType', 'BINARY');
  put(own, 'SegmentsOverlap', 'UNDEFINED');
  put(own, 'SegmentSequence', ...findings.findings.flatMap((finding, index) => {
    const segmentNumber = segmentation.segmentNumbers[index];
    return segmentNumber === undefined ? [] : [segmentItem(input, finding, segmentNumber)];
  }));
  putDimensions(own, identity.uid('seg-dimensions'));
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
  return { role: 'seg', sopInstanceUID, sopClassUID: segmentationStorage, part10: writeObject(copiedAttributes(sourceHeaders.header), own) };
}
