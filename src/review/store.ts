/**
 * What is durable of the readings: drafts, locks, what was measured for a reader, signings under way and signed
 * versions. Implementations pass one contract suite (`test/contract/reviews.ts`); every write is on disk when its
 * promise resolves.
 */
import type { Finding } from '../findings/types.ts';
import type { MaskBox } from '../volume/types.ts';
import type { Reader, ReviewDraft, ReviewLock, SignedReview } from './types.ts';

export interface StoredReview {
  readonly studyInstanceUID: string;
  /** 1 for the first write. */
  readonly revision: number;
  readonly state: 'draft' | 'signed' | 'addendum';
  readonly draft: ReviewDraft;
  /** Of the analysis whose findings the draft holds. */
  readonly analysisVersion?: number;
  /** An analysis came while the draft was there. */
  readonly newerAnalysis: boolean;
  /** Study Instance UID of the earlier examination that the reader chose to compare with. */
  readonly compareWith?: string;
  /** Category of the draft for the worklist. */
  readonly lungRads?: string;
  readonly updatedAt: string;
}

/** A DICOM object of a signed reading: a whole Part 10 file. */
export interface SignedObject {
  readonly role: string;
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  readonly part10: Uint8Array;
}

/**
 * A signature that was given, with all that it makes. From then on it is completed, whatever happens to the process:
 * the bytes lie here, so that neither another release nor a newer analysis can change what was signed.
 */
export interface Signing extends Omit<SignedReview, 'objects'> {
  readonly studyInstanceUID: string;
  /** The revision that was signed. */
  readonly revision: number;
  readonly objects: readonly SignedObject[];
}

/** What the server measured for a reader: the values that an edit is compared with. */
export interface MeasuredFinding {
  readonly finding: Omit<Finding, 'probability'>;
  /** In the index space of the series' volume; absent for a finding by hand-drawn axes. */
  readonly mask?: MaskBox;
  readonly seriesInstanceUID?: string;
}

export interface ReviewEvent {
  readonly kind: 'taken-over' | 'reopened' | 'signed';
  readonly reader: Reader;
  /** Who lost the lock by it. */
  readonly from?: Reader;
  readonly at: string;
}

export interface TakeLock {
  readonly reader: Reader;
  readonly at: string;
  readonly expiresAt: string;
  /** From whoever holds it; recorded. */
  readonly takeOver: boolean;
}

export interface ReviewStore {
  review(studyInstanceUID: string): Promise<StoredReview | undefined>;
  /**
   * Replaces the review when `expectedRevision` (0: there is none) is still the stored one and nothing is being
   * signed; false otherwise.
   */
  write(review: StoredReview, expectedRevision: number, event?: ReviewEvent): Promise<boolean>;

  /** Expired ones too. */
  lock(studyInstanceUID: string): Promise<ReviewLock | undefined>;
  /** Gives or renews the lock; the one that stands in the way when somebody else holds it. */
  takeLock(studyInstanceUID: string, request: TakeLock): Promise<{ readonly granted: boolean; readonly lock: ReviewLock }>;
  /** False when the reader does not hold it. */
  releaseLock(studyInstanceUID: string, readerId: string): Promise<boolean>;

  addMeasured(studyInstanceUID: string, measured: MeasuredFinding, at: string): Promise<void>;
  measured(studyInstanceUID: string): Promise<readonly MeasuredFinding[]>;

  /** False when the revision is not the stored one, or a signing is under way. */
  beginSigning(signing: Signing): Promise<boolean>;
  signing(studyInstanceUID: string): Promise<Signing | undefined>;
  /** Of all studies, oldest first. */
  signings(): Promise<readonly Signing[]>;
  /** Takes back one of which no object was written: what was to be signed cannot be written. */
  dropSigning(studyInstanceUID: string): Promise<void>;
  /** Makes the signing the newest signed version and closes the review, its lock included. Twice changes nothing. */
  finishSigning(studyInstanceUID: string, at: string): Promise<void>;
  /** Newest first. */
  signed(studyInstanceUID: string): Promise<readonly SignedReview[]>;

  /** Oldest first. */
  events(studyInstanceUID: string): Promise<readonly ReviewEvent[]>;
}
