/** From the bytes of one element to its value in the DICOM JSON model. */
import { AppError } from '../errors.ts';
import { decodeText } from './charset.ts';
import type { DicomElement, DicomValue, PersonName } from './dataset.ts';
import { isBinary, isSingleText, numericSize, usesCharacterSet, wordSize } from './vr.ts';

/** Longest text that is turned into values; anything longer in a header is an attack or a mistake. */
const maximumTextBytes = 16 * 1024 * 1024;
const maximumSplitBytes = 8 * 1024 * 1024;
/** Longer numeric fields stay as bytes: a JavaScript number costs eight bytes and more. */
const maximumNumericBytes = 1024 * 1024;

function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const out = Uint8Array.from(bytes);
  for (let start = 0; start + size <= out.length; start += size) out.subarray(start, start + size).reverse();
  return out;
}

function wide(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function readNumber(view: DataView, vr: string, at: number, littleEndian: boolean): number | string {
  switch (vr) {
    case 'US': return view.getUint16(at, littleEndian);
    case 'SS': return view.getInt16(at, littleEndian);
    case 'UL': return view.getUint32(at, littleEndian);
    case 'SL': return view.getInt32(at, littleEndian);
    case 'FL': return view.getFloat32(at, littleEndian);
    case 'FD': return view.getFloat64(at, littleEndian);
    case 'UV': return wide(view.getBigUint64(at, littleEndian));
    case 'SV': return wide(view.getBigInt64(at, littleEndian));
    default: {
      const hex = (offset: number): string => view.getUint16(at + offset, littleEndian).toString(16).padStart(4, '0');
      return (hex(0) + hex(2)).toUpperCase();
    }
  }
}

/** The components of a person name (PS3.5 6.2.1); the standard's three groups separated by `=`. */
export function parsePersonName(text: string): PersonName | null {
  const [alphabetic = '', ideographic = '', phonetic = ''] = text.split('=').map((group) => group.replace(/[ ^]+$/u, ''));
  if (alphabetic === '' && ideographic === '' && phonetic === '') return null;
  return {
    ...(alphabetic === '' ? {} : { Alphabetic: alphabetic }),
    ...(ideographic === '' ? {} : { Ideographic: ideographic }),
    ...(phonetic === '' ? {} : { Phonetic: phonetic }),
  };
}

function oneText(vr: string, raw: string): DicomValue {
  if (isSingleText(vr)) return raw === '' ? null : raw;
  const text = raw.trim();
  if (text === '') return null;
  if (vr === 'PN') return parsePersonName(text);
  if (vr !== 'DS' && vr !== 'IS') return text;
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

function decodeTextElement(vr: string, bytes: Uint8Array, characterSets: readonly string[]): DicomElement {
  const limit = isSingleText(vr) || vr === 'UC' ? maximumTextBytes : maximumSplitBytes;
  if (bytes.length > limit) {
    throw new AppError('DICOM_TOO_LARGE', 'a text element is unreasonably long', { details: { vr, length: bytes.length } });
  }
  const text = decodeText(bytes, vr, usesCharacterSet(vr) ? characterSets : []).replace(/[\0 ]+$/u, '');
  if (text === '') return { vr };
  const values = (isSingleText(vr) ? [text] : text.split('\\')).map((part) => oneText(vr, part));
  return values.length === 1 && values[0] === null ? { vr } : { vr, Value: values };
}

/**
 * The element for a field of a known VR (not SQ). Binary VRs keep a little-endian copy in `bytes`.
 * Text that is not what its VR promises is kept as text: reading is tolerant, writing is strict.
 */
export function decodeValue(vr: string, bytes: Uint8Array, littleEndian: boolean, characterSets: readonly string[]): DicomElement {
  const size = numericSize[vr];
  if (isBinary(vr) || (size !== undefined && bytes.length > maximumNumericBytes)) {
    const word = littleEndian ? 1 : (size ?? wordSize[vr] ?? 1);
    if (bytes.length === 0) return { vr };
    return { vr, bytes: word === 1 ? Uint8Array.from(bytes) : swapped(bytes, word) };
  }
  if (size === undefined) return decodeTextElement(vr, bytes, characterSets);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values: DicomValue[] = [];
  for (let at = 0; at + size <= bytes.length; at += size) values.push(readNumber(view, vr, at, littleEndian));
  return values.length === 0 ? { vr } : { vr, Value: values };
}
