/** What the volume needs to know of each image: one `FrameHeader` for a classic CT image, one per frame for an Enhanced one. */
import { item, number, numbers, text, texts } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { frameMacro, perFrameGroups } from './functional-groups.ts';
import type { Vec3 } from './types.ts';
import { normalize } from './vec3.ts';

export const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';
export const enhancedCTImageStorage = '1.2.840.10008.5.1.4.1.1.2.1';
export const legacyConvertedEnhancedCTImageStorage = '1.2.840.10008.5.1.4.1.1.2.2';
const enhancedClasses: ReadonlySet<string> = new Set([enhancedCTImageStorage, legacyConvertedEnhancedCTImageStorage]);
export const ctClasses: ReadonlySet<string> = new Set([ctImageStorage, ...enhancedClasses]);

/** What the choice looks at of the stored values (PS3.3 C.7.6.3.1); decoding reads the rest itself. */
export interface FrameFormat {
  readonly rows: number;
  readonly columns: number;
  readonly bitsAllocated: number;
  readonly signed: boolean;
  readonly samplesPerPixel: number;
}

export interface FrameHeader {
  /** Which of the study's instances; an index into the list they were read from. */
  readonly instance: number;
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  /** 1-based; multi-frame only. */
  readonly frameNumber?: number;
  readonly format: FrameFormat;
  /** LPS mm, centre of the first pixel; absent when the image does not say. */
  readonly position?: Vec3;
  /** Direction of a row (rising column index) and of a column (rising row index). */
  readonly rowCosines?: Vec3;
  readonly columnCosines?: Vec3;
  /** Distance between rows (vertical), between columns (horizontal), mm. */
  readonly pixelSpacing?: readonly [number, number];
  readonly sliceThicknessMm?: number;
  readonly slope?: number;
  readonly intercept?: number;
  readonly rescaleType?: string;
  /** Stored values from lowest to highest that are padding. */
  readonly padding?: readonly [number, number];
  readonly frameOfReferenceUID: string;
  readonly imageType: readonly string[];
  readonly kernel: string;
  readonly acquisitionNumber?: number;
  /** Stack, temporal position and energy of Enhanced CT; empty for classic images. */
  readonly stackKey: string;
  readonly contentTime: string;
  readonly instanceNumber: number;
}

function vec3(values: readonly number[] | undefined, from = 0): Vec3 | undefined {
  const [x, y, z] = values?.slice(from, from + 3) ?? [];
  return x === undefined || y === undefined || z === undefined ? undefined : [x, y, z];
}

function frameFormat(dataset: Dataset): FrameFormat {
  return {
    rows: number(dataset, 'Rows') ?? 0,
    columns: number(dataset, 'Columns') ?? 0,
    bitsAllocated: number(dataset, 'BitsAllocated') ?? 16,
    signed: number(dataset, 'PixelRepresentation') === 1,
    samplesPerPixel: number(dataset, 'SamplesPerPixel') ?? 1,
  };
}

/** Padding is US or SS by PixelRepresentation; writers confuse the two, so the value is brought to the format's sign. */
function paddingRange(dataset: Dataset, format: FrameFormat): readonly [number, number] | undefined {
  const value = number(dataset, 'PixelPaddingValue');
  if (value === undefined) return undefined;
  const span = 2 ** format.bitsAllocated;
  const adjust = (stored: number): number => {
    if (format.signed && stored >= span / 2) return stored - span;
    return !format.signed && stored < 0 ? stored + span : stored;
  };
  const first = adjust(value);
  const second = adjust(number(dataset, 'PixelPaddingRangeLimit') ?? value);
  return [Math.min(first, second), Math.max(first, second)];
}

interface FrameSources {
  readonly position: Dataset | undefined;
  readonly orientation: Dataset | undefined;
  readonly measures: Dataset | undefined;
  readonly rescale: Dataset | undefined;
  readonly reconstruction: Dataset | undefined;
  readonly imageType: readonly string[];
  readonly acquisitionNumber: number | undefined;
  readonly stackKey: string;
}

function buildFrame(dataset: Dataset, instance: number, frameNumber: number | undefined, sources: FrameSources): FrameHeader {
  const format = frameFormat(dataset);
  const orientation = sources.orientation && numbers(sources.orientation, 'ImageOrientationPatient');
  const rowCosines = vec3(orientation);
  const columnCosines = vec3(orientation, 3);
  const position = sources.position && vec3(numbers(sources.position, 'ImagePositionPatient'));
  const [rowSpacing, columnSpacing] = (sources.measures && numbers(sources.measures, 'PixelSpacing')) ?? [];
  const sliceThicknessMm = sources.measures && number(sources.measures, 'SliceThickness');
  const slope = sources.rescale && number(sources.rescale, 'RescaleSlope');
  const intercept = sources.rescale && number(sources.rescale, 'RescaleIntercept');
  const rescaleType = sources.rescale && text(sources.rescale, 'RescaleType');
  const padding = paddingRange(dataset, format);
  return {
    instance,
    sopInstanceUID: text(dataset, 'SOPInstanceUID') ?? '',
    sopClassUID: text(dataset, 'SOPClassUID') ?? '',
    ...(frameNumber !== undefined && { frameNumber }),
    format,
    ...(position && { position }),
    ...(rowCosines && columnCosines && { rowCosines: normalize(rowCosines), columnCosines: normalize(columnCosines) }),
    ...(rowSpacing !== undefined && columnSpacing !== undefined && { pixelSpacing: [rowSpacing, columnSpacing] as const }),
    ...(sliceThicknessMm !== undefined && { sliceThicknessMm }),
    ...(slope !== undefined && { slope }),
    ...(intercept !== undefined && { intercept }),
    ...(rescaleType !== undefined && rescaleType !== '' && { rescaleType }),
    ...(padding && { padding }),
    frameOfReferenceUID: text(dataset, 'FrameOfReferenceUID') ?? '',
    imageType: sources.imageType,
    kernel: (sources.reconstruction && texts(sources.reconstruction, 'ConvolutionKernel').join('\\')) ?? '',
    ...(sources.acquisitionNumber !== undefined && { acquisitionNumber: sources.acquisitionNumber }),
    stackKey: sources.stackKey,
    contentTime: text(dataset, 'ContentTime') ?? '',
    instanceNumber: number(dataset, 'InstanceNumber') ?? 0,
  };
}

function enhancedFrame(dataset: Dataset, perFrame: readonly Dataset[], instance: number, frame: number): FrameHeader {
  const macro = (keyword: Parameters<typeof frameMacro>[3]): Dataset | undefined => frameMacro(dataset, perFrame, frame, keyword);
  const content = macro('FrameContentSequence');
  const frameType = macro('CTImageFrameTypeSequence');
  const ownType = frameType ? texts(frameType, 'FrameType') : [];
  const exposure = macro('CTXRayDetailsSequence');
  const stackKey = [
    (content && text(content, 'StackID')) ?? '',
    (content && number(content, 'TemporalPositionIndex')) ?? '',
    (exposure && number(exposure, 'KVP')) ?? '',
  ].join('/');
  return buildFrame(dataset, instance, frame + 1, {
    position: macro('PlanePositionSequence'),
    orientation: macro('PlaneOrientationSequence'),
    measures: macro('PixelMeasuresSequence'),
    rescale: macro('PixelValueTransformationSequence'),
    reconstruction: macro('CTReconstructionSequence'),
    imageType: ownType.length > 0 ? ownType : texts(dataset, 'ImageType'),
    acquisitionNumber: content && number(content, 'FrameAcquisitionNumber'),
    stackKey,
  });
}

/** The images of one instance: none when it has no rows and columns, such as a report. */
export function frameHeaders(dataset: Dataset, instance: number): readonly FrameHeader[] {
  const { rows, columns } = frameFormat(dataset);
  if (rows === 0 || columns === 0) return [];
  if (enhancedClasses.has(text(dataset, 'SOPClassUID') ?? '')) {
    const perFrame = perFrameGroups(dataset);
    const frames = number(dataset, 'NumberOfFrames') ?? perFrame.length;
    return Array.from({ length: frames }, (_, frame) => enhancedFrame(dataset, perFrame, instance, frame));
  }
  return [
    buildFrame(dataset, instance, undefined, {
      position: dataset,
      orientation: dataset,
      measures: dataset,
      rescale: dataset,
      reconstruction: dataset,
      imageType: texts(dataset, 'ImageType'),
      acquisitionNumber: number(dataset, 'AcquisitionNumber'),
      stackKey: '',
    }),
  ];
}

/** Everything of a series that is the same in all its images and that the choice looks at. */
export interface SeriesHeader {
  readonly seriesInstanceUID: string;
  readonly seriesNumber?: number;
  readonly modality: string;
  readonly description: string;
  readonly bodyPart: string;
  readonly patientPosition: string;
  readonly contrastAgent: boolean;
  readonly lossy: boolean;
  readonly burnedIn: boolean;
  readonly gantryTiltDeg: number;
  readonly reconstructionDiameterMm?: number;
  readonly ageYears?: number;
}

/** Age String of PS3.5 6.2, in years. */
function ageYears(dataset: Dataset): number | undefined {
  const match = /^(\d{3})([DWMY])$/u.exec((text(dataset, 'PatientAge') ?? '').trim());
  if (!match) return undefined;
  const perYear = { D: 365.25, W: 52.18, M: 12, Y: 1 }[match[2] as 'D' | 'W' | 'M' | 'Y'];
  return Number(match[1]) / perYear;
}

export function seriesHeader(dataset: Dataset): SeriesHeader {
  const seriesNumber = number(dataset, 'SeriesNumber');
  const reconstructionDiameterMm = number(dataset, 'ReconstructionDiameter');
  const age = ageYears(dataset);
  const contrastAgent = (text(dataset, 'ContrastBolusAgent') ?? '').trim() !== '' || item(dataset, 'ContrastBolusAgentSequence') !== undefined;
  return {
    seriesInstanceUID: text(dataset, 'SeriesInstanceUID') ?? '',
    ...(seriesNumber !== undefined && { seriesNumber }),
    modality: text(dataset, 'Modality') ?? '',
    description: text(dataset, 'SeriesDescription') ?? '',
    bodyPart: text(dataset, 'BodyPartExamined') ?? '',
    patientPosition: text(dataset, 'PatientPosition') ?? '',
    contrastAgent,
    lossy: text(dataset, 'LossyImageCompression') === '01',
    burnedIn: text(dataset, 'BurnedInAnnotation') === 'YES',
    gantryTiltDeg: number(dataset, 'GantryDetectorTilt') ?? 0,
    ...(reconstructionDiameterMm !== undefined && { reconstructionDiameterMm }),
    ...(age !== undefined && { ageYears: age }),
  };
}
