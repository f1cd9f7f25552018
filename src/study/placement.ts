/** Where an instance lies and how many belong to it, taken from its header once, when it is indexed. */
import { number, numbers, text, texts } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { Keyword } from '../dicom/tags.ts';
import type { InstancePlacement } from './types.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The whole number of 0 or more that the attribute holds. */
function count(header: Dataset, keyword: Keyword): number | undefined {
  const value = number(header, keyword);
  return value !== undefined && Number.isInteger(value) && value >= 0 ? value : undefined;
}

export function placementOf(header: Dataset): InstancePlacement {
  const placement: Mutable<InstancePlacement> = {};
  const set = <Key extends keyof InstancePlacement>(key: Key, value: InstancePlacement[Key] | undefined): void => {
    if (value !== undefined) placement[key] = value;
  };
  set('patientID', text(header, 'PatientID'));
  set('modality', text(header, 'Modality'));
  const imageType = texts(header, 'ImageType');
  if (imageType.length > 0) placement.imageType = imageType;
  const [x, y, z] = numbers(header, 'ImagePositionPatient') ?? [];
  if (x !== undefined && y !== undefined && z !== undefined) placement.imagePositionPatient = [x, y, z];
  const [rowX, rowY, rowZ, columnX, columnY, columnZ] = numbers(header, 'ImageOrientationPatient') ?? [];
  if (rowX !== undefined && rowY !== undefined && rowZ !== undefined && columnX !== undefined && columnY !== undefined && columnZ !== undefined) {
    placement.imageOrientationPatient = [rowX, rowY, rowZ, columnX, columnY, columnZ];
  }
  set('frameOfReferenceUID', text(header, 'FrameOfReferenceUID'));
  set('acquisitionNumber', number(header, 'AcquisitionNumber'));
  set('temporalPosition', number(header, 'TemporalPositionIdentifier'));
  set('instanceNumber', number(header, 'InstanceNumber'));
  set('seriesNumber', number(header, 'SeriesNumber'));
  set('numberOfFrames', count(header, 'NumberOfFrames'));
  set('imagesInAcquisition', count(header, 'ImagesInAcquisition'));
  set('numberOfSeriesRelatedInstances', count(header, 'NumberOfSeriesRelatedInstances'));
  set('numberOfStudyRelatedInstances', count(header, 'NumberOfStudyRelatedInstances'));
  set('numberOfStudyRelatedSeries', count(header, 'NumberOfStudyRelatedSeries'));
  set('concatenationUID', text(header, 'ConcatenationUID'));
  set('inConcatenationTotalNumber', count(header, 'InConcatenationTotalNumber'));
  return placement;
}
