/** The bytes of one frame, as they are stored (PS3.5 8.2 and A.4). */
import { AppError } from '../errors.ts';
import type { Dataset } from './dataset.ts';
import type { Fragment } from './pixel-data-location.ts';
import type { ParsedInstance } from './parse.ts';
import { pixelFormat } from './pixel-format.ts';
import { frameCount } from './pixel-length.ts';

export { frameCount } from './pixel-length.ts';

function unreadable(message: string): AppError {
  return new AppError('DICOM_PIXEL_DECODE_FAILED', message);
}

function wideNumbers(dataset: Dataset, tag: string): readonly number[] {
  const bytes = dataset[tag]?.bytes;
  if (bytes === undefined) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.floor(bytes.length / 8) }, (_, index) => Number(view.getBigUint64(index * 8, true)));
}

/** Extended Offset Table (PS3.3 C.7.6.3.1.8), else the basic one; both count from the first fragment's item header. */
function offsetTable(parsed: ParsedInstance, basic: readonly number[]): readonly number[] {
  const extended = wideNumbers(parsed.dataset, '7FE00001');
  return extended.length > 0 ? extended : basic;
}

const startMarkers: readonly (readonly number[])[] = [[0xff, 0xd8, 0xff], [0xff, 0x4f, 0xff, 0x51], [0x00, 0x00, 0x00, 0x0c, 0x6a, 0x50]];

function startsFrame(bytes: Uint8Array, fragment: Fragment): boolean {
  return startMarkers.some((marker) => marker.every((byte, index) => bytes[fragment.offset + index] === byte));
}

/** Fragments of each frame: one each, by an offset table, or by the codestreams' start markers. */
function fragmentsOfFrame(bytes: Uint8Array, fragments: readonly Fragment[], offsets: readonly number[], frames: number, frame: number): readonly Fragment[] {
  if (frames === 1) return fragments;
  if (fragments.length === frames) return fragments.slice(frame, frame + 1);
  const base = (fragments[0]?.offset ?? 0) - 8;
  const starts = offsets.length >= frames
    ? offsets.map((offset) => fragments.findIndex((fragment) => fragment.offset - 8 - base === offset))
    : fragments.flatMap((fragment, index) => (startsFrame(bytes, fragment) ? [index] : []));
  const from = starts[frame];
  if (starts.length !== frames || from === undefined || from < 0) throw unreadable('the fragments cannot be assigned to frames');
  return fragments.slice(from, starts[frame + 1] ?? fragments.length);
}

/**
 * The bytes of a frame: native cells, or the compressed stream put together from its fragments. `frameIndex` starts
 * at 0. Single-bit frames come with their first bit in the lowest bit of the first byte.
 * `instanceBytes` is the whole file; `parsed` must come from it and must not be header-only.
 * @throws AppError DICOM_PIXEL_DECODE_FAILED, DICOM_TRUNCATED, HTTP-neutral codes only.
 */
export function readFrame(instanceBytes: Uint8Array, parsed: ParsedInstance, frameIndex: number): Uint8Array {
  const { pixelData } = parsed;
  const frames = frameCount(parsed.dataset);
  if (pixelData === undefined) throw unreadable('the instance has no pixel data');
  if (!Number.isInteger(frameIndex) || frameIndex < 0 || frameIndex >= frames) throw unreadable('there is no such frame');
  const bytes = parsed.inflated ?? instanceBytes;
  if (pixelData.kind === 'encapsulated') {
    if (pixelData.fragments === undefined) throw unreadable('only the header of the instance was parsed');
    const parts = fragmentsOfFrame(bytes, pixelData.fragments, offsetTable(parsed, pixelData.basicOffsetTable ?? []), frames, frameIndex);
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return bytes.subarray(only.offset, only.offset + only.length);
    return Buffer.concat(parts.map(({ offset, length }) => bytes.subarray(offset, offset + length)));
  }
  return nativeFrame(bytes, parsed.dataset, pixelData.offset, pixelData.length, frameIndex);
}

function nativeFrame(bytes: Uint8Array, dataset: Dataset, offset: number, length: number, frameIndex: number): Uint8Array {
  const format = pixelFormat(dataset);
  const samples = format.photometricInterpretation === 'YBR_FULL_422' && format.samplesPerPixel === 3 ? 2 : format.samplesPerPixel;
  const bits = format.rows * format.columns * samples * format.bitsAllocated;
  const firstBit = bits * frameIndex;
  if (Math.ceil((firstBit + bits) / 8) > length) throw new AppError('DICOM_TRUNCATED', 'the pixel data ends before the frame does');
  const start = offset + Math.floor(firstBit / 8);
  const shift = firstBit % 8;
  const size = Math.ceil(bits / 8);
  if (shift === 0) return bytes.subarray(start, start + size);
  const out = new Uint8Array(size);
  for (let index = 0; index < size; index += 1) {
    out[index] = ((bytes[start + index] ?? 0) >> shift) | ((bytes[start + index + 1] ?? 0) << (8 - shift));
  }
  return out;
}
