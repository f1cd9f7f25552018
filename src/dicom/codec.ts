/** Decoding frames of every transfer syntax to sample values. */
import { AppError } from '../errors.ts';
import { hasEndMarker, jpeg2000Size, jpegSize } from './codestream.ts';
import { expandYbr422, interleave, ybrFullToRgb } from './colour.ts';
import type { ParsedInstance } from './parse.ts';
import { pixelFormat } from './pixel-format.ts';
import type { PixelFormat } from './pixel-format.ts';
import { readFrame } from './pixels.ts';
import { toSamples, unpackBits } from './samples.ts';
import type { Samples } from './samples.ts';
import { transferSyntax } from './transfer-syntax.ts';
import type { Codec } from './transfer-syntax.ts';
import { decodeCompressed } from './wasm-decoders.ts';

export type { Samples } from './samples.ts';

export interface DecodedFrame {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly bitsStored: number;
  /** After decoding: YBR forms have become RGB; MONOCHROME1 and PALETTE COLOR stay as they are. */
  readonly photometricInterpretation: string;
  /** Row by row, samples of a pixel side by side. Stored values: no rescale, no windowing. */
  readonly samples: Samples;
}

function checkCodestream(codec: Codec, frame: Uint8Array, format: PixelFormat): number {
  if (codec === 'rle') return format.bitsAllocated;
  const size = codec === 'jpeg-2000' || codec === 'htj2k' ? jpeg2000Size(frame) : jpegSize(frame);
  if (size.rows !== format.rows || size.columns !== format.columns || size.components !== format.samplesPerPixel) {
    throw new AppError('DICOM_PIXEL_DECODE_FAILED', 'the compressed frame has another size than the header says', { details: { ...size } });
  }
  if (size.precision > format.bitsAllocated) {
    throw new AppError('DICOM_PIXEL_DECODE_FAILED', 'the compressed frame has more bits than the header says', { details: { ...size } });
  }
  if (!hasEndMarker(frame)) throw new AppError('DICOM_PIXEL_DECODE_FAILED', 'the compressed frame has no end marker');
  return size.precision;
}

/** Decoders give one byte per sample for up to eight bits, whatever BitsAllocated says. */
function widened(decoded: Uint8Array, format: PixelFormat, count: number): Uint8Array {
  const size = format.bitsAllocated / 8;
  if (decoded.length >= count * size) return decoded;
  if (decoded.length < count) throw new AppError('DICOM_PIXEL_DECODE_FAILED', 'the decoder gave too few samples');
  const out = new Uint8Array(count * size);
  for (let index = 0; index < count; index += 1) out[index * size] = decoded[index] ?? 0;
  return out;
}

async function compressedSamples(codec: Codec, frame: Uint8Array, format: PixelFormat): Promise<Samples> {
  const precision = checkCodestream(codec, frame, format);
  const decoded = await decodeCompressed(codec, frame, format);
  const cells = widened(decoded, format, format.rows * format.columns * format.samplesPerPixel);
  // A codestream of BitsStored bits holds the values themselves; one of BitsAllocated bits holds raw cells.
  return toSamples(cells, format, { littleEndian: true, aligned: precision < format.bitsAllocated });
}

function nativeSamples(frame: Uint8Array, format: PixelFormat, littleEndian: boolean): Samples {
  if (format.bitsAllocated === 1) return unpackBits(frame, 0, format.rows * format.columns * format.samplesPerPixel);
  const is422 = format.photometricInterpretation === 'YBR_FULL_422' && format.samplesPerPixel === 3;
  const cells = is422 ? expandYbr422(frame, format.rows * format.columns) : frame;
  return toSamples(cells, format, { littleEndian, aligned: false });
}

/**
 * Sample values of one frame as {@link readFrame} gives it.
 * @throws AppError DICOM_UNSUPPORTED_TRANSFER_SYNTAX, DICOM_PIXEL_DECODE_FAILED.
 */
export async function decodeFrameBytes(frame: Uint8Array, format: PixelFormat, transferSyntaxUID: string): Promise<DecodedFrame> {
  const syntax = transferSyntax(transferSyntaxUID);
  if (syntax.codec === 'unsupported') {
    throw new AppError('DICOM_UNSUPPORTED_TRANSFER_SYNTAX', 'there is no decoder for the transfer syntax', { details: { transferSyntaxUID } });
  }
  const native = syntax.codec === 'native';
  let samples = native ? nativeSamples(frame, format, !syntax.bigEndian) : await compressedSamples(syntax.codec, frame, format);
  let { photometricInterpretation } = format;
  if (format.samplesPerPixel === 3) {
    const planar = native ? format.planar && photometricInterpretation !== 'YBR_FULL_422' : syntax.codec === 'rle' && format.planar;
    if (planar) samples = interleave(samples, format);
    // JPEG and JPEG 2000 decoders undo their own colour transform.
    const ybr = photometricInterpretation.startsWith('YBR_FULL') && (native || syntax.codec === 'rle' || syntax.codec === 'jpeg-ls');
    if (ybr) ybrFullToRgb(samples);
    if (photometricInterpretation.startsWith('YBR')) photometricInterpretation = 'RGB';
  }
  return { rows: format.rows, columns: format.columns, samplesPerPixel: format.samplesPerPixel, bitsStored: format.bitsStored, photometricInterpretation, samples };
}

/**
 * Sample values of frame `frameIndex` (from 0) of an instance. `instanceBytes` is the whole file that `parsed` came from.
 * @throws AppError DICOM_UNSUPPORTED_TRANSFER_SYNTAX, DICOM_PIXEL_DECODE_FAILED, DICOM_TRUNCATED, DICOM_MISSING_ATTRIBUTE, DICOM_TOO_LARGE.
 */
export function decodeFrame(instanceBytes: Uint8Array, parsed: ParsedInstance, frameIndex: number): Promise<DecodedFrame> {
  const format = pixelFormat(parsed.dataset);
  const frame = readFrame(instanceBytes, parsed, frameIndex);
  const swappedBytes = format.bitsAllocated === 8 && parsed.pixelData?.vr === 'OW' && transferSyntax(parsed.meta.transferSyntaxUID).bigEndian;
  return decodeFrameBytes(swappedBytes ? Buffer.from(frame).swap16() : frame, format, parsed.meta.transferSyntaxUID);
}
