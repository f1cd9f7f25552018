/** Decoding one instance into its slices of a volume; runs on the caller's thread or in a worker. */
import { decodeFrame } from '../dicom/codec.ts';
import { parsePart10 } from '../dicom/parse.ts';
import { AppError } from '../errors.ts';
import { storedToHU, type Rescale } from './hounsfield.ts';

/** One frame of an instance and the slice it becomes. */
export interface FrameTask extends Rescale {
  /** From 0. */
  readonly frameIndex: number;
  readonly slice: number;
}

/** Decodes frames of an instance into `hu`, whose slices have `rows` x `columns` values. */
export async function decodeInto(hu: Int16Array, rows: number, columns: number, bytes: Uint8Array, frames: readonly FrameTask[]): Promise<void> {
  const parsed = parsePart10(bytes);
  for (const frame of frames) {
    const decoded = await decodeFrame(bytes, parsed, frame.frameIndex);
    if (decoded.rows !== rows || decoded.columns !== columns || decoded.samplesPerPixel !== 1) {
      throw new AppError('DICOM_PIXEL_DECODE_FAILED', 'an image has another size than its series', { details: { rows: decoded.rows, columns: decoded.columns } });
    }
    const start = frame.slice * rows * columns;
    storedToHU(decoded.samples, frame, hu.subarray(start, start + rows * columns));
  }
}
