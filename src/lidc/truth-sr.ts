/**
 * The truth about a series as a structured report: Comprehensive 3D SR (PS3.3 A.35.13), TID 1500 with the readers as
 * observer (TID 1003). It is a reference for evaluation: no report of an examination, no order is fulfilled by it.
 */
import { put } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { dcm, other } from '../results/codes.ts';
import { copiedModules, momentFor, putOwnModules } from '../results/common-modules.ts';
import { code, container, num, personItem, textItem } from '../results/content-item.ts';
import type { ResultObject } from '../results/input.ts';
import { personName } from '../results/person-name.ts';
import { putEvidence, sourceSeries } from '../results/references.ts';
import { reviewCodes } from '../results/review-codes.ts';
import { segmentationStorage } from '../results/seg.ts';
import { comprehensive3DSR, putRoot } from '../results/sr.ts';
import { imageLibrary } from '../results/sr-content.ts';
import { writeObject } from '../results/write.ts';
import { truthCodes } from './truth-codes.ts';
import { truthGroup } from './truth-groups.ts';
import { referenceModelName, type Truth } from './truth.ts';

/** The segmentation that the groups refer to, by nodule; undefined where none has a voxel. */
export interface TruthSegments {
  readonly sopInstanceUID: string;
  readonly segmentNumbers: readonly (number | undefined)[];
}

function author(creator: string): Dataset {
  const item: Dataset = {};
  put(item, 'ObserverType', 'PSN');
  put(item, 'PersonName', personName(creator, 'readers'));
  put(item, 'PersonIdentificationCodeSequence');
  put(item, 'InstitutionName');
  put(item, 'InstitutionCodeSequence');
  return item;
}

function content(truth: Truth, segments: TruthSegments | undefined): readonly Dataset[] {
  const { source: { creator, withoutOutline }, nodules, input } = truth;
  const groups = nodules.flatMap((nodule, n) => {
    const segmentNumber = segments?.segmentNumbers[n];
    return segments === undefined || segmentNumber === undefined ? [] : [truthGroup(truth, nodule, { sopInstanceUID: segments.sopInstanceUID, segmentNumber })];
  });
  return [
    code('HAS CONCEPT MOD', dcm.language, other.english),
    code('HAS OBS CONTEXT', dcm.observerType, reviewCodes.person),
    personItem('HAS OBS CONTEXT', reviewCodes.personName, personName(creator, 'readers')),
    code('HAS OBS CONTEXT', reviewCodes.personRole, reviewCodes.reader),
    code('HAS CONCEPT MOD', dcm.procedureReported, other.ctChest),
    ...imageLibrary(input),
    ...(groups.length === 0 ? [] : [container('CONTAINS', dcm.imagingMeasurements, groups)]),
    container('CONTAINS', other.qualitativeEvaluations, [
      num('CONTAINS', truthCodes.annotatedNodules, groups.length, other.count),
      num('CONTAINS', truthCodes.withoutOutline, withoutOutline, other.count),
      textItem('CONTAINS', dcm.comment, `Reference annotation by ${creator}, for evaluation; not the report of an examination. Date and time are those of the study. Phoi is not a certified medical device; a radiologist decides.`),
    ]),
  ];
}

/** Also where nothing was annotated: then it says so, with its count. @throws as `writeObject` */
export function truthReport(truth: Truth, segments: TruthSegments | undefined): ResultObject {
  const { input, identity, source: { creator } } = truth;
  const { header } = input.sourceHeaders;
  const own: Dataset = {};
  const sopInstanceUID = identity.uid('sr');
  putOwnModules(own, input, {
    sopClassUID: comprehensive3DSR, sopInstanceUID, seriesInstanceUID: identity.uid('sr-series'),
    seriesNumber: 9202, seriesDescription: 'Reference annotation: lung nodules, measurements', modality: 'SR', modelName: referenceModelName,
  }, momentFor(header, identity.createdAt));
  put(own, 'ReferencedPerformedProcedureStepSequence');
  put(own, 'PerformedProcedureCodeSequence');
  put(own, 'CompletionFlag', 'COMPLETE');
  put(own, 'CompletionFlagDescription', 'Reference annotation, not a report');
  put(own, 'VerificationFlag', 'UNVERIFIED');
  put(own, 'AuthorObserverSequence', author(creator));
  const images = sourceSeries(input);
  putEvidence(own, input.findings.studyInstanceUID, [
    ...(images === undefined ? [] : [images]),
    ...(segments === undefined ? [] : [{ seriesInstanceUID: identity.uid('seg-series'), instances: [{ sopClassUID: segmentationStorage, sopInstanceUID: segments.sopInstanceUID }] }]),
  ]);
  putRoot(own, dcm.imagingMeasurementReport, '1500', content(truth, segments));
  return { role: 'sr', sopInstanceUID, sopClassUID: comprehensive3DSR, part10: writeObject(copiedModules(header), own) };
}
