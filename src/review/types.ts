/**
 * A radiologist's reading of one study: what became of each finding of the AI, what the reader added, and what was
 * signed. A draft may change at any time; a signed version never does.
 */
import type { Conclusions, NoduleComparison, NoduleFeatures, PatientContext } from '../conclusions/types.ts';
import type { Finding } from '../findings/types.ts';

export type { NoduleFeatures } from '../conclusions/types.ts';

/** Who reads. The name becomes the person observer of the report (PS3.16 TID 1003), written as a DICOM PN. */
export interface Reader {
  readonly id: string;
  readonly name: string;
}

export const rejectReasons = [
  'vessel', 'lymph-node', 'scar', 'pleural', 'airway', 'artefact', 'infection', 'benign', 'duplicate', 'other',
] as const;
export type RejectReason = (typeof rejectReasons)[number];

export type Verdict = 'undecided' | 'accepted' | 'rejected';

export const editableFields = ['type', 'longAxisMm', 'shortAxisMm', 'solidDiameterMm', 'laterality', 'lobe'] as const;
export type EditableField = (typeof editableFields)[number];

export interface ReviewedFinding {
  /** Of the AI's finding, or given by the server to one that the reader added. Never changes. */
  readonly trackingUID: string;
  readonly origin: 'ai' | 'reader';
  readonly verdict: Verdict;
  /** Present when and only when the verdict is `rejected`. */
  readonly rejectReason?: RejectReason;
  readonly comment?: string;
  readonly features?: NoduleFeatures;
  /** Present values. `probability` is the model's; a finding that the reader added has none. */
  readonly finding: Omit<Finding, 'probability'> & { readonly probability?: number };
  /** Which values of the AI (or of the server's measuring) the reader changed; the diameter follows from the axes. */
  readonly edited: readonly EditableField[];
}

/** What the client sends as a whole: the last write of the holder of the lock counts. */
export interface ReviewDraft {
  readonly findings: readonly ReviewedFinding[];
  readonly patient: PatientContext;
  /** The reader's own words, in the language of the report. */
  readonly impression: string;
  readonly language: 'en' | 'vi';
  /** Read first without the marks of the AI; `revealedAt` is when they were shown, absent until then. */
  readonly aiSecond?: { readonly startedAt: string; readonly revealedAt?: string };
}

export interface ReviewLock {
  readonly reader: Reader;
  readonly since: string;
  /** Without a sign of life until then anybody may take the study over. */
  readonly expiresAt: string;
}

/** One signed version: the report, or an addendum to the one before. */
export interface SignedReview {
  readonly version: number;
  readonly kind: 'report' | 'addendum';
  readonly reader: Reader;
  readonly signedAt: string;
  readonly draft: ReviewDraft;
  readonly conclusions: Conclusions;
  readonly comparisons: readonly NoduleComparison[];
  /** Of the analysis that was read; absent when the reader read a study without one. */
  readonly analysisVersion?: number;
  readonly objects: readonly { readonly role: string; readonly sopInstanceUID: string; readonly sopClassUID: string }[];
}

export interface Review {
  readonly studyInstanceUID: string;
  /** Rises with every write; a write names the revision that it changes. */
  readonly revision: number;
  /** `unread`: nobody has begun. `draft`: begun, not signed. `signed`: nothing is open. `addendum`: reopened after signing. */
  readonly state: 'unread' | 'draft' | 'signed' | 'addendum';
  readonly draft: ReviewDraft;
  readonly conclusions: Conclusions;
  /** Against the earlier examination `compareWith`, when the archive holds one. */
  readonly comparisons: readonly NoduleComparison[];
  /** Study Instance UID of the earlier CT that the reader chose, else of the one that the server did. */
  readonly compareWith?: string;
  readonly analysisVersion?: number;
  /** A newer analysis exists than the one that the draft was made from: its new findings have been added as undecided. */
  readonly newerAnalysis?: boolean;
  readonly lock?: ReviewLock;
  readonly updatedAt: string;
  /** Newest first. */
  readonly signed: readonly SignedReview[];
}

/** What the worklist shows of it. */
export interface ReviewSummary {
  readonly state: Review['state'];
  /** Who holds the lock now. */
  readonly reading?: { readonly name: string; readonly since: string };
  readonly signedBy?: string;
  readonly signedAt?: string;
  readonly lungRads?: string;
  /** An analysis came after the signature: somebody should look whether it shows more. */
  readonly newerAnalysis?: boolean;
}
