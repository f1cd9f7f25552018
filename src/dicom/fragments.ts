/** Encapsulated pixel data: a basic offset table, then fragments, then a delimiter (PS3.5 A.4). */
import { AppError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import type { Fragment } from './pixel-data-location.ts';

const item = 0xe000;
const sequenceDelimiter = 0xe0dd;
const maximumFragments = 1_000_000;

export interface EncapsulatedPixelData {
  readonly basicOffsetTable: readonly number[];
  readonly fragments: readonly Fragment[];
  /** Position after the sequence delimiter. */
  readonly end: number;
}

/** Decides what the eight bytes of an item header are; the same rule for memory and for random access. */
export function readItemHeader(group: number, element: number, length: number, offset: number): 'item' | 'end' {
  if (group === 0xfffe && element === sequenceDelimiter) return 'end';
  if (group !== 0xfffe || element !== item || length === 0xffff_ffff) {
    throw new AppError('DICOM_MALFORMED', 'encapsulated pixel data holds something that is not a fragment', { details: { offset } });
  }
  return 'item';
}

/** The basic offset table as numbers; a length that is not a multiple of four is malformed. */
export function parseOffsetTable(bytes: Uint8Array): readonly number[] {
  if (bytes.length % 4 !== 0) throw new AppError('DICOM_MALFORMED', 'the basic offset table has an odd length');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4, true));
}

/** @throws AppError DICOM_TRUNCATED when the delimiter is missing, DICOM_MALFORMED for anything but fragments. */
export function readFragments(source: ByteSource, start: number): EncapsulatedPixelData {
  const fragments: Fragment[] = [];
  let basicOffsetTable: readonly number[] | undefined;
  let at = start;
  for (;;) {
    const length = source.u32(at + 4);
    const kind = readItemHeader(source.u16(at), source.u16(at + 2), length, at);
    at += 8;
    if (kind === 'end') {
      if (basicOffsetTable === undefined) throw new AppError('DICOM_MALFORMED', 'the basic offset table is missing');
      return { basicOffsetTable, fragments, end: at };
    }
    source.require(at, length);
    if (basicOffsetTable === undefined) basicOffsetTable = parseOffsetTable(source.slice(at, length));
    else fragments.push({ offset: at, length });
    if (fragments.length > maximumFragments) throw new AppError('DICOM_TOO_LARGE', 'there are too many fragments');
    at += length;
  }
}
