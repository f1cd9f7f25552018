/**
 * A small CT series whose every pixel is known: air with one box of soft tissue. Half a pixel on a mark is seen here,
 * since 64 pixels fill the whole viewport. Cheap, where the phantom is costly.
 */
import type { Finding, FindingsDocument } from '../../../src/findings/types.ts';
import { put, putBytes } from '../../../src/dicom/build.ts';
import type { Dataset } from '../../../src/dicom/dataset.ts';
import { encodePart10 } from '../../../src/dicom/encode.ts';
import { uidFromName } from '../../../src/dicom/uid.ts';
import { documentFields } from './reference-findings.ts';

export const boxSeries = { size: 64, slices: 12, spacingMm: 2, sliceSpacingMm: 3, boxHU: 240, airHU: -900 } as const;
/** First and last pixel and slice of the box, both inside; slice 0 is the first instance. */
export const box = { columns: [20, 29], rows: [30, 39], slices: [3, 6] } as const;

export interface BoxSeriesOptions {
  /** Goes into every UID. */
  readonly name: string;
  readonly patientName?: string;
  readonly patientID?: string;
  readonly patientBirthDate?: string;
  readonly patientSex?: 'F' | 'M';
  readonly studyTime?: string;
  readonly description?: string;
  readonly enhanced?: boolean;
  /** Direction of columns and rows along the patient's x and y. Default 1, 1: head first, supine. */
  readonly axes?: readonly [1 | -1, 1 | -1];
  /** As the modality announces it: how many images the acquisition has. */
  readonly imagesInAcquisition?: number;
}

export interface BoxInstance {
  readonly sopInstanceUID: string;
  readonly part10: Uint8Array;
}

export interface BoxSeries {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly instances: readonly BoxInstance[];
}

const { size, slices, spacingMm, sliceSpacingMm, boxHU, airHU } = boxSeries;

function pixels(slice: number): Uint8Array {
  const values = new Uint16Array(size * size).fill(airHU + 1024);
  if (slice >= box.slices[0] && slice <= box.slices[1]) {
    for (let row = box.rows[0]; row <= box.rows[1]; row++) {
      values.fill(boxHU + 1024, row * size + box.columns[0], row * size + box.columns[1] + 1);
    }
  }
  return new Uint8Array(values.buffer);
}

function header(options: BoxSeriesOptions): Dataset {
  const dataset: Dataset = {};
  put(dataset, 'SpecificCharacterSet', 'ISO_IR 192');
  put(dataset, 'PatientName', options.patientName ?? 'Mẫu^Hộp');
  put(dataset, 'PatientID', options.patientID ?? `BOX-${options.name}`);
  put(dataset, 'PatientBirthDate', options.patientBirthDate ?? '19601231');
  put(dataset, 'PatientSex', options.patientSex ?? 'F');
  put(dataset, 'StudyInstanceUID', uidFromName(`box study ${options.name}`));
  put(dataset, 'SeriesInstanceUID', uidFromName(`box series ${options.name}`));
  put(dataset, 'FrameOfReferenceUID', uidFromName(`box frame ${options.name}`));
  put(dataset, 'StudyDate', '20260315');
  put(dataset, 'StudyTime', options.studyTime ?? '101500');
  put(dataset, 'StudyDescription', options.description ?? 'CT ngực');
  put(dataset, 'SeriesDescription', 'Thorax box');
  put(dataset, 'SeriesNumber', 3);
  put(dataset, 'Modality', 'CT');
  put(dataset, 'AccessionNumber', '');
  put(dataset, 'ReferringPhysicianName');
  put(dataset, 'StudyID', '1');
  put(dataset, 'ImageType', 'ORIGINAL', 'PRIMARY', 'AXIAL');
  put(dataset, 'SamplesPerPixel', 1);
  put(dataset, 'PhotometricInterpretation', 'MONOCHROME2');
  put(dataset, 'Rows', size);
  put(dataset, 'Columns', size);
  put(dataset, 'BitsAllocated', 16);
  put(dataset, 'BitsStored', 12);
  put(dataset, 'HighBit', 11);
  put(dataset, 'PixelRepresentation', 0);
  if (options.imagesInAcquisition !== undefined) put(dataset, 'ImagesInAcquisition', options.imagesInAcquisition);
  return dataset;
}

function positionOf(slice: number, axes: readonly [number, number]): readonly [number, number, number] {
  return [-63 * axes[0], -63 * axes[1], slice * sliceSpacingMm];
}

function plane(dataset: Dataset, slice: number, axes: readonly [number, number]): void {
  put(dataset, 'ImagePositionPatient', ...positionOf(slice, axes));
}

function item(fill: (dataset: Dataset) => void): Dataset {
  const made: Dataset = {};
  fill(made);
  return made;
}

function rescale(dataset: Dataset): void {
  put(dataset, 'RescaleIntercept', -1024);
  put(dataset, 'RescaleSlope', 1);
  put(dataset, 'RescaleType', 'HU');
}

function orientation(dataset: Dataset, axes: readonly [number, number]): void {
  put(dataset, 'ImageOrientationPatient', axes[0], 0, 0, 0, axes[1], 0);
}

function classic(options: BoxSeriesOptions, slice: number, axes: readonly [number, number]): BoxInstance {
  const dataset = header(options);
  const sopInstanceUID = uidFromName(`box ${options.name} ${slice}`);
  put(dataset, 'SOPClassUID', '1.2.840.10008.5.1.4.1.1.2');
  put(dataset, 'SOPInstanceUID', sopInstanceUID);
  put(dataset, 'InstanceNumber', slice + 1);
  put(dataset, 'PixelSpacing', spacingMm, spacingMm);
  put(dataset, 'SliceThickness', sliceSpacingMm);
  plane(dataset, slice, axes);
  orientation(dataset, axes);
  rescale(dataset);
  putBytes(dataset, 'PixelData', 'OW', pixels(slice));
  return { sopInstanceUID, part10: encodePart10(dataset) };
}

function enhancedOf(options: BoxSeriesOptions, axes: readonly [number, number]): BoxInstance {
  const dataset = header(options);
  const sopInstanceUID = uidFromName(`box ${options.name} enhanced`);
  put(dataset, 'SOPClassUID', '1.2.840.10008.5.1.4.1.1.2.1');
  put(dataset, 'SOPInstanceUID', sopInstanceUID);
  put(dataset, 'InstanceNumber', 1);
  put(dataset, 'NumberOfFrames', slices);
  put(dataset, 'SharedFunctionalGroupsSequence', item((shared) => {
    put(shared, 'PixelMeasuresSequence', item((measures) => {
      put(measures, 'PixelSpacing', spacingMm, spacingMm);
      put(measures, 'SliceThickness', sliceSpacingMm);
    }));
    put(shared, 'PlaneOrientationSequence', item((each) => { orientation(each, axes); }));
    put(shared, 'PixelValueTransformationSequence', item(rescale));
  }));
  put(dataset, 'PerFrameFunctionalGroupsSequence', ...Array.from({ length: slices }, (_, slice) => item((frame) => {
    put(frame, 'PlanePositionSequence', item((each) => { plane(each, slice, axes); }));
  })));
  const all = new Uint8Array(slices * size * size * 2);
  for (let slice = 0; slice < slices; slice++) all.set(pixels(slice), slice * size * size * 2);
  putBytes(dataset, 'PixelData', 'OW', all);
  return { sopInstanceUID, part10: encodePart10(dataset) };
}

export function makeBoxSeries(options: BoxSeriesOptions): BoxSeries {
  const axes = options.axes ?? [1, 1];
  return {
    studyInstanceUID: uidFromName(`box study ${options.name}`),
    seriesInstanceUID: uidFromName(`box series ${options.name}`),
    instances: options.enhanced === true ? [enhancedOf(options, axes)] : Array.from({ length: slices }, (_, slice) => classic(options, slice, axes)),
  };
}

/** The box as a finding: on each of its slices the outline runs along the edges of its pixels. */
export function boxDocument(series: BoxSeries, options: BoxSeriesOptions): FindingsDocument {
  const axes = options.axes ?? [1, 1];
  const [left, right] = [box.columns[0] - 0.5, box.columns[1] + 0.5];
  const [top, bottom] = [box.rows[0] - 0.5, box.rows[1] + 0.5];
  const reference = (slice: number): { readonly sopInstanceUID: string; readonly frameNumber?: number } => (options.enhanced === true
    ? { sopInstanceUID: series.instances[0]!.sopInstanceUID, frameNumber: slice + 1 }
    : { sopInstanceUID: series.instances[slice]!.sopInstanceUID });
  const world = (column: number, row: number, slice: number): readonly [number, number, number] => {
    const [x, y, z] = positionOf(slice, axes);
    return [x + axes[0] * column * spacingMm, y + axes[1] * row * spacingMm, z];
  };
  const key = 4;
  const { sopInstanceUID: sliceInstanceUID, frameNumber } = reference(key);
  const finding: Finding = {
    trackingUID: '2.25.1', trackingIdentifier: 'AI-1', probability: 0.93, worldPoint: world((left + right) / 2, (top + bottom) / 2, key),
    diameterMm: 20, longAxisMm: 20, shortAxisMm: 20, volumeMm3: 4800, meanHU: boxHU, type: 'solid', laterality: 'right',
    sliceInstanceUID, ...(frameNumber === undefined ? {} : { sliceFrameNumber: frameNumber }),
    longAxisWorld: [world(left, (top + bottom) / 2, key), world(right, (top + bottom) / 2, key)],
    shortAxisWorld: [world((left + right) / 2, top, key), world((left + right) / 2, bottom, key)],
    outlines: Array.from({ length: box.slices[1] - box.slices[0] + 1 }, (_, at) => ({
      ...reference(box.slices[0] + at), polygons: [[left, top, right, top, right, bottom, left, bottom]],
    })),
  };
  return {
    ...documentFields(series.studyInstanceUID), status: 'analysed', seriesInstanceUID: series.seriesInstanceUID, warnings: [],
    seriesAssessments: [{ seriesInstanceUID: series.seriesInstanceUID, eligible: true, score: 1, reasons: [] }], findings: [finding],
  };
}
