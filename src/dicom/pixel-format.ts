/** The Image Pixel attributes that say how stored values are to be read (PS3.3 C.7.6.3). */
import { AppError } from '../errors.ts';
import { number, requireNumber, text } from './access.ts';
import type { Dataset } from './dataset.ts';
import { frameCount } from './pixel-length.ts';

export interface PixelFormat {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly samplesPerPixel: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  readonly planar: boolean;
  readonly photometricInterpretation: string;
}

/** Larger frames are refused before anything is allocated: 16384 × 16384 at 16 bits. */
const maximumFrameBytes = 512 * 1024 * 1024;

function inRange(name: string, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new AppError('DICOM_MALFORMED', `${name} is out of range`, { details: { keyword: name } });
}

/** @throws AppError DICOM_MISSING_ATTRIBUTE, DICOM_MALFORMED for impossible values, DICOM_TOO_LARGE. */
export function pixelFormat(dataset: Dataset): PixelFormat {
  const bitsAllocated = requireNumber(dataset, 'BitsAllocated');
  if (![1, 8, 16].includes(bitsAllocated)) {
    throw new AppError('DICOM_PIXEL_DECODE_FAILED', `pixels of ${bitsAllocated} bits are not supported`, { details: { bitsAllocated } });
  }
  const bitsStored = inRange('BitsStored', number(dataset, 'BitsStored') ?? bitsAllocated, 1, bitsAllocated);
  const format: PixelFormat = {
    rows: inRange('Rows', requireNumber(dataset, 'Rows'), 1, 65_535),
    columns: inRange('Columns', requireNumber(dataset, 'Columns'), 1, 65_535),
    frames: frameCount(dataset),
    samplesPerPixel: inRange('SamplesPerPixel', number(dataset, 'SamplesPerPixel') ?? 1, 1, 4),
    bitsAllocated,
    bitsStored,
    highBit: inRange('HighBit', number(dataset, 'HighBit') ?? bitsStored - 1, bitsStored - 1, bitsAllocated - 1),
    signed: number(dataset, 'PixelRepresentation') === 1,
    planar: number(dataset, 'PlanarConfiguration') === 1,
    photometricInterpretation: text(dataset, 'PhotometricInterpretation') ?? 'MONOCHROME2',
  };
  if ((format.rows * format.columns * format.samplesPerPixel * bitsAllocated) / 8 > maximumFrameBytes) {
    throw new AppError('DICOM_TOO_LARGE', 'a frame is unreasonably large', { details: { rows: format.rows, columns: format.columns } });
  }
  return format;
}
