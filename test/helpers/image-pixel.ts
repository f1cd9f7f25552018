import { put } from '../../src/dicom/build.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';

export interface PixelLayout {
  readonly rows: number;
  readonly columns: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
}

/** The Image Pixel module (PS3.3 C.7.6.3) of an unsigned monochrome image, but for the pixels. */
export function putPixelLayout(dataset: Dataset, { rows, columns, bitsAllocated, bitsStored }: PixelLayout): void {
  put(dataset, 'SamplesPerPixel', 1);
  put(dataset, 'PhotometricInterpretation', 'MONOCHROME2');
  put(dataset, 'Rows', rows);
  put(dataset, 'Columns', columns);
  put(dataset, 'BitsAllocated', bitsAllocated);
  put(dataset, 'BitsStored', bitsStored);
  put(dataset, 'HighBit', bitsStored - 1);
  put(dataset, 'PixelRepresentation', 0);
}
