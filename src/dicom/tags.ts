/** The data dictionary of PS3.6 by keyword and by tag. The only file that reads `dictionary.json`. */
import dictionary from './dictionary.json' with { type: 'json' };

/** A keyword of PS3.6, e.g. `StudyInstanceUID`; misspelling one is a compile error. */
export type Keyword = keyof typeof dictionary;

interface Entry {
  readonly keyword: Keyword;
  readonly vr: string;
}

const byTag = new Map<string, Entry>();
const byMask: { readonly mask: string; readonly entry: Entry }[] = [];
for (const [keyword, code] of Object.entries(dictionary)) {
  const tagOrMask = code.slice(0, 8);
  const entry = { keyword: keyword as Keyword, vr: code.slice(8) };
  if (tagOrMask.includes('x')) byMask.push({ mask: tagOrMask, entry });
  else byTag.set(tagOrMask, entry);
}

/** Eight upper-case hexadecimal digits, e.g. `tag('StudyInstanceUID')` is `0020000D`. */
export function tag(keyword: Keyword): string {
  return dictionary[keyword].slice(0, 8);
}

/** Whether the text is a keyword of PS3.6. */
export function isKeyword(text: string): text is Keyword {
  return Object.hasOwn(dictionary, text);
}

function matchesMask(tagText: string, mask: string): boolean {
  for (let at = 0; at < 8; at += 1) if (mask[at] !== 'x' && mask[at] !== tagText[at]) return false;
  return true;
}

function lookUp(tagText: string): Entry | undefined {
  const exact = byTag.get(tagText);
  if (exact !== undefined) return exact;
  // Repeating groups (50xx, 60xx …) exist in even groups only.
  return (Number.parseInt(tagText.slice(0, 4), 16) & 1) === 0
    ? byMask.find(({ mask }) => matchesMask(tagText, mask))?.entry
    : undefined;
}

/** The keyword of a tag, undefined for private and unknown ones. */
export function keywordOf(tagText: string): Keyword | undefined {
  return lookUp(tagText)?.keyword;
}

/** True for odd groups (PS3.5 7.8). */
export function isPrivateTag(tagText: string): boolean {
  return (Number.parseInt(tagText.slice(0, 4), 16) & 1) === 1;
}

/**
 * The VR that PS3.6 gives the tag. The pseudo-VRs of the dictionary stand for a choice that depends on the data
 * set: `XS` (US or SS), `OX` (OB or OW), `LX` (US or OW, possibly SS). UN for what is not in the dictionary; a
 * private creator (gggg,00xx) is LO and a group length UL.
 */
export function vrOf(tagText: string): string {
  if (tagText.endsWith('0000')) return 'UL';
  if (isPrivateTag(tagText)) return /^....00(?:1[0-9A-F]|[2-9A-F][0-9A-F])$/u.test(tagText) ? 'LO' : 'UN';
  return lookUp(tagText)?.vr ?? 'UN';
}
