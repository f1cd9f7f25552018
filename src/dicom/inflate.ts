/** The deflated transfer syntax (PS3.5 A.5), with a limit on what a small file may become. */
import { inflateRawSync } from 'node:zlib';

import { AppError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';

const defaultLimit = 512 * 1024 * 1024;

/**
 * The data set that starts at `offset`, inflated.
 * @throws AppError DICOM_TOO_LARGE over the limit, DICOM_TRUNCATED, DICOM_MALFORMED.
 */
export function inflateDataset(file: ByteSource, offset: number, limit = defaultLimit): Uint8Array {
  const deflated = file.slice(offset, file.totalSize - offset);
  try {
    return inflateRawSync(deflated, { maxOutputLength: limit });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new AppError('DICOM_TOO_LARGE', 'the deflated data set is too large', { cause: error });
    if (code === 'Z_BUF_ERROR') throw new AppError('DICOM_TRUNCATED', 'the deflated data set ends early', { cause: error });
    throw new AppError('DICOM_MALFORMED', 'the data set cannot be inflated', { cause: error });
  }
}
