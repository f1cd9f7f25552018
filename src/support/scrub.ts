/**
 * What leaves the site in a support bundle: numbers, truth values, and strings from lists of harmless keys. Every other
 * string is replaced, so that a field that nobody thought of is hidden and not told.
 */
import type { Pseudonym } from './pseudonyms.ts';

export interface ScrubRules {
  /** Keys whose strings stay, where they look like a word of a vocabulary: no space, no sign of a name or an address. */
  readonly keep: ReadonlySet<string>;
  readonly pseudonym: Pseudonym;
}

const vocabularyWord = /^[A-Za-z0-9_+:*-]{1,64}$/u;
const versionNumber = /^v?\d{1,4}(?:\.\d{1,4}){1,2}(?:-[a-z0-9.]{1,16})?$/u;
const isoTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?Z$/u;
const versionKeys: ReadonlySet<string> = new Set(['version', 'modelVersion', 'softwareVersion', 'node']);
/** Keys of records come from the code; one that does not look so may be a name. */
const codeKey = /^[A-Za-z][A-Za-z0-9_]{0,39}$/u;

function scrubText(key: string, value: string, { keep, pseudonym }: ScrubRules): string {
  if (isoTime.test(value) || (keep.has(key) && vocabularyWord.test(value)) || (versionKeys.has(key) && versionNumber.test(value))) return value;
  return pseudonym(value);
}

/** The value with every string replaced that the rules do not keep. `key` is the one under which it stands. */
export function scrub(value: unknown, rules: ScrubRules, key = ''): unknown {
  if (typeof value === 'string') return scrubText(key, value, rules);
  if (Array.isArray(value)) return value.map((item) => scrub(item, rules, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [codeKey.test(name) ? name : rules.pseudonym(name), scrub(item, rules, name)]));
}
