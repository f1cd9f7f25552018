/** Whether the pixel data of an instance can hold what its header promises. */
import { AppError } from '../errors.ts';
import { hasValue, number, texts } from './access.ts';
import type { Dataset } from './dataset.ts';
import type { PixelDataLocation } from './pixel-data-location.ts';
import type { TransferSyntax } from './transfer-syntax.ts';

/** NumberOfFrames, 1 where absent or nonsensical. */
export function frameCount(dataset: Dataset): number {
  const count = number(dataset, 'NumberOfFrames');
  return count !== undefined && Number.isInteger(count) && count > 0 ? count : 1;
}

/** Bytes of uncompressed pixel data by the header (PS3.5 8.1.1), undefined where attributes are missing. */
export function nativeLength(dataset: Dataset): number | undefined {
  const rows = number(dataset, 'Rows');
  const columns = number(dataset, 'Columns');
  const bits = number(dataset, 'BitsAllocated');
  if (rows === undefined || columns === undefined || bits === undefined) return undefined;
  const samples = number(dataset, 'SamplesPerPixel') ?? 1;
  // YBR_FULL_422 halves the chroma samples (PS3.3 C.7.6.3.1.2).
  const perPixel = dataset['00280004']?.Value?.[0] === 'YBR_FULL_422' && samples === 3 ? 2 : samples;
  return Math.ceil((rows * columns * perPixel * frameCount(dataset) * bits) / 8);
}

/** Image storage classes that a chest study may bring; each has Pixel Data of type 1. */
const imageClasses = new Set([
  '1', '1.1', '2', '2.1', '2.2', '4', '4.1', '6.1', '7', '7.1', '7.2', '7.3', '7.4', '20', '66.4', '66.7', '77.1.4', '128', '128.1', '130',
].map((suffix) => `1.2.840.10008.5.1.4.1.1.${suffix}`));

/**
 * A file cut between two elements looks complete; an image without pixel data shows it.
 * @throws AppError DICOM_TRUNCATED.
 */
export function requirePixelData(dataset: Dataset): void {
  // Spectroscopy has rows and columns of another kind of data; JPIP keeps the pixels on a server.
  if (hasValue(dataset, 'SpectroscopyData') || hasValue(dataset, 'PixelDataProviderURL')) return;
  const [sopClassUID] = texts(dataset, 'SOPClassUID');
  if (imageClasses.has(sopClassUID ?? '') || (hasValue(dataset, 'Rows') && hasValue(dataset, 'Columns'))) {
    throw new AppError('DICOM_TRUNCATED', 'the image has no pixel data');
  }
}

/** @throws AppError DICOM_TRUNCATED for too little pixel data, DICOM_MALFORMED for the wrong kind. */
export function checkPixelDataLength(dataset: Dataset, pixelData: PixelDataLocation, syntax: TransferSyntax): void {
  if (pixelData.kind === 'encapsulated') {
    if (!syntax.encapsulated) throw new AppError('DICOM_MALFORMED', 'pixel data is encapsulated under a native transfer syntax');
    if (pixelData.fragments !== undefined && pixelData.fragments.length < frameCount(dataset)) {
      throw new AppError('DICOM_TRUNCATED', 'there are fewer fragments than frames', { details: { fragments: pixelData.fragments.length, frames: frameCount(dataset) } });
    }
    return;
  }
  if (syntax.encapsulated) throw new AppError('DICOM_MALFORMED', 'pixel data is native under a compressed transfer syntax');
  const expected = nativeLength(dataset);
  if (expected !== undefined && pixelData.length < expected) {
    throw new AppError('DICOM_TRUNCATED', 'pixel data is shorter than rows, columns and frames say', { details: { expected, found: pixelData.length } });
  }
}
