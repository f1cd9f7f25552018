/** What the reading room asks of the server. One reader at a time holds a study; what is signed never changes. */
import type { Conclusions, NoduleComparison } from '../conclusions/types.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { StudyIndex } from '../index/port.ts';
import type { Priors } from './comparison.ts';
import type { MeasureTarget } from './measurer.ts';
import type { Reader, Review, ReviewDraft, ReviewedFinding, ReviewLock } from './types.ts';

/** What reading needs of the index. */
export type ReviewIndex = Pick<StudyIndex, 'study' | 'studiesOfPatient' | 'instance' | 'instances' | 'summaries' | 'reviews'>;

export interface ReviewPreview {
  readonly conclusions: Conclusions;
  readonly comparisons: readonly NoduleComparison[];
  readonly text: { readonly en: string; readonly vi: string };
  /** The structured report, without outlines. */
  readonly report?: Dataset;
}

export interface SaveReview {
  readonly reader: Reader;
  /** The one that the draft was made from; 0 for an unread study. */
  readonly revision: number;
  readonly draft: ReviewDraft;
  /** Study Instance UID of the earlier CT to compare with from now on. */
  readonly compareWith?: string;
}

/**
 * Errors of every call: STUDY_NOT_FOUND, REVIEW_NOT_AVAILABLE (with `state`: nothing is there to be read yet).
 * Every write is durable when its promise resolves.
 */
export interface ReviewService {
  /** A fresh one, with every finding of the AI undecided, when nobody has begun. Takes in a newer analysis. */
  review(studyInstanceUID: string): Promise<Review>;
  /** Errors: REVIEW_LOCKED (`lock`), REVIEW_SIGNED, REVIEW_SIGNING, REVIEW_CONFLICT, REVIEW_INVALID (`path`), REVIEW_PRIOR_NOT_FOUND. */
  save(studyInstanceUID: string, change: SaveReview): Promise<Review>;
  /** Takes or renews the lock. Errors: REVIEW_LOCKED (`lock`) when another reader holds it and it is not taken over. */
  lock(studyInstanceUID: string, reader: Reader, takeOver: boolean): Promise<ReviewLock>;
  /** Nothing happens when the reader does not hold it. */
  unlock(studyInstanceUID: string, reader: Reader): Promise<void>;
  /**
   * Measures what a reader points at, on the analysed series unless another is named. The draft is not changed: the
   * client adds what it gets. Errors: those of `Measurer.measure`.
   */
  measure(studyInstanceUID: string, target: MeasureTarget, seriesInstanceUID?: string): Promise<ReviewedFinding>;
  /** What would be signed of the draft, without what is undecided. Errors: REVIEW_INVALID. */
  preview(studyInstanceUID: string, draft: ReviewDraft, reader?: Reader): Promise<ReviewPreview>;
  /**
   * Signs the stored draft. A signature that was given is completed even if the process ends; asking again for the
   * same revision gives the same review. Errors: REVIEW_LOCKED, REVIEW_SIGNED, REVIEW_CONFLICT, REVIEW_SIGNING,
   * REVIEW_UNDECIDED (`undecided`: tracking UIDs), REVIEW_STUDY_OPEN (images are still arriving).
   */
  sign(studyInstanceUID: string, by: { readonly reader: Reader; readonly revision: number }): Promise<Review>;
  /** Opens an addendum. Errors: REVIEW_LOCKED, REVIEW_NOT_SIGNED. */
  reopen(studyInstanceUID: string, reader: Reader): Promise<Review>;
  /** Earlier CT examinations of the patient. Errors: REVIEW_PRIOR_NOT_FOUND when `compareWith` is none of them. */
  priors(studyInstanceUID: string, compareWith?: string): Promise<Priors>;
  /** Completes what was signed before the process ended. */
  resume(): Promise<void>;
  /** The same readings and locks for somebody who sees only what this index shows: other studies, and priors among them, are not there. */
  over(index: ReviewIndex): ReviewService;
  close(): Promise<void>;
}
