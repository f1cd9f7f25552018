/** Text of every Specific Character Set (PS3.3 C.12.1.1.2), read with tolerance: a name is never lost to a label. */
import { characterSets, convertBytes } from 'dicom-character-set';

const escape = 0x1b;

// Latin-9 (Sup 211) is younger than the library's table.
const ascii = characterSets['ISO 2022 IR 100']!.elements![0]!;
characterSets['ISO_IR 203'] = { encoding: 'iso-8859-15' };
characterSets['ISO 2022 IR 203'] = {
  extension: true, elements: [ascii, { codeElement: 'G1', escapeSequence: [0x1b, 0x2d, 0x62], encoding: 'iso-8859-15', bytesPerCodePoint: 1 }],
};

function isPlainAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte >= 0x80 || byte === escape) return false;
  return true;
}

/** Labels seen in the field for defined terms. */
const aliases: Readonly<Record<string, string>> = {
  'UTF-8': 'ISO_IR 192', UTF8: 'ISO_IR 192', 'ISO 2022 IR 192': 'ISO_IR 192', 'ISO 2022 GBK': 'GBK', 'ISO 2022 58': 'ISO 2022 IR 58',
  'ISO_IR 58': 'ISO 2022 IR 58', 'ISO_IR 149': 'ISO 2022 IR 149', 'ISO_IR 87': 'ISO 2022 IR 87', 'ISO_IR 159': 'ISO 2022 IR 159',
};

function definedTerm(label: string): string {
  const term = label.trim().toUpperCase()
    .replace(/^ISO[-_ ]?IR[-_ ]?/u, 'ISO_IR ')
    .replace(/^ISO[-_ ]2022[-_ ]IR[-_ ]?/u, 'ISO 2022 IR ');
  return aliases[term] ?? term;
}

/** What a data set declares, reduced to terms that can be decoded; empty for the default repertoire. */
export function knownCharacterSets(values: readonly string[]): readonly string[] {
  const terms = values.map(definedTerm);
  const known = terms.filter((term, index) => (term === '' ? index === 0 && terms.length > 1 : Object.hasOwn(characterSets, term)));
  return known.length === 1 && known[0] === '' ? [] : known;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });
const latin1 = new TextDecoder('windows-1252');

function withoutLabel(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return latin1.decode(bytes);
  }
}

const extensions = Object.keys(characterSets).filter((term) => term.startsWith('ISO 2022'));

/** The declared sets, then all others that escape sequences can name: writers use more than they declare. */
function withUndeclared(sets: readonly string[]): string {
  return [...sets, ...extensions.filter((term) => !sets.includes(term))].join('\\');
}

function decodeWith(declaration: string, bytes: Uint8Array, vr: string): string | undefined {
  try {
    return convertBytes(declaration, bytes, { vr });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return undefined;
  }
}

/** Sets of two bytes that some writers use without the escape sequence that would announce them. */
const unannounced: Readonly<Record<string, string>> = { 'ISO 2022 IR 58': 'gb18030', 'ISO 2022 IR 149': 'euc-kr' };

/**
 * Bytes above 7F where the first set is ASCII and no escape sequence announces another one, which the standard does not
 * know: the set of two bytes that was declared, if they are pairs in its right half (hardly any UTF-8 is), else as
 * without a label.
 */
function decodeUnannounced(bytes: Uint8Array, sets: readonly string[]): string | undefined {
  if (bytes.includes(escape) || (sets[0] !== '' && sets[0] !== 'ISO 2022 IR 6')) return undefined;
  const encoding = sets.map((set) => unannounced[set]).find((known) => known !== undefined);
  if (encoding === undefined || !/^(?:[\x00-\x7f]|[\xa1-\xfe]{2})*$/u.test(Buffer.from(bytes).toString('latin1'))) return withoutLabel(bytes);
  return new TextDecoder(encoding).decode(bytes);
}

/**
 * The text of one element's field. `sets` comes from {@link knownCharacterSets}. Bytes that contradict their label
 * (an unknown set or escape sequence) are read as UTF-8 where they are valid UTF-8, otherwise as Latin-1.
 */
export function decodeText(bytes: Uint8Array, vr: string, sets: readonly string[]): string {
  if (isPlainAscii(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  if (sets.length === 0) return withoutLabel(bytes);
  return decodeUnannounced(bytes, sets) ?? decodeWith(sets.join('\\'), bytes, vr) ?? (bytes.includes(escape) ? decodeWith(withUndeclared(sets), bytes, vr) : undefined) ?? withoutLabel(bytes);
}
