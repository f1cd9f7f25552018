/**
 * The key of a blob: SHA-256 of its bytes and its size, so that a read can tell a torn file without asking the index.
 * The path is made from a key that matched the pattern, hence never from anything that came with the data.
 */
import { join } from 'node:path';

import { AppError } from '../errors.ts';

const keyPattern = /^([0-9a-f]{64})-(0|[1-9][0-9]{0,15})$/u;

export function isBlobKey(text: string): boolean {
  return keyPattern.test(text);
}

export function blobKey(sha256: string, sizeBytes: number): string {
  return `${sha256}-${sizeBytes}`;
}

/** Size in bytes that the key promises. Throws ARCHIVE_NOT_FOUND for what is no key. */
export function blobSize(key: string): number {
  const match = keyPattern.exec(key);
  if (match === null) throw new AppError('ARCHIVE_NOT_FOUND', 'Not a key of this archive');
  return Number(match[2]);
}

/** Two levels of 256 folders keep each folder small with tens of millions of instances. */
export function blobFolder(root: string, key: string): string {
  blobSize(key);
  return join(root, key.slice(0, 2), key.slice(2, 4));
}

export function blobPath(root: string, key: string): string {
  return join(blobFolder(root, key), key);
}
