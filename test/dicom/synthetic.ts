/** Small synthetic instances for the tests of the DICOM core. */
import { encodePart10 } from '../../src/dicom/encode.ts';
import { put, putBytes } from '../../src/dicom/build.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';

export interface ImageOptions {
  readonly rows?: number;
  readonly columns?: number;
  readonly frames?: number;
  readonly bitsAllocated?: 8 | 16;
  readonly bitsStored?: number;
  readonly signed?: boolean;
  readonly samplesPerPixel?: 1 | 3;
  readonly patientName?: string;
}

/** Deterministic values that use the whole range of the stored bits. */
export function pixelValues(options: ImageOptions = {}): Int32Array {
  const { rows = 48, columns = 64, frames = 1, samplesPerPixel = 1, bitsStored = 12, signed = false } = options;
  const range = 2 ** bitsStored;
  const values = new Int32Array(rows * columns * frames * samplesPerPixel);
  let seed = 12345;
  for (let index = 0; index < values.length; index += 1) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    const smooth = (Math.sin(index / 97) * Math.cos(index / 1301) * 0.4 + 0.5) * range;
    const value = Math.floor(smooth + ((seed >>> 16) % Math.max(2, range / 16)) - range / 32);
    values[index] = Math.min(range - 1, Math.max(0, value)) - (signed ? range / 2 : 0);
  }
  values[0] = signed ? -range / 2 : 0;
  values[1] = (signed ? range / 2 : range) - 1;
  return values;
}

export function imageDataset(options: ImageOptions = {}): Dataset {
  const { rows = 48, columns = 64, frames = 1, bitsAllocated = 16, bitsStored = 12, signed = false, samplesPerPixel = 1 } = options;
  const dataset: Dataset = {};
  put(dataset, 'SOPClassUID', frames > 1 || samplesPerPixel === 3 ? '1.2.840.10008.5.1.4.1.1.7.2' : '1.2.840.10008.5.1.4.1.1.2');
  put(dataset, 'SOPInstanceUID', '2.25.11');
  put(dataset, 'StudyInstanceUID', '2.25.12');
  put(dataset, 'SeriesInstanceUID', '2.25.13');
  put(dataset, 'ImageType', 'ORIGINAL', 'PRIMARY', 'AXIAL');
  put(dataset, 'Modality', 'CT');
  put(dataset, 'PatientName', options.patientName ?? 'Phantom^Synthetic');
  put(dataset, 'PatientID', 'PHANTOM-1');
  put(dataset, 'StudyDate', '20260102');
  put(dataset, 'ImagePositionPatient', -100.5, 20.25, 1234.125);
  put(dataset, 'RescaleIntercept', -1024);
  put(dataset, 'RescaleSlope', 1);
  put(dataset, 'Rows', rows);
  put(dataset, 'Columns', columns);
  put(dataset, 'BitsAllocated', bitsAllocated);
  put(dataset, 'BitsStored', bitsStored);
  put(dataset, 'HighBit', bitsStored - 1);
  put(dataset, 'PixelRepresentation', signed ? 1 : 0);
  put(dataset, 'SamplesPerPixel', samplesPerPixel);
  put(dataset, 'PhotometricInterpretation', samplesPerPixel === 3 ? 'RGB' : 'MONOCHROME2');
  if (samplesPerPixel === 3) put(dataset, 'PlanarConfiguration', 0);
  if (frames > 1) put(dataset, 'NumberOfFrames', frames);
  const values = pixelValues(options);
  const cells = bitsAllocated === 8 ? Uint8Array.from(values) : new Uint8Array(Uint16Array.from(values).buffer);
  putBytes(dataset, 'PixelData', bitsAllocated === 8 ? 'OB' : 'OW', cells);
  return dataset;
}

export function imageFile(options: ImageOptions = {}, transferSyntaxUID?: string): Uint8Array {
  return encodePart10(imageDataset(options), transferSyntaxUID === undefined ? {} : { transferSyntaxUID });
}
