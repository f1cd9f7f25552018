/** The header of a file that is on disk, reading no more of it than the header needs. */
import { open, type FileHandle } from 'node:fs/promises';

import { parseHeader, type ParsedInstance } from '../dicom/parse.ts';
import { readExactly } from '../dicom/read-file-header.ts';
import { verifyComplete } from '../dicom/verify.ts';
import { AppError } from '../errors.ts';

/** Headers are some 10 kB; objects without pixel data (reports, embedded PDF) are all header. */
export const defaultLargestHeaderBytes = 256 * 1024 * 1024;

/**
 * Parses the header and checks that what it announces is there to the last byte. `head` are the file's first bytes,
 * at hand from receiving it.
 * @throws AppError as `parsePart10`.
 */
export async function readCompleteHeader(
  path: string, head: Uint8Array, sizeBytes: number, largestHeaderBytes = defaultLargestHeaderBytes,
): Promise<ParsedInstance> {
  // Most instances fit into `head` whole: then the file is not even opened.
  let handle: FileHandle | undefined;
  const read = async (offset: number, length: number): Promise<Uint8Array> =>
    (offset + length <= head.length ? head.subarray(offset, offset + length) : readExactly(handle ??= await open(path, 'r'), offset, length));
  try {
    let result = parseHeader(head, sizeBytes);
    while (result.kind === 'need-more') {
      if (result.bytes > largestHeaderBytes) throw new AppError('DICOM_TOO_LARGE', 'the header is unreasonably long', { details: { largestHeaderBytes } });
      result = parseHeader(await read(0, result.bytes), sizeBytes);
    }
    return await verifyComplete(result.instance, read, sizeBytes);
  } finally {
    await handle?.close();
  }
}
