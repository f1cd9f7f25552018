/** Coded concepts (PS3.3 8.8) and the codes that the results use; names after PS3.16. */
import { put } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { Laterality, Lobe, NoduleType } from '../findings/types.ts';

/** Code value, coding scheme designator, code meaning. */
export type CodedConcept = readonly [value: string, scheme: string, meaning: string];

/** Designator of the few concepts that no public scheme has (PS3.3 C.12.1.1.4 describes it in each object). */
export const privateScheme = '99PHOI';

export const dcm = {
  imagingMeasurementReport: ['126000', 'DCM', 'Imaging Measurement Report'],
  language: ['121049', 'DCM', 'Language of Content Item and Descendants'],
  observerType: ['121005', 'DCM', 'Observer Type'],
  device: ['121007', 'DCM', 'Device'],
  deviceObserverUID: ['121012', 'DCM', 'Device Observer UID'],
  deviceObserverName: ['121013', 'DCM', 'Device Observer Name'],
  deviceObserverManufacturer: ['121014', 'DCM', 'Device Observer Manufacturer'],
  deviceObserverModelName: ['121015', 'DCM', 'Device Observer Model Name'],
  deviceObserverSerialNumber: ['121016', 'DCM', 'Device Observer Serial Number'],
  procedureReported: ['121058', 'DCM', 'Procedure reported'],
  imageLibrary: ['111028', 'DCM', 'Image Library'],
  imageLibraryGroup: ['126200', 'DCM', 'Image Library Group'],
  modality: ['121139', 'DCM', 'Modality'],
  targetRegion: ['123014', 'DCM', 'Target Region'],
  studyDate: ['111060', 'DCM', 'Study Date'],
  studyTime: ['111061', 'DCM', 'Study Time'],
  frameOfReferenceUID: ['112227', 'DCM', 'Frame of Reference UID'],
  pixelDataRows: ['110910', 'DCM', 'Pixel Data Rows'],
  pixelDataColumns: ['110911', 'DCM', 'Pixel Data Columns'],
  horizontalPixelSpacing: ['111026', 'DCM', 'Horizontal Pixel Spacing'],
  verticalPixelSpacing: ['111066', 'DCM', 'Vertical Pixel Spacing'],
  spacingBetweenSlices: ['112226', 'DCM', 'Spacing between slices'],
  imagingMeasurements: ['126010', 'DCM', 'Imaging Measurements'],
  measurementGroup: ['125007', 'DCM', 'Measurement Group'],
  trackingIdentifier: ['112039', 'DCM', 'Tracking Identifier'],
  trackingUniqueIdentifier: ['112040', 'DCM', 'Tracking Unique Identifier'],
  finding: ['121071', 'DCM', 'Finding'],
  referencedSegment: ['121191', 'DCM', 'Referenced Segment'],
  sourceImageForSegmentation: ['121233', 'DCM', 'Source image for segmentation'],
  sourceSeriesForSegmentation: ['121232', 'DCM', 'Source series for segmentation'],
  center: ['111010', 'DCM', 'Center'],
  imageRegion: ['111030', 'DCM', 'Image Region'],
  algorithmName: ['111001', 'DCM', 'Algorithm Name'],
  algorithmParameters: ['111002', 'DCM', 'Algorithm Parameters'],
  algorithmVersion: ['111003', 'DCM', 'Algorithm Version'],
  algorithmManufacturer: ['122405', 'DCM', 'Algorithm Manufacturer'],
  algorithmFamily: ['111000', 'DCM', 'Algorithm Family'],
  artificialIntelligence: ['123110', 'DCM', 'Artificial Intelligence'],
  derivation: ['121401', 'DCM', 'Derivation'],
  sumOfSegmentedVoxels: ['126030', 'DCM', 'Sum of segmented voxel volumes'],
  attenuationCoefficient: ['112031', 'DCM', 'Attenuation Coefficient'],
  certaintyOfFinding: ['111012', 'DCM', 'Certainty of Finding'],
  path: ['121055', 'DCM', 'Path'],
  groundGlassOpacity: ['112120', 'DCM', 'Ground glass opacity'],
  segmentation: ['113076', 'DCM', 'Segmentation'],
  sourceImageForProcessing: ['121322', 'DCM', 'Source image for image processing operation'],
  ofInterest: ['113000', 'DCM', 'Of Interest'],
  keyObjectDescription: ['113012', 'DCM', 'Key Object Description'],
  summary: ['121111', 'DCM', 'Summary'],
  comment: ['121106', 'DCM', 'Comment'],
  summaryOfDetections: ['111064', 'DCM', 'Summary of Detections'],
  succeeded: ['111222', 'DCM', 'Succeeded'],
  notAttempted: ['111225', 'DCM', 'Not Attempted'],
  chestCadReport: ['112000', 'DCM', 'Chest CAD Report'],
  cadSummary: ['111017', 'DCM', 'CAD Processing and Findings Summary'],
  allSucceededWithFindings: ['111242', 'DCM', 'All algorithms succeeded; with findings'],
  allSucceededWithoutFindings: ['111241', 'DCM', 'All algorithms succeeded; without findings'],
  noneSucceeded: ['111245', 'DCM', 'No algorithms succeeded; without findings'],
  individualImpression: ['111034', 'DCM', 'Individual Impression/Recommendation'],
  renderingIntent: ['111056', 'DCM', 'Rendering Intent'],
  presentationRequired: ['111150', 'DCM', 'Presentation Required: Rendering device is expected to present'],
  singleImageFinding: ['111059', 'DCM', 'Single Image Finding'],
  singleImageFindingModifier: ['112024', 'DCM', 'Single Image Finding Modifier'],
  abnormalOpacity: ['112033', 'DCM', 'Abnormal opacity'],
  centre: ['111010', 'DCM', 'Center'],
  outline: ['111041', 'DCM', 'Outline'],
  summaryOfAnalyses: ['111065', 'DCM', 'Summary of Analyses'],
  successfulDetections: ['111063', 'DCM', 'Successful Detections'],
  seriesInstanceUID: ['112002', 'DCM', 'Series Instance UID'],
  detectionPerformed: ['111022', 'DCM', 'Detection Performed'],
} as const satisfies Record<string, CodedConcept>;

export const sct = {
  findingCategory: ['276214006', 'SCT', 'Finding category'],
  morphologicallyAbnormal: ['49755003', 'SCT', 'Morphologically Abnormal Structure'],
  nodule: ['27925004', 'SCT', 'Nodule'],
  chest: ['816094009', 'SCT', 'Chest'],
  lung: ['39607008', 'SCT', 'Lung'],
  findingSite: ['363698007', 'SCT', 'Finding Site'],
  laterality: ['272741003', 'SCT', 'Laterality'],
  measurementMethod: ['370129005', 'SCT', 'Measurement Method'],
  longAxis: ['103339001', 'SCT', 'Long axis'],
  shortAxis: ['103340004', 'SCT', 'Short axis'],
  diameter: ['81827009', 'SCT', 'Diameter'],
  volume: ['118565006', 'SCT', 'Volume'],
  mean: ['373098007', 'SCT', 'Mean'],
} as const satisfies Record<string, CodedConcept>;

export const other = {
  english: ['en-US', 'RFC5646', 'English (United States)'],
  vietnamese: ['vi-VN', 'RFC5646', 'Vietnamese (Viet Nam)'],
  ctChest: ['24627-2', 'LN', 'CT Chest'],
  diagnosticImagingStudy: ['18748-4', 'LN', 'Diagnostic imaging study'],
  qualitativeEvaluations: ['C0034375', 'UMLS', 'Qualitative Evaluations'],
  millimetre: ['mm', 'UCUM', 'mm'],
  cubicMillimetre: ['mm3', 'UCUM', 'cubic millimeter'],
  hounsfield: ["[hnsf'U]", 'UCUM', 'Hounsfield unit'],
  percent: ['%', 'UCUM', 'Percent'],
  pixels: ['{pixels}', 'UCUM', 'pixels'],
  count: ['{nodules}', 'UCUM', 'nodules'],
} as const satisfies Record<string, CodedConcept>;

export const phoi = {
  composition: ['COMPOSITION', privateScheme, 'Composition of nodule'],
  solidDiameter: ['SOLID-DIAMETER', privateScheme, 'Diameter of solid component'],
  distanceToPleura: ['PLEURA-DIST', privateScheme, 'Distance to pleura'],
  noduleCount: ['NODULE-COUNT', privateScheme, 'Number of nodules at or above threshold'],
  limitation: ['LIMITATION', privateScheme, 'Limitation of the analysis'],
  reasonNotAnalysed: ['NOT-ANALYSED', privateScheme, 'Reason why the study was not analysed'],
} as const satisfies Record<string, CodedConcept>;

/** CID 6126 has lobes without side; the side goes into a laterality modifier. */
export const lobeCodes: Readonly<Record<Lobe, CodedConcept>> = {
  'right-upper': ['45653009', 'SCT', 'Upper lobe of lung'],
  'left-upper': ['45653009', 'SCT', 'Upper lobe of lung'],
  'right-middle': ['40020002', 'SCT', 'Middle lobe of lung'],
  'right-lower': ['90572001', 'SCT', 'Lower lobe of lung'],
  'left-lower': ['90572001', 'SCT', 'Lower lobe of lung'],
};

export const lateralityCodes: Readonly<Record<Exclude<Laterality, 'unknown'>, CodedConcept>> = {
  right: ['24028007', 'SCT', 'Right'],
  left: ['7771000', 'SCT', 'Left'],
};

export const noduleTypeCodes: Readonly<Record<NoduleType, CodedConcept>> = {
  solid: ['SOLID', privateScheme, 'Solid'],
  'part-solid': ['PART-SOLID', privateScheme, 'Part-solid'],
  'ground-glass': dcm.groundGlassOpacity,
  // SNOMED CT's "calcified" (237897009) is about vessels.
  calcified: ['CALCIFIED', privateScheme, 'Calcified'],
};

const modalities: Readonly<Record<string, string>> = {
  CT: 'Computed Tomography', MR: 'Magnetic Resonance', PT: 'Positron emission tomography', CR: 'Computed Radiography', DX: 'Digital Radiography',
  NM: 'Nuclear Medicine', US: 'Ultrasound', OT: 'Other',
};

/** CID 29; what it does not name here is "Other". */
export function modalityCode(modality: string): CodedConcept {
  const known = Object.hasOwn(modalities, modality) ? modality : 'OT';
  return [known, 'DCM', modalities[known] ?? 'Other'];
}

/** The item of a code sequence. */
export function codeItem([value, scheme, meaning]: CodedConcept): Dataset {
  const item: Dataset = {};
  put(item, 'CodeValue', value);
  put(item, 'CodingSchemeDesignator', scheme);
  put(item, 'CodeMeaning', meaning);
  return item;
}

/** Describes the private coding scheme in an object that uses it. */
export function putCodingSchemes(dataset: Dataset): void {
  const scheme: Dataset = {};
  put(scheme, 'CodingSchemeDesignator', privateScheme);
  put(scheme, 'CodingSchemeName', 'Phoi concepts for lung nodule results');
  put(scheme, 'CodingSchemeResponsibleOrganization', 'Phoi');
  put(dataset, 'CodingSchemeIdentificationSequence', scheme);
}
