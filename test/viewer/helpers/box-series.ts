/**
 * A small CT series whose every pixel is known: air with one box of soft tissue. Half a pixel on a mark is seen here,
 * since 64 pixels fill the whole viewport. Cheap, where the phantom is costly.
 */
import type { Finding, FindingsDocument } from '../../../src/findings/types.ts';
import { put, putBytes } from '../../../src/dicom/build.ts';
import type { Dataset } from '../../../src/dicom/dataset.ts';
import { encodePart10 } from '../../../src/dicom/encode.ts';
import { uidFromName } from '../../../src/dicom/uid.ts';
import { putPixelLayout } from '../../helpers/image-pixel.ts';
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
  readonly studyDate?: string;
  /** Turned about the patient's left-right axis, so that no axis but that one is the patient's. Degrees; not with `axes`. */
  readonly tiltDegrees?: number;
  /** Distance of pixels, mm; default that of `boxSeries`. The first pixel stays where it is. */
  readonly pixelSpacingMm?: number;
  /** Where the first slice lies along the body, mm; default 0. */
  readonly firstSliceMm?: number;
  readonly description?: string;
  readonly institution?: string;
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
  put(dataset, 'StudyDate', options.studyDate ?? '20260315');
  put(dataset, 'StudyTime', options.studyTime ?? '101500');
  put(dataset, 'StudyDescription', options.description ?? 'CT ngực');
  put(dataset, 'SeriesDescription', 'Thorax box');
  if (options.institution !== undefined) put(dataset, 'InstitutionName', options.institution);
  put(dataset, 'SeriesNumber', 3);
  put(dataset, 'Modality', 'CT');
  put(dataset, 'AccessionNumber', '');
  put(dataset, 'ReferringPhysicianName');
  put(dataset, 'StudyID', '1');
  put(dataset, 'ImageType', 'ORIGINAL', 'PRIMARY', 'AXIAL');
  putPixelLayout(dataset, { rows: size, columns: size, bitsAllocated: 16, bitsStored: 12 });
  if (options.imagesInAcquisition !== undefined) put(dataset, 'ImagesInAcquisition', options.imagesInAcquisition);
  return dataset;
}

type Vector = readonly [number, number, number];

/** Where the grid of the images lies, LPS mm. */
interface Placing {
  readonly pixelMm: number;
  readonly columnDirection: Vector;
  readonly rowDirection: Vector;
  readonly sliceDirection: Vector;
  readonly first: Vector;
}

function placingOf({ axes = [1, 1], tiltDegrees = 0, firstSliceMm = 0, pixelSpacingMm: pixelMm = spacingMm }: BoxSeriesOptions): Placing {
  const [cosine, sine] = [Math.cos(tiltDegrees * Math.PI / 180), Math.sin(tiltDegrees * Math.PI / 180)];
  const rowDirection: Vector = [0, axes[1] * cosine, sine];
  return {
    pixelMm, columnDirection: [axes[0], 0, 0], rowDirection, sliceDirection: [0, -sine, cosine],
    first: [-63 * axes[0], -63 * rowDirection[1], firstSliceMm - 63 * rowDirection[2]],
  };
}

/** The point at this column and row of a slice, in fractions of a pixel and of a slice. */
function pointAt({ first, pixelMm, columnDirection, rowDirection, sliceDirection }: Placing, column: number, row: number, slice: number): Vector {
  const at = (axis: 0 | 1 | 2): number => first[axis] + columnDirection[axis] * column * pixelMm + rowDirection[axis] * row * pixelMm + sliceDirection[axis] * slice * sliceSpacingMm;
  return [at(0), at(1), at(2)];
}

/** Decimal strings hold 16 characters (PS3.5 6.2). */
const decimals = (values: readonly number[]): readonly number[] => values.map((value) => Number(value.toFixed(9)));

function plane(dataset: Dataset, slice: number, placing: Placing): void {
  put(dataset, 'ImagePositionPatient', ...decimals(pointAt(placing, 0, 0, slice)));
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

function orientation(dataset: Dataset, { columnDirection, rowDirection }: Placing): void {
  put(dataset, 'ImageOrientationPatient', ...decimals([...columnDirection, ...rowDirection]));
}

function classic(options: BoxSeriesOptions, slice: number, placing: Placing): BoxInstance {
  const dataset = header(options);
  const sopInstanceUID = uidFromName(`box ${options.name} ${slice}`);
  put(dataset, 'SOPClassUID', '1.2.840.10008.5.1.4.1.1.2');
  put(dataset, 'SOPInstanceUID', sopInstanceUID);
  put(dataset, 'InstanceNumber', slice + 1);
  put(dataset, 'PixelSpacing', placing.pixelMm, placing.pixelMm);
  put(dataset, 'SliceThickness', sliceSpacingMm);
  plane(dataset, slice, placing);
  orientation(dataset, placing);
  rescale(dataset);
  putBytes(dataset, 'PixelData', 'OW', pixels(slice));
  return { sopInstanceUID, part10: encodePart10(dataset) };
}

function enhancedOf(options: BoxSeriesOptions, placing: Placing): BoxInstance {
  const dataset = header(options);
  const sopInstanceUID = uidFromName(`box ${options.name} enhanced`);
  put(dataset, 'SOPClassUID', '1.2.840.10008.5.1.4.1.1.2.1');
  put(dataset, 'SOPInstanceUID', sopInstanceUID);
  put(dataset, 'InstanceNumber', 1);
  put(dataset, 'NumberOfFrames', slices);
  put(dataset, 'SharedFunctionalGroupsSequence', item((shared) => {
    put(shared, 'PixelMeasuresSequence', item((measures) => {
      put(measures, 'PixelSpacing', placing.pixelMm, placing.pixelMm);
      put(measures, 'SliceThickness', sliceSpacingMm);
    }));
    put(shared, 'PlaneOrientationSequence', item((each) => { orientation(each, placing); }));
    put(shared, 'PixelValueTransformationSequence', item(rescale));
  }));
  put(dataset, 'PerFrameFunctionalGroupsSequence', ...Array.from({ length: slices }, (_, slice) => item((frame) => {
    put(frame, 'PlanePositionSequence', item((each) => { plane(each, slice, placing); }));
  })));
  const all = new Uint8Array(slices * size * size * 2);
  for (let slice = 0; slice < slices; slice++) all.set(pixels(slice), slice * size * size * 2);
  putBytes(dataset, 'PixelData', 'OW', all);
  return { sopInstanceUID, part10: encodePart10(dataset) };
}

export function makeBoxSeries(options: BoxSeriesOptions): BoxSeries {
  const placing = placingOf(options);
  return {
    studyInstanceUID: uidFromName(`box study ${options.name}`),
    seriesInstanceUID: uidFromName(`box series ${options.name}`),
    instances: options.enhanced === true ? [enhancedOf(options, placing)] : Array.from({ length: slices }, (_, slice) => classic(options, slice, placing)),
  };
}

/** The middle of the box, LPS mm. */
export function boxCentre(options: BoxSeriesOptions): readonly [number, number, number] {
  const middle = ([first, last]: readonly [number, number]): number => (first + last) / 2;
  return pointAt(placingOf(options), middle(box.columns), middle(box.rows), middle(box.slices));
}

/** The box as a finding: on each of its slices the outline runs along the edges of its pixels. */
export function boxDocument(series: BoxSeries, options: BoxSeriesOptions): FindingsDocument {
  const placing = placingOf(options);
  const [left, right] = [box.columns[0] - 0.5, box.columns[1] + 0.5];
  const [top, bottom] = [box.rows[0] - 0.5, box.rows[1] + 0.5];
  const reference = (slice: number): { readonly sopInstanceUID: string; readonly frameNumber?: number } => (options.enhanced === true
    ? { sopInstanceUID: series.instances[0]!.sopInstanceUID, frameNumber: slice + 1 }
    : { sopInstanceUID: series.instances[slice]!.sopInstanceUID });
  const world = (column: number, row: number, slice: number): Vector => pointAt(placing, column, row, slice);
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
