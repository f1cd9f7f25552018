/** From the findings of one analysis to the DICOM objects that tell of them. */
import { AppError } from '../errors.ts';
import { buildChestCadSr } from './chest-cad-sr.ts';
import { buildEncapsulatedPdf } from './encapsulated-pdf.ts';
import { buildEnhancedSr } from './enhanced-sr.ts';
import { identify } from './identity.ts';
import type { ResultInput, ResultObject } from './input.ts';
import { buildKeyObjects } from './key-objects.ts';
import { buildLabelmaps } from './labelmap.ts';
import { languagesOf, plainResults } from './options.ts';
import { buildPresentationStates } from './presentation-state.ts';
import { buildSecondaryCaptures } from './secondary-capture.ts';
import { buildSeg } from './seg.ts';
import { segmentFrames } from './segment-frames.ts';
import { buildSr } from './sr.ts';

export type { ResultInput, ResultObject, ResultRole } from './input.ts';

/**
 * A report (always); a segmentation when a finding has a mask; a presentation state and a key object selection when
 * findings have outlines and key images. What others refer to comes first: segmentation, report, state, key objects.
 * Then the other forms that the options ask for.
 * @throws AppError DICOM_INVALID_GEOMETRY for masks outside the volume, DICOM_INVALID_VALUE for findings that DICOM
 * cannot hold, INTERNAL when masks and findings do not match.
 */
export async function buildResultObjects(input: ResultInput): Promise<readonly ResultObject[]> {
  const { findings, masks, volume, options = plainResults } = input;
  if (findings.findings.length !== masks.length) throw new AppError('INTERNAL', 'there must be one mask for each finding');
  if (masks.length > 0 && volume === undefined) throw new AppError('INTERNAL', 'masks need the volume that they lie on');
  if (findings.status === 'not-analysed' && findings.findings.length > 0) throw new AppError('INTERNAL', 'what was not analysed has no findings');
  const identity = identify(input);
  const segmentation = volume === undefined ? undefined : segmentFrames(masks, volume.geometry);
  const seg = segmentation === undefined ? undefined : buildSeg(input, identity, segmentation);
  const reference = seg === undefined || segmentation === undefined
    ? undefined
    : { sopInstanceUID: seg.sopInstanceUID, segmentNumbers: segmentation.segmentNumbers };
  const states = buildPresentationStates(input, identity);
  const ko = buildKeyObjects(input, identity, states);
  const languages = languagesOf(options);
  const pictures: ResultObject[] = [];
  if (options.secondaryCapture) for (const language of languages) pictures.push(...await buildSecondaryCaptures(input, identity, language));
  const documents: ResultObject[] = [];
  if (options.pdf) for (const language of languages) documents.push(await buildEncapsulatedPdf(input, identity, language));
  const usual = [seg, buildSr(input, identity, reference), ...states.map(({ object }) => object), ko].filter((object) => object !== undefined);
  return [
    ...usual,
    ...pictures,
    ...(options.labelmap && segmentation !== undefined ? buildLabelmaps(input, identity, segmentation) : []),
    ...(options.chestCadSr ? [buildChestCadSr(input, identity)] : []),
    ...(options.enhancedSr ? [buildEnhancedSr(input, identity, reference)] : []),
    ...documents,
  ];
}
