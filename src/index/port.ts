/**
 * The index of what the archive holds. Implementations pass one contract suite (`test/contract`).
 * Every write is durable when its promise resolves.
 */
import type { Dataset } from '../dicom/dataset.ts';
import type { Reason } from '../findings/types.ts';
import type {
  AnalysisRecord, ConflictRecord, DeliveryRecord, InstanceRecord, InstanceSummary, StudyDetail, StudyState, WorklistItem,
} from '../study/types.ts';

export interface QidoQuery {
  /** Attribute tag (8 hex) → value; date ranges `a-b`, wildcards `*?`, UID lists with commas or backslashes. */
  readonly match: Readonly<Record<string, string>>;
  readonly fuzzyMatching: boolean;
  readonly limit: number;
  readonly offset: number;
}

export interface WorklistQuery {
  /** Free text over name (accents ignored), patient ID, accession number, description. */
  readonly search?: string;
  readonly states?: readonly StudyState[];
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

export interface StudyIndex {
  /**
   * Adds the instance, or says what is there already under that SOP Instance UID. An instance that is stored and not
   * our own makes the study 'receiving' in the same transaction, so that no crash hides a late instance.
   */
  addInstance(record: InstanceRecord): Promise<{ readonly kind: 'stored' | 'duplicate' | 'conflict' }>;
  instance(sopInstanceUID: string): Promise<InstanceRecord | undefined>;
  instances(filter: { readonly studyInstanceUID: string; readonly seriesInstanceUID?: string; readonly sopInstanceUID?: string }): Promise<readonly InstanceRecord[]>;
  /** Every instance of the study without its header, in the order of arrival. */
  summaries(studyInstanceUID: string): Promise<readonly InstanceSummary[]>;
  /** The same UID with other content, or claimed for another study: what was set aside of and for this study. */
  conflicts(studyInstanceUID: string): Promise<readonly ConflictRecord[]>;
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
  studiesInState(states: readonly StudyState[]): Promise<readonly string[]>;

  /** False when the study is unknown or `onlyIf` did not hold. */
  setState(studyInstanceUID: string, state: StudyState, options?: SetStateOptions): Promise<boolean>;
  setPriority(studyInstanceUID: string, priority: 'stat' | 'routine'): Promise<void>;

  /** Makes it the current result; the one before becomes an earlier one. Same jobId twice changes nothing. */
  addAnalysis(studyInstanceUID: string, analysis: Omit<AnalysisRecord, 'version'>): Promise<AnalysisRecord>;

  addDelivery(delivery: Omit<DeliveryRecord, 'attempts' | 'updatedAt' | 'state'>): Promise<void>;
  updateDelivery(id: string, change: { state: DeliveryRecord['state']; attempts: number; lastError?: string; nextAttemptAt?: string }): Promise<void>;
  /** Deliveries that are due now (of one destination, when it is named), oldest first. */
  dueDeliveries(limit: number, destination?: string): Promise<readonly DeliveryRecord[]>;
  delivery(id: string): Promise<DeliveryRecord | undefined>;
  deliveries(studyInstanceUID: string): Promise<readonly DeliveryRecord[]>;

  /** A small durable note of the service itself, e.g. when orphans were last looked for. */
  note(name: string): Promise<string | undefined>;
  setNote(name: string, value: string): Promise<void>;

  close(): Promise<void>;
}
