import { readStored, store } from '../ui/browser-storage.ts';
import { en, type Catalogue, type MessageKey } from './en.ts';
import type { enReview } from './en-review.ts';
import { locales, type Language } from './locales.ts';
import { vi } from './vi.ts';

export type { MessageKey } from './en.ts';
export type { Language } from './locales.ts';

export const languages: readonly { readonly code: Language; readonly name: string }[] = [
  { code: 'en', name: 'English' },
  { code: 'vi', name: 'Tiếng Việt' },
];

const catalogues: Record<Language, Readonly<Record<string, string>>> = { en, vi } satisfies Readonly<Record<Language, Catalogue>>;

/** The texts of the review come with the reader, so that the worklist opens without them. */
export function addReviewTexts(texts: Readonly<Record<Language, Readonly<Record<keyof typeof enReview, string>>>>): void {
  for (const { code } of languages) catalogues[code] = { ...catalogues[code], ...texts[code] };
}

const storageKey = 'phoi.language';
const listeners = new Set<() => void>();

function initial(): Language {
  const choice = readStored(storageKey) ?? navigator.language;
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
  store(storageKey, next);
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
  return (catalogues[current][key] ?? key).replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
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
