import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasPrograms } from '../helpers/peers.ts';
import { launchBrowser } from './helpers/browser.ts';
import { boxDocument, boxSeries, makeBoxSeries } from './helpers/box-series.ts';
import { eventually } from './helpers/eventually.ts';
import { brightBounds, expectMarksOnPixels, outlineBounds } from './helpers/marks.ts';
import { sliceText, startReading, type Reading } from './helpers/reading.ts';

describe.runIf(hasPrograms('chromium'))('the images of the reader', () => {
  let reading: Reading;

  beforeAll(async () => {
    reading = await startReading();
  });
  afterAll(() => reading?.close());

  test.each([
    ['classic images', { name: 'marks' }],
    ['the frames of an enhanced image', { name: 'marks enhanced', enhanced: true }],
    ['a patient the other way round', { name: 'marks turned', axes: [-1, -1] }],
  ] as const)('marks lie on the pixels they outline: %s', async (_name, options) => {
    const { page, troubles } = await reading.read(await reading.analysed(options));
    await page.locator('.finding').click();
    await eventually(() => sliceText(page)).toContain(`Slice ${boxSeries.slices - 4} of ${boxSeries.slices}`);
    await expectMarksOnPixels(page);
    await page.keyboard.press('Space');
    await expectMarksOnPixels(page);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('without a graphics card the marks lie on the pixels too, and the reader says how it draws', async () => {
    const cpu = await launchBrowser({ gpu: false });
    try {
      const { page } = await reading.read(await reading.analysed({ name: 'cpu' }), cpu);
      await page.locator('.finding').click();
      await expectMarksOnPixels(page);
      await eventually(() => page.locator('.software').isVisible()).toBe(true);
      // Every slice of this series brings a window of its own content.
      await page.keyboard.press('4');
      await page.keyboard.press('End');
      await eventually(() => sliceText(page)).toContain('Slice 12 of 12');
      await eventually(() => page.locator('.corner.top-right').innerText()).toBe('W 2500  L 480');
    } finally {
      await cpu.close();
    }
  });

  test('letters say where the patient is', async () => {
    const { page } = await reading.read(await reading.analysed({ name: 'letters', axes: [-1, 1] }));
    const letters = (): Promise<readonly string[]> => Promise.all(['left', 'right', 'top', 'bottom'].map((side) => page.locator(`.letter-${side}`).innerText()));
    await page.locator('.finding').waitFor();
    await eventually(letters).toEqual(['L', 'R', 'A', 'P']);
    await page.keyboard.press('h');
    await eventually(letters).toEqual(['R', 'L', 'A', 'P']);
    await page.keyboard.press('Space');
    await page.keyboard.press('r');
    await eventually(letters).toEqual(['P', 'A', 'L', 'R']);
    await page.context().close();
  });

  test('the value under the pointer is the Hounsfield unit of that pixel', async () => {
    const { page } = await reading.read(await reading.analysed({ name: 'probe' }));
    await page.locator('.finding').click();
    await page.locator('.overlay polygon').waitFor();
    const viewport = await page.locator('.viewport').boundingBox();
    /** The text for the pointer `beside` pixels of the screen right of the middle of the mark. */
    const textAt = async (beside: number): Promise<string> => {
      const marks = await outlineBounds(page, 1);
      await page.mouse.move(viewport!.x + (marks.left + marks.right) / 2 + beside, viewport!.y + (marks.top + marks.bottom) / 2);
      return page.locator('.corner.bottom-left').innerText();
    };
    await eventually(() => textAt(0)).toMatch(/^240 HU {2}\((24|25), (34|35)\)$/);
    await eventually(() => textAt(200)).toMatch(/^−900 HU/);
    await page.context().close();
  });

  test.each([
    ['classic images', { name: 'planes' }],
    ['the frames of an enhanced image', { name: 'planes enhanced', enhanced: true }],
    ['slices that run to the feet', { name: 'planes feet', axes: [-1, 1] }],
  ] as const)('planes across the slices are linked with them, and marks lie where they belong: %s', async (_name, options) => {
    const { page, troubles } = await reading.read(await reading.analysed(options));
    await page.locator('.finding').click();
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');
    await page.keyboard.press('c');
    for (const name of ['coronal', 'sagittal']) {
      const plane = page.locator(`.plane[data-plane="${name}"]`);
      const circle = plane.locator('.mark-outline');
      const at = async (attribute: string): Promise<number> => Number(await circle.getAttribute(attribute));
      await circle.waitFor({ state: 'attached' });
      await eventually(async () => {
        const [x, y] = [await at('cx'), await at('cy')];
        await page.keyboard.press('o');
        await circle.waitFor({ state: 'detached' });
        // Beside the lines through the cursor.
        const bounds = await brightBounds(plane, x + 6, y + 4);
        await page.keyboard.press('o');
        // The box is 20 mm wide and lies within slices 3 to 6; the finding's point is in slice 4, half a slice below its middle.
        const pixelsPerMm = (bounds.right - bounds.left) / 20;
        return Math.max(Math.abs((bounds.left + bounds.right) / 2 - x), Math.abs((bounds.top + bounds.bottom) / 2 + pixelsPerMm * boxSeries.sliceSpacingMm / 2 - y)) / pixelsPerMm;
      }, `${name}: distance in mm`).toBeLessThan(0.6);
    }
    const coronal = await page.locator('.plane[data-plane="coronal"]').boundingBox();
    const y = Number(await page.locator('.plane[data-plane="coronal"] .mark-outline').getAttribute('cy'));
    await page.mouse.click(coronal!.x + coronal!.width / 2, coronal!.y + y - 30);
    await eventually(() => sliceText(page), 'a click in a plane goes to its slice').not.toContain('Slice 8 of 12');
    await page.keyboard.press('Home');
    await eventually(() => sliceText(page)).toContain('Slice 1 of 12');
    await page.keyboard.press('c');
    await page.locator('.planes').waitFor({ state: 'hidden' });
    await page.keyboard.press('End');
    await eventually(() => sliceText(page), 'the slices stay when the planes go').toContain('Slice 12 of 12');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('planes are not made across a gap', async () => {
    const options = { name: 'planes gap' };
    const series = makeBoxSeries(options);
    await reading.service.receiveAll(series.instances.filter((_, at) => at !== 9));
    await reading.service.finish(boxDocument(series, options));
    const { page } = await reading.read(series.studyInstanceUID);
    await eventually(() => sliceText(page)).toContain('of 11');
    await page.keyboard.press('c');
    await eventually(() => page.locator('.planes').innerText()).toContain('The distances between the slices are uneven');
    await page.context().close();
  });
});
