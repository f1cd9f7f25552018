/** Any received instance as Explicit VR Little Endian, for readers that take nothing else. */
import { AppError } from '../errors.ts';
import { put, putBytes } from './build.ts';
import { decodeFrameBytes } from './codec.ts';
import type { DecodedFrame } from './codec.ts';
import type { Dataset } from './dataset.ts';
import { encodePart10 } from './encode.ts';
import { parsePart10 } from './parse.ts';
import type { ParsedInstance } from './parse.ts';
import { pixelFormat } from './pixel-format.ts';
import type { PixelFormat } from './pixel-format.ts';
import { readFrame } from './pixels.ts';
import { explicitVRLittleEndian, transferSyntax } from './transfer-syntax.ts';

/** More than this is not decoded at once into memory. */
const maximumNativeBytes = 2 ** 31 - 1;

/** Native cells of samples: little endian, BitsAllocated each, bits above BitsStored zero or the sign. */
export function samplesToCells(frame: DecodedFrame): Uint8Array {
  const { samples } = frame;
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

function littleEndianCells(source: Uint8Array, vr: string, format: PixelFormat): Uint8Array {
  if (format.bitsAllocated !== 16 && vr !== 'OW') return source;
  const out = Uint8Array.from(source.length % 2 === 0 ? source : source.subarray(0, -1));
  for (let at = 0; at < out.length; at += 2) {
    const first = out[at] ?? 0;
    out[at] = out[at + 1] ?? 0;
    out[at + 1] = first;
  }
  return out;
}

async function decodedPixelBytes(bytes: Uint8Array, parsed: ParsedInstance, format: PixelFormat): Promise<Uint8Array> {
  const frameBytes = (format.rows * format.columns * format.samplesPerPixel * format.bitsAllocated) / 8;
  if (frameBytes * format.frames > maximumNativeBytes) throw new AppError('DICOM_TOO_LARGE', 'the decoded pixel data would be too large');
  const out = new Uint8Array(frameBytes * format.frames);
  for (let index = 0; index < format.frames; index += 1) {
    const frame = await decodeFrameBytes(readFrame(bytes, parsed, index), format, parsed.meta.transferSyntaxUID);
    out.set(samplesToCells(frame), index * frameBytes);
  }
  return out;
}

function describeDecoded(dataset: Dataset, format: PixelFormat): void {
  put(dataset, 'HighBit', format.bitsStored - 1);
  delete dataset['7FE00001'];
  delete dataset['7FE00002'];
  // An icon inside a compressed instance may be compressed too; it is only a convenience.
  delete dataset['00880200'];
  if (format.samplesPerPixel !== 3) return;
  put(dataset, 'PlanarConfiguration', 0);
  if (format.photometricInterpretation.startsWith('YBR')) put(dataset, 'PhotometricInterpretation', 'RGB');
}

/**
 * The instance in Explicit VR Little Endian with native pixel data; header values stay what they were. Bytes that
 * are in that syntax already come back as they are. Attributes of lossy compression are kept.
 * @throws AppError as `parsePart10` and `decodeFrame`.
 */
export async function transcodeToNative(instanceBytes: Uint8Array): Promise<Uint8Array> {
  const parsed = parsePart10(instanceBytes);
  const syntax = transferSyntax(parsed.meta.transferSyntaxUID);
  if (syntax.uid === explicitVRLittleEndian && parsed.explicitVR) return instanceBytes;
  const dataset: Dataset = { ...parsed.dataset };
  const { pixelData } = parsed;
  if (pixelData !== undefined) {
    if (pixelData.kind === 'encapsulated') {
      const format = pixelFormat(dataset);
      const pixels = await decodedPixelBytes(instanceBytes, parsed, format);
      describeDecoded(dataset, format);
      putBytes(dataset, 'PixelData', format.bitsAllocated === 8 ? 'OB' : 'OW', pixels);
    } else {
      const source = (parsed.inflated ?? instanceBytes).subarray(pixelData.offset, pixelData.offset + pixelData.length);
      dataset[pixelData.tag] = { vr: pixelData.vr, bytes: syntax.bigEndian ? littleEndianCells(source, pixelData.vr, pixelFormat(dataset)) : source };
    }
  }
  return encodePart10(dataset, { values: 'received' });
}
