/**
 * The archive on a local disk:
 *
 *     DATA/archive/incoming/phoi-….part      being written, or (two links) not yet settled with the index
 *     DATA/archive/retired/KEY.…             set aside, to be removed unless it is needed after all
 *     DATA/archive/objects/ab/cd/abcd…-SIZE  committed; the name is the SHA-256 and the size of the content
 */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { AppError } from '../errors.ts';
import { flushPath } from '../durable-files.ts';
import { blobFolder, blobPath, blobSize, isBlobKey } from './blob-key.ts';
import { contentKey } from './content-key.ts';
import { createDirectorySync } from './directory-sync.ts';
import { createIncomingBlob } from './incoming-blob.ts';
import { isMissing, unlessMissing } from '../system-error.ts';
import { asArchiveError } from './out-of-space.ts';
import type { IncomingBlob, InstanceArchive, UnsettledBlob } from './port.ts';

export interface FileArchiveOptions {
  /** Free bytes that stay free: the index, the queue and the results need room to say what happened. Default 0. */
  readonly reserveBytes?: number;
  /** A temporary file not touched for so long is a leftover. Others may belong to a process that still writes. */
  readonly leftoverAgeMs?: number;
}

const hourMs = 3_600_000;
const leftoverName = /^phoi-[0-9a-f-]{36}\.part$/u;

async function removeLeftovers(incoming: string, ageMs: number): Promise<void> {
  for (const name of await readdir(incoming)) {
    if (!leftoverName.test(name)) continue;
    const path = join(incoming, name);
    const found = await unlessMissing(stat(path));
    // Ended by the process that wrote it, just now.
    if (found === undefined) continue;
    const { mtimeMs, nlink } = found;
    // Two names: the blob is committed, and `unsettled` will tell whoever asks.
    if (nlink === 1 && Date.now() - mtimeMs >= ageMs) await rm(path, { force: true });
  }
}

/** Throws ARCHIVE_NOT_FOUND where the file is missing and ARCHIVE_CORRUPT where its size is not the key's. */
async function checkSize(path: string, key: string): Promise<number> {
  const expected = blobSize(key);
  let actual: number;
  try {
    actual = (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) throw new AppError('ARCHIVE_NOT_FOUND', 'The archive does not hold this blob', { cause: error, details: { key } });
    throw error;
  }
  if (actual !== expected) {
    throw new AppError('ARCHIVE_CORRUPT', 'A file of the archive has another size than when it was stored', { details: { key, expected, actual } });
  }
  return expected;
}

async function* listKeys(root: string): AsyncGenerator<string> {
  for (const first of await readdir(root)) {
    for (const second of await readdir(join(root, first))) {
      for (const name of await readdir(join(root, first, second))) if (isBlobKey(name)) yield name;
    }
  }
}

/** The key under which a file lies, found by its inode: its content is not what the name says. */
async function nameOf(root: string, inode: number): Promise<string | undefined> {
  for await (const key of listKeys(root)) {
    if ((await unlessMissing(stat(blobPath(root, key))))?.ino === inode) return key;
  }
  return undefined;
}

async function* listUnsettled(root: string, incoming: string): AsyncGenerator<UnsettledBlob> {
  for (const name of await readdir(incoming)) {
    const path = join(incoming, name);
    const found = leftoverName.test(name) ? await unlessMissing(stat(path)) : undefined;
    if (found === undefined || found.nlink === 1) continue;
    const settle = (): Promise<void> => rm(path, { force: true });
    const key = await contentKey(path);
    if (await unlessMissing(stat(blobPath(root, key))) !== undefined) {
      // The process may have ended before its last flush, and whoever asks will write down that the blob is there.
      await flushPath(path);
      await flushPath(blobFolder(root, key));
      await flushPath(dirname(blobFolder(root, key)));
      await flushPath(root);
      yield { key, isWhole: true, settle };
    } else {
      const torn = await nameOf(root, found.ino);
      if (torn === undefined) await settle();
      else yield { key: torn, isWhole: false, settle };
    }
  }
}

/** Opens the archive under `dataDir`, creating its folders. */
export async function openFileArchive(dataDir: string, options: FileArchiveOptions = {}): Promise<InstanceArchive> {
  const base = resolve(dataDir, 'archive');
  const root = join(base, 'objects');
  const incoming = join(base, 'incoming');
  const retired = join(base, 'retired');
  const reserveBytes = options.reserveBytes ?? 0;
  const directories = createDirectorySync();
  await mkdir(incoming, { recursive: true });
  await mkdir(root, { recursive: true });
  await mkdir(retired, { recursive: true });
  await directories.sync(base);
  await directories.sync(resolve(dataDir));
  await removeLeftovers(incoming, options.leftoverAgeMs ?? hourMs);

  async function freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(root);
    return bavail * bsize;
  }

  async function checkSpace(): Promise<void> {
    if (reserveBytes > 0 && (await freeBytes()) < reserveBytes) {
      throw new AppError('ARCHIVE_OUT_OF_SPACE', 'The archive has reached its reserve of free space', { details: { reserveBytes } });
    }
  }

  /** True when it got its name back. An error leaves it where it is, to be found at the next start. */
  async function settleRetired(key: string, aside: string, isNeeded: () => Promise<boolean>): Promise<boolean> {
    const needed = await isNeeded();
    if (needed) {
      // Where it has been put anew meanwhile, the same bytes replace it.
      await rename(aside, blobPath(root, key));
    } else await rm(aside, { force: true });
    await directories.sync(blobFolder(root, key));
    await directories.sync(retired);
    return needed;
  }

  return {
    async begin({ mayUseReserve = false } = {}): Promise<IncomingBlob> {
      const check = mayUseReserve ? () => Promise.resolve() : checkSpace;
      await check();
      const temporaryPath = join(incoming, `phoi-${randomUUID()}.part`);
      try {
        const handle = await open(temporaryPath, 'wx', 0o640);
        return createIncomingBlob({ handle, temporaryPath, root, directories, checkSpace: check });
      } catch (error) {
        throw asArchiveError(error);
      }
    },
    async read(key) {
      const path = blobPath(root, key);
      await checkSize(path, key);
      return readFile(path);
    },
    async readRange(key, offset, length) {
      const path = blobPath(root, key);
      const size = await checkSize(path, key);
      if (offset < 0 || length < 0 || offset + length > size) {
        throw new AppError('ARCHIVE_CORRUPT', 'A range outside of the stored file was asked for', { details: { key, offset, length, size } });
      }
      const handle = await open(path, 'r');
      try {
        const bytes = new Uint8Array(length);
        for (let done = 0; done < length;) {
          const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
          if (bytesRead === 0) throw new AppError('ARCHIVE_CORRUPT', 'A file of the archive ended early', { details: { key } });
          done += bytesRead;
        }
        return bytes;
      } finally {
        await handle.close();
      }
    },
    async stream(key) {
      const path = blobPath(root, key);
      await checkSize(path, key);
      return createReadStream(path, { highWaterMark: 256 * 1024 });
    },
    path: (key) => blobPath(root, key),
    async has(key) {
      if (!isBlobKey(key)) return false;
      try {
        return (await stat(blobPath(root, key))).size === blobSize(key);
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
    },
    async remove(key) {
      try {
        await rm(blobPath(root, key));
        await directories.sync(blobFolder(root, key));
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
    async retire(key, isNeeded) {
      const aside = join(retired, `${key}.${randomUUID()}`);
      try {
        await rename(blobPath(root, key), aside);
      } catch (error) {
        if (isMissing(error)) return;
        throw error;
      }
      await settleRetired(key, aside, isNeeded);
    },
    async settleRetired(isNeeded) {
      let back = 0;
      for (const name of await readdir(retired)) {
        const key = name.split('.', 1)[0]!;
        if (isBlobKey(key) && await settleRetired(key, join(retired, name), () => isNeeded(key))) back += 1;
      }
      return back;
    },
    keys: () => listKeys(root),
    unsettled: () => listUnsettled(root, incoming),
    freeBytes,
    async totalBytes() {
      const { blocks, bsize } = await statfs(root);
      return blocks * bsize;
    },
  };
}
