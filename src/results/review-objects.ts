/**
 * The DICOM objects of a signed reading: a verified report (Comprehensive 3D SR, TID 1500), a segmentation of the
 * nodules it states, and the key images. New objects in series of their own: nothing that was there is changed, and the
 * report names what it follows as its predecessors.
 */
import { put } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { AppError } from '../errors.ts';
import type { MaskBox } from '../volume/types.ts';
import { dcm } from './codes.ts';
import { copiedModules, type DicomMoment, momentFor, putOwnModules, short } from './common-modules.ts';
import type { ResultIdentity } from './identity.ts';
import type { ResultInput, ResultObject } from './input.ts';
import { putPredecessors } from './object-reference.ts';
import { personName } from './person-name.ts';
import { putEvidence, putReferencedRequest, type SeriesReferences, sourceSeries } from './references.ts';
import { organizationOf, reviewContent, type ReviewSegments } from './review-content.ts';
import { asResultInput, identifyReview, reportedFindings, type ReviewObjectsInput } from './review-input.ts';
import { buildReviewKeyObjects } from './review-key-objects.ts';
import { buildReviewSeg } from './review-seg.ts';
import { segmentationStorage } from './seg.ts';
import { authorDevice, comprehensive3DSR, putRoot } from './sr.ts';
import { writeObject } from './write.ts';

export type { ObjectReference } from './object-reference.ts';
export type { ReviewObjectsInput } from './review-input.ts';

/** A DT (PS3.5 6.2) in the local time of the images, as their own dates and times are. */
function dateTime({ date, time }: DicomMoment): string {
  return `${date}${time}`;
}

function personAuthor(input: ReviewObjectsInput): Dataset {
  const { reader } = input.review;
  const organization = organizationOf(input);
  const author: Dataset = {};
  put(author, 'ObserverType', 'PSN');
  put(author, 'PersonName', personName(reader.name, reader.id));
  put(author, 'PersonIdentificationCodeSequence');
  put(author, 'InstitutionName', ...(organization === undefined ? [] : [short(organization)]));
  put(author, 'InstitutionCodeSequence');
  return author;
}

/** Who signed and when (PS3.3 C.17.2). */
function verifyingObserver(input: ReviewObjectsInput): Dataset {
  const { reader, signedAt } = input.review;
  const observer: Dataset = {};
  put(observer, 'VerifyingObserverName', personName(reader.name, reader.id));
  put(observer, 'VerifyingObserverIdentificationCodeSequence');
  put(observer, 'VerifyingOrganization', short(organizationOf(input) ?? 'not stated'));
  put(observer, 'VerificationDateTime', dateTime(momentFor(input.sourceHeaders.header, new Date(signedAt))));
  return observer;
}

function buildReport(input: ReviewObjectsInput, asResult: ResultInput, identity: ResultIdentity, segments: ReviewSegments | undefined): ResultObject {
  const { kind, version } = input.review;
  const { header } = input.sourceHeaders;
  const own: Dataset = {};
  const sopInstanceUID = identity.uid('sr');
  putOwnModules(own, asResult, {
    sopClassUID: comprehensive3DSR, sopInstanceUID, seriesInstanceUID: identity.uid('sr-series'), seriesNumber: 9101, modality: 'SR',
    seriesDescription: kind === 'report' ? 'Lung nodules, signed report' : `Lung nodules, signed addendum, version ${version}`,
  }, momentFor(header, identity.createdAt));
  put(own, 'ReferencedPerformedProcedureStepSequence');
  put(own, 'PerformedProcedureCodeSequence');
  put(own, 'CompletionFlag', 'COMPLETE');
  put(own, 'VerificationFlag', 'VERIFIED');
  put(own, 'PreliminaryFlag', 'FINAL');
  put(own, 'VerifyingObserverSequence', verifyingObserver(input));
  put(own, 'AuthorObserverSequence', personAuthor(input), authorDevice(asResult));
  putReferencedRequest(own, asResult);
  putPredecessors(own, input.predecessors);
  const source = sourceSeries(asResult);
  const evidence: SeriesReferences[] = source === undefined ? [] : [source];
  if (segments !== undefined) {
    evidence.push({ seriesInstanceUID: identity.uid('seg-series'), instances: [{ sopClassUID: segmentationStorage, sopInstanceUID: segments.sopInstanceUID }] });
  }
  putEvidence(own, input.studyInstanceUID, evidence);
  putRoot(own, dcm.imagingMeasurementReport, '1500', reviewContent(input, asResult, segments));
  return { role: 'sr', sopInstanceUID, sopClassUID: comprehensive3DSR, part10: writeObject(copiedModules(header), own) };
}

/** The masks of the reported findings, in their order. */
function reportedMasks(input: ReviewObjectsInput): readonly { readonly index: number; readonly mask: MaskBox }[] {
  return reportedFindings(input).flatMap(({ index }) => {
    const mask = input.masks[index];
    return mask === undefined ? [] : [{ index, mask }];
  });
}

/**
 * The report (always), a segmentation when a reported finding has a mask, key images when there are some. What others
 * refer to comes first. The same input gives the same bytes under the same UIDs. Roles are `seg`, `sr`, `ko`.
 * @throws AppError DICOM_INVALID_GEOMETRY for masks outside the volume, DICOM_INVALID_VALUE for what DICOM cannot
 * hold, INTERNAL when masks and findings do not match or a finding is undecided.
 */
export async function buildReviewObjects(input: ReviewObjectsInput): Promise<readonly ResultObject[]> {
  const { masks, review, volume } = input;
  if (masks.length !== review.draft.findings.length) throw new AppError('INTERNAL', 'there must be one mask or undefined for each finding');
  if (masks.some((mask) => mask !== undefined) && volume === undefined) throw new AppError('INTERNAL', 'masks need the volume that they lie on');
  if (review.draft.findings.some(({ verdict }) => verdict === 'undecided')) throw new AppError('INTERNAL', 'a signed reading has no undecided finding');
  const withMasks = reportedMasks(input);
  const asResult: ResultInput = { ...asResultInput(input), masks: withMasks.map(({ mask }) => mask) };
  const identity = identifyReview(input);
  const seg = buildReviewSeg(input, asResult, identity, withMasks.map(({ index }) => index));
  const ko = buildReviewKeyObjects(input, asResult, identity);
  return [...(seg === undefined ? [] : [seg.object]), buildReport(input, asResult, identity, seg?.segments), ...(ko === undefined ? [] : [ko])];
}
