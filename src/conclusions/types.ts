/** What the guidelines say of one examination: their inputs beside the findings, and the answers together. */
import type { BrockAssessment } from '../guidelines/brock.ts';
import type { FleischnerOutcome } from '../guidelines/fleischner.ts';
import type { LungRadsExamAssessment } from '../guidelines/lung-rads.ts';
import type { Assessment } from '../guidelines/types.ts';

/**
 * What is known of the patient and the examination. Absent means unknown: no guideline takes an absent value for
 * "no", it answers `insufficient-information` and names the field.
 */
export interface PatientContext {
  readonly ageYears?: number;
  readonly sex?: 'female' | 'male';
  /** A low-dose CT of lung cancer screening: Lung-RADS holds for nothing else, Fleischner for everything else. */
  readonly isScreening?: boolean;
  /** `low`: estimated cancer risk under 5 %; `high`: 5 % and more. */
  readonly fleischnerRisk?: 'low' | 'high';
  readonly hasKnownCancer?: boolean;
  readonly isImmunosuppressed?: boolean;
  readonly hasFamilyHistoryOfLungCancer?: boolean;
  readonly hasEmphysema?: boolean;
  readonly packYears?: number;
  /** Whether a reader has looked through both lungs: only then may the absence of nodules become category 1. */
  readonly lungsFullyEvaluated?: boolean;
  readonly hasOtherSignificantFinding?: boolean;
  /** `none`: there is no earlier CT; `unavailable`: there is one, not at hand; `available`: it was compared. */
  readonly prior?: 'none' | 'unavailable' | 'available';
}

/** What a reader may know of a nodule beyond its measures; absent means not stated. */
export interface NoduleFeatures {
  readonly isSpiculated?: boolean;
  /** Typical perifissural: homogeneous, smooth, solid, oval, lentiform or triangular. */
  readonly isPerifissural?: boolean;
  readonly benignPattern?: 'complete-calcification' | 'central-calcification' | 'popcorn-calcification' | 'concentric-calcification' | 'fat';
}

/** One nodule against the same nodule in an earlier examination. */
export interface NoduleComparison {
  readonly trackingUID: string;
  /**
   * `undetermined`: seen in both, but two examinations do not tell growth (an increase over more than 12 months, sizes
   * that are not usable). No guideline takes it for `stable`.
   */
  readonly change: 'new' | 'growing' | 'slow-growing' | 'stable' | 'smaller' | 'undetermined';
  readonly priorStudyInstanceUID: string;
  /** DICOM date of the earlier examination, YYYYMMDD. */
  readonly priorDate: string;
  readonly intervalDays: number;
  readonly priorTrackingUID?: string;
  readonly priorDiameterMm?: number;
  readonly priorVolumeMm3?: number;
  readonly volumeDoublingTimeDays?: number;
}

export interface Conclusions {
  readonly lungRads: LungRadsExamAssessment;
  /** Of the most suspicious nodule; absent when there is none. */
  readonly fleischner?: Assessment<FleischnerOutcome>;
  /** Risk of cancer of each nodule, in the order of the findings. */
  readonly brock: readonly BrockAssessment[];
}
