/** From the cells of a frame, as the server sends them, to the values that are windowed (PS3.3 C.7.6.3, C.11.1). */
import { numberOf, textOf, type JsonDataset } from '../dicom-json.ts';
import { hasPalette, type Palette } from './palette.ts';

/** Modality values (Hounsfield units for CT), row by row. */
export interface GreyPixels {
  readonly kind: 'grey';
  readonly rows: number;
  readonly columns: number;
  /** Whole numbers where rescaling leaves them whole. */
  readonly values: Int16Array | Float32Array;
  /** MONOCHROME1: the lowest value is white. */
  readonly inverted: boolean;
}

export interface ColourPixels {
  readonly kind: 'colour';
  readonly rows: number;
  readonly columns: number;
  /** Red, green, blue and opaque, row by row. */
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

export type SlicePixels = GreyPixels | ColourPixels;

const tag = {
  transferSyntax: '00083002', samplesPerPixel: '00280002', photometric: '00280004', planar: '00280006', rows: '00280010', columns: '00280011',
  bitsAllocated: '00280100', bitsStored: '00280101', highBit: '00280102', representation: '00280103', intercept: '00281052', slope: '00281053',
} as const;

/** Stored without compression: these frames come as they are stored, all others decoded (interleaved, RGB, aligned). */
const native: ReadonlySet<string | undefined> = new Set(['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.1.99']);

/** The frame cannot be shown; the message is for the developer, what the reader sees is the code's text. */
export class PixelFormatError extends Error {
  override readonly name = 'PixelFormatError';
}

type Cells = Uint8Array | Uint16Array;

/** One number for each sample: what is above BitsStored belongs to something else (PS3.5 8.1.1). */
function cellsOf(bytes: ArrayBuffer, bitsAllocated: number, count: number): Cells {
  if (bitsAllocated === 1) {
    const packed = new Uint8Array(bytes);
    return Uint8Array.from({ length: count }, (_, at) => ((packed[at >> 3] ?? 0) >> (at & 7)) & 1);
  }
  if (bitsAllocated !== 8 && bitsAllocated !== 16) throw new PixelFormatError(`pixels of ${String(bitsAllocated)} bits`);
  if (bytes.byteLength < count * bitsAllocated / 8) throw new PixelFormatError('the frame is too short');
  return bitsAllocated === 8 ? new Uint8Array(bytes, 0, count) : new Uint16Array(bytes, 0, count);
}

function greyPixels(bytes: ArrayBuffer, attributes: JsonDataset, rows: number, columns: number, isNative: boolean): GreyPixels {
  const bitsAllocated = numberOf(attributes, tag.bitsAllocated) ?? 16;
  const bitsStored = numberOf(attributes, tag.bitsStored) ?? bitsAllocated;
  const cells = cellsOf(bytes, bitsAllocated, rows * columns);
  const shift = isNative ? Math.max(0, (numberOf(attributes, tag.highBit) ?? bitsStored - 1) - (bitsStored - 1)) : 0;
  const mask = 2 ** bitsStored - 1;
  const sign = numberOf(attributes, tag.representation) === 1 ? 2 ** (bitsStored - 1) : 0;
  const slope = numberOf(attributes, tag.slope) ?? 1;
  const intercept = numberOf(attributes, tag.intercept) ?? 0;
  const ends = [-sign * slope + intercept, (mask - sign) * slope + intercept];
  const isWhole = Number.isInteger(slope) && Number.isInteger(intercept) && Math.min(...ends) >= -32768 && Math.max(...ends) <= 32767;
  const values = isWhole ? new Int16Array(cells.length) : new Float32Array(cells.length);
  for (let at = 0; at < cells.length; at++) values[at] = (((cells[at] as number) >> shift & mask ^ sign) - sign) * slope + intercept;
  return { kind: 'grey', rows, columns, values, inverted: textOf(attributes, tag.photometric) === 'MONOCHROME1' };
}

/** Y Y Cb Cr for each pair of pixels into Y Cb Cr for each (PS3.3 C.7.6.3.1.2, YBR_FULL_422). */
function without422(cells: Uint8Array, count: number): Uint8Array {
  const out = new Uint8Array(count * 3);
  for (let pixel = 0; pixel < count; pixel++) {
    const pair = (pixel >> 1) * 4;
    out[pixel * 3] = cells[pair + (pixel & 1)] as number;
    out[pixel * 3 + 1] = cells[pair + 2] as number;
    out[pixel * 3 + 2] = cells[pair + 3] as number;
  }
  return out;
}

function colourPixels(bytes: ArrayBuffer, attributes: JsonDataset, rows: number, columns: number, isNative: boolean): ColourPixels {
  const photometric = textOf(attributes, tag.photometric) ?? 'RGB';
  if (numberOf(attributes, tag.bitsAllocated) !== 8) throw new PixelFormatError('colours of more than 8 bits');
  const count = rows * columns;
  const is422 = isNative && photometric === 'YBR_FULL_422';
  const cells = new Uint8Array(bytes);
  if (cells.length < count * (is422 ? 2 : 3)) throw new PixelFormatError('the frame is too short');
  const samples = is422 ? without422(cells, count) : cells;
  const planar = isNative && !is422 && numberOf(attributes, tag.planar) === 1;
  const [step, plane] = planar ? [1, count] : [3, 1];
  const isYbr = isNative && photometric.startsWith('YBR_FULL');
  const rgba = new Uint8ClampedArray(count * 4);
  for (let pixel = 0; pixel < count; pixel++) {
    const at = pixel * step;
    const [a, b, c] = [samples[at] as number, samples[at + plane] as number, samples[at + 2 * plane] as number];
    const to = pixel * 4;
    rgba[to] = isYbr ? a + 1.402 * (c - 128) : a;
    rgba[to + 1] = isYbr ? a - 0.344136 * (b - 128) - 0.714136 * (c - 128) : b;
    rgba[to + 2] = isYbr ? a + 1.772 * (b - 128) : c;
    rgba[to + 3] = 255;
  }
  return { kind: 'colour', rows, columns, rgba };
}

function palettePixels(bytes: ArrayBuffer, attributes: JsonDataset, { first, rgb }: Palette, isNative: boolean): ColourPixels {
  const { rows, columns, values } = greyPixels(bytes, { ...attributes, [tag.slope]: undefined, [tag.intercept]: undefined }, ...sizeOf(attributes), isNative);
  const last = rgb.length / 3 - 1;
  const rgba = new Uint8ClampedArray(values.length * 4);
  for (let pixel = 0; pixel < values.length; pixel++) {
    const entry = Math.min(last, Math.max(0, (values[pixel] as number) - first)) * 3;
    rgba.set([rgb[entry] ?? 0, rgb[entry + 1] ?? 0, rgb[entry + 2] ?? 0, 255], pixel * 4);
  }
  return { kind: 'colour', rows, columns, rgba };
}

function sizeOf(attributes: JsonDataset): readonly [rows: number, columns: number] {
  const [rows, columns] = [numberOf(attributes, tag.rows), numberOf(attributes, tag.columns)];
  if (rows === undefined || columns === undefined) throw new PixelFormatError('the image has no size');
  return [rows, columns];
}

/**
 * The values of one frame. `attributes` are those of the frame in the DICOM JSON Model, with the server's
 * AvailableTransferSyntaxUID; `palette` belongs to palette colour alone. Errors: {@link PixelFormatError}.
 */
export function decodePixels(bytes: ArrayBuffer, attributes: JsonDataset, palette?: Palette): SlicePixels {
  const [rows, columns] = sizeOf(attributes);
  const isNative = native.has(textOf(attributes, tag.transferSyntax));
  const samples = numberOf(attributes, tag.samplesPerPixel) ?? 1;
  if (samples === 3) return colourPixels(bytes, attributes, rows, columns, isNative);
  if (hasPalette(attributes)) {
    // Its values are no grey levels: shown as such they would mislead.
    if (palette === undefined) throw new PixelFormatError('palette colour without its tables');
    return palettePixels(bytes, attributes, palette, isNative);
  }
  if (samples === 1) return greyPixels(bytes, attributes, rows, columns, isNative);
  throw new PixelFormatError(`${String(samples)} samples per pixel`);
}

/** Memory that the pixels take. */
export function byteLengthOf(pixels: SlicePixels): number {
  return pixels.kind === 'grey' ? pixels.values.byteLength : pixels.rgba.byteLength;
}
