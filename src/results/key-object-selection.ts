/** Key object selection (PS3.3 A.35.4, TID 2010): what that of the AI and that of a signed reading share. */
import { put } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { Finding } from '../findings/types.ts';
import { dcm } from './codes.ts';
import { copiedModules, momentFor, putOwnModules } from './common-modules.ts';
import type { SopReference } from './content-item.ts';
import type { ResultIdentity } from './identity.ts';
import type { ResultInput, ResultObject } from './input.ts';
import { keySlice } from './key-slice.ts';
import { putEvidence, putReferencedRequest, sourceSeries } from './references.ts';
import type { SeriesReferences } from './references.ts';
import { putRoot } from './sr.ts';
import { writeObject } from './write.ts';

export const keyObjectSelection = '1.2.840.10008.5.1.4.1.1.88.59';

/** The images on which the findings were measured, each once. */
export function keyImages(input: ResultInput, findings: readonly Pick<Finding, 'sliceInstanceUID' | 'sliceFrameNumber'>[]): readonly SopReference[] {
  const found = findings.map((finding) => keySlice(input, finding)).filter((reference) => reference !== undefined);
  return [...new Map(found.map((reference) => [`${reference.sopInstanceUID}#${reference.frameNumber ?? 0}`, reference])).values()];
}

interface Selection {
  readonly seriesNumber: number;
  readonly seriesDescription: string;
  readonly images: readonly SopReference[];
  /** Objects that the content refers to beside the images. */
  readonly others: readonly SeriesReferences[];
  readonly content: readonly Dataset[];
}

/** The object, or undefined when there is no key image. @throws as `writeObject` */
export function buildSelection(input: ResultInput, identity: ResultIdentity, selection: Selection): ResultObject | undefined {
  const { images, others, content, seriesNumber, seriesDescription } = selection;
  const source = sourceSeries(input);
  if (images.length === 0 || source === undefined) return undefined;
  const { header } = input.sourceHeaders;
  const own: Dataset = {};
  const sopInstanceUID = identity.uid('ko');
  putOwnModules(own, input, {
    sopClassUID: keyObjectSelection, sopInstanceUID, seriesInstanceUID: identity.uid('ko-series'), seriesNumber, seriesDescription, modality: 'KO',
  }, momentFor(header, identity.createdAt));
  put(own, 'ReferencedPerformedProcedureStepSequence');
  putReferencedRequest(own, input);
  const used = new Set(images.map(({ sopInstanceUID: uid }) => uid));
  putEvidence(own, input.findings.studyInstanceUID, [{ ...source, instances: source.instances.filter(({ sopInstanceUID: uid }) => used.has(uid)) }, ...others]);
  putRoot(own, dcm.ofInterest, '2010', content);
  return { role: 'ko', sopInstanceUID, sopClassUID: keyObjectSelection, part10: writeObject(copiedModules(header), own) };
}
