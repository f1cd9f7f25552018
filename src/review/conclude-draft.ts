/** The conclusions of a draft: of what is accepted, since what is rejected or undecided counts for nothing. */
import { conclude } from '../conclusions/conclude.ts';
import type { Conclusions, NoduleComparison, NoduleFeatures } from '../conclusions/types.ts';
import type { ReviewDraft, ReviewedFinding } from './types.ts';

export function acceptedFindings({ findings }: ReviewDraft): readonly ReviewedFinding[] {
  return findings.filter(({ verdict }) => verdict === 'accepted');
}

/** @param sliceThicknessMm of the series that was measured */
export function concludeDraft(draft: ReviewDraft, comparisons: readonly NoduleComparison[], sliceThicknessMm?: number): Conclusions {
  const accepted = acceptedFindings(draft);
  const features = new Map(accepted.flatMap(({ trackingUID, features: stated }): readonly (readonly [string, NoduleFeatures])[] => (stated === undefined ? [] : [[trackingUID, stated]])));
  return conclude({
    findings: accepted.map(({ finding }) => finding),
    patient: draft.patient,
    comparisons: comparisons.filter(({ trackingUID }) => accepted.some((item) => item.trackingUID === trackingUID)),
    features,
    ...(sliceThicknessMm === undefined ? {} : { sliceThicknessMm }),
  });
}
