/** The content tree of the report: TID 1500 (PS3.16), from language and observer to the findings. */
import type { Conclusions } from '../conclusions/types.ts';
import { number, text } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { Finding } from '../findings/types.ts';
import { conclusionsOf } from './analysis-conclusions.ts';
import { examinationItems, noduleItems } from './conclusion-items.ts';
import { code, container, dateItem, exactNum, image, num, textItem, timeItem, uidReference } from './content-item.ts';
import { dcm, modalityCode, other, phoi, sct } from './codes.ts';
import { manufacturer, modelName, usable } from './common-modules.ts';
import { deviceUID } from './identity.ts';
import type { ResultInput } from './input.ts';
import { planarGroup, plainGroup, volumetricGroup } from './measurement-groups.ts';
import { frameOfReference } from './references.ts';
import { summary } from './summary-text.ts';

export interface SegmentReference {
  readonly sopInstanceUID: string;
  /** By finding; undefined where its mask is empty. */
  readonly segmentNumbers: readonly (number | undefined)[];
}

/** The algorithm as observer: TID 1002 with 1004. */
export function deviceObserver(input: ResultInput): readonly Dataset[] {
  const { model } = input.findings;
  return [
    code('HAS OBS CONTEXT', dcm.observerType, dcm.device),
    uidReference('HAS OBS CONTEXT', dcm.deviceObserverUID, deviceUID(input)),
    textItem('HAS OBS CONTEXT', dcm.deviceObserverName, `${modelName} (AI, not a certified medical device)`),
    textItem('HAS OBS CONTEXT', dcm.deviceObserverManufacturer, manufacturer),
    textItem('HAS OBS CONTEXT', dcm.deviceObserverModelName, `${model.id} ${model.version}`),
    textItem('HAS OBS CONTEXT', dcm.deviceObserverSerialNumber, model.sha256.slice(0, 16) || 'none'),
  ];
}

/** TID 1204, observer and procedure. */
function context(input: ResultInput): readonly Dataset[] {
  return [
    code('HAS CONCEPT MOD', dcm.language, other.english),
    ...deviceObserver(input),
    // A study that was not analysed may be anything.
    code('HAS CONCEPT MOD', dcm.procedureReported, input.findings.status === 'analysed' ? other.ctChest : other.diagnosticImagingStudy),
  ];
}

/** What every image of the group has (TID 1602). */
function imageDescriptors(header: Dataset, input: ResultInput): readonly Dataset[] {
  const date = usable(header, 'StudyDate');
  const time = usable(header, 'StudyTime');
  const rows = number(header, 'Rows');
  const columns = number(header, 'Columns');
  const geometry = input.volume?.geometry;
  const acquisition = 'HAS ACQ CONTEXT';
  return [
    code(acquisition, dcm.modality, modalityCode(text(header, 'Modality') ?? '')),
    ...(input.findings.status === 'analysed' ? [code(acquisition, dcm.targetRegion, sct.chest)] : []),
    ...(date === undefined ? [] : [dateItem(acquisition, dcm.studyDate, date)]),
    ...(time === undefined ? [] : [timeItem(acquisition, dcm.studyTime, time)]),
    ...(input.findings.status === 'analysed' ? [uidReference(acquisition, dcm.frameOfReferenceUID, frameOfReference(input))] : []),
    ...(rows === undefined ? [] : [num(acquisition, dcm.pixelDataRows, rows, other.pixels)]),
    ...(columns === undefined ? [] : [num(acquisition, dcm.pixelDataColumns, columns, other.pixels)]),
    ...(geometry === undefined ? [] : [
      exactNum(acquisition, dcm.horizontalPixelSpacing, geometry.spacingMm[0], other.millimetre),
      exactNum(acquisition, dcm.verticalPixelSpacing, geometry.spacingMm[1], other.millimetre),
      exactNum(acquisition, dcm.spacingBetweenSlices, geometry.spacingMm[2], other.millimetre),
    ]),
  ];
}

/** TID 1600: the images that were read. */
export function imageLibrary(input: ResultInput): readonly Dataset[] {
  const { header, references } = input.sourceHeaders;
  if (references.length === 0) return [];
  const images = references.map(({ sopClassUID, sopInstanceUID }) => image('CONTAINS', undefined, { sopClassUID, sopInstanceUID }));
  return [container('CONTAINS', dcm.imageLibrary, [container('CONTAINS', dcm.imageLibraryGroup, [...imageDescriptors(header, input), ...images])])];
}

function groupsOf(input: ResultInput, finding: Finding, segment: SegmentReference | undefined, index: number, conclusions: Conclusions | undefined): readonly Dataset[] {
  const segmentNumber = segment?.segmentNumbers[index];
  const options = { ...plainGroup, evaluations: conclusions === undefined ? [] : noduleItems(conclusions, index) };
  if (segment === undefined || segmentNumber === undefined) return [planarGroup(input, finding, true, options)];
  return [volumetricGroup(input, finding, { sopInstanceUID: segment.sopInstanceUID, segmentNumber }, options), planarGroup(input, finding, false, options)];
}

/** Status, count, conclusions, limitations and the sentences for a human reader. */
function evaluations(input: ResultInput, conclusions: Conclusions | undefined): Dataset {
  const document = input.findings;
  const sentences = summary(document, conclusions);
  const done = document.status === 'analysed';
  return container('CONTAINS', other.qualitativeEvaluations, [
    code('CONTAINS', dcm.summaryOfDetections, done ? dcm.succeeded : dcm.notAttempted),
    // A count, even of nothing, may only stand where something was analysed.
    ...(done ? [num('CONTAINS', phoi.noduleCount, document.findings.length, other.count)] : []),
    ...(conclusions === undefined ? [] : examinationItems(conclusions)),
    ...(document.reason === undefined ? [] : [textItem('CONTAINS', phoi.reasonNotAnalysed, document.reason.text.en)]),
    ...document.warnings.map((warning) => textItem('CONTAINS', phoi.limitation, warning.text.en)),
    textItem('CONTAINS', dcm.summary, sentences.en, [code('HAS CONCEPT MOD', dcm.language, other.english)]),
    textItem('CONTAINS', dcm.summary, sentences.vi, [code('HAS CONCEPT MOD', dcm.language, other.vietnamese)]),
  ]);
}

/** The children of the root container. */
export function reportContent(input: ResultInput, segment: SegmentReference | undefined): readonly Dataset[] {
  const conclusions = input.conclusions ?? conclusionsOf(input);
  const groups = input.findings.findings.flatMap((finding, index) => groupsOf(input, finding, segment, index, conclusions));
  return [
    ...context(input),
    ...imageLibrary(input),
    ...(groups.length === 0 ? [] : [container('CONTAINS', dcm.imagingMeasurements, groups)]),
    evaluations(input, conclusions),
  ];
}
