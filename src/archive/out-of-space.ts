import { AppError } from '../errors.ts';
import { errorCode } from '../system-error.ts';

const outOfSpaceCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** A full disk or an exhausted quota as ARCHIVE_OUT_OF_SPACE; every other error as it is. */
export function asArchiveError(error: unknown): unknown {
  const code = errorCode(error);
  return code !== undefined && outOfSpaceCodes.has(code)
    ? new AppError('ARCHIVE_OUT_OF_SPACE', 'The archive has no space left', { cause: error })
    : error;
}
