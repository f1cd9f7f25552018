import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import { put, putBytes } from '../../src/dicom/build.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { encodePart10 } from '../../src/dicom/encode.ts';
import type { Finding } from '../../src/findings/types.ts';
import { renderKeyImages } from '../../src/results/key-image.ts';
import { putPixelLayout } from '../helpers/image-pixel.ts';
import { axial, ctStorage, sampleInput, spheres } from './sample.ts';

const rows = 120;
const columns = 90;

/** Air with a soft-tissue block: columns 30–41, rows 60–65; pixels twice as tall as wide, so it is a square in mm. */
function slice(): Uint8Array {
  const dataset: Dataset = {};
  put(dataset, 'SOPClassUID', ctStorage);
  put(dataset, 'SOPInstanceUID', '2.25.1');
  put(dataset, 'Modality', 'CT');
  put(dataset, 'PixelSpacing', 1, 0.5);
  put(dataset, 'ImageOrientationPatient', 1, 0, 0, 0, 1, 0);
  put(dataset, 'ImagePositionPatient', 0, 0, 0);
  put(dataset, 'RescaleIntercept', -1024);
  put(dataset, 'RescaleSlope', 1);
  putPixelLayout(dataset, { rows, columns, bitsAllocated: 16, bitsStored: 12 });
  const cells = new Uint16Array(rows * columns);
  for (let row = 60; row <= 65; row += 1) for (let column = 30; column <= 41; column += 1) cells[row * columns + column] = 1124;
  putBytes(dataset, 'PixelData', 'OW', new Uint8Array(cells.buffer));
  return encodePart10(dataset);
}

function finding(change: Partial<Finding>): Finding {
  const [base] = sampleInput(axial, spheres.slice(0, 1)).findings.findings;
  if (base === undefined) throw new Error('no finding');
  return { ...base, sliceInstanceUID: '2.25.1', outlines: [{ sopInstanceUID: '2.25.1', polygons: [[29.5, 59.5, 41.5, 59.5, 41.5, 65.5, 29.5, 65.5]] }], ...change };
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function boxOf(data: Uint8Array, width: number, fromColumn: number, toRow: number, matches: (r: number, g: number, b: number) => boolean): Box {
  let box: Box = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (let at = 0; at * 3 < data.length; at += 1) {
    const column = at % width;
    const row = Math.floor(at / width);
    if (column < fromColumn || row > toRow || !matches(data[at * 3] ?? 0, data[at * 3 + 1] ?? 0, data[at * 3 + 2] ?? 0)) continue;
    box = { left: Math.min(box.left, column), right: Math.max(box.right, column), top: Math.min(box.top, row), bottom: Math.max(box.bottom, row) };
  }
  return box;
}

describe('key images', () => {
  it('draw the outline around the lesion, in true proportions', async () => {
    const [image] = await renderKeyImages([finding({})], (uid) => (uid === '2.25.1' ? Promise.resolve(slice()) : Promise.reject(new Error(uid))));
    const { data, info } = await sharp(image?.png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    // The whole slice is 45 mm wide and 120 mm high: 192 pixels of 512. The detail is 40 mm high, cut at the left edge.
    expect(info.height).toBe(512);
    expect(info.width).toBeGreaterThan(192 + 400);
    const orange = boxOf(data, info.width, 192, 440, (r, g, b) => r > 150 && b < 100 && g > 60 && g < 200);
    const bright = boxOf(data, info.width, 192, 440, (r, g, b) => r > 200 && Math.abs(r - b) < 10 && g > 200);
    for (const side of ['left', 'right', 'top', 'bottom'] as const) expect(Math.abs(orange[side] - bright[side])).toBeLessThan(10);
    const width = orange.right - orange.left;
    const height = orange.bottom - orange.top;
    expect(Math.abs(width / height - 1)).toBeLessThan(0.1);
  });

  it('are left out for findings without an outline on their key slice', async () => {
    const images = await renderKeyImages([finding({ outlines: [] }), finding({})], () => Promise.resolve(slice()));
    expect(images.map((image) => image.finding)).toEqual([1]);
  });
});
