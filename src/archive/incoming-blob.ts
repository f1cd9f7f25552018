/**
 * One file on its way in: written under a random name, flushed, then linked to its content's name as well. The first name
 * stays until `discard`: two names mean that the blob is complete and the index may not know it yet.
 * Small chunks (a DIMSE PDV is often 16 KiB) are gathered, since each write is a trip through the thread pool.
 */
import { createHash } from 'node:crypto';
import { link, rename, rm, stat, type FileHandle } from 'node:fs/promises';

import { AppError } from '../errors.ts';
import { flushPath } from '../durable-files.ts';
import { blobFolder, blobKey, blobPath } from './blob-key.ts';
import { contentKey } from './content-key.ts';
import type { DirectorySync } from './directory-sync.ts';
import { asArchiveError } from './out-of-space.ts';
import { errorCode, unlessMissing } from '../system-error.ts';
import type { IncomingBlob, StoredBlob } from './port.ts';

const gatherBytes = 256 * 1024;
/** Buffers of finished files, used again: a new one for every instance keeps the garbage collector busy. */
const gatherBuffers: Buffer[] = [];
const keptGatherBuffers = 16;
/** How often a long file looks again whether the disk keeps its reserve. */
const spaceCheckBytes = 16 * 1024 * 1024;

export interface IncomingBlobParts {
  readonly handle: FileHandle;
  readonly temporaryPath: string;
  readonly root: string;
  readonly directories: DirectorySync;
  /** Throws ARCHIVE_OUT_OF_SPACE below the reserve. */
  readonly checkSpace: () => Promise<void>;
}

/** File systems without hard links: the blob is renamed, and what a crash leaves is found by a full search only. */
const withoutLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

export function createIncomingBlob({ handle, temporaryPath, root, directories, checkSpace }: IncomingBlobParts): IncomingBlob {
  const hash = createHash('sha256');
  const gathered = gatherBuffers.pop() ?? Buffer.allocUnsafeSlow(gatherBytes);
  let gatheredLength = 0;
  let sizeBytes = 0;
  let checkedAt = 0;
  let closed = false;
  let gone = false;
  let committed: { readonly key: string; readonly folder: string; readonly path: string } | undefined;

  async function writeFully(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
    }
  }

  async function flush(): Promise<void> {
    if (gatheredLength === 0) return;
    await writeFully(gathered.subarray(0, gatheredLength));
    gatheredLength = 0;
  }

  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    if (gatherBuffers.length < keptGatherBuffers) gatherBuffers.push(gathered);
    await handle.close();
  }

  async function write(chunk: Uint8Array): Promise<void> {
    if (closed) throw new AppError('INTERNAL', 'A blob was written to after its end');
    hash.update(chunk);
    sizeBytes += chunk.length;
    if (gatheredLength + chunk.length > gatherBytes) await flush();
    if (chunk.length >= gatherBytes) {
      await writeFully(chunk);
    } else {
      gathered.set(chunk, gatheredLength);
      gatheredLength += chunk.length;
    }
    if (sizeBytes - checkedAt >= spaceCheckBytes) {
      checkedAt = sizeBytes;
      await checkSpace();
    }
  }

  /** False when the same content has the name already; it is on disk then, whoever put it there. */
  async function giveName(path: string, key: string): Promise<boolean> {
    try {
      await link(temporaryPath, path);
      return true;
    } catch (error) {
      const code = errorCode(error) ?? '';
      if (code === 'EEXIST') {
        const there = await unlessMissing(stat(path));
        // Retired just now.
        if (there === undefined) return giveName(path, key);
        if (there.size === sizeBytes && await contentKey(path) === key) {
          await flushPath(path);
          return false;
        }
        // A file of that name with other content is torn: the good bytes replace it.
      } else if (!withoutLinks.has(code)) {
        throw error;
      }
    }
    await rename(temporaryPath, path);
    gone = true;
    return true;
  }

  async function commit(): Promise<StoredBlob> {
    await flush();
    const sha256 = hash.digest('hex');
    const key = blobKey(sha256, sizeBytes);
    const folder = blobFolder(root, key);
    const path = blobPath(root, key);
    const folders = await directories.ensure(folder, root);
    // Side by side: a new folder as a rule, and the file system flushes both with one write of its journal.
    const flushed = await Promise.allSettled([handle.sync(), folders.flushed]);
    for (const result of flushed) if (result.status === 'rejected') throw result.reason;
    await close();
    committed = { key, folder, path };
    const fresh = await giveName(path, key);
    await directories.sync(folder);
    return { key, sizeBytes, sha256, fresh };
  }

  async function secure(): Promise<void> {
    if (committed === undefined || gone) return;
    const { key, folder, path } = committed;
    if (await giveName(path, key)) await directories.sync(folder);
  }

  const translated = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw asArchiveError(error);
    }
  };

  return {
    temporaryPath,
    write: (chunk) => translated(() => write(chunk)),
    flush: () => translated(flush),
    commit: () => translated(commit),
    secure: () => translated(secure),
    leave() {
      gone = true;
    },
    async discard() {
      await close();
      if (gone) return;
      gone = true;
      // Another server of the same archive may have settled it at its start.
      await rm(temporaryPath, { force: true });
    },
  };
}
