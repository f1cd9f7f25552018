/** What the REST API answers beyond the shared records; see docs/api.md. */
import type { StudyState, WorklistItem } from '../../src/study/types.ts';

export type { Finding, FindingOutline, FindingsDocument, Reason, WorldPoint } from '../../src/findings/types.ts';
export type { DeliveryRecord, SeriesSummary, StudyDetail as Study, StudyState, WorklistItem } from '../../src/study/types.ts';

export interface WorklistPage {
  readonly total: number;
  readonly items: readonly WorklistItem[];
}

export interface StudyChange {
  readonly studyInstanceUID: string;
  readonly state: StudyState;
  readonly item: WorklistItem;
}

export interface SystemInfo {
  readonly name: string;
  readonly version: string;
  readonly aeTitle: string;
  readonly dicomPort: number;
  readonly quietSeconds: number;
  readonly model?: { readonly id: string; readonly version: string; readonly name: string };
  readonly destinations: readonly string[];
}

export type UploadOutcome = 'stored' | 'duplicate' | 'conflict' | 'skipped' | 'failed';

export interface UploadedFile {
  readonly name: string;
  readonly outcome: UploadOutcome;
  readonly studyInstanceUID?: string;
  readonly code?: string;
  readonly message?: string;
}

export interface UploadAnswer {
  readonly files: readonly UploadedFile[];
  readonly counts: Readonly<Record<UploadOutcome, number>>;
  readonly studies: readonly string[];
  /** False when the request broke off or a limit ended it; the files listed until then hold. */
  readonly complete?: boolean;
  readonly code?: string;
  readonly message?: string;
}

/** One content item of a structured report, as the server reads it for display. */
export interface ReportNode {
  readonly type: string;
  readonly name: string;
  readonly value?: string | number;
  readonly unit?: string;
  readonly references?: readonly { readonly sopClassUID: string; readonly sopInstanceUID: string }[];
  readonly children: readonly ReportNode[];
}

export interface Report {
  readonly sopInstanceUID: string;
  readonly title: string;
  readonly root: ReportNode;
}
