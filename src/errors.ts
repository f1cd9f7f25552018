/**
 * The one base class of every error that Phoi raises on purpose, and the list of their codes.
 * A code is stable: clients, tests and operators match on it, never on the message.
 */
export const errorCodes = {
  // DICOM content
  DICOM_NOT_PART10: 400,
  DICOM_TRUNCATED: 400,
  DICOM_MALFORMED: 400,
  DICOM_INVALID_UID: 400,
  DICOM_MISSING_ATTRIBUTE: 400,
  DICOM_SOP_MISMATCH: 400,
  DICOM_TOO_LARGE: 413,
  DICOM_INVALID_GEOMETRY: 422,
  DICOM_UNSUPPORTED_TRANSFER_SYNTAX: 422,
  DICOM_PIXEL_DECODE_FAILED: 422,
  DICOM_INVALID_VALUE: 500,
  // Archive and index
  ARCHIVE_OUT_OF_SPACE: 507,
  ARCHIVE_NOT_FOUND: 404,
  ARCHIVE_CORRUPT: 500,
  INDEX_CONFLICT: 409,
  // DIMSE
  DIMSE_PEER_REJECTED: 502,
  DIMSE_PEER_UNREACHABLE: 502,
  DIMSE_PEER_ABORTED: 502,
  DIMSE_PEER_REFUSED_INSTANCE: 502,
  DIMSE_TIMEOUT: 504,
  DIMSE_PROTOCOL_ERROR: 502,
  // HTTP
  HTTP_BAD_REQUEST: 400,
  HTTP_NOT_FOUND: 404,
  HTTP_NOT_ACCEPTABLE: 406,
  HTTP_UNSUPPORTED_MEDIA_TYPE: 415,
  HTTP_UPSTREAM_FAILED: 502,
  HTTP_UNAUTHORIZED: 401,
  HTTP_FORBIDDEN_HOST: 403,
  HTTP_FORBIDDEN_ORIGIN: 403,
  HTTP_METHOD_NOT_ALLOWED: 405,
  HTTP_PAYLOAD_TOO_LARGE: 413,
  HTTP_MULTIPART_MALFORMED: 400,
  HTTP_MULTIPART_TRUNCATED: 400,
  HTTP_TOO_MANY_CLIENTS: 503,
  HTTP_DECODE_TIMEOUT: 504,
  HTTP_SERVICE_BUSY: 503,
  STUDY_NOT_FOUND: 404,
  FINDINGS_NOT_AVAILABLE: 404,
  DELIVERY_NOT_FOUND: 404,
  UPLOAD_BAD_ZIP: 400,
  UPLOAD_ZIP_LIMIT: 413,
  UPLOAD_NOT_AN_INSTANCE: 422,
  UPLOAD_NESTED_ARCHIVE: 422,
  // Models and inference
  MODEL_MANIFEST_INVALID: 422,
  MODEL_HASH_MISMATCH: 422,
  MODEL_NOT_FOUND: 404,
  MODEL_OUTPUT_INVALID: 500,
  MODEL_FAILED: 500,
  MODEL_TIMEOUT: 504,
  MODEL_MEMORY_EXCEEDED: 500,
  // Evaluation of a results file
  EVALUATION_FILE_UNREADABLE: 422,
  EVALUATION_CSV_MALFORMED: 422,
  EVALUATION_COLUMN_MISSING: 422,
  EVALUATION_VALUE_INVALID: 422,
  EVALUATION_NO_SERIES: 422,
  // Queue
  QUEUE_LEASE_LOST: 409,
  QUEUE_JOB_NOT_FOUND: 404,
  QUEUE_JOB_STATE: 409,
  QUEUE_UNAVAILABLE: 503,
  // Process
  CONFIG_INVALID: 500,
  CANCELLED: 499,
  INTERNAL: 500,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof errorCodes;

/** An error with a stable code, safe details (never patient data) and the HTTP status it maps to. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly statusCode: number;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.statusCode = errorCodes[code];
    this.details = options.details ?? {};
  }
}

/** The error itself when it already carries a code, otherwise an `INTERNAL` one that keeps it as its cause. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AppError('INTERNAL', message, { cause: error });
}
