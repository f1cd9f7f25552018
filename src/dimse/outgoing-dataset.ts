/** The data set inside Part 10 bytes, for sending it on (PS3.10 7.1). */
import { AppError } from '../errors.ts';

const metaStart = 132;
/** Far above any file meta information, private parts included. */
const maxMetaBytes = 1024 * 1024;

/** End of group 0002 in `bytes`, or undefined when more bytes are needed to tell. */
function endOfMeta(bytes: Buffer): number | undefined {
  if (bytes.length < metaStart) return undefined;
  if (bytes.toString('latin1', 128, metaStart) !== 'DICM') throw new AppError('DICOM_NOT_PART10', 'There is no DICM marker after the preamble');
  let offset = metaStart;
  for (;;) {
    if (offset + 2 > bytes.length) return undefined;
    if (bytes.readUInt16LE(offset) !== 0x0002) return offset;
    if (offset + 12 > bytes.length) return undefined;
    const long = ['OB', 'UN', 'OW', 'UT', 'SQ'].includes(bytes.toString('latin1', offset + 4, offset + 6));
    offset += long ? 12 + bytes.readUInt32LE(offset + 8) : 8 + bytes.readUInt16LE(offset + 6);
    if (offset > maxMetaBytes) throw new AppError('DICOM_MALFORMED', 'The file meta information is too long');
  }
}

/**
 * Opens Part 10 bytes and passes over preamble and meta information, so that a fault of the file shows before
 * anything is sent. A file whose data set is empty gives nothing.
 * Errors: DICOM_NOT_PART10, DICOM_MALFORMED, DICOM_TRUNCATED, and those of the source.
 */
export async function openDataset(part10: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const source = part10[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  let end: number | undefined;
  while (end === undefined) {
    const next = await source.next();
    if (next.done === true) {
      if (head.length < metaStart) throw new AppError('DICOM_NOT_PART10', 'The file is too short for DICOM Part 10');
      throw new AppError('DICOM_TRUNCATED', 'The file ends inside its meta information');
    }
    head = Buffer.concat([head, next.value]);
    end = endOfMeta(head);
  }
  return remainder(head.subarray(end), source);
}

async function* remainder(first: Uint8Array, source: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
  } finally {
    await source.return?.();
  }
}
