/** Data sets of the Storage Commitment Push Model (PS3.4 Annex J.3). */
import { items, text } from '../dicom/access.ts';
import { put } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { isUID } from '../dicom/uid.ts';
import { AppError } from '../errors.ts';

export interface SOPReference {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
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
