/** The states of a study and what the worklist shows of it. */
import type { Dataset } from '../dicom/dataset.ts';
import type { FindingsDocument, Reason } from '../findings/types.ts';
import type { ReviewSummary } from '../review/types.ts';

export const allStates = [
  /** Instances are arriving. */
  'receiving',
  /** Quiet, but a gap or a missing count keeps it open: see `reasons`. */
  'incomplete',
  /** Complete, the job waits. */
  'waiting',
  'analysing',
  /** Findings (possibly none) are there. */
  'analysed',
  /** The input was refused: `findings.reason` says why. Never shown as "no findings". */
  'not-analysed',
  /** The job failed for good (dead letter): neither analysed nor refused. */
  'failed',
] as const;
export type StudyState = (typeof allStates)[number];

export interface ReceiveContext {
  readonly transport: 'dimse' | 'stow' | 'upload' | 'cli' | 'internal';
  readonly callingAETitle?: string;
  readonly remoteAddress?: string;
  /** Sites that the account or token behind it is limited to; absent for one of all sites, and for peers. */
  readonly sites?: readonly string[];
}

/** A sender, and the site that a new study gets from what it sends: empty for none, absent where there are no sites. */
export interface Sender extends ReceiveContext {
  readonly site?: string;
}

/** The name of the site that a study belongs to; empty for none of them, undefined where there are no sites. */
export type FindSite = (sender: Pick<ReceiveContext, 'callingAETitle' | 'remoteAddress' | 'sites'>, institutionName: string) => string | undefined;

export type ReceiveOutcome = {
  /**
   * stored: new. duplicate: same SOP Instance UID and same bytes, acknowledged and ignored.
   * conflict: same UID with other bytes, kept beside the first, flagged, the first stays current.
   */
  readonly kind: 'stored' | 'duplicate' | 'conflict';
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly studyInstanceUID: string;
};

export interface InstanceRecord {
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  readonly seriesInstanceUID: string;
  readonly studyInstanceUID: string;
  readonly transferSyntaxUID: string;
  readonly blobKey: string;
  readonly sizeBytes: number;
  /** Of the data set and its transfer syntax, without the meta group: see `createContentDigest`. */
  readonly sha256: string;
  readonly receivedAt: string;
  /** True for objects that Phoi wrote itself: they never trigger an analysis. */
  readonly own: boolean;
  /** Everything but bulk data, DICOM JSON model. */
  readonly header: Dataset;
}

/** What completeness needs of an instance, without its header. */
export interface InstanceSummary {
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  readonly seriesInstanceUID: string;
  readonly blobKey: string;
  readonly sha256: string;
  readonly own: boolean;
  readonly receivedAt: string;
  readonly placement: InstancePlacement;
}

/** Position, grouping and expected counts of one instance; absent fields were absent in its header. */
export interface InstancePlacement {
  readonly patientID?: string;
  readonly modality?: string;
  readonly imageType?: readonly string[];
  readonly imagePositionPatient?: readonly [number, number, number];
  readonly imageOrientationPatient?: readonly [number, number, number, number, number, number];
  readonly frameOfReferenceUID?: string;
  readonly acquisitionNumber?: number;
  readonly temporalPosition?: number;
  readonly instanceNumber?: number;
  readonly seriesNumber?: number;
  readonly numberOfFrames?: number;
  readonly imagesInAcquisition?: number;
  readonly numberOfSeriesRelatedInstances?: number;
  readonly numberOfStudyRelatedInstances?: number;
  readonly numberOfStudyRelatedSeries?: number;
  readonly concatenationUID?: string;
  readonly inConcatenationTotalNumber?: number;
}

/** The current result of a study, as the index keeps it. */
export interface AnalysisRecord {
  readonly jobId: string;
  readonly version: number;
  readonly findings: FindingsDocument;
  readonly createdAt: string;
  /** The objects written for it; role is sr, seg, pr, ko, … */
  readonly objects: readonly { readonly role: string; readonly sopInstanceUID: string; readonly sopClassUID: string }[];
}

export const deliveryStates = [
  /** To be sent, for the first time or again. */
  'waiting',
  /** The destination has taken it. */
  'sent',
  /** The destination has said, when asked, that it keeps it. */
  'confirmed',
  /** Given up: a person has to look, and may send it again. */
  'failed',
] as const;
export type DeliveryState = (typeof deliveryStates)[number];

export interface DeliveryRecord {
  readonly id: string;
  readonly studyInstanceUID: string;
  readonly sopInstanceUID: string;
  /** sr, seg, pr, ko, …; absent on deliveries of earlier releases. */
  readonly role?: string;
  readonly destination: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** Among them: how often the destination said no to this object, in sending or in confirming. */
  readonly refusals: number;
  /** Of the last attempt, to send or to have confirmed, when it failed: code of src/errors.ts, and `CODE: words`. */
  readonly lastErrorCode?: string;
  readonly lastError?: string;
  /** While `waiting`. */
  readonly nextAttemptAt?: string;
  /** Of the first attempt; from then on the object may be there, whatever became of the answer. */
  readonly startedAt?: string;
  readonly sentAt?: string;
  readonly confirmedAt?: string;
  /** While `sent` and not yet confirmed, at a destination that is asked: when it is asked next. */
  readonly confirmationDueAt?: string;
  readonly confirmationAttempts: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** All deliveries to one destination in numbers. */
export interface DeliverySummary {
  readonly destination: string;
  readonly counts: Readonly<Record<DeliveryState, number>>;
  /** `sent`, and the destination has yet to say that it keeps it. */
  readonly unconfirmed: number;
  readonly oldestWaitingAt?: string;
  readonly lastSentAt?: string;
  /** Of the youngest delivery that is not through. */
  readonly lastErrorCode?: string;
  readonly lastError?: string;
}

/** Who sent instances of a study here. */
export interface StudySource {
  readonly transport: ReceiveContext['transport'];
  readonly callingAETitle?: string;
  readonly remoteAddress?: string;
  readonly firstAt: string;
}

export interface WorklistItem {
  readonly studyInstanceUID: string;
  /** Name of the site that it belongs to (src/sites); absent when it belongs to none. */
  readonly site?: string;
  readonly state: StudyState;
  /** 0..1 and a stage name while analysing. */
  readonly progress?: { readonly stage: string; readonly fraction: number };
  readonly patientName: string;
  readonly patientID: string;
  readonly patientBirthDate: string;
  readonly patientSex: string;
  readonly accessionNumber: string;
  readonly studyDate: string;
  readonly studyTime: string;
  readonly studyDescription: string;
  readonly modalities: readonly string[];
  readonly seriesCount: number;
  readonly instanceCount: number;
  readonly receivedAt: string;
  readonly updatedAt: string;
  readonly priority: 'stat' | 'routine';
  readonly findingCount?: number;
  readonly largestDiameterMm?: number;
  readonly topProbability?: number;
  /** Lung-RADS of the AI's findings if this is a first screening CT; nobody has stated that it is. */
  readonly baselineCategory?: string;
  /** Why it is open, not analysed or failed. */
  readonly reasons: readonly Reason[];
  readonly conflictCount: number;
  readonly review: ReviewSummary;
  /** The job of the present closing; gone when the study is reopened. */
  readonly jobId?: string;
}

/** An instance under a SOP Instance UID that was taken already: kept, never current. */
export interface ConflictRecord {
  readonly kind:
    /** Same UID, other content. */
    | 'content'
    /** Same UID, claimed for another series or study. */
    | 'moved';
  /** The study of the instance that stays current. */
  readonly studyInstanceUID: string;
  readonly sopInstanceUID: string;
  /** What the set-aside instance claims. */
  readonly claimedStudyInstanceUID: string;
  readonly claimedSeriesInstanceUID: string;
  readonly transferSyntaxUID: string;
  readonly blobKey: string;
  readonly sha256: string;
  readonly receivedAt: string;
}

export interface SeriesSummary {
  readonly seriesInstanceUID: string;
  readonly modality: string;
  readonly seriesNumber?: number;
  readonly seriesDescription: string;
  readonly instanceCount: number;
  readonly own: boolean;
}

export interface StudyDetail extends WorklistItem {
  readonly series: readonly SeriesSummary[];
  readonly analysis?: AnalysisRecord;
  /** Superseded results, newest first. */
  readonly earlierAnalyses: readonly AnalysisRecord[];
  readonly deliveries: readonly DeliveryRecord[];
}
