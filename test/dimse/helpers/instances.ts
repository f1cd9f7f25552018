/** Small DICOM instances made by our own encoder, as Part 10 bytes or files. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { put, putBytes } from '../../../src/dicom/build.ts';
import type { Dataset } from '../../../src/dicom/dataset.ts';
import { encodeDataset, fileMeta } from '../../../src/dicom/encode.ts';
import { explicitVRLittleEndian } from '../../../src/dicom/transfer-syntax.ts';
import { randomUID, uidFromName } from '../../../src/dicom/uid.ts';
import { putPixelLayout } from '../../helpers/image-pixel.ts';

export const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';

export interface TestInstance {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly studyInstanceUID: string;
  readonly transferSyntaxUID: string;
  readonly dataset: Dataset;
  readonly bytes: Uint8Array;
}

/** A CT slice of `size` × `size` pixels with a gradient, so that every codec has something to code. */
export function ctInstance(options: {
  readonly sopClassUID?: string;
  readonly sopInstanceUID?: string;
  readonly studyInstanceUID?: string;
  readonly instanceNumber?: number;
  readonly size?: number;
  readonly transferSyntaxUID?: string;
} = {}): TestInstance {
  const size = options.size ?? 64;
  const number = options.instanceNumber ?? 1;
  const sopClassUID = options.sopClassUID ?? ctImageStorage;
  const sopInstanceUID = options.sopInstanceUID ?? randomUID();
  const studyInstanceUID = options.studyInstanceUID ?? uidFromName('test study');
  const transferSyntaxUID = options.transferSyntaxUID ?? explicitVRLittleEndian;
  const dataset: Dataset = {};
  put(dataset, 'SOPClassUID', sopClassUID);
  put(dataset, 'SOPInstanceUID', sopInstanceUID);
  put(dataset, 'StudyInstanceUID', studyInstanceUID);
  put(dataset, 'SeriesInstanceUID', uidFromName(`${studyInstanceUID} series`));
  put(dataset, 'FrameOfReferenceUID', uidFromName(`${studyInstanceUID} frame`));
  put(dataset, 'StudyDate', '20260102');
  put(dataset, 'StudyTime', '101112');
  put(dataset, 'Modality', 'CT');
  put(dataset, 'PatientName', 'Test^Subject');
  put(dataset, 'PatientID', 'TEST-1');
  put(dataset, 'PatientBirthDate');
  put(dataset, 'PatientSex', 'O');
  put(dataset, 'StudyID', '1');
  put(dataset, 'AccessionNumber');
  put(dataset, 'ReferringPhysicianName');
  put(dataset, 'SeriesNumber', 1);
  put(dataset, 'InstanceNumber', number);
  put(dataset, 'ImageType', 'ORIGINAL', 'PRIMARY', 'AXIAL');
  put(dataset, 'ImagePositionPatient', -100, -100, number);
  put(dataset, 'ImageOrientationPatient', 1, 0, 0, 0, 1, 0);
  put(dataset, 'PixelSpacing', 0.7, 0.7);
  put(dataset, 'SliceThickness', 1);
  putPixelLayout(dataset, { rows: size, columns: size, bitsAllocated: 16, bitsStored: 16 });
  put(dataset, 'RescaleIntercept', -1024);
  put(dataset, 'RescaleSlope', 1);
  const pixels = new Uint16Array(size * size);
  for (let index = 0; index < pixels.length; index += 1) pixels[index] = (index * 7 + number * 13) % 2000;
  putBytes(dataset, 'PixelData', 'OW', new Uint8Array(pixels.buffer));
  const bytes = Buffer.concat([fileMeta({ sopClassUID, sopInstanceUID, transferSyntaxUID }), encodeDataset(dataset, transferSyntaxUID)]);
  return { sopClassUID, sopInstanceUID, studyInstanceUID, transferSyntaxUID, dataset, bytes };
}

export async function writeInstance(path: string, instance: TestInstance): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, instance.bytes);
  return path;
}
