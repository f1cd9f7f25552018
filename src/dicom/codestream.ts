/** What a compressed frame says of itself, read before a decoder allocates anything for it. */
import { AppError } from '../errors.ts';

export interface CodestreamSize {
  readonly columns: number;
  readonly rows: number;
  readonly components: number;
  /** Bits per sample. */
  readonly precision: number;
}

function failed(message: string): AppError {
  return new AppError('DICOM_PIXEL_DECODE_FAILED', message);
}

/** SOF0–SOF15 without DHT, JPG and DAC (T.81 Table B.1), and the SOF55 of JPEG-LS (T.87). */
function isStartOfFrame(marker: number): boolean {
  return marker === 0xf7 || (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker));
}

/** Size by the frame header of a JPEG or JPEG-LS stream. @throws AppError DICOM_PIXEL_DECODE_FAILED. */
export function jpegSize(bytes: Uint8Array): CodestreamSize {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 2;
  while (at + 10 <= bytes.length) {
    if (bytes[at] !== 0xff) throw failed('a JPEG marker is missing');
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) at += 1;
    else if (isStartOfFrame(marker)) {
      return { precision: bytes[at + 4] ?? 0, rows: view.getUint16(at + 5), columns: view.getUint16(at + 7), components: bytes[at + 9] ?? 0 };
    } else at += 2 + view.getUint16(at + 2);
  }
  throw failed('the JPEG stream has no frame header');
}

/** Size by the SIZ segment of a JPEG 2000 codestream, with or without a JP2 wrapper. @throws AppError DICOM_PIXEL_DECODE_FAILED. */
export function jpeg2000Size(bytes: Uint8Array): CodestreamSize {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4096)).indexOf(Buffer.from([0xff, 0x4f, 0xff, 0x51]));
  if (start < 0 || start + 43 > bytes.length) throw failed('the JPEG 2000 stream has no size segment');
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  return {
    columns: view.getUint32(8) - view.getUint32(16),
    rows: view.getUint32(12) - view.getUint32(20),
    components: view.getUint16(40),
    precision: (view.getUint8(42) & 0x7f) + 1,
  };
}

/** True when the stream closes with the end marker, padding apart; a decoder may not notice that it was cut. */
export function hasEndMarker(bytes: Uint8Array): boolean {
  let end = bytes.length;
  while (end > 2 && bytes[end - 1] !== 0xd9 && bytes.length - end < 16) end -= 1;
  return bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9;
}
