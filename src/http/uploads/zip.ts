/**
 * The files of a zip archive, one after the other, as streams. Made for hostile archives: what counts are the bytes
 * that really come out, entries that claim to be small and are not end with an error, names are only names.
 */
import { stat } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { getFileNameLowLevel, openPromise, type Entry, type ZipFile } from 'yauzl';
import { AppError } from '../../errors.ts';
import type { HttpLimits } from '../deps.ts';

/** Below this an archive may be as dense as it likes: a segmentation is mostly zeros. */
const ratioMattersAboveBytes = 256 * 1024 * 1024;
const strongEncryptionOrMasked = 0x2040;

type ZipLimits = Pick<HttpLimits, 'maxZipEntries' | 'maxZipBytes' | 'maxZipRatio'>;

function badZip(why: string, cause?: unknown): AppError {
  return new AppError('UPLOAD_BAD_ZIP', why, cause === undefined ? {} : { cause });
}

function entryName(entry: Entry): string {
  return getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);
}

async function openZip(path: string): Promise<ZipFile> {
  try {
    // Undecoded strings: the library would give up the whole archive at the first name like `../x`.
    return await openPromise(path, { decodeStrings: false, autoClose: false });
  } catch (error) {
    throw badZip('The file is not a readable zip archive.', error);
  }
}

/**
 * Calls `onFile` for every file of the archive, in its order; `open` gives its content and is called at most once.
 * Errors: UPLOAD_BAD_ZIP for an archive that cannot be read (what came before was handed over), UPLOAD_ZIP_LIMIT for
 * one that is too large or too dense. An error of `onFile` ends the reading.
 */
export async function readZip(
  path: string,
  limits: ZipLimits,
  onFile: (name: string, open: () => Promise<AsyncIterable<Uint8Array>>) => Promise<void>,
): Promise<void> {
  const packedBytes = (await stat(path)).size;
  const zip = await openZip(path);
  let unpackedBytes = 0;

  function count(bytes: number): void {
    unpackedBytes += bytes;
    if (unpackedBytes > limits.maxZipBytes) {
      throw new AppError('UPLOAD_ZIP_LIMIT', `The archive unpacks to more than ${limits.maxZipBytes} bytes.`);
    }
    if (unpackedBytes > ratioMattersAboveBytes && unpackedBytes > packedBytes * limits.maxZipRatio) {
      throw new AppError('UPLOAD_ZIP_LIMIT', `The archive unpacks to more than ${limits.maxZipRatio} times its size.`);
    }
  }

  async function* content(entry: Entry): AsyncGenerator<Uint8Array, void, undefined> {
    const stream = await zip.openReadStreamPromise(entry);
    let checksum = 0;
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        count(chunk.length);
        checksum = crc32(chunk, checksum);
        yield chunk;
      }
    } catch (error) {
      throw error instanceof AppError ? error : badZip('The content of this file in the archive is damaged.', error);
    } finally {
      stream.destroy();
    }
    // The library leaves the checksum to its user; a damaged image must not be stored as if it were whole.
    if (checksum !== entry.crc32) throw badZip('The checksum of this file in the archive does not match.');
  }

  async function open(entry: Entry): Promise<AsyncIterable<Uint8Array>> {
    if (entry.isEncrypted() || (entry.generalPurposeBitFlag & strongEncryptionOrMasked) !== 0) {
      throw badZip('This file in the archive is encrypted.');
    }
    if (!entry.canDecodeFileData()) throw badZip('The compression method of this file in the archive is not supported.');
    return content(entry);
  }

  try {
    if (zip.entryCount > limits.maxZipEntries) {
      throw new AppError('UPLOAD_ZIP_LIMIT', `The archive has more than ${limits.maxZipEntries} entries.`);
    }
    for (const entries = zip.eachEntry(); ;) {
      let next: IteratorResult<Entry>;
      try {
        next = await entries.next();
      } catch (error) {
        throw badZip('The directory of the archive is damaged; files after this point could not be read.', error);
      }
      if (next.done === true) return;
      const entry = next.value;
      const name = entryName(entry);
      if (!name.endsWith('/')) await onFile(name, async () => open(entry));
    }
  } finally {
    zip.close();
  }
}
