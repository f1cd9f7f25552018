/** Building data sets by keyword; values are checked when they are encoded. */
import { AppError } from '../errors.ts';
import type { Dataset, DicomValue } from './dataset.ts';
import { parsePersonName } from './decode-value.ts';
import { tag, vrOf } from './tags.ts';
import type { Keyword } from './tags.ts';
import { isBinary } from './vr.ts';

function concreteVR(keyword: Keyword, values: readonly DicomValue[]): string {
  const vr = vrOf(tag(keyword));
  if (vr !== 'XS' && vr !== 'LX') return vr;
  return values.some((value) => typeof value === 'number' && value < 0) ? 'SS' : 'US';
}

/**
 * Sets an element to the values given; with none it is present and empty (type 2). A person name may be given in
 * its one-string form. Sequences take their items as values.
 */
export function put(dataset: Dataset, keyword: Keyword, ...values: readonly DicomValue[]): void {
  const vr = concreteVR(keyword, values);
  if (isBinary(vr) || vr === 'OX') throw new AppError('DICOM_INVALID_VALUE', `${keyword} is binary: use putBytes`, { details: { keyword } });
  const named = vr === 'PN' ? values.map((value) => (typeof value === 'string' ? parsePersonName(value) : value)) : values;
  dataset[tag(keyword)] = named.length === 0 ? { vr } : { vr, Value: named };
}

/** As {@link put}, doing nothing when the value is undefined (type 3). */
export function putIfDefined(dataset: Dataset, keyword: Keyword, value: DicomValue | undefined): void {
  if (value !== undefined) put(dataset, keyword, value);
}

/** Sets a binary element (little endian). Pass the VR where the dictionary leaves a choice (PixelData). */
export function putBytes(dataset: Dataset, keyword: Keyword, vr: string, bytes: Uint8Array): void {
  dataset[tag(keyword)] = { vr, bytes };
}

/** Copies elements as they are; `emptyIfAbsent` makes the absent ones empty (type 2). */
export function copy(from: Dataset, to: Dataset, keywords: readonly Keyword[], options: { readonly emptyIfAbsent?: boolean } = {}): void {
  for (const keyword of keywords) {
    const found = from[tag(keyword)];
    if (found !== undefined) to[tag(keyword)] = found;
    else if (options.emptyIfAbsent === true) put(to, keyword);
  }
}
