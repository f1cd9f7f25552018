/** Which format a file is in, and its header. What the file is called does not matter, but whether it is compressed as a whole does. */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createGunzip } from 'node:zlib';
import { isGzip } from '../is-gzip.ts';
import { faultOf, type Fault } from './faults.ts';
import type { VolumeFileHeader } from './header.ts';
import { longestHeaderBytes } from './limits.ts';
import { isMetaImage, metaImageHeaderEnd, parseMetaImage } from './metaimage.ts';
import { isNifti, niftiHeaderEnd, parseNifti } from './nifti.ts';
import { isNrrd, nrrdHeaderEnd, parseNrrd } from './nrrd.ts';

interface Format {
  readonly recognises: (start: Uint8Array) => boolean;
  /** Bytes of the header, undefined while its end is not among them. */
  readonly headerEnd: (bytes: Uint8Array) => number | undefined;
  readonly parse: (header: Uint8Array, file: string, isCompressed: boolean, fault: Fault) => VolumeFileHeader;
}

const formats: readonly Format[] = [
  { recognises: isNifti, headerEnd: niftiHeaderEnd, parse: parseNifti },
  { recognises: isNrrd, headerEnd: nrrdHeaderEnd, parse: (header, file, _isCompressed, fault) => parseNrrd(header, file, fault) },
  { recognises: isMetaImage, headerEnd: metaImageHeaderEnd, parse: (header, file, _isCompressed, fault) => parseMetaImage(header, file, fault) },
];

/** The first bytes, decompressed, up to `until` says that there are enough of them, the file ends, or they are too many for a header. */
async function firstBytes(path: string, isCompressed: boolean, until: (bytes: Buffer) => boolean): Promise<{ readonly bytes: Buffer; readonly isWhole: boolean }> {
  const file = createReadStream(path, { highWaterMark: 1 << 16 });
  const source = isCompressed ? file.pipe(createGunzip()) : file;
  if (isCompressed) file.on('error', (error) => source.destroy(error));
  let bytes: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      bytes = Buffer.concat([bytes, chunk]);
      if (until(bytes) || bytes.length > longestHeaderBytes) return { bytes, isWhole: false };
    }
    return { bytes, isWhole: true };
  } finally {
    source.destroy();
    file.destroy();
  }
}

export interface ReadHeader {
  readonly header: VolumeFileHeader;
  /** The file is gzip as a whole (.nii.gz). */
  readonly isCompressed: boolean;
  readonly fault: Fault;
}

/**
 * Reads as much of a file as its header takes.
 *
 * @throws AppError VOLUME_FILE_UNREADABLE, VOLUME_FILE_UNSUPPORTED for a format that is not known, and what the header's parser throws
 */
export async function readHeader(path: string): Promise<ReadHeader> {
  const name = basename(path);
  const fault = faultOf(name);
  let isCompressed: boolean;
  let format: Format | undefined;
  let read: { readonly bytes: Buffer; readonly isWhole: boolean };
  try {
    isCompressed = await isGzip(path);
    read = await firstBytes(path, isCompressed, (bytes) => {
      format ??= formats.find(({ recognises }) => recognises(bytes));
      return bytes.length >= 64 && (format === undefined || format.headerEnd(bytes) !== undefined);
    });
  } catch (error) {
    throw fault('VOLUME_FILE_UNREADABLE', `cannot be read: ${error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'}`, error);
  }
  format ??= formats.find(({ recognises }) => recognises(read.bytes));
  if (format === undefined) throw fault('VOLUME_FILE_UNSUPPORTED', 'neither MetaImage, NIfTI nor NRRD');
  const end = format.headerEnd(read.bytes) ?? (read.isWhole ? read.bytes.length : undefined);
  if (end === undefined) throw fault('VOLUME_FILE_MALFORMED', 'the header has no end');
  const header = format.parse(read.bytes.subarray(0, end), name, isCompressed, fault);
  if (isCompressed && !header.format.startsWith('NIfTI')) throw fault('VOLUME_FILE_UNSUPPORTED', `${header.format} compressed as a whole`);
  return { header, isCompressed, fault };
}
