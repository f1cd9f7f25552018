/** Attribute matching of PS3.4 C.2.2.2 on plain values: what one value of a data set says to one key. */
import { formatPersonName } from '../dicom/access.ts';
import type { DicomElement, DicomValue } from '../dicom/dataset.ts';
import { foldedWords } from './fold-text.ts';

/** An empty key or a lone `*` matches everything, absent values included (C.2.2.2.3). */
export function isUniversal(key: string): boolean {
  return /^\**$/u.test(key.trim());
}

/** Two quotation marks ask for an empty or absent value (C.2.2.2.7). */
export function asksForEmpty(key: string): boolean {
  return key.trim() === '""';
}

export function hasWildcard(key: string): boolean {
  return /[*?]/u.test(key);
}

/**
 * Text against a key with wildcards (C.2.2.2.4): `*` any run, `?` any one character. Greedy search of the pieces
 * between the stars, not a regular expression, so that a hostile key cannot make it backtrack.
 */
export function matchesWildcard(value: string, key: string): boolean {
  if (!hasWildcard(key)) return value === key;
  const characters = Array.from(value);
  const pieces = key.split(/\*+/u).map((piece) => Array.from(piece));
  const fits = (piece: readonly string[], at: number): boolean =>
    at + piece.length <= characters.length && piece.every((character, index) => character === '?' || character === characters[at + index]);
  const [first = [], ...others] = pieces;
  const last = others.pop();
  if (last === undefined) return first.length === characters.length && fits(first, 0);
  if (!fits(first, 0)) return false;
  let at = first.length;
  for (const piece of others) {
    while (at <= characters.length && !fits(piece, at)) at += 1;
    if (at > characters.length) return false;
    at += piece.length;
  }
  const tail = characters.length - last.length;
  return tail >= at && fits(last, tail);
}

/** Values of a list key: separated by backslashes (PS3.4 C.2.2.2.2), and by commas where a value cannot hold one. */
export function listOf(key: string, commas: boolean): readonly string[] {
  return key.split(commas ? /[\\,]/u : '\\').map((part) => part.trim()).filter((part) => part !== '');
}

/** YYYYMMDD; the old form with dots is read too (PS3.5 6.2, note on DA). */
export function comparableDate(date: string): string {
  return date.trim().replaceAll('.', '').slice(0, 8);
}

/** HHMMSS.FFFFFF, missing parts filled with the digit: 0 for the earliest moment meant, 9 for the latest. */
export function comparableTime(time: string, fill: '0' | '9'): string {
  const [whole = '', fraction = ''] = time.trim().replaceAll(':', '').split('.');
  if (whole === '') return '';
  return `${whole.slice(0, 6).padEnd(6, fill)}.${fraction.slice(0, 6).padEnd(6, fill)}`;
}

export interface ValueRange {
  readonly from?: string;
  readonly to?: string;
}

/** `a-b`, `a-`, `-b` or one value as inclusive bounds (C.2.2.2.5), each in comparable form. */
export function rangeOf(key: string, comparable: (text: string, fill: '0' | '9') => string): ValueRange {
  const dash = key.indexOf('-');
  const from = dash < 0 ? key : key.slice(0, dash);
  const to = dash < 0 ? key : key.slice(dash + 1);
  return {
    ...(from.trim() === '' ? {} : { from: comparable(from, '0') }),
    ...(to.trim() === '' ? {} : { to: comparable(to, '9') }),
  };
}

export function inRange(value: string, range: ValueRange): boolean {
  return value !== '' && (range.from === undefined || value >= range.from) && (range.to === undefined || value <= range.to);
}

/** A name as matching compares it: composed, lower case, empty trailing components and groups dropped. */
export function comparableName(name: string): string {
  return name.normalize('NFC').toLowerCase().split('=').map((group) => group.trim().replace(/[\s^]+$/u, '')).join('=').replace(/=+$/u, '');
}

function matchesGroup(group: string, key: string): boolean {
  if (matchesWildcard(group, key)) return true;
  // Component by component, so that a family name alone finds the person and `^An` any family.
  const components = group.split('^');
  return key.split('^').every((part, index) => isUniversal(part) || matchesWildcard((components[index] ?? '').trim(), part.trim()));
}

/** One key meets thousands of names in a row. */
let lastKey = { key: '', groups: [''] as readonly string[] };
function keyGroupsOf(key: string): readonly string[] {
  if (lastKey.key !== key) lastKey = { key, groups: comparableName(key).split('=') };
  return lastKey.groups;
}

/** A name in comparable form against a key, ignoring case; any of the three groups may match (PS3.4 C.2.2.2.1). */
export function matchesName(name: string, key: string): boolean {
  const groups = name.split('=');
  const keyGroups = keyGroupsOf(key);
  if (keyGroups.length === 1) return groups.some((group) => group !== '' && matchesGroup(group, keyGroups[0] ?? ''));
  return keyGroups.every((part, index) => isUniversal(part) || matchesGroup(groups[index] ?? '', part));
}

/** Every word of the key begins some word of the name; accents and order do not count. */
export function matchesFuzzyName(name: string, key: string): boolean {
  const words = foldedWords(name);
  return foldedWords(key).every((part) => words.some((word) => word.startsWith(part)));
}

const numericVRs = new Set(['DS', 'IS', 'US', 'SS', 'UL', 'SL', 'FL', 'FD', 'UV', 'SV']);
const datedVRs = new Set(['DA', 'DT']);

function valueText(value: DicomValue): string {
  if (value === null) return '';
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number') return String(value);
  return 'Alphabetic' in value || 'Ideographic' in value || 'Phonetic' in value ? formatPersonName(value) : '';
}

/** DT without its zone: the date and time written in the value, which is what a reader sees. */
function comparableDateTime(text: string, fill: '0' | '9'): string {
  const local = text.trim().replace(/[+-]\d{4}$/u, '');
  return local.slice(0, 8).padEnd(8, fill) + comparableTime(local.length > 8 ? local.slice(8) : `${fill}${fill}`, fill);
}

function matchesOne(vr: string, value: string, key: string, fuzzy: boolean): boolean {
  if (vr === 'PN') return fuzzy ? matchesFuzzyName(value, key) : matchesName(comparableName(value), key);
  if (datedVRs.has(vr)) {
    const comparable = vr === 'DA' ? comparableDate : comparableDateTime;
    return inRange(comparable(value, '0'), rangeOf(key, comparable));
  }
  if (vr === 'TM') return inRange(comparableTime(value, '0'), rangeOf(key, comparableTime));
  if (numericVRs.has(vr)) return listOf(key, true).some((part) => Number(part) === Number(value));
  if (vr === 'UI' || vr === 'CS') return listOf(key, true).some((part) => (vr === 'UI' ? part === value : matchesWildcard(value, part)));
  return listOf(key, false).some((part) => matchesWildcard(value, part));
}

/** An element against a key; any of several values may match (PS3.4 C.2.2.3). */
export function matchesElement(element: DicomElement | undefined, key: string, fuzzy: boolean): boolean {
  if (isUniversal(key)) return true;
  const values = (element?.Value ?? []).map(valueText).filter((value) => value !== '');
  if (asksForEmpty(key)) return values.length === 0;
  return element !== undefined && values.some((value) => matchesOne(element.vr, value, key, fuzzy));
}
