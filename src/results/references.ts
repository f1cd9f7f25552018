/** Which objects of the study a result refers to. */
import { item, text } from '../dicom/access.ts';
import { put } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { isUID, uidFromName } from '../dicom/uid.ts';
import { usable } from './common-modules.ts';
import { sopItem } from './content-item.ts';
import type { ResultInput } from './input.ts';

export interface SeriesReferences {
  readonly seriesInstanceUID: string;
  readonly instances: readonly { readonly sopClassUID: string; readonly sopInstanceUID: string }[];
}

function seriesItem(series: SeriesReferences): Dataset {
  const dataset: Dataset = {};
  put(dataset, 'SeriesInstanceUID', series.seriesInstanceUID);
  put(dataset, 'ReferencedSOPSequence', ...series.instances.map(sopItem));
  return dataset;
}

/**
 * The frame of reference of the images; one of our own, the same for every result of the series, where they name
 * none or name something that is not a UID.
 */
export function frameOfReference(input: ResultInput): string {
  const stated = input.volume?.geometry.frameOfReferenceUID ?? input.findings.frameOfReferenceUID;
  return isUID(stated) ? stated : uidFromName(`frame of reference|${input.findings.seriesInstanceUID ?? input.findings.studyInstanceUID}`);
}

/** The analysed series with the instances that were read; undefined when nothing was read. */
export function sourceSeries(input: ResultInput): SeriesReferences | undefined {
  const { header, references } = input.sourceHeaders;
  const seriesInstanceUID = input.findings.seriesInstanceUID ?? text(header, 'SeriesInstanceUID');
  return seriesInstanceUID === undefined || references.length === 0 ? undefined : { seriesInstanceUID, instances: references };
}

/** CurrentRequestedProcedureEvidenceSequence (PS3.3 C.17.2.3): every instance of the study that the tree refers to. */
export function putEvidence(dataset: Dataset, studyInstanceUID: string, series: readonly SeriesReferences[]): void {
  if (series.length === 0) return;
  const study: Dataset = {};
  put(study, 'StudyInstanceUID', studyInstanceUID);
  put(study, 'ReferencedSeriesSequence', ...series.map(seriesItem));
  put(dataset, 'CurrentRequestedProcedureEvidenceSequence', study);
}

/** The order behind the images (PS3.3 C.17.2, type 1C), where the images name one. */
export function putReferencedRequest(dataset: Dataset, input: ResultInput): void {
  const { header } = input.sourceHeaders;
  const accessionNumber = usable(header, 'AccessionNumber');
  if (accessionNumber === undefined) return;
  const request = item(header, 'RequestAttributesSequence');
  const requestedProcedureID = request === undefined ? undefined : usable(request, 'RequestedProcedureID');
  const reference: Dataset = {};
  put(reference, 'StudyInstanceUID', input.findings.studyInstanceUID);
  put(reference, 'ReferencedStudySequence');
  put(reference, 'AccessionNumber', accessionNumber);
  put(reference, 'PlacerOrderNumberImagingServiceRequest');
  put(reference, 'FillerOrderNumberImagingServiceRequest');
  put(reference, 'RequestedProcedureID', ...(requestedProcedureID === undefined ? [] : [requestedProcedureID]));
  put(reference, 'RequestedProcedureDescription');
  put(reference, 'RequestedProcedureCodeSequence');
  put(dataset, 'ReferencedRequestSequence', reference);
}

/** ReferencedSeriesSequence of the Common Instance Reference module (PS3.3 C.12.2). */
export function putReferencedSeries(dataset: Dataset, series: SeriesReferences): void {
  const referenced: Dataset = {};
  put(referenced, 'SeriesInstanceUID', series.seriesInstanceUID);
  put(referenced, 'ReferencedInstanceSequence', ...series.instances.map(sopItem));
  put(dataset, 'ReferencedSeriesSequence', referenced);
}
