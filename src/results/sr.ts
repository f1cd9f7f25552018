/** The report as a Comprehensive 3D SR (PS3.3 A.35.13). */
import { put } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { codeItem, dcm, type CodedConcept } from './codes.ts';
import { copiedModules, manufacturer, modelName, momentFor, putOwnModules } from './common-modules.ts';
import { putTemplate } from './content-item.ts';
import { deviceUID } from './identity.ts';
import type { ResultIdentity } from './identity.ts';
import type { ResultInput, ResultObject } from './input.ts';
import { putEvidence, putReferencedRequest, sourceSeries } from './references.ts';
import type { SeriesReferences } from './references.ts';
import { reportContent } from './sr-content.ts';
import type { SegmentReference } from './sr-content.ts';
import { segmentationStorage } from './seg.ts';
import { writeObject } from './write.ts';

export const comprehensive3DSR = '1.2.840.10008.5.1.4.1.1.88.34';

/** Phoi as the author of a report (PS3.3 C.17.2, Identified Person or Device). */
export function authorDevice(input: ResultInput): Dataset {
  const author: Dataset = {};
  put(author, 'ObserverType', 'DEV');
  put(author, 'StationName', 'PHOI');
  put(author, 'DeviceUID', deviceUID(input));
  put(author, 'Manufacturer', manufacturer);
  put(author, 'ManufacturerModelName', modelName);
  put(author, 'InstitutionName');
  put(author, 'InstitutionCodeSequence');
  return author;
}

export function reportDescription(input: ResultInput): string {
  if (input.findings.status === 'not-analysed') return 'AI lung nodules: NOT ANALYSED';
  return input.findings.findings.length === 0 ? 'AI lung nodules: none at or above threshold' : 'AI lung nodules, report';
}

/** Flags, author, order and evidence of every report (PS3.3 C.17.1, C.17.2). `others` are referred to beside the images. */
export function putDocument(own: Dataset, input: ResultInput, others: readonly SeriesReferences[]): void {
  put(own, 'ReferencedPerformedProcedureStepSequence');
  put(own, 'PerformedProcedureCodeSequence');
  put(own, 'CompletionFlag', input.findings.status === 'analysed' ? 'COMPLETE' : 'PARTIAL');
  if (input.findings.status === 'not-analysed') put(own, 'CompletionFlagDescription', 'Not analysed');
  // Only a person may verify a report.
  put(own, 'VerificationFlag', 'UNVERIFIED');
  put(own, 'PreliminaryFlag', 'PRELIMINARY');
  put(own, 'AuthorObserverSequence', authorDevice(input));
  putReferencedRequest(own, input);
  const source = sourceSeries(input);
  putEvidence(own, input.findings.studyInstanceUID, [...(source === undefined ? [] : [source]), ...others]);
}

/** The root of the content tree. */
export function putRoot(own: Dataset, name: CodedConcept, templateIdentifier: string, content: readonly Dataset[]): void {
  put(own, 'ValueType', 'CONTAINER');
  put(own, 'ConceptNameCodeSequence', codeItem(name));
  put(own, 'ContinuityOfContent', 'SEPARATE');
  putTemplate(own, templateIdentifier);
  put(own, 'ContentSequence', ...content);
}

/** The segmentation, where there is one. */
export function segmentationSeries(identity: ResultIdentity, segment: SegmentReference | undefined): readonly SeriesReferences[] {
  return segment === undefined ? [] : [{
    seriesInstanceUID: identity.uid('seg-series'), instances: [{ sopClassUID: segmentationStorage, sopInstanceUID: segment.sopInstanceUID }],
  }];
}

/** A report on every analysis, also on one that found nothing and on one that did not take place. */
export function buildSr(input: ResultInput, identity: ResultIdentity, segment: SegmentReference | undefined): ResultObject {
  const own: Dataset = {};
  const sopInstanceUID = identity.uid('sr');
  const moment = momentFor(input.sourceHeaders.header, identity.createdAt);
  putOwnModules(own, input, {
    sopClassUID: comprehensive3DSR, sopInstanceUID, seriesInstanceUID: identity.uid('sr-series'),
    seriesNumber: 9001, seriesDescription: reportDescription(input), modality: 'SR',
  }, moment);
  putDocument(own, input, segmentationSeries(identity, segment));
  putRoot(own, dcm.imagingMeasurementReport, '1500', reportContent(input, segment));
  return { role: 'sr', sopInstanceUID, sopClassUID: comprehensive3DSR, part10: writeObject(copiedModules(input.sourceHeaders.header), own) };
}
