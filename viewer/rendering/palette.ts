/** Palette colour look-up tables (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6). */
import { numbersOf, textOf, type JsonDataset } from '../dicom-json.ts';

/** What a stored value looks like; values before the first and after the last look as these do. */
export interface Palette {
  /** The stored value of the first entry. */
  readonly first: number;
  /** Red, green and blue of each entry. */
  readonly rgb: Uint8Array;
}

const photometricInterpretation = '00280004';
const descriptors = ['00281101', '00281102', '00281103'] as const;
const tables = ['00281201', '00281202', '00281203'] as const;

export function hasPalette(attributes: JsonDataset): boolean {
  return textOf(attributes, photometricInterpretation) === 'PALETTE COLOR';
}

/** Bytes of each entry; 16-bit words hold the brightness in their upper byte, unless all of them are small. */
function channel(bytes: Uint8Array, count: number): Uint8Array {
  if (bytes.length < count * 2) return bytes.subarray(0, count);
  const words = Uint16Array.from({ length: count }, (_, at) => (bytes[at * 2] ?? 0) | (bytes[at * 2 + 1] ?? 0) << 8);
  const shift = words.some((word) => word > 255) ? 8 : 0;
  return Uint8Array.from(words, (word) => word >> shift);
}

/** `read` gets the bytes of an element that the metadata only names. Undefined where a table is missing, as with segmented ones. */
export async function readPalette(attributes: JsonDataset, read: (elementTag: string) => Promise<ArrayBuffer>): Promise<Palette | undefined> {
  const [count = 0, first = 0] = numbersOf(attributes, descriptors[0]);
  if (numbersOf(attributes, descriptors[0]).length === 0 || tables.some((name) => attributes[name] === undefined)) return undefined;
  // 65536 does not fit into 16 bits and is written as 0.
  const entries = count === 0 ? 65_536 : count;
  const channels = await Promise.all(tables.map(async (name) => {
    const inline = attributes[name]?.InlineBinary;
    const bytes = inline === undefined ? new Uint8Array(await read(name)) : Uint8Array.from(atob(inline), (character) => character.charCodeAt(0));
    return channel(bytes, entries);
  }));
  const rgb = new Uint8Array(entries * 3);
  for (let entry = 0; entry < entries; entry++) for (const [at, values] of channels.entries()) rgb[entry * 3 + at] = values[entry] ?? 0;
  return { first, rgb };
}
