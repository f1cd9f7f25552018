/** What other systems put into a study opens readably. */
import type { Locator, Page } from 'playwright-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPresentation } from '../../viewer/objects/presentation.ts';
import { unpackMasks } from '../../viewer/objects/segmentation.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { boxDocument, makeBoxSeries } from './helpers/box-series.ts';
import { eventually } from './helpers/eventually.ts';
import { capturedGreys, foreignCapture, foreignLabelmap, foreignPaletteCapture, foreignPdf, foreignPresentation, foreignReport, foreignSegmentation, paletteColours } from './helpers/foreign-objects.ts';
import { maskBounds, outlineBounds } from './helpers/marks.ts';
import { sliceText, startReading, type Reading } from './helpers/reading.ts';
import sharp from 'sharp';

test('masks of any size come out of their bits, and of fractions from one half on', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 4 }), fc.infiniteStream(fc.boolean()), (pixels, frames, bits) => {
    const mask = Array.from({ length: pixels * frames }, () => Number(bits.next().value));
    const stride = Math.ceil(pixels / 8);
    const packed = new Uint8Array(stride * frames);
    mask.forEach((bit, at) => { packed[Math.floor(at / pixels) * stride + ((at % pixels) >> 3)]! |= bit << ((at % pixels) & 7); });
    if (stride < pixels) expect([...unpackMasks(packed, frames, pixels, 1, 1)]).toEqual(mask);
  }));
  expect([...unpackMasks(Uint8Array.of(0, 127, 128, 255), 2, 2, 8, 128)]).toEqual([0, 0, 1, 1]);
  expect(() => unpackMasks(Uint8Array.of(0, 1), 2, 16, 1, 1)).toThrow(RangeError);
});

test('graphics are only for the images that they refer to', () => {
  const text = (value: string) => ({ '00700008': { Value: [{ '00700006': { Value: [value] }, '00700014': { Value: [1, 1] }, '00700004': { Value: ['PIXEL'] } }] } });
  const reference = (uid: string, frame?: number) => ({ '00081140': { Value: [{ '00081155': { Value: [uid] }, ...(frame === undefined ? {} : { '00081160': { Value: [frame] } }) }] } });
  const state = readPresentation({
    '00081115': { Value: [reference('1.2'), reference('1.3')] },
    '00700001': { Value: [{ ...text('all') }, { ...text('second frame'), ...reference('1.2', 2) }] },
  });
  const texts = (sopInstanceUID: string, frameNumber?: number): readonly string[] => state
    .shapesFor({ sopInstanceUID, rows: 4, columns: 4, ...(frameNumber === undefined ? {} : { frameNumber }) }).flatMap((shape) => (shape.kind === 'text' ? shape.text : []));
  expect(texts('1.2', 2)).toEqual(['all', 'second frame']);
  expect(texts('1.2')).toEqual(['all']);
  expect(texts('1.3')).toEqual(['all']);
  expect(texts('1.4')).toEqual([]);
});

describe.runIf(hasPrograms('chromium'))('objects of other systems in the reader', () => {
  let reading: Reading;
  let study: string;
  beforeAll(async () => {
    reading = await startReading();
    const options = { name: 'foreign' };
    const series = makeBoxSeries(options);
    study = series.studyInstanceUID;
    for (const part10 of [
      foreignSegmentation(series, 'seg'), foreignPresentation(series, 'pr'), foreignPdf(series, 'pdf'), foreignPdf(series, 'pdf as CT', 'CT'), foreignLabelmap(series, 'labelmap'),
      foreignReport(series, 'sr'), foreignCapture(series, 'sc'), foreignPaletteCapture(series, 'palette'),
    ]) await reading.service.receive(part10);
    await reading.service.receiveAll(series.instances);
    await reading.service.finish(boxDocument(series, options));
  });
  afterAll(() => reading?.close());

  const series = (page: Page, name: string): Locator => page.locator('.series', { hasText: name });
  async function open(): Promise<{ readonly page: Page; readonly troubles: readonly string[] }> {
    const watched = await reading.read(study);
    await watched.page.locator('.finding').click();
    await eventually(() => sliceText(watched.page)).toContain('Slice 8 of 12');
    await watched.page.locator('.overlay polygon').waitFor();
    return watched;
  }

  test('a segmentation on a grid of its own lies on the box, on its slices alone, and can be taken away', async () => {
    const { page, troubles } = await open();
    await series(page, 'SEG from elsewhere').click();
    const mask = page.locator('.segment-mask');
    await eventually(() => mask.count()).toBe(1);
    /** How far the painted pixels are from the outline of the box, in pixels of the image. */
    const deviation = async (): Promise<number> => {
      const marks = await outlineBounds(page, 1);
      const painted = await maskBounds(page);
      const pixel = (marks.right - marks.left) / 10;
      return Math.max(...(['left', 'right', 'top', 'bottom'] as const).map((side) => Math.abs(marks[side] - painted[side]))) / pixel;
    };
    await eventually(deviation).toBeLessThan(0.05);
    await page.keyboard.press('ArrowUp');
    await eventually(() => sliceText(page)).toContain('Slice 7 of 12');
    await eventually(() => mask.count()).toBe(1);
    await page.keyboard.press('ArrowUp');
    await eventually(() => mask.count(), 'not on the next slice').toBe(0);
    await page.keyboard.press('ArrowDown');
    await eventually(() => mask.count()).toBe(1);
    await series(page, 'SEG from elsewhere').click();
    await eventually(() => mask.count()).toBe(0);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a label map shows each of its segments in its place', async () => {
    const { page, troubles } = await open();
    await series(page, 'Label map from elsewhere').click();
    await eventually(() => page.locator('.segment-mask').count()).toBe(2);
    const far = async (): Promise<number> => {
      const marks = await outlineBounds(page, 1);
      const [first, second] = [await maskBounds(page, 1), await maskBounds(page, 2)];
      const middle = (marks.left + marks.right) / 2;
      return Math.max(Math.abs(first.left - marks.left), Math.abs(first.right - middle), Math.abs(second.left - middle), Math.abs(second.right - marks.right), Math.abs(second.top - marks.top));
    };
    await eventually(far, 'CSS pixels').toBeLessThan(0.5);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a report of another maker is read as text', async () => {
    const { page, troubles } = await open();
    await series(page, 'SR from elsewhere').click();
    await eventually(() => page.locator('dialog').innerText()).toContain('Nốt đặc <b>6 mm</b> thùy trên phải.');
    expect(await page.locator('dialog').innerText()).toContain('Kết luận bên ngoài');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test.each([['without a graphics card', 'canvas'], ['with WebGL', 'webgl']] as const)('pictures have their own greys and colours, and the CT its window again: %s', async (_name, renderer) => {
    const { page, troubles } = await reading.read(study, { webgl: renderer === 'webgl' });
    await eventually(() => sliceText(page)).toContain('of 12');
    /** Red, green and blue in the middle of both halves. */
    const colours = async (): Promise<readonly (readonly number[])[]> => {
      const { data, info } = await sharp(await page.locator('.viewport').screenshot()).raw().toBuffer({ resolveWithObject: true });
      const half = info.height / 4;
      return [-half, half].map((x) => {
        const at = (Math.round(info.height * 0.4) * info.width + Math.round(info.width / 2 + x)) * info.channels;
        return [...data.subarray(at, at + 3)];
      });
    };
    const near = (wanted: readonly (readonly number[])[]) => async (): Promise<number> => Math.max(...(await colours()).flatMap((each, at) => each.map((value, n) => Math.abs(value - wanted[at]![n]!))));
    await series(page, 'Grey picture from elsewhere').click();
    await eventually(near(capturedGreys.map((grey) => [grey, grey, grey]))).toBeLessThan(4);
    await series(page, 'Palette picture from elsewhere').click();
    await eventually(near(paletteColours)).toBeLessThan(4);
    await series(page, 'Thorax box').click();
    await eventually(() => page.locator('.corner.top-right').innerText()).toContain('W 1500  L −600');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a document that calls itself CT opens beside the slice that was looked at', async () => {
    const { page, troubles } = await open();
    await series(page, 'CT from elsewhere').click();
    await page.locator('dialog .pdf-page').waitFor();
    await page.keyboard.press('Escape');
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');
    expect(await series(page, 'Thorax box').getAttribute('aria-current')).toBe('true');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('lines, circle, ellipse and words of a presentation state are drawn where it puts them', async () => {
    const { page, troubles } = await open();
    await series(page, 'PR from elsewhere').click();
    const line = page.locator('.graphics polyline');
    await line.waitFor({ state: 'attached' });
    const deviation = async (): Promise<number> => {
      const marks = await outlineBounds(page, 1);
      const points = (await line.getAttribute('points'))!.split(' ').map((point) => point.split(',').map(Number));
      const [xs, ys] = [points.map((point) => point[0]!), points.map((point) => point[1]!)];
      return Math.max(Math.abs(marks.left - Math.min(...xs)), Math.abs(marks.right - Math.max(...xs)), Math.abs(marks.top - Math.min(...ys)), Math.abs(marks.bottom - Math.max(...ys)));
    };
    await eventually(deviation, 'CSS pixels').toBeLessThan(0.5);
    const pixel = await outlineBounds(page, 1).then(({ left, right }) => (right - left) / 10);
    // An eighth of 64 pixels.
    expect(Number(await page.locator('.graphics circle').getAttribute('r')) / pixel).toBeCloseTo(8, 1);
    expect(Number(await page.locator('.graphics ellipse').getAttribute('rx')) / pixel).toBeCloseTo(4, 1);
    expect(Number(await page.locator('.graphics ellipse').getAttribute('ry')) / pixel).toBeCloseTo(2, 1);
    expect(await page.locator('.graphics text').textContent(), 'text stays text').toBe('Nốt <b>cũ</b>');
    await page.keyboard.press('ArrowDown');
    await eventually(() => line.count(), 'another image').toBe(0);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a PDF is shown as pictures of its pages', async () => {
    const { page, troubles } = await open();
    await series(page, 'DOC from elsewhere').click();
    const dialog = page.locator('dialog');
    await eventually(() => dialog.locator('h2').innerText()).toBe('Kết quả cũ');
    const canvas = dialog.locator('.pdf-page');
    await canvas.waitFor();
    expect(await canvas.getAttribute('aria-label')).toBe('Page 1 of 1');
    const dark = await page.evaluate<number>(`(() => {
      const canvas = document.querySelector('.pdf-page');
      const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      let dark = 0; for (let i = 0; i < data.length; i += 4) if (data[i] < 40) dark++;
      return dark / (canvas.width * canvas.height);
    })()`);
    // The square is 100 × 100 of 400 × 500 points.
    expect(dark).toBeCloseTo(0.05, 2);
    await page.keyboard.press('Escape');
    await eventually(() => dialog.count()).toBe(0);
    expect(troubles).toEqual([]);
    await page.context().close();
  });
});
