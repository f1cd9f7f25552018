/** Small CT instances as files, and ways to hand them over. */
import { put, putBytes } from '../../src/dicom/build.ts';
import type { Dataset, DicomValue } from '../../src/dicom/dataset.ts';
import { encodePart10 } from '../../src/dicom/encode.ts';
import type { Keyword } from '../../src/dicom/tags.ts';

export const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';
export type Attributes = Readonly<Partial<Record<Keyword, readonly DicomValue[] | undefined>>>;

const usual: Attributes = {
  SOPClassUID: [ctImageStorage], PatientName: ['Phạm^Thị Hoa'], PatientID: ['P1'], StudyDate: ['20260102'], StudyTime: ['101530'], AccessionNumber: ['A1'],
  Modality: ['CT'], ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'], SeriesNumber: [2], AcquisitionNumber: [1], FrameOfReferenceUID: ['1.2.77'],
  ImageOrientationPatient: [1, 0, 0, 0, 1, 0], PixelSpacing: [0.7, 0.7], SliceThickness: [1.5],
  SamplesPerPixel: [1], PhotometricInterpretation: ['MONOCHROME2'], Rows: [8], Columns: [8], BitsAllocated: [16], BitsStored: [16], HighBit: [15],
  PixelRepresentation: [1], RescaleIntercept: [0], RescaleSlope: [1],
};

export function dataset(attributes: Attributes, pixelBytes = 2 * Number(attributes.Rows?.[0] ?? 8) * Number(attributes.Columns?.[0] ?? 8)): Dataset {
  const built: Dataset = {};
  for (const [keyword, values] of Object.entries({ ...usual, ...attributes })) {
    if (values !== undefined) put(built, keyword as Keyword, ...values);
  }
  if (pixelBytes > 0) putBytes(built, 'PixelData', 'OW', Buffer.alloc(pixelBytes, JSON.stringify(attributes.InstanceNumber ?? 'x')));
  return built;
}

/** Slice `number` of a study: at z = -100 mm plus 1.5 mm a slice, unless told otherwise. */
export function slice(number: number, attributes: Attributes = {}, place: { readonly study?: string; readonly series?: string } = {}): Uint8Array {
  const study = place.study ?? '1.2.3';
  const series = place.series ?? `${study}.1`;
  return encodePart10(dataset({
    StudyInstanceUID: [study], SeriesInstanceUID: [series], SOPInstanceUID: [`${series}.${number}`], InstanceNumber: [number],
    ImagePositionPatient: [-120, -110, -100 + 1.5 * number], ...attributes,
  }), { values: 'received' });
}

/** A file in pieces of the size that a DIMSE association brings. */
export async function* stream(bytes: Uint8Array, chunkBytes = 200): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}
