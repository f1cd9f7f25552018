/** What the reader page knows of the review; part of its state. */
import type { Review, ReviewDraft, ReviewLock } from '../api/review.ts';

export type Access =
  | 'loading'
  /** Nothing can be reviewed: images are still arriving, or the server did not say. */
  | 'none'
  | 'open'
  /** Another reader holds the study. */
  | 'locked'
  | 'signed'
  /** The account may look at readings, not make them. */
  | 'forbidden';

export type Saving =
  | 'saved' | 'unsaved' | 'saving'
  /** The server cannot be reached: changes wait in this browser and are sent when it is back. */
  | 'offline'
  /** The server refuses the draft. */
  | 'failed'
  /** Another draft is there; the reader has to choose. */
  | 'conflict'
  /** Another reader holds the study; own changes wait in this browser. */
  | 'kept';

export interface Conflict {
  readonly server: Review;
  readonly mine: ReviewDraft;
  /** Who made the changes that are kept here. */
  readonly by: string;
}

export interface ReviewFields {
  /** As the server has it. */
  readonly review: Review | undefined;
  /** With the changes made here. */
  readonly draft: ReviewDraft | undefined;
  readonly access: Access;
  readonly reviewError: unknown;
  readonly holder: ReviewLock | undefined;
  readonly saving: Saving;
  readonly saveError: unknown;
  /** Whether unsaved changes would outlive this page. */
  readonly keptSafe: boolean;
  readonly conflict: Conflict | undefined;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** New readings begin without the AI, and it is not known yet whether this is one. */
  readonly withholdsAi: boolean;
}

export const initialReview: ReviewFields = {
  review: undefined, draft: undefined, access: 'loading', reviewError: undefined, holder: undefined, saving: 'saved', saveError: undefined,
  keptSafe: true, conflict: undefined, canUndo: false, canRedo: false, withholdsAi: false,
};
