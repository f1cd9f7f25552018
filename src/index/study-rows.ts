/** Rows of the index as the records of src/study/types.ts. */
import { text } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { FindingsDocument, Reason } from '../findings/types.ts';
import type { ReviewSummary } from '../review/types.ts';
import type {
  AnalysisRecord, ConflictRecord, DeliveryRecord, InstancePlacement, InstanceRecord, InstanceSummary, SeriesSummary, StudySource,
  StudyState, WorklistItem,
} from '../study/types.ts';
import { decodeHeader } from './header-codec.ts';
import { bytesColumn, jsonColumn, numberColumn, optionalNumber, optionalText, textColumn, type Row } from './rows.ts';
import type { Dialect } from './sql.ts';

/** Who may be reading a study (alias s). */
export const lockJoin = 'LEFT JOIN review_locks l ON l.study_uid = s.study_uid';

export function worklistColumns({ jsonListOf }: Dialect): string {
  return `s.*, l.reader_name, l.since, l.expires_at, ${jsonListOf('m.modality', "series m WHERE m.study_id = s.id AND m.modality <> ''")} AS modalities`;
}

function reviewSummaryOf(row: Row, at: string): ReviewSummary {
  const expiresAt = optionalText(row, 'expires_at');
  const summary = optionalText(row, 'review_summary');
  return {
    state: textColumn(row, 'review_state') as ReviewSummary['state'],
    ...(expiresAt === undefined || expiresAt <= at ? {} : { reading: { name: textColumn(row, 'reader_name'), since: textColumn(row, 'since') } }),
    ...(summary === undefined ? {} : JSON.parse(summary) as Pick<ReviewSummary, 'signedBy' | 'signedAt' | 'lungRads' | 'newerAnalysis'>),
  };
}

/** `at` (ISO 8601) decides whether somebody reads the study. */
export function worklistItemOf(row: Row, at: string): WorklistItem {
  const attributes = (jsonColumn(row, 'attributes') as Dataset);
  const findingCount = optionalNumber(row, 'finding_count');
  const jobId = optionalText(row, 'job_id');
  const progress = optionalText(row, 'progress');
  const site = optionalText(row, 'owner_site') ?? '';
  const largestDiameterMm = numberColumn(row, 'largest_diameter_mm');
  const topProbability = numberColumn(row, 'top_probability');
  const baselineCategory = optionalText(row, 'baseline_category');
  return {
    studyInstanceUID: textColumn(row, 'study_uid'),
    ...(site === '' ? {} : { site }),
    state: textColumn(row, 'state') as StudyState,
    ...(progress === undefined ? {} : { progress: JSON.parse(progress) as { stage: string; fraction: number } }),
    patientName: text(attributes, 'PatientName') ?? '',
    patientID: text(attributes, 'PatientID') ?? '',
    patientBirthDate: text(attributes, 'PatientBirthDate') ?? '',
    patientSex: text(attributes, 'PatientSex') ?? '',
    accessionNumber: text(attributes, 'AccessionNumber') ?? '',
    studyDate: text(attributes, 'StudyDate') ?? '',
    studyTime: text(attributes, 'StudyTime') ?? '',
    studyDescription: text(attributes, 'StudyDescription') ?? '',
    modalities: (jsonColumn(row, 'modalities') as string[]).sort(),
    seriesCount: numberColumn(row, 'series_count'),
    instanceCount: numberColumn(row, 'instance_count'),
    receivedAt: textColumn(row, 'received_at'),
    updatedAt: textColumn(row, 'updated_at'),
    priority: numberColumn(row, 'priority_rank') === 0 ? 'stat' : 'routine',
    ...(findingCount === undefined ? {} : { findingCount }),
    ...(largestDiameterMm < 0 ? {} : { largestDiameterMm }),
    ...(topProbability < 0 ? {} : { topProbability }),
    ...(baselineCategory === undefined ? {} : { baselineCategory }),
    reasons: [...(jsonColumn(row, 'reasons') as Reason[]), ...(jsonColumn(row, 'warnings') as Reason[])],
    conflictCount: numberColumn(row, 'conflict_count'),
    review: reviewSummaryOf(row, at),
    ...(jobId === undefined ? {} : { jobId }),
  };
}

export const instanceColumns = `i.*, r.series_uid, s.study_uid, h.header`;
export const instanceSource = 'instances i JOIN series r ON r.id = i.series_id JOIN studies s ON s.id = i.study_id JOIN instance_headers h ON h.instance_id = i.id';

export function instanceOf(row: Row): InstanceRecord {
  return {
    sopInstanceUID: textColumn(row, 'sop_uid'),
    sopClassUID: textColumn(row, 'sop_class_uid'),
    seriesInstanceUID: textColumn(row, 'series_uid'),
    studyInstanceUID: textColumn(row, 'study_uid'),
    transferSyntaxUID: textColumn(row, 'transfer_syntax_uid'),
    blobKey: textColumn(row, 'blob_key'),
    sizeBytes: numberColumn(row, 'size_bytes'),
    sha256: textColumn(row, 'sha256'),
    receivedAt: textColumn(row, 'received_at'),
    own: numberColumn(row, 'own') === 1,
    header: decodeHeader(bytesColumn(row, 'header')),
  };
}

export function summaryOf(row: Row): InstanceSummary {
  return {
    sopInstanceUID: textColumn(row, 'sop_uid'),
    sopClassUID: textColumn(row, 'sop_class_uid'),
    seriesInstanceUID: textColumn(row, 'series_uid'),
    blobKey: textColumn(row, 'blob_key'),
    sha256: textColumn(row, 'sha256'),
    own: numberColumn(row, 'own') === 1,
    receivedAt: textColumn(row, 'received_at'),
    placement: jsonColumn(row, 'placement') as InstancePlacement,
  };
}

export function conflictOf(row: Row): ConflictRecord {
  return {
    kind: textColumn(row, 'kind') === 'moved' ? 'moved' : 'content',
    studyInstanceUID: textColumn(row, 'study_uid'),
    sopInstanceUID: textColumn(row, 'sop_uid'),
    claimedStudyInstanceUID: textColumn(row, 'claimed_study_uid'),
    claimedSeriesInstanceUID: textColumn(row, 'claimed_series_uid'),
    transferSyntaxUID: textColumn(row, 'transfer_syntax_uid'),
    blobKey: textColumn(row, 'blob_key'),
    sha256: textColumn(row, 'sha256'),
    receivedAt: textColumn(row, 'received_at'),
  };
}

export function seriesSummaryOf(row: Row): SeriesSummary {
  const attributes = (jsonColumn(row, 'attributes') as Dataset);
  const seriesNumber = optionalNumber(row, 'series_number');
  return {
    seriesInstanceUID: textColumn(row, 'series_uid'),
    modality: textColumn(row, 'modality'),
    ...(seriesNumber === undefined ? {} : { seriesNumber }),
    seriesDescription: text(attributes, 'SeriesDescription') ?? '',
    instanceCount: numberColumn(row, 'instance_count'),
    own: numberColumn(row, 'own') === 1,
  };
}

export function analysisOf(row: Row): AnalysisRecord {
  return {
    jobId: textColumn(row, 'job_id'),
    version: numberColumn(row, 'version'),
    findings: jsonColumn(row, 'findings') as FindingsDocument,
    createdAt: textColumn(row, 'created_at'),
    objects: jsonColumn(row, 'objects') as AnalysisRecord['objects'],
  };
}

export function deliveryOf(row: Row): DeliveryRecord {
  const state = textColumn(row, 'state') as DeliveryRecord['state'];
  const [role, lastErrorCode, lastError, startedAt, sentAt, confirmedAt, confirmationDueAt] = ['role', 'last_code', 'last_error', 'started_at', 'sent_at', 'confirmed_at', 'confirm_at']
    .map((column) => optionalText(row, column));
  return {
    id: textColumn(row, 'id'),
    studyInstanceUID: textColumn(row, 'study_uid'),
    sopInstanceUID: textColumn(row, 'sop_uid'),
    ...(role === undefined ? {} : { role }),
    destination: textColumn(row, 'destination'),
    state,
    attempts: numberColumn(row, 'attempts'),
    refusals: numberColumn(row, 'refusals'),
    ...(lastErrorCode === undefined ? {} : { lastErrorCode }),
    ...(lastError === undefined ? {} : { lastError }),
    ...(state === 'waiting' ? { nextAttemptAt: textColumn(row, 'due_at') } : {}),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(sentAt === undefined ? {} : { sentAt }),
    ...(confirmedAt === undefined ? {} : { confirmedAt }),
    ...(confirmationDueAt === undefined ? {} : { confirmationDueAt }),
    confirmationAttempts: numberColumn(row, 'confirm_attempts'),
    createdAt: textColumn(row, 'created_at'),
    updatedAt: textColumn(row, 'updated_at'),
  };
}

export function sourceOf(row: Row): StudySource {
  const [callingAETitle, remoteAddress] = [textColumn(row, 'calling_ae'), textColumn(row, 'address')];
  return {
    transport: textColumn(row, 'transport') as StudySource['transport'],
    ...(callingAETitle === '' ? {} : { callingAETitle }),
    ...(remoteAddress === '' ? {} : { remoteAddress }),
    firstAt: textColumn(row, 'first_at'),
  };
}
