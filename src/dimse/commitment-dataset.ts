/** Data sets of the Storage Commitment Push Model (PS3.4 Annex J.3). */
import { items, number, text } from '../dicom/access.ts';
import { put } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { parseDataset } from '../dicom/parse.ts';
import { isUID } from '../dicom/uid.ts';
import { AppError } from '../errors.ts';

export interface SOPReference {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
}

/** Some hundred thousand references. */
const maxDatasetBytes = 64 * 1024 * 1024;

/** The data set of a request or report. Errors: DICOM_TOO_LARGE and those of parsing. */
export async function readCommitmentDataset(chunks: AsyncIterable<Uint8Array>, transferSyntaxUID: string): Promise<Dataset> {
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > maxDatasetBytes) throw new AppError('DICOM_TOO_LARGE', 'The storage commitment data set is too long');
    kept.push(chunk);
  }
  return parseDataset(Buffer.concat(kept), transferSyntaxUID);
}

/** Why an instance is not committed to (PS3.3 C.14). */
export const failureReason = {
  processingFailure: 0x0110,
  noSuchObjectInstance: 0x0112,
  classInstanceConflict: 0x0119,
} as const;

export type FailureReason = (typeof failureReason)[keyof typeof failureReason];

export interface CommitmentResult {
  readonly committed: readonly SOPReference[];
  readonly failed: readonly (SOPReference & { readonly reason: FailureReason })[];
}

export interface CommitmentRequest {
  readonly transactionUID: string;
  readonly references: readonly SOPReference[];
}

/** Errors: DICOM_MALFORMED when the transaction UID is none or an item does not name an instance. */
export function readCommitmentRequest(dataset: Dataset): CommitmentRequest {
  const transactionUID = text(dataset, 'TransactionUID');
  const references = items(dataset, 'ReferencedSOPSequence').map((item) => ({
    sopClassUID: text(item, 'ReferencedSOPClassUID') ?? '',
    sopInstanceUID: text(item, 'ReferencedSOPInstanceUID') ?? '',
  }));
  const named = references.every((reference) => isUID(reference.sopClassUID) && isUID(reference.sopInstanceUID));
  if (!isUID(transactionUID) || references.length === 0 || !named) {
    throw new AppError('DICOM_MALFORMED', 'The commitment request lacks a transaction UID or references');
  }
  return { transactionUID, references };
}

/** Event type of a report: 1 everything is committed, 2 failures exist (PS3.4 J.3.3). */
export function eventTypeOf(result: CommitmentResult): 1 | 2 {
  return result.failed.length === 0 ? 1 : 2;
}

export function commitmentReport(transactionUID: string, result: CommitmentResult): Dataset {
  const report: Dataset = {};
  const item = (reference: SOPReference): Dataset => {
    const dataset: Dataset = {};
    put(dataset, 'ReferencedSOPClassUID', reference.sopClassUID);
    put(dataset, 'ReferencedSOPInstanceUID', reference.sopInstanceUID);
    return dataset;
  };
  put(report, 'TransactionUID', transactionUID);
  if (result.committed.length > 0) put(report, 'ReferencedSOPSequence', ...result.committed.map(item));
  if (result.failed.length > 0) {
    put(report, 'FailedSOPSequence', ...result.failed.map((failure) => {
      const dataset = item(failure);
      put(dataset, 'FailureReason', failure.reason);
      return dataset;
    }));
  }
  return report;
}

/** The data set of an N-ACTION request (PS3.4 J.3.2). */
export function commitmentRequest({ transactionUID, references }: CommitmentRequest): Dataset {
  const dataset: Dataset = {};
  put(dataset, 'TransactionUID', transactionUID);
  put(dataset, 'ReferencedSOPSequence', ...references.map((reference) => {
    const item: Dataset = {};
    put(item, 'ReferencedSOPClassUID', reference.sopClassUID);
    put(item, 'ReferencedSOPInstanceUID', reference.sopInstanceUID);
    return item;
  }));
  return dataset;
}

/** What a provider reports of a transaction of ours. */
export interface CommitmentReport {
  readonly transactionUID: string;
  readonly committed: readonly string[];
  readonly failed: readonly { readonly sopInstanceUID: string; readonly reason?: number }[];
}

/** Errors: DICOM_MALFORMED without a transaction UID. Items that name no instance are passed over. */
export function readCommitmentReport(dataset: Dataset): CommitmentReport {
  const transactionUID = text(dataset, 'TransactionUID');
  if (!isUID(transactionUID)) throw new AppError('DICOM_MALFORMED', 'The commitment report lacks a transaction UID');
  const uidOf = (item: Dataset): readonly string[] => {
    const uid = text(item, 'ReferencedSOPInstanceUID');
    return isUID(uid) ? [uid] : [];
  };
  return {
    transactionUID,
    committed: items(dataset, 'ReferencedSOPSequence').flatMap(uidOf),
    failed: items(dataset, 'FailedSOPSequence').flatMap((item) => uidOf(item).map((sopInstanceUID) => {
      const reason = number(item, 'FailureReason');
      return { sopInstanceUID, ...(reason === undefined ? {} : { reason }) };
    })),
  };
}
