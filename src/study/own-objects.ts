import { text } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';

/** Modalities of the objects that this service writes as results. */
const resultModalities = new Set(['SR', 'SEG', 'PR', 'KO', 'OT', 'DOC']);
const manufacturer = 'Phoi';
/** What people annotated, written by `phoi convert`: it belongs to no analysis. */
const referenceModelName = 'Phoi reference annotation';

/**
 * True for a result object of this service by its own account: one that comes back from a PACS, or one that a crash
 * left between archive and index. The synthetic CT is not one: it is there to be analysed.
 */
export function isOwnResult(header: Dataset): boolean {
  return (text(header, 'Manufacturer') ?? '').trim() === manufacturer && (text(header, 'ManufacturerModelName') ?? '').trim() !== referenceModelName && resultModalities.has(text(header, 'Modality') ?? '');
}
