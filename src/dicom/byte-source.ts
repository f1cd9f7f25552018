/** Bounds-checked reading of a file of which perhaps only the beginning is in memory. */
import { AppError } from '../errors.ts';

/** Raised inside the parser when the prefix at hand ends too early; never leaves `src/dicom`. */
export class NeedMoreBytes extends Error {
  readonly upTo: number;
  constructor(upTo: number) {
    super(`bytes up to ${upTo} are needed`);
    this.upTo = upTo;
  }
}

export interface ByteSource {
  readonly bytes: Uint8Array;
  /** Size of the whole file; `bytes` may be a prefix of it. */
  readonly totalSize: number;
  readonly littleEndian: boolean;
  /** @throws AppError DICOM_TRUNCATED beyond the file, NeedMoreBytes beyond the prefix. */
  require(offset: number, length: number): void;
  u16(offset: number): number;
  u32(offset: number): number;
  /** A view, not a copy. */
  slice(offset: number, length: number): Uint8Array;
  withEndianness(littleEndian: boolean): ByteSource;
}

export function byteSource(bytes: Uint8Array, totalSize = bytes.length, littleEndian = true): ByteSource {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const require = (offset: number, length: number): void => {
    const end = offset + length;
    if (end <= bytes.length) return;
    if (end > totalSize) {
      throw new AppError('DICOM_TRUNCATED', 'the file ends inside an element', { details: { offset, length, totalSize } });
    }
    throw new NeedMoreBytes(end);
  };
  return {
    bytes,
    totalSize,
    littleEndian,
    require,
    u16: (offset) => {
      require(offset, 2);
      return view.getUint16(offset, littleEndian);
    },
    u32: (offset) => {
      require(offset, 4);
      return view.getUint32(offset, littleEndian);
    },
    slice: (offset, length) => {
      require(offset, length);
      return bytes.subarray(offset, offset + length);
    },
    withEndianness: (other) => byteSource(bytes, totalSize, other),
  };
}
