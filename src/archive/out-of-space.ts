import { AppError } from '../errors.ts';

const outOfSpaceCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The code of a system error, e.g. `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** True for "no such file or directory". */
export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}

/** A full disk or an exhausted quota as ARCHIVE_OUT_OF_SPACE; every other error as it is. */
export function asArchiveError(error: unknown): unknown {
  const code = errorCode(error);
  return code !== undefined && outOfSpaceCodes.has(code)
    ? new AppError('ARCHIVE_OUT_OF_SPACE', 'The archive has no space left', { cause: error })
    : error;
}
