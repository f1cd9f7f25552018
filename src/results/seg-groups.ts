/** Functional groups of segmentations (PS3.3 C.7.6.16): where the frames lie and what they were made from. */
import { put } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { tag, type Keyword } from '../dicom/tags.ts';
import { cross, dot } from '../volume/vec3.ts';
import type { SliceReference, VolumeGeometry } from '../volume/types.ts';
import { codeItem, dcm } from './codes.ts';
import { sopItem } from './content-item.ts';

export function sequenceItem(fill: (item: Dataset) => void): Dataset {
  const item: Dataset = {};
  fill(item);
  return item;
}

/** Distance between neighbouring planes, right for a tilted stack. */
function planeDistance({ columnDirection, rowDirection, sliceDirection, spacingMm }: VolumeGeometry): number {
  return Math.abs(dot(cross(columnDirection, rowDirection), sliceDirection)) * spacingMm[2];
}

/** Pixel measures and orientation, the same for all frames. */
export function sharedGroups(geometry: VolumeGeometry): Dataset {
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

/** Of one frame: its image, position and dimension indices. */
export function planeGroups(slice: SliceReference, dimensionIndexValues: readonly number[]): Dataset {
  return sequenceItem((groups) => {
    // Empty for a plane that was interpolated over a gap: no image shows it.
    put(groups, 'DerivationImageSequence', ...(hasImage(slice) ? [derivation(slice)] : []));
    put(groups, 'FrameContentSequence', sequenceItem((content) => {
      put(content, 'DimensionIndexValues', ...dimensionIndexValues);
    }));
    put(groups, 'PlanePositionSequence', sequenceItem((position) => {
      put(position, 'ImagePositionPatient', ...slice.imagePositionPatient);
    }));
  });
}

export interface Dimension {
  readonly pointer: Keyword;
  readonly group: Keyword;
  readonly label: string;
}

export const segmentDimension: Dimension = { pointer: 'ReferencedSegmentNumber', group: 'SegmentIdentificationSequence', label: 'Segment' };
export const positionDimension: Dimension = { pointer: 'ImagePositionPatient', group: 'PlanePositionSequence', label: 'Position' };

/** Multi-frame Dimension module (PS3.3 C.7.6.17). */
export function putDimensions(dataset: Dataset, organizationUID: string, dimensions: readonly Dimension[]): void {
  put(dataset, 'DimensionOrganizationSequence', sequenceItem((item) => put(item, 'DimensionOrganizationUID', organizationUID)));
  put(dataset, 'DimensionIndexSequence', ...dimensions.map(({ pointer, group, label }) => sequenceItem((item) => {
    put(item, 'DimensionOrganizationUID', organizationUID);
    put(item, 'DimensionIndexPointer', tag(pointer));
    put(item, 'FunctionalGroupPointer', tag(group));
    put(item, 'DimensionDescriptionLabel', label);
  })));
}
