/**
 * Text as a person searches it: no accents, no case. Vietnamese names are typed without marks all the time
 * ("nguyen van duc" for "Nguyễn Văn Đức"), and `đ` has no decomposition in Unicode, so it needs its own rule.
 */
const letters: Readonly<Record<string, string>> = {
  đ: 'd', ð: 'd', ø: 'o', ł: 'l', ß: 'ss', æ: 'ae', œ: 'oe', þ: 'th', ı: 'i', ħ: 'h',
};
const undecomposed = /[đðøłßæœþıħ]/gu;

export function foldText(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(undecomposed, (letter) => letters[letter] ?? letter).normalize('NFC');
}

/** The words of a text, folded; everything but letters and digits separates. */
export function foldedWords(text: string): readonly string[] {
  return foldText(text).split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
}

const shortestSuffix = 3;
const longestIdentifier = 32;

/**
 * The words of an identifier and the ends of each, so that a search by prefix also finds "12345" in "BN-0012345":
 * people type the digits that differ.
 */
export function identifierWords(identifier: string): readonly string[] {
  const words = foldedWords(identifier.slice(0, longestIdentifier));
  return words.flatMap((word) => {
    const ends = [word];
    for (let start = 1; start <= word.length - shortestSuffix; start += 1) ends.push(word.slice(start));
    return ends;
  });
}
