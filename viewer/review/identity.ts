/** Who sits here: who is logged in, or where there are no accounts a name that is asked once and kept in this browser. */
import type { Reader } from '../api/review.ts';
import { readStored, store } from '../ui/browser-storage.ts';

const nameKey = 'phoi.reader';
const aiSecondKey = 'phoi.ai-second';
const listeners = new Set<() => void>();
/** For a browser that forbids storage: it then asks again after a reload. */
const remembered = new Map<string, string>();

function read(key: string): string | undefined {
  return readStored(key) ?? remembered.get(key);
}

function write(key: string, value: string): void {
  remembered.set(key, value);
  store(key, value);
}

/** DICOM PN of a name in parts; the characters that separate or escape in DICOM become spaces (PS3.5 6.2). */
export function personNameValue(family: string, given: string): string {
  const clean = (part: string): string => part.normalize('NFC').replaceAll(/[\p{Cc}^=\\]/gu, ' ').replaceAll(/\s+/gu, ' ').trim();
  const parts = [clean(family), clean(given)];
  return (parts[1] === '' ? parts[0] ?? '' : parts.join('^')).slice(0, 64);
}

/** The same name is the same person, at whatever workstation. */
export function readerOf(name: string): Reader {
  return { id: name.toLocaleLowerCase('vi').slice(0, 64), name };
}

let accountReader: Reader | undefined;
let accountReviews = true;

/** With accounts nobody is asked: the server takes no other name either. `reviews`: whether the account may read studies. */
export function setAccountReader(reader: Reader | undefined, reviews: boolean): void {
  accountReader = reader;
  accountReviews = reviews;
  for (const listener of [...listeners]) listener();
}

/** False for an account that may only look. */
export function mayReview(): boolean {
  return accountReviews;
}

/** Undefined until the name has been given. */
export function currentReader(): Reader | undefined {
  if (accountReader !== undefined) return accountReader;
  const name = read(nameKey);
  return name === undefined || name === '' ? undefined : readerOf(name);
}

export function setReaderName(name: string): void {
  write(nameKey, name);
  for (const listener of [...listeners]) listener();
}

/** Whether new readings begin without the marks of the AI. */
export function readsFirst(): boolean {
  return read(aiSecondKey) === '1';
}

export function setReadsFirst(on: boolean): void {
  write(aiSecondKey, on ? '1' : '0');
  for (const listener of [...listeners]) listener();
}

/** Calls the listener after every change; gives the way to stop. */
export function onIdentity(listener: () => void): () => void {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}
