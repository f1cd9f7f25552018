/** From stored cells to sample values: bits outside BitsStored are not pixel data (PS3.5 8.1.1). */
import type { PixelFormat } from './pixel-format.ts';

export type Samples = Uint8Array | Int8Array | Uint16Array | Int16Array;

/** One bit per pixel, least significant first, into 0 and 1. `firstBit` counts from the start of `bytes`. */
export function unpackBits(bytes: Uint8Array, firstBit: number, count: number): Uint8Array {
  const out = new Uint8Array(count);
  for (let index = 0; index < count; index += 1) {
    const bit = firstBit + index;
    out[index] = ((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1;
  }
  return out;
}

/** Little-endian 16-bit cells, whatever the alignment of `bytes`. */
function cells16(bytes: Uint8Array, count: number, littleEndian: boolean): Uint16Array {
  const out = new Uint16Array(count);
  new Uint8Array(out.buffer).set(bytes.subarray(0, count * 2));
  if (!littleEndian) for (let index = 0; index < count; index += 1) out[index] = ((out[index] ?? 0) << 8) | ((out[index] ?? 0) >> 8);
  return out;
}

function maskInto(from: Uint8Array | Uint16Array, to: Samples, format: PixelFormat, shift: number): Samples {
  const mask = (1 << format.bitsStored) - 1;
  const signBit = format.signed ? 1 << (format.bitsStored - 1) : 0;
  for (let index = 0; index < from.length; index += 1) {
    const value = ((from[index] ?? 0) >> shift) & mask;
    to[index] = (value ^ signBit) - signBit;
  }
  return to;
}

/**
 * Sample values of one frame of cells: masked to BitsStored, shifted where HighBit is not BitsStored − 1, and
 * sign-extended where PixelRepresentation is 1. `aligned` says that the cells hold values, not raw bits at HighBit.
 */
export function toSamples(cells: Uint8Array, format: PixelFormat, options: { readonly littleEndian: boolean; readonly aligned: boolean }): Samples {
  const count = format.rows * format.columns * format.samplesPerPixel;
  const shift = options.aligned ? 0 : format.highBit - (format.bitsStored - 1);
  if (format.bitsAllocated === 8) {
    const from = cells.subarray(0, count);
    return maskInto(from, format.signed ? new Int8Array(count) : new Uint8Array(count), format, shift);
  }
  const from = cells16(cells, count, options.littleEndian);
  if (format.bitsStored === 16) return format.signed ? new Int16Array(from.buffer) : from;
  return maskInto(from, format.signed ? new Int16Array(from.buffer) : from, format, shift);
}
