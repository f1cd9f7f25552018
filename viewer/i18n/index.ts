import { en, type Catalogue, type MessageKey } from './en.ts';
import { vi } from './vi.ts';

export type { MessageKey } from './en.ts';
export type Language = 'en' | 'vi';

export const languages: readonly { readonly code: Language; readonly name: string }[] = [
  { code: 'en', name: 'English' },
  { code: 'vi', name: 'Tiếng Việt' },
];

const catalogues: Readonly<Record<Language, Catalogue>> = { en, vi };
/** British English for day-month order, which Vietnamese users share. */
const locales: Readonly<Record<Language, string>> = { en: 'en-GB', vi: 'vi-VN' };
const storageKey = 'phoi.language';
const listeners = new Set<() => void>();

function stored(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch (error) {
    // Storage can be forbidden by policy; the browser's language then decides.
    if (error instanceof DOMException) return null;
    throw error;
  }
}

function initial(): Language {
  const choice = stored() ?? navigator.language;
  return choice.toLowerCase().startsWith('vi') ? 'vi' : 'en';
}

let current: Language = initial();
document.documentElement.lang = current;

export function language(): Language {
  return current;
}

export function locale(): string {
  return locales[current];
}

/** Switches at once and remembers the choice. */
export function setLanguage(next: Language): void {
  if (next === current) return;
  current = next;
  document.documentElement.lang = next;
  try {
    localStorage.setItem(storageKey, next);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
  for (const listener of [...listeners]) listener();
}

/** Calls the listener after every switch; gives the way to stop. */
export function onLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

export type MessageParameters = Readonly<Record<string, string | number>>;

/** The text of a key with its parameters filled in. */
export function t(key: MessageKey, parameters: MessageParameters = {}): string {
  return catalogues[current][key].replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const value = parameters[name];
    return value === undefined ? whole : String(value);
  });
}

type PluralKey = { [K in MessageKey]: K extends `${infer Stem}.other` ? Stem : never }[MessageKey];

/** The plural form that fits `count`, which fills `{count}`. */
export function plural(stem: PluralKey, count: number): string {
  const form = new Intl.PluralRules(locale()).select(count) === 'one' ? 'one' : 'other';
  return t(`${stem}.${form}` as MessageKey, { count: new Intl.NumberFormat(locale()).format(count) });
}

/** The text when the key exists; codes that the server may add later have none. */
export function optional(key: string): string | undefined {
  return Object.hasOwn(catalogues[current], key) ? t(key as MessageKey) : undefined;
}
