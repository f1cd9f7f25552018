import type { Dataset, DicomElement } from '../dicom/dataset.ts';

/** The elements at a path of tags joined by dots; each item of a sequence on the way may hold one (PS3.18 8.3.4.1). */
export function elementAt(header: Dataset, path: string): readonly (DicomElement | undefined)[] {
  const [first = '', ...rest] = path.split('.');
  const element = header[first];
  if (rest.length === 0) return [element];
  const items = (element?.Value ?? []).filter((value): value is Dataset => typeof value === 'object' && value !== null);
  return items.length === 0 ? [undefined] : items.flatMap((item) => elementAt(item, rest.join('.')));
}
