/** The segmentation of a signed reading: the masks of the nodules that the report states. */
import type { ReviewedFinding } from '../review/types.ts';
import type { ResultIdentity } from './identity.ts';
import type { ResultInput, ResultObject } from './input.ts';
import { personName } from './person-name.ts';
import type { ReviewSegments } from './review-content.ts';
import { reportedVerdict } from './review-groups.ts';
import type { ReviewObjectsInput } from './review-input.ts';
import { buildSeg } from './seg.ts';
import type { SegmentLabel } from './segment.ts';
import { segmentFrames } from './segment-frames.ts';

function label(item: ReviewedFinding): SegmentLabel {
  const { diameterMm } = item.finding;
  const how = { accepted: 'AI finding, confirmed', edited: 'AI finding, confirmed and edited', added: 'added by the reader', rejected: 'rejected', undecided: 'undecided' }[reportedVerdict(item)];
  return {
    finding: item.finding,
    description: `${how}, mean diameter ${diameterMm.toFixed(1)} mm`,
    // A reader pointed at what was added; the outline is the software's either way.
    algorithmType: item.origin === 'reader' ? 'SEMIAUTOMATIC' : 'AUTOMATIC',
  };
}

/** `indices` are the places in the draft of the findings that the masks of `asResult` belong to, in order. */
export function buildReviewSeg(
  input: ReviewObjectsInput, asResult: ResultInput, identity: ResultIdentity, indices: readonly number[],
): { readonly object: ResultObject; readonly segments: ReviewSegments } | undefined {
  const { volume, masks } = asResult;
  if (volume === undefined || masks.length === 0) return undefined;
  const { draft, reader } = input.review;
  const segmentation = segmentFrames(masks, volume.geometry);
  const object = buildSeg(asResult, identity, segmentation, {
    seriesNumber: 9102, seriesDescription: 'Lung nodules, signed segmentation',
    contentDescription: 'Lung nodules confirmed or added by a radiologist', contentCreatorName: personName(reader.name, reader.id),
    segments: indices.flatMap((index) => {
      const item = draft.findings[index];
      return item === undefined ? [] : [label(item)];
    }),
  });
  if (object === undefined) return undefined;
  const segmentNumbers = draft.findings.map((_, index) => segmentation.segmentNumbers[indices.indexOf(index)]);
  return { object, segments: { sopInstanceUID: object.sopInstanceUID, segmentNumbers } };
}
