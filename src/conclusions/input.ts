/** What the conclusions are drawn from. */
import type { Finding } from '../findings/types.ts';
import type { NoduleComparison, NoduleFeatures, PatientContext } from './types.ts';

/** What the guidelines use of a finding: the AI's own, or one that a reader accepted, edited or added. */
export type ConcludedFinding = Pick<
  Finding,
  'trackingUID' | 'type' | 'longAxisMm' | 'shortAxisMm' | 'volumeMm3' | 'lobe' | 'solidDiameterMm' | 'notes'
>;

export interface ConclusionInput {
  /** In the order of the report. Leave out what a reader rejected or has not decided. */
  readonly findings: readonly ConcludedFinding[];
  readonly patient: PatientContext;
  /** By `compareNodules`; findings that it could not place have none. */
  readonly comparisons: readonly NoduleComparison[];
  /** What a reader stated, by tracking UID. */
  readonly features?: ReadonlyMap<string, NoduleFeatures>;
  /** Of the series that was measured, mm. */
  readonly sliceThicknessMm?: number;
}
