/**
 * Files on their way through this host, in one file without a name: it is unlinked as soon as it is open, so that the
 * system takes it back when it is closed, however the process ends. What lies here belongs to patients.
 */
import { randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder } from '../durable-files.ts';
import { asArchiveError } from './out-of-space.ts';

export interface SpooledFile {
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface SpoolWriter {
  /** Errors: ARCHIVE_OUT_OF_SPACE. */
  write(chunk: Uint8Array): Promise<void>;
  end(): SpooledFile;
}

export interface Spool {
  /** For one file of at most `maxBytes`; several may be written at a time. Room that is not written to takes none. */
  writer(maxBytes: number): SpoolWriter;
  read(file: SpooledFile): Promise<Uint8Array>;
  /** Everything in it is gone afterwards. */
  close(): Promise<void>;
}

/** `folder` is made for this user alone when it is not there. */
export async function openSpool(folder: string): Promise<Spool> {
  await makePrivateFolder(folder);
  const path = join(folder, `phoi-${randomUUID()}.part`);
  const handle = await open(path, 'wx+', 0o600);
  await unlink(path);
  let reserved = 0;
  return {
    writer(maxBytes) {
      const offset = reserved;
      reserved += maxBytes;
      let sizeBytes = 0;
      return {
        async write(chunk) {
          if (sizeBytes + chunk.length > maxBytes) throw new RangeError('more was written than room was asked for');
          try {
            for (let done = 0; done < chunk.length;) {
              const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, offset + sizeBytes);
              done += bytesWritten;
              sizeBytes += bytesWritten;
            }
          } catch (error) {
            throw asArchiveError(error);
          }
        },
        end: () => ({ offset, sizeBytes }),
      };
    },
    async read({ offset, sizeBytes }) {
      const bytes = new Uint8Array(sizeBytes);
      for (let done = 0; done < sizeBytes;) {
        const { bytesRead } = await handle.read(bytes, done, sizeBytes - done, offset + done);
        if (bytesRead === 0) throw new RangeError('the spool ends before the file does');
        done += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}
