/** Key object selection (PS3.3 A.35.4, TID 2010): the images on which the findings were measured. */
import { put } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { dcm, other } from './codes.ts';
import { modelName } from './common-modules.ts';
import { code, image, sopItem, textItem, uidReference } from './content-item.ts';
import type { SopReference } from './content-item.ts';
import { deviceUID } from './identity.ts';
import type { ResultIdentity } from './identity.ts';
import type { ResultInput, ResultObject } from './input.ts';
import { buildSelection, keyImages } from './key-object-selection.ts';
import type { PresentationState } from './presentation-state.ts';
import { disclaimer, findingText } from './summary-text.ts';

/** An image with the presentation state in which it should be shown (PS3.3 C.18.4). */
function imageWithState(reference: SopReference, states: readonly PresentationState[]): Dataset {
  const node = image('CONTAINS', undefined, reference);
  const state = states.find(({ images }) => images.has(reference.sopInstanceUID))?.object;
  if (state === undefined) return node;
  const referenced = sopItem(reference);
  put(referenced, 'ReferencedSOPSequence', sopItem(state));
  put(node, 'ReferencedSOPSequence', referenced);
  return node;
}

/** The object, or undefined when there is no key image. */
export function buildKeyObjects(input: ResultInput, identity: ResultIdentity, states: readonly PresentationState[]): ResultObject | undefined {
  const { findings } = input.findings;
  const images = keyImages(input, findings);
  return buildSelection(input, identity, {
    seriesNumber: 9004,
    seriesDescription: 'AI lung nodules, key images',
    images,
    others: states.length === 0 ? [] : [{ seriesInstanceUID: identity.uid('pr-series'), instances: states.map(({ object }) => object) }],
    content: [
      code('HAS CONCEPT MOD', dcm.language, other.english),
      code('HAS OBS CONTEXT', dcm.observerType, dcm.device),
      uidReference('HAS OBS CONTEXT', dcm.deviceObserverUID, deviceUID(input)),
      textItem('HAS OBS CONTEXT', dcm.deviceObserverName, `${modelName} (AI, not a certified medical device)`),
      textItem('CONTAINS', dcm.keyObjectDescription, [...findings.map((finding) => findingText(finding).en), disclaimer.en].join('\r\n')),
      ...images.map((reference) => imageWithState(reference, states)),
    ],
  });
}
