/** Reading a data set by keyword, with tolerance: absent, empty and nonsensical values are undefined. */
import { AppError } from '../errors.ts';
import type { Dataset, DicomElement, DicomValue, PersonName } from './dataset.ts';
import { tag } from './tags.ts';
import type { Keyword } from './tags.ts';

/** The element, present or not. */
export function element(dataset: Dataset, keyword: Keyword): DicomElement | undefined {
  return dataset[tag(keyword)];
}

/** True when the element is there with at least one value. */
export function hasValue(dataset: Dataset, keyword: Keyword): boolean {
  const found = element(dataset, keyword);
  return found !== undefined && ((found.Value?.some((value) => value !== null) ?? false) || found.bytes !== undefined || found.InlineBinary !== undefined);
}

function isPersonName(value: DicomValue): value is PersonName {
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(value).every((key) => key === 'Alphabetic' || key === 'Ideographic' || key === 'Phonetic');
}

/** A person name as one string, groups joined by `=` (PS3.5 6.2.1). */
export function formatPersonName(name: PersonName): string {
  return [name.Alphabetic ?? '', name.Ideographic ?? '', name.Phonetic ?? ''].join('=').replace(/=+$/u, '');
}

function asText(value: DicomValue): string | undefined {
  if (value === null) return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return isPersonName(value) ? formatPersonName(value) : undefined;
}

function asNumber(value: DicomValue | undefined): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** All values as text, empty ones as ''. */
export function texts(dataset: Dataset, keyword: Keyword): readonly string[] {
  return (element(dataset, keyword)?.Value ?? []).map((value) => asText(value) ?? '');
}

/** The first value as text; a person name in its one-string form. */
export function text(dataset: Dataset, keyword: Keyword): string | undefined {
  const value = element(dataset, keyword)?.Value?.[0];
  return value === undefined ? undefined : asText(value);
}

/** The first value as a number. */
export function number(dataset: Dataset, keyword: Keyword): number | undefined {
  return asNumber(element(dataset, keyword)?.Value?.[0]);
}

/** All values as numbers; undefined when there is none or one of them is not a number. */
export function numbers(dataset: Dataset, keyword: Keyword): readonly number[] | undefined {
  const values = (element(dataset, keyword)?.Value ?? []).map(asNumber);
  return values.length > 0 && values.every((value) => value !== undefined) ? values : undefined;
}

/** The items of a sequence; none when it is absent or empty. */
export function items(dataset: Dataset, keyword: Keyword): readonly Dataset[] {
  const found = element(dataset, keyword);
  if (found?.vr !== 'SQ') return [];
  return (found.Value ?? []).filter((value): value is Dataset => typeof value === 'object' && value !== null);
}

/** The first item of a sequence. */
export function item(dataset: Dataset, keyword: Keyword): Dataset | undefined {
  return items(dataset, keyword)[0];
}

/** The first value as a person name. */
export function personName(dataset: Dataset, keyword: Keyword): PersonName | undefined {
  const value = element(dataset, keyword)?.Value?.[0];
  if (typeof value === 'string') return { Alphabetic: value };
  return value !== undefined && isPersonName(value) && value !== null ? value : undefined;
}

/** As {@link text}. @throws AppError DICOM_MISSING_ATTRIBUTE. */
export function requireText(dataset: Dataset, keyword: Keyword): string {
  const value = text(dataset, keyword);
  if (value === undefined || value === '') throw missing(keyword);
  return value;
}

/** As {@link number}. @throws AppError DICOM_MISSING_ATTRIBUTE. */
export function requireNumber(dataset: Dataset, keyword: Keyword): number {
  const value = number(dataset, keyword);
  if (value === undefined) throw missing(keyword);
  return value;
}

function missing(keyword: Keyword): AppError {
  return new AppError('DICOM_MISSING_ATTRIBUTE', `${keyword} is missing`, { details: { keyword } });
}
