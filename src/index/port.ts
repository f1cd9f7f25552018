/**
 * The index of what the archive holds. Implementations pass one contract suite (`test/contract`).
 * Every write is durable when its promise resolves.
 */
import type { Dataset } from '../dicom/dataset.ts';
import type { Reason } from '../findings/types.ts';
import type {
  AnalysisRecord, DeliveryRecord, InstanceRecord, StudyDetail, StudyState, WorklistItem,
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

export interface StudyIndex {
  /** Adds the instance, or says what is there already under that SOP Instance UID. */
  addInstance(record: InstanceRecord): Promise<{ readonly kind: 'stored' | 'duplicate' | 'conflict' }>;
  instance(sopInstanceUID: string): Promise<InstanceRecord | undefined>;
  instances(filter: { readonly studyInstanceUID: string; readonly seriesInstanceUID?: string; readonly sopInstanceUID?: string }): Promise<readonly InstanceRecord[]>;

  /** QIDO-RS answers in DICOM JSON, with the counts and modalities the standard asks for (PS3.18 10.6). */
  queryStudies(query: QidoQuery): Promise<readonly Dataset[]>;
  querySeries(query: QidoQuery): Promise<readonly Dataset[]>;
  queryInstances(query: QidoQuery): Promise<readonly Dataset[]>;

  worklist(query: WorklistQuery): Promise<{ readonly total: number; readonly items: readonly WorklistItem[] }>;
  study(studyInstanceUID: string): Promise<StudyDetail | undefined>;
  studiesInState(states: readonly StudyState[]): Promise<readonly string[]>;

  setState(studyInstanceUID: string, state: StudyState, options?: {
    readonly reasons?: readonly Reason[];
    readonly progress?: { readonly stage: string; readonly fraction: number };
    readonly jobId?: string;
  }): Promise<void>;
  setPriority(studyInstanceUID: string, priority: 'stat' | 'routine'): Promise<void>;

  /** Makes it the current result; the one before becomes an earlier one. Same jobId twice changes nothing. */
  addAnalysis(studyInstanceUID: string, analysis: Omit<AnalysisRecord, 'version'>): Promise<AnalysisRecord>;

  addDelivery(delivery: Omit<DeliveryRecord, 'attempts' | 'updatedAt' | 'state'>): Promise<void>;
  updateDelivery(id: string, change: { state: DeliveryRecord['state']; attempts: number; lastError?: string; nextAttemptAt?: string }): Promise<void>;
  /** Deliveries that are due now, oldest first. */
  dueDeliveries(limit: number): Promise<readonly DeliveryRecord[]>;
  deliveries(studyInstanceUID: string): Promise<readonly DeliveryRecord[]>;

  close(): Promise<void>;
}
