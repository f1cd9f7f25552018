/**
 * The index of what the archive holds. Implementations pass one contract suite (`test/contract`).
 * Every write is durable when its promise resolves.
 */
import type { Dataset } from '../dicom/dataset.ts';
import type { Reason } from '../findings/types.ts';
import type { ShadowStore } from './shadow-types.ts';
import type { ReviewStore } from '../review/store.ts';
import type { ReviewSummary } from '../review/types.ts';
import type {
  AnalysisRecord, ConflictRecord, DeliveryRecord, DeliveryState, DeliverySummary, InstanceRecord, InstanceSummary, ReceiveContext, Sender, StudyDetail,
  StudySource, StudyState, WorklistItem,
} from '../study/types.ts';

export interface QidoQuery {
  /** Attribute tag (8 hex) → value; date ranges `a-b`, wildcards `*?`, UID lists with commas or backslashes. */
  readonly match: Readonly<Record<string, string>>;
  readonly fuzzyMatching: boolean;
  /** Only studies of these sites; none when the list is empty. */
  readonly sites?: readonly string[];
  readonly limit: number;
  readonly offset: number;
}

export interface WorklistQuery {
  /** Free text over name (accents ignored), patient ID, accession number, description. */
  readonly search?: string;
  readonly states?: readonly StudyState[];
  readonly priority?: 'stat' | 'routine';
  readonly reviewStates?: readonly ReviewSummary['state'][];
  /** Studies that this reader (`Reader.id`) reads now, has signed, taken over or reopened. */
  readonly readerId?: string;
  /** Studies with at least one series of one of these modalities. */
  readonly modalities?: readonly string[];
  /** Study Date, YYYYMMDD, both ends included; a study without a date is in no range. */
  readonly from?: string;
  readonly to?: string;
  /** Only studies of these sites; none when the list is empty. */
  readonly sites?: readonly string[];
  readonly limit: number;
  readonly offset: number;
  readonly order?: 'urgency' | 'received';
}

export interface SetStateOptions {
  /** Why it is in that state. Without it: kept while the state stays, gone when it changes. */
  readonly reasons?: readonly Reason[];
  /** What stays true of the study through every state until it is reopened, e.g. a gap it was closed with. */
  readonly warnings?: readonly Reason[];
  readonly progress?: { readonly stage: string; readonly fraction: number };
  /** Kept until the study is reopened. */
  readonly jobId?: string;
  /** Changes nothing (and says false) unless this holds at that moment. */
  readonly onlyIf?: { readonly states: readonly StudyState[]; readonly instanceCount?: number };
}

export interface NewDelivery {
  readonly id: string;
  readonly studyInstanceUID: string;
  readonly sopInstanceUID: string;
  readonly destination: string;
  readonly role?: string;
  /** Why it cannot be sent now: a `final` one is `failed` from the beginning, any other waits. */
  readonly failure?: { readonly code: string; readonly message: string; readonly final: boolean };
}

export interface DeliveryChange {
  readonly state: DeliveryState;
  readonly attempts: number;
  /** Unchanged when left out. */
  readonly refusals?: number;
  readonly lastErrorCode?: string;
  readonly lastError?: string;
  /** While `waiting`; now when left out. */
  readonly nextAttemptAt?: string;
  /** When `sent`: the destination is asked from then on whether it keeps the object. */
  readonly confirmAt?: string;
}

export interface DeliveryFilter {
  readonly id?: string;
  readonly studyInstanceUID?: string;
  readonly destination?: string;
  readonly states?: readonly DeliveryState[];
}

/** How long something took, of the newest; seconds, by the nearest rank. */
export interface Durations {
  readonly count: number;
  readonly medianSeconds: number;
  readonly p90Seconds: number;
}

/** One hour of one site; hours without anything have no row. */
export interface ActivityHour {
  /** ISO 8601, UTC. */
  readonly hour: string;
  /** Institution Name; empty when the images name none. */
  readonly site: string;
  readonly received: number;
  readonly results: number;
  readonly signed: number;
}

export interface StudyFailure {
  readonly studyInstanceUID: string;
  readonly state: StudyState;
  readonly reasons: readonly Reason[];
  readonly at: string;
}

export interface DeliveryFailure {
  readonly id: string;
  readonly studyInstanceUID: string;
  readonly destination: string;
  readonly attempts: number;
  /** Of src/errors.ts. */
  readonly code?: string;
  readonly at: string;
}

/** Who sends: a device of an institution, under its AE title. */
export interface SenderActivity {
  /** Empty when the images did not come by DIMSE. */
  readonly callingAETitle: string;
  readonly station: string;
  readonly institution: string;
  readonly modality: string;
  readonly firstArrivalAt: string;
  readonly lastArrivalAt: string;
  /** Series. */
  readonly arrivals: number;
  /** Silent for much longer than it ever was. */
  readonly isOverdue: boolean;
}

export interface DashboardFigures {
  /** Studies by state; states without a study are absent. */
  readonly states: Readonly<Partial<Record<StudyState, number>>>;
  /** Studies by state of the reading. */
  readonly reviews: Readonly<Partial<Record<ReviewSummary['state'], number>>>;
  /** Unread and all there. */
  readonly toRead: number;
  readonly toReadStat: number;
  readonly beingRead: number;
  readonly toReadBySite: readonly { readonly site: string; readonly toRead: number }[];
  /** Deliveries by state. */
  readonly deliveries: Readonly<Record<string, number>>;
  /** The last 15 days. */
  readonly activity: readonly ActivityHour[];
  /** From the first image to the first result, of the newest 1000 in 15 days. */
  readonly toResult?: Durations;
  /** From the first image to the signature. */
  readonly toSigned?: Durations;
  readonly resultToSigned?: Durations;
  /** Failed and refused studies, newest first. */
  readonly failures: readonly StudyFailure[];
  readonly deliveryFailures: readonly DeliveryFailure[];
  /** Who sent last comes first. */
  readonly senders: readonly SenderActivity[];
}

/** What the site of a study is told by. */
export interface UnassignedStudy {
  readonly studyInstanceUID: string;
  /** Institution Name of its first image; empty when it names none. */
  readonly institutionName: string;
  /** Who sent it, the first one first. */
  readonly sources: readonly StudySource[];
}

/** A study under a Patient ID; who is the same person is for the caller to judge. */
export interface PatientStudy {
  readonly item: WorklistItem;
  /** Issuer of Patient ID (0010,0021); empty when the images name none. */
  readonly issuer: string;
}

/** A study that may be removed: its result is signed or a refusal, delivered, and nothing has happened to it since. */
export interface RetirableStudy {
  readonly studyInstanceUID: string;
  readonly why: 'signed' | 'not-analysed';
  readonly lastChangeAt: string;
  readonly instances: number;
  readonly bytes: number;
}

export interface StudyIndex extends ShadowStore {
  /** Drafts, locks and signed versions of the readings, in the same database. */
  readonly reviews: ReviewStore;

  /**
   * Adds the instance, or says what is there already under that SOP Instance UID. An instance that is stored and not
   * our own makes the study 'receiving' in the same transaction, so that no crash hides a late instance; its sender
   * becomes one of the study's sources, and its site that of the study when that has none yet. Errors:
   * STUDY_OF_ANOTHER_SITE when the sender may store for some sites only and the study is of none of them.
   */
  addInstance(record: InstanceRecord, sender?: Sender): Promise<{ readonly kind: 'stored' | 'duplicate' | 'conflict' }>;
  instance(sopInstanceUID: string): Promise<InstanceRecord | undefined>;
  instances(filter: { readonly studyInstanceUID: string; readonly seriesInstanceUID?: string; readonly sopInstanceUID?: string }): Promise<readonly InstanceRecord[]>;
  /** Every instance of the study without its header, in the order of arrival. */
  summaries(studyInstanceUID: string): Promise<readonly InstanceSummary[]>;
  /** The same UID with other content, or claimed for another study: what was set aside of and for this study. */
  conflicts(studyInstanceUID: string): Promise<readonly ConflictRecord[]>;
  /** Its site, empty when no site claims it; undefined when the study is unknown or has not been assigned. */
  siteOf(studyInstanceUID: string): Promise<string | undefined>;
  /** Gives a site (empty: none) to every study that came before there were sites. Returns how many. */
  assignSites(choose: (study: UnassignedStudy) => string): Promise<number>;
  /** The same content in another file, after the file of the instance was lost. */
  replaceBlob(sopInstanceUID: string, blob: { readonly blobKey: string; readonly sizeBytes: number }): Promise<void>;
  /** True when an instance or a conflict refers to the blob. */
  refersToBlob(blobKey: string): Promise<boolean>;

  /** QIDO-RS answers in DICOM JSON, with the counts and modalities the standard asks for (PS3.18 10.6). */
  queryStudies(query: QidoQuery): Promise<readonly Dataset[]>;
  querySeries(query: QidoQuery): Promise<readonly Dataset[]>;
  queryInstances(query: QidoQuery): Promise<readonly Dataset[]>;

  worklist(query: WorklistQuery): Promise<{ readonly total: number; readonly items: readonly WorklistItem[] }>;
  worklistItem(studyInstanceUID: string): Promise<WorklistItem | undefined>;
  study(studyInstanceUID: string): Promise<StudyDetail | undefined>;
  /** Of everything, or of the studies of these sites; but all devices, since whose they are the index does not know. */
  dashboard(sites?: readonly string[]): Promise<DashboardFigures>;
  /** Every study under this Patient ID, whoever issued it. */
  studiesOfPatient(patientID: string): Promise<readonly PatientStudy[]>;
  studiesInState(states: readonly StudyState[]): Promise<readonly string[]>;

  /** False when the study is unknown or `onlyIf` did not hold. */
  setState(studyInstanceUID: string, state: StudyState, options?: SetStateOptions): Promise<boolean>;
  setPriority(studyInstanceUID: string, priority: 'stat' | 'routine'): Promise<void>;

  /** Makes it the current result; the one before becomes an earlier one. Same jobId twice changes nothing. */
  addAnalysis(studyInstanceUID: string, analysis: Omit<AnalysisRecord, 'version'>): Promise<AnalysisRecord>;

  /** Everybody who sent instances of the study that are not our own, in the order of first arrival. */
  sources(studyInstanceUID: string): Promise<readonly StudySource[]>;
  /** Also one who sent what was there already. */
  addSource(studyInstanceUID: string, sender: ReceiveContext): Promise<void>;

  /** Due at once unless it has `failure`. One with this id stays as it is. */
  addDelivery(delivery: NewDelivery): Promise<void>;
  /** Notes, durably, that these are about to be sent. Gives those that still wait: one may have been withdrawn meanwhile. */
  startDeliveries(ids: readonly string[]): Promise<readonly string[]>;
  /** One that is superseded does not wait again, is not asked about and stays known as superseded. */
  updateDelivery(id: string, change: DeliveryChange): Promise<void>;
  /** A newer result has taken the place of their objects: nothing is sent or asked about any more. Gives those that still waited. */
  supersedeDeliveries(ids: readonly string[]): Promise<readonly string[]>;
  /** Deliveries that are due now (of one destination, when it is named), oldest first. */
  dueDeliveries(limit: number, destination?: string): Promise<readonly DeliveryRecord[]>;
  delivery(id: string): Promise<DeliveryRecord | undefined>;
  deliveries(studyInstanceUID: string): Promise<readonly DeliveryRecord[]>;
  /** Per destination, by name. */
  deliverySummaries(): Promise<readonly DeliverySummary[]>;
  /** Notes at every delivery that waits for the destination why it is not sent; what is noted already stays. */
  holdDeliveries(destination: string, failure: { readonly code: string; readonly message: string }): Promise<void>;
  /** Makes them due now as if they had never been tried; gives how many. Without states: all; without an id: none that a newer result has replaced. */
  resendDeliveries(filter: DeliveryFilter): Promise<number>;

  /** Sent deliveries of the destination whose confirmation is due now, or by then, oldest first. */
  dueConfirmations(limit: number, destination: string, by?: string): Promise<readonly DeliveryRecord[]>;
  /** Counts an attempt and sets the time of the next; with a transaction UID, its report will find the deliveries. */
  beginConfirmation(ids: readonly string[], change: { readonly nextAt: string; readonly transactionUID?: string }): Promise<void>;
  /** Deliveries that a storage commitment transaction asked about; none when the transaction is not ours. */
  transactionDeliveries(transactionUID: string): Promise<readonly DeliveryRecord[]>;
  /** The destination keeps the object. Changes only a delivery that is `sent`. */
  confirmDelivery(id: string): Promise<void>;
  /** It could not be asked or did not know; without `nextAt` it is not asked again. Changes only a delivery that is `sent`. */
  postponeConfirmation(id: string, change: { readonly nextAt?: string; readonly lastErrorCode: string; readonly lastError: string }): Promise<void>;

  /** Studies to which nothing has happened since that time, and of which nothing is open, unsent or undelivered. */
  retirableStudies(before: string): AsyncIterable<RetirableStudy>;
  /** Removes the study if it is still one of those, false when it stays. Signed readings, and who did what of them, stay. */
  removeStudy(studyInstanceUID: string, before: string): Promise<boolean>;
  /** Blobs that removed studies referred to and that nobody has taken away yet. */
  retiredBlobs(limit: number): Promise<readonly string[]>;
  forgetRetiredBlob(blobKey: string): Promise<void>;

  /** A small durable note of the service itself, e.g. when orphans were last looked for. */
  note(name: string): Promise<string | undefined>;
  setNote(name: string, value: string): Promise<void>;

  /**
   * Runs the work unless work of this name runs already, in this service or in another one on the same index: then
   * gives undefined at once. A service that dies gives the name back.
   */
  exclusively<T>(name: string, work: () => Promise<T>): Promise<T | undefined>;

  close(): Promise<void>;
}
