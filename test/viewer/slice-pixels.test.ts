/** What the server sends of a frame, as values and colours. */
import { expect, test } from 'vitest';
import type { JsonDataset } from '../../viewer/dicom-json.ts';
import { decodePixels, PixelFormatError } from '../../viewer/rendering/slice-pixels.ts';

const native = '1.2.840.10008.1.2.1';
const jpegLs = '1.2.840.10008.1.2.4.80';

function attributes(values: Readonly<Record<string, string | number>>, syntax = native): JsonDataset {
  return Object.fromEntries(Object.entries({ '00083002': syntax, '00280010': 1, '00280011': 4, '00280100': 16, ...values }).map(([tag, value]) => [tag, { Value: [value] }]));
}

const cells16 = (...values: readonly number[]): ArrayBuffer => new Uint16Array(values).buffer;
const cells8 = (...values: readonly number[]): ArrayBuffer => new Uint8Array(values).buffer;

test.each([
  ['unsigned, rescaled', attributes({ '00280101': 12, '00280102': 11, '00280103': 0, '00281052': -1024, '00281053': 1 }), cells16(0, 24, 1024, 4095), [-1024, -1000, 0, 3071]],
  ['signed in twelve bits, with foreign bits above them', attributes({ '00280101': 12, '00280102': 11, '00280103': 1 }), cells16(0x0fff, 0xf001, 0x0800, 0x07ff), [-1, 1, -2048, 2047]],
  ['at the top of the cell, as stored', attributes({ '00280101': 12, '00280102': 15, '00280103': 0 }), cells16(0x0010, 0xfff0, 0, 0x100f), [1, 4095, 0, 256]],
  ['at the top of the cell, decoded by the server', attributes({ '00280101': 12, '00280102': 15, '00280103': 0 }, jpegLs), cells16(1, 4095, 0, 256), [1, 4095, 0, 256]],
  ['eight bits', attributes({ '00280100': 8, '00280101': 8, '00280103': 1 }), cells8(0, 127, 128, 255), [0, 127, -128, -1]],
  ['single bits', attributes({ '00280100': 1, '00280101': 1 }), cells8(0b1010), [0, 1, 0, 1]],
])('grey: %s', (_name, header, bytes, expected) => {
  const pixels = decodePixels(bytes, header);
  expect(pixels).toMatchObject({ kind: 'grey', rows: 1, columns: 4, inverted: false });
  expect(pixels.kind === 'grey' && pixels.values).toEqual(new Int16Array(expected));
});

test('values that are not whole, or too large for sixteen bits, keep their fractions and their size', () => {
  expect(decodePixels(cells16(0, 1, 2, 3), attributes({ '00281053': 0.5, '00281052': 0.25 }))).toMatchObject({ values: new Float32Array([0.25, 0.75, 1.25, 1.75]) });
  expect(decodePixels(cells16(0, 65535, 2, 3), attributes({}))).toMatchObject({ values: new Float32Array([0, 65535, 2, 3]) });
});

test('MONOCHROME1 says that its lowest value is white', () => {
  expect(decodePixels(cells16(0, 0, 0, 0), attributes({ '00280004': 'MONOCHROME1' }))).toMatchObject({ inverted: true });
});

const colour = { '00280002': 3, '00280011': 2, '00280100': 8 };
const redGrey = [255, 0, 0, 255, 100, 100, 100, 255];
test.each([
  ['RGB', attributes({ ...colour, '00280004': 'RGB' }), cells8(255, 0, 0, 100, 100, 100)],
  ['RGB, plane by plane', attributes({ ...colour, '00280004': 'RGB', '00280006': 1 }), cells8(255, 100, 0, 100, 0, 100)],
  ['planes that the server has undone', attributes({ ...colour, '00280004': 'RGB', '00280006': 1 }, jpegLs), cells8(255, 0, 0, 100, 100, 100)],
  ['YBR_FULL', attributes({ ...colour, '00280004': 'YBR_FULL' }), cells8(76, 85, 255, 100, 128, 128)],
  ['YBR_FULL that the server has undone', attributes({ ...colour, '00280004': 'YBR_FULL' }, jpegLs), cells8(255, 0, 0, 100, 100, 100)],
])('colour: %s', (_name, header, bytes) => {
  const pixels = decodePixels(bytes, header);
  expect(pixels.kind).toBe('colour');
  for (const [at, value] of redGrey.entries()) expect(Math.abs((pixels.kind === 'colour' ? pixels.rgba[at]! : -9) - value)).toBeLessThanOrEqual(1);
});

test('two pixels of YBR_FULL_422 share their colour', () => {
  const pixels = decodePixels(cells8(76, 100, 85, 255), attributes({ ...colour, '00280004': 'YBR_FULL_422' }));
  expect(pixels).toMatchObject({ rgba: new Uint8ClampedArray([254, 0, 0, 255, 255, 24, 24, 255]) });
});

test.each([
  ['a frame that is too short', attributes({}), cells16(1, 2)],
  ['a palette, whose numbers are no greys', attributes({ '00280004': 'PALETTE COLOR' }), cells16(1, 2, 3, 4)],
  ['cells of 32 bits', attributes({ '00280100': 32 }), cells16(1, 2, 3, 4, 5, 6, 7, 8)],
  ['four samples per pixel', attributes({ '00280002': 4 }), cells16(1, 2, 3, 4)],
])('refused: %s', (_name, header, bytes) => {
  expect(() => decodePixels(bytes, header)).toThrow(PixelFormatError);
});
