/** From the findings of one analysis to the DICOM objects that tell of them. */
import { AppError } from '../errors.ts';
import { identify } from './identity.ts';
import type { ResultInput, ResultObject } from './input.ts';
import { buildKeyObjects } from './key-objects.ts';
import { buildPresentationState } from './presentation-state.ts';
import { buildSeg } from './seg.ts';
import { segmentFrames } from './segment-frames.ts';
import { buildSr } from './sr.ts';

export type { ResultInput, ResultObject, ResultRole } from './input.ts';

/**
 * A report (always); a segmentation when a finding has a mask; a presentation state and a key object selection when
 * findings have outlines and key images. What others refer to comes first: segmentation, report, state, key objects.
 * @throws AppError DICOM_INVALID_GEOMETRY for masks outside the volume, DICOM_INVALID_VALUE for findings that DICOM
 * cannot hold, INTERNAL when masks and findings do not match.
 */
export function buildResultObjects(input: ResultInput): Promise<readonly ResultObject[]> {
  return Promise.resolve().then(() => {
    const { findings, masks, volume } = input;
    if (findings.findings.length !== masks.length) throw new AppError('INTERNAL', 'there must be one mask for each finding');
    if (masks.length > 0 && volume === undefined) throw new AppError('INTERNAL', 'masks need the volume that they lie on');
    if (findings.status === 'not-analysed' && findings.findings.length > 0) throw new AppError('INTERNAL', 'what was not analysed has no findings');
    const identity = identify(input);
    const segmentation = volume === undefined ? undefined : segmentFrames(masks, volume.geometry);
    const seg = segmentation === undefined ? undefined : buildSeg(input, identity, segmentation);
    const reference = seg === undefined || segmentation === undefined
      ? undefined
      : { sopInstanceUID: seg.sopInstanceUID, segmentNumbers: segmentation.segmentNumbers };
    const pr = buildPresentationState(input, identity);
    const ko = buildKeyObjects(input, identity, pr);
    return [seg, buildSr(input, identity, reference), pr, ko].filter((object) => object !== undefined);
  });
}
