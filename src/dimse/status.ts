/** DIMSE status codes and how an error becomes one (PS3.7 Annex C, PS3.4 B.2.3). */
import { toAppError, type ErrorCode } from '../errors.ts';

export const status = {
  success: 0x0000,
  processingFailure: 0x0110,
  noSuchObjectInstance: 0x0112,
  noSuchEventType: 0x0113,
  invalidArgumentValue: 0x0115,
  invalidSOPInstance: 0x0117,
  noSuchSOPClass: 0x0118,
  sopClassNotSupported: 0x0122,
  noSuchActionType: 0x0123,
  unrecognizedOperation: 0x0211,
  outOfResources: 0xa700,
  dataSetDoesNotMatchSOPClass: 0xa900,
  cannotUnderstand: 0xc000,
} as const;

const storeStatus: Partial<Record<ErrorCode, { readonly status: number; readonly comment: string }>> = {
  ARCHIVE_OUT_OF_SPACE: { status: status.outOfResources, comment: 'Out of storage space, try again later' },
  INDEX_UNAVAILABLE: { status: status.outOfResources, comment: 'Database does not answer, try again later' },
  DICOM_TOO_LARGE: { status: status.outOfResources, comment: 'Instance exceeds the configured size limit' },
  DICOM_SOP_MISMATCH: { status: status.dataSetDoesNotMatchSOPClass, comment: 'Data set and command name different SOPs' },
  DICOM_NOT_PART10: { status: status.cannotUnderstand, comment: 'Data set cannot be read' },
  DICOM_TRUNCATED: { status: status.cannotUnderstand, comment: 'Data set is truncated' },
  DICOM_MALFORMED: { status: status.cannotUnderstand, comment: 'Data set is malformed' },
  DICOM_INVALID_UID: { status: status.cannotUnderstand, comment: 'Data set has an invalid UID' },
  DICOM_MISSING_ATTRIBUTE: { status: status.cannotUnderstand, comment: 'Data set lacks a required attribute' },
  DICOM_UNSUPPORTED_TRANSFER_SYNTAX: { status: status.cannotUnderstand, comment: 'Transfer syntax is not supported' },
};

/** The answer to a C-STORE that failed. The comment is a fixed text: nothing of the data set can leak into it. */
export function storeFailure(error: unknown): { readonly status: number; readonly comment: string } {
  return storeStatus[toAppError(error).code] ?? { status: status.processingFailure, comment: 'Internal failure, instance not stored' };
}

/** Success, a warning (the peer kept the instance), or 0111: it has the instance already. */
export function isStored(code: number): boolean {
  return code === status.success || code === duplicateSOPInstance || code === 0x0001 || code === 0x0107 || code === 0x0116 || (code & 0xf000) === 0xb000;
}

const duplicateSOPInstance = 0x0111;

/** "A700 (out of resources)". */
export function describeStatus(code: number): string {
  const hex = code < 0 ? 'no status' : code.toString(16).toUpperCase().padStart(4, '0');
  return `${hex} (${words(code)})`;
}

function words(code: number): string {
  if ((code & 0xff00) === 0xa700) return 'out of resources';
  if ((code & 0xff00) === 0xa900) return 'data set does not match SOP class';
  if ((code & 0xf000) === 0xc000) return 'cannot understand';
  const known: Readonly<Record<number, string>> = {
    0x0110: 'processing failure', 0x0117: 'invalid SOP instance', 0x0122: 'SOP class not supported', 0x0124: 'not authorized',
    0x0210: 'duplicate invocation', 0x0211: 'unrecognized operation', 0x0212: 'mistyped argument',
  };
  return known[code] ?? 'failure';
}
