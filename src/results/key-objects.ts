/** Key object selection (PS3.3 A.35.4, TID 2010): the images on which the findings were measured. */
import { put } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { codeItem, dcm, other } from './codes.ts';
import { copiedModules, modelName, momentFor, putOwnModules } from './common-modules.ts';
import { code, image, putTemplate, sopItem, textItem, uidReference } from './content-item.ts';
import type { SopReference } from './content-item.ts';
import { deviceUID } from './identity.ts';
import type { ResultIdentity } from './identity.ts';
import type { ResultInput, ResultObject } from './input.ts';
import { keySlice } from './key-slice.ts';
import { putEvidence, putReferencedRequest, sourceSeries } from './references.ts';
import type { SeriesReferences } from './references.ts';
import { disclaimer, findingText } from './summary-text.ts';
import { writeObject } from './write.ts';

export const keyObjectSelection = '1.2.840.10008.5.1.4.1.1.88.59';

function keyImages(input: ResultInput): readonly SopReference[] {
  const found = input.findings.findings.map((finding) => keySlice(input, finding)).filter((reference) => reference !== undefined);
  return [...new Map(found.map((reference) => [`${reference.sopInstanceUID}#${reference.frameNumber ?? 0}`, reference])).values()];
}

/** An image with the presentation state in which it should be shown (PS3.3 C.18.4). */
function imageWithState(reference: SopReference, state: ResultObject | undefined): Dataset {
  const node = image('CONTAINS', undefined, reference);
  if (state === undefined) return node;
  const referenced = sopItem(reference);
  put(referenced, 'ReferencedSOPSequence', sopItem(state));
  put(node, 'ReferencedSOPSequence', referenced);
  return node;
}

/** The object, or undefined when there is no key image. */
export function buildKeyObjects(input: ResultInput, identity: ResultIdentity, state: ResultObject | undefined): ResultObject | undefined {
  const images = keyImages(input);
  const source = sourceSeries(input);
  if (images.length === 0 || source === undefined) return undefined;
  const { header } = input.sourceHeaders;
  const own: Dataset = {};
  const sopInstanceUID = identity.uid('ko');
  putOwnModules(own, input, {
    sopClassUID: keyObjectSelection, sopInstanceUID, seriesInstanceUID: identity.uid('ko-series'),
    seriesNumber: 9004, seriesDescription: 'AI lung nodules, key images', modality: 'KO',
  }, momentFor(header, identity.createdAt));
  put(own, 'ReferencedPerformedProcedureStepSequence');
  putReferencedRequest(own, input);
  const used = new Set(images.map(({ sopInstanceUID: uid }) => uid));
  const evidence: SeriesReferences[] = [{ ...source, instances: source.instances.filter(({ sopInstanceUID: uid }) => used.has(uid)) }];
  if (state !== undefined) evidence.push({ seriesInstanceUID: identity.uid('pr-series'), instances: [state] });
  putEvidence(own, input.findings.studyInstanceUID, evidence);
  put(own, 'ValueType', 'CONTAINER');
  put(own, 'ConceptNameCodeSequence', codeItem(dcm.ofInterest));
  put(own, 'ContinuityOfContent', 'SEPARATE');
  putTemplate(own, '2010');
  put(own, 'ContentSequence',
    code('HAS CONCEPT MOD', dcm.language, other.english),
    code('HAS OBS CONTEXT', dcm.observerType, dcm.device),
    uidReference('HAS OBS CONTEXT', dcm.deviceObserverUID, deviceUID(input)),
    textItem('HAS OBS CONTEXT', dcm.deviceObserverName, `${modelName} (AI, not a certified medical device)`),
    textItem('CONTAINS', dcm.keyObjectDescription, [...input.findings.findings.map((finding) => findingText(finding).en), disclaimer.en].join('\r\n')),
    ...images.map((reference) => imageWithState(reference, state)));
  return { role: 'ko', sopInstanceUID, sopClassUID: keyObjectSelection, part10: writeObject(copiedModules(header), own) };
}
