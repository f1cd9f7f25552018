/** Putting a result object together: what was copied as it came, what is new by the letter of the standard. */
import type { Dataset } from '../dicom/dataset.ts';
import { encodeDataset, encodePart10 } from '../dicom/encode.ts';

/**
 * A Part 10 file of both parts. Only the new part has to satisfy PS3.5: a fault in the patient data of the images
 * must not keep the result from being written, and correcting it here would tear the study apart.
 * @throws AppError DICOM_INVALID_VALUE when the new part is wrong.
 */
export function writeObject(copied: Dataset, own: Dataset): Uint8Array {
  encodeDataset(own);
  return encodePart10({ ...copied, ...own }, { values: 'received' });
}
