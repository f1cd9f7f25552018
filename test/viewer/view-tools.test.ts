/** The tools on the image: thick slices, cine, measures of one's own. Every pixel of the series is known. */
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasPrograms } from '../helpers/peers.ts';
import { box, boxSeries } from './helpers/box-series.ts';
import { launchBrowser } from './helpers/browser.ts';
import { eventually } from './helpers/eventually.ts';
import { brightBounds, outlineBounds } from './helpers/marks.ts';
import { sliceText, startReading, type Reading } from './helpers/reading.ts';

describe.runIf(hasPrograms('chromium'))('the tools of the reader', () => {
  let reading: Reading;
  let withoutGpu: Browser;

  beforeAll(async () => {
    [reading, withoutGpu] = await Promise.all([startReading(), launchBrowser({ gpu: false })]);
  });
  afterAll(async () => {
    await withoutGpu?.close();
    await reading?.close();
  });

  const topRight = (page: Page): Promise<string> => page.locator('.corner.top-right').innerText();
  const probe = (page: Page): Promise<string> => page.locator('.corner.bottom-left').innerText();

  /** Opens the box and puts the pointer on the middle of it; gives the place of the mark's edges on the page. */
  async function overBox(name: string, options: { readonly using?: Browser; readonly webgl?: boolean } = {}): Promise<{ readonly page: Page; readonly x: number; readonly y: number; readonly pixel: number; readonly troubles: readonly string[] }> {
    const { page, troubles } = await reading.read(await reading.analysed({ name }), options);
    await page.locator('.finding').click();
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');
    await page.locator('.overlay polygon').waitFor();
    let before = await outlineBounds(page, 1);
    await eventually(async () => {
      const now = await outlineBounds(page, 1);
      const isStill = JSON.stringify(now) === JSON.stringify(before);
      before = now;
      return isStill;
    }, 'the view stands still').toBe(true);
    const viewport = (await page.locator('.viewport').boundingBox())!;
    const x = viewport.x + (before.left + before.right) / 2;
    const y = viewport.y + (before.top + before.bottom) / 2;
    // The box is ten pixels wide.
    return { page, troubles, x, y, pixel: (before.right - before.left) / 10 };
  }

  test.each([['with WebGL', true], ['without a graphics card', false]] as const)('thick slices hold the highest, the lowest or the mean value: %s', async (_name, webgl) => {
    const { page, troubles, x, y } = await overBox(`slab ${webgl}`, { webgl });
    // Slice 11 from above is the second one below the box.
    for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowDown');
    await eventually(() => sliceText(page)).toContain('Slice 11 of 12');
    const value = async (): Promise<string> => {
      await page.mouse.move(x + 1, y);
      await page.mouse.move(x, y);
      return probe(page);
    };
    await eventually(value).toMatch(/^−900 HU/);
    await page.keyboard.press('t');
    // 10 mm reach one slice of 3 mm to each side, 15 mm two.
    await eventually(() => topRight(page)).toContain('MIP 10 mm, 3 slices');
    await eventually(value).toMatch(/^−900 HU/);
    await page.keyboard.press(']');
    await eventually(() => topRight(page)).toContain('MIP 15 mm, 4 slices');
    expect(await topRight(page), 'the window stays').toContain('W 1500  L −600');
    await eventually(value).toMatch(/^240 HU/);
    await page.mouse.move(x, y);
    await page.keyboard.down('Shift');
    await page.mouse.wheel(0, -100);
    await page.keyboard.up('Shift');
    await eventually(() => topRight(page)).toContain('MIP 10 mm, 3 slices');
    await page.keyboard.press(']');
    await page.keyboard.press('t');
    await eventually(() => topRight(page)).toContain('MinIP 15 mm, 4 slices');
    expect(await topRight(page), 'the window stays').toContain('W 1500  L −600');
    await eventually(value).toMatch(/^−900 HU/);
    await page.keyboard.press('t');
    await eventually(() => topRight(page)).toContain('Average 15 mm, 4 slices');
    // One of four slices is box.
    await eventually(value).toMatch(new RegExp(`^−${-Math.round((boxSeries.boxHU + 3 * boxSeries.airHU) / 4)} HU`));
    await page.keyboard.press('Home');
    await eventually(() => sliceText(page)).toContain('Slice 1 of 12');
    await page.keyboard.press('t');
    await eventually(() => topRight(page)).not.toContain('Average');
    await eventually(() => sliceText(page), 'the slice stays').toContain('Slice 1 of 12');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test.each([['en', 'English'], ['vi', 'Tiếng Việt']] as const)('the toolbar is one line on the screens that are in use, with a slab too: %s', async (_locale, language) => {
    const { page } = await reading.read(await reading.analysed({ name: `toolbar ${language}` }));
    await page.locator('.finding').waitFor();
    await page.getByRole('button', { name: language }).click();
    await page.keyboard.press('t');
    await page.locator('.slab-thickness').waitFor();
    for (const width of [1280, 1440, 1600, 1700, 1920]) {
      await page.setViewportSize({ width, height: 800 });
      const last = await page.locator('.toolbar .tool').last().boundingBox();
      const toolbar = (await page.locator('.toolbar').boundingBox())!;
      expect(toolbar.height, `${width} wide`).toBeLessThan(2 * last!.height);
      expect(last!.x + last!.width, `${width} wide`).toBeLessThanOrEqual(toolbar.x + toolbar.width);
    }
    await page.context().close();
  });

  test.each([['with WebGL', true], ['without a graphics card', false]] as const)('keys and mouse invert, turn, move, magnify and window the image; the marks go with it: %s', async (_name, webgl) => {
    const { page, troubles } = await overBox(`basic ${webgl}`, { webgl });
    // A button would take the key for itself.
    await page.locator('.viewport').focus();
    await page.keyboard.press(' ');
    const bounds = (): ReturnType<typeof outlineBounds> => eventuallyStill(page);
    const viewport = (await page.locator('.viewport').boundingBox())!;
    type Place = Readonly<Record<'x' | 'y' | 'width', number>>;
    /** The middle of the mark, from the middle of the viewport. */
    const place = async (): Promise<Place> => {
      const { left, right, top, bottom } = await bounds();
      return { x: (left + right - viewport.width) / 2, y: (top + bottom - viewport.height) / 2, width: right - left };
    };
    /** CSS pixels; a mark is drawn a frame later than it was asked for. */
    const comesTo = async (wanted: Partial<Place>, what: string): Promise<void> => {
      await eventually(async () => {
        const now = await place();
        return Math.max(...Object.entries(wanted).map(([name, value]) => Math.abs(now[name as keyof Place] - value)));
      }, what).toBeLessThan(2);
    };
    /** The grey in the middle of the box; marks and letters are elsewhere. */
    const grey = async (): Promise<number> => {
      const { x, y } = await place();
      const { data, info } = await sharp(await page.locator('.viewport').screenshot()).greyscale().raw().toBuffer({ resolveWithObject: true });
      return data[Math.round(viewport.height / 2 + y + 9) * info.width + Math.round(viewport.width / 2 + x + 9)]!;
    };
    const drag = async (dx: number, dy: number): Promise<void> => {
      await page.mouse.move(viewport.x + viewport.width / 2, viewport.y + viewport.height / 2);
      await page.mouse.down();
      await page.mouse.move(viewport.x + viewport.width / 2 + dx, viewport.y + viewport.height / 2 + dy, { steps: 4 });
      await page.mouse.up();
    };
    const start = await place();
    expect(await grey()).toBeGreaterThan(250);
    await page.keyboard.press('i');
    await eventually(grey, 'inverted').toBeLessThan(5);
    await page.keyboard.press('i');
    await eventually(grey).toBeGreaterThan(250);
    await page.keyboard.press('h');
    await comesTo({ x: -start.x, y: start.y }, 'flipped from side to side');
    await page.keyboard.press('h');
    await page.keyboard.press('v');
    await comesTo({ x: start.x, y: -start.y }, 'flipped from top to bottom');
    await page.keyboard.press('v');
    await page.keyboard.press('r');
    await comesTo({ x: -start.y, y: start.x }, 'a quarter turn clockwise');
    await page.keyboard.press('l');
    await comesTo(start, 'and back');
    await page.keyboard.press('m');
    await drag(60, 35);
    const moved = { x: start.x + 60, y: start.y + 35 };
    await comesTo({ ...moved, width: start.width }, 'moved with the mouse');
    await page.keyboard.press('h');
    await comesTo({ x: -moved.x, y: moved.y }, 'flipped about the middle of what is in sight');
    await page.keyboard.press('h');
    await comesTo(moved, 'and back');
    await page.keyboard.press('z');
    await drag(0, 60);
    await eventually(async () => (await place()).width, 'magnified with the mouse').toBeGreaterThan(start.width * 1.2);
    await page.keyboard.press(' ');
    await comesTo(start, 'as it was');
    const window = await topRight(page);
    await page.keyboard.press('w');
    await drag(40, 0);
    await eventually(() => topRight(page), 'windowed with the mouse').not.toBe(window);
    await page.keyboard.press('2');
    await eventually(() => topRight(page)).toBe(window);

    await page.locator('.opacity').fill('0.3');
    await eventually(() => page.locator('.overlay .marks').getAttribute('opacity')).toBe('0.3');
    // So many centimetres as it says: the box is 20 mm wide.
    const scale = page.locator('.scale-bar');
    const centimetres = Number(/^([\d.]+) cm$/.exec((await scale.locator('text').textContent())!)![1]);
    const length = Number(/h([\d.]+)M/.exec((await scale.locator('path').getAttribute('d'))!)![1]);
    expect(length / centimetres).toBeCloseTo(start.width / 2, 0);
    const thumbnail = await page.evaluate<readonly number[]>(`(() => {
      const canvas = document.querySelector('canvas.thumbnail');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const at = (x, y) => data[(y * canvas.width + x) * 4];
      return [at(48, 48), at(4, 4)];
    })()`);
    expect(thumbnail, 'the box in the middle, air around it').toEqual([255, expect.toSatisfy((value: number) => value > 60 && value < 90)]);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('thick planes across the slices show what lies beside the cut', async () => {
    const { page, troubles } = await overBox('slab planes');
    await page.keyboard.press('c');
    const mark = page.locator('.plane[data-plane="coronal"] .mark-outline');
    await mark.waitFor({ state: 'attached' });
    // Twelve rows of 2 mm in front of the box's middle: 14 mm from its near edge.
    const viewport = (await page.locator('.viewport').boundingBox())!;
    await page.keyboard.press(' ');
    const bounds = await eventuallyStill(page);
    const step = (bounds.right - bounds.left) / 10;
    await page.mouse.dblclick(viewport.x + (bounds.left + bounds.right) / 2, viewport.y + (bounds.top + bounds.bottom) / 2 - 12 * step);
    await mark.waitFor({ state: 'detached' });
    const plane = page.locator('.plane[data-plane="coronal"]');
    const lines = plane.locator('.plane-line');
    const beside = async (): Promise<boolean> => {
      const at = { x: Number(await lines.nth(1).getAttribute('x1')), y: Number(await lines.nth(0).getAttribute('y1')) };
      try {
        await brightBounds(plane, at.x + 6, at.y + 4);
        return true;
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('there is no box')) return false;
        throw error;
      }
    };
    await eventually(beside).toBe(false);
    await page.keyboard.press('t');
    for (let step = 0; step < 4; step++) await page.keyboard.press(']');
    await eventually(() => topRight(page)).toContain('MIP 50 mm');
    await eventually(beside, 'the box lies within 25 mm').toBe(true);
    await page.keyboard.press('t');
    await eventually(beside, 'the lowest value is air').toBe(false);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  async function eventuallyStill(page: Page): Promise<Awaited<ReturnType<typeof outlineBounds>>> {
    let last = await outlineBounds(page, 1);
    await eventually(async () => {
      const now = await outlineBounds(page, 1);
      const isStill = JSON.stringify(now) === JSON.stringify(last);
      last = now;
      return isStill;
    }).toBe(true);
    return last;
  }

  test('lengths and two axes are measured in millimetres, mended, taken back and removed', async () => {
    const { page, troubles, x, y, pixel } = await overBox('measure');
    const texts = (): Promise<readonly string[]> => page.locator('.ruler-text').allTextContents();
    const drag = async (from: readonly [number, number], to: readonly [number, number]): Promise<void> => {
      await page.mouse.move(x + from[0] * pixel, y + from[1] * pixel);
      await page.mouse.down();
      await page.mouse.move(x + to[0] * pixel * 0.5, y + to[1] * pixel * 0.5);
      await page.mouse.move(x + to[0] * pixel, y + to[1] * pixel);
      await page.mouse.up();
    };
    const window = await topRight(page);
    await page.keyboard.press('d');
    await drag([-3, -4], [0, 0]);
    await eventually(texts).toEqual(['10.0 mm']);
    expect(await topRight(page), 'the window is left alone').toBe(window);
    await page.keyboard.press('D');
    await drag([-5, 3], [5, 3]);
    await eventually(texts).toEqual(['10.0 mm', '20.0 × 10.0 mm']);
    // The lower end of the short axis, two pixels further down.
    await drag([0, 5.5], [0, 7.5]);
    await eventually(texts).toEqual(['10.0 mm', '20.0 × 14.0 mm']);
    await page.keyboard.press('Control+z');
    await eventually(texts).toEqual(['10.0 mm', '20.0 × 10.0 mm']);
    await page.keyboard.press('Control+z');
    await eventually(texts).toEqual(['10.0 mm']);
    await page.keyboard.press('Control+y');
    await page.keyboard.press('Control+Shift+Z');
    await eventually(texts).toEqual(['10.0 mm', '20.0 × 14.0 mm']);

    await page.keyboard.press('ArrowDown');
    await eventually(texts, 'a measure belongs to its slice').toEqual([]);
    await page.keyboard.press('ArrowUp');
    await eventually(texts).toEqual(['10.0 mm', '20.0 × 14.0 mm']);
    await page.keyboard.press('+');
    await eventually(texts, 'zoom changes no length').toEqual(['10.0 mm', '20.0 × 14.0 mm']);
    await page.keyboard.press('-');
    await page.keyboard.press('w');
    // Any tool: an end that is touched chooses its measure. It is back in its place once the smaller zoom has been drawn.
    const end = { x: x - 3 * pixel, y: y - 4 * pixel };
    await eventually(async () => {
      const box = await page.locator('.ruler').first().locator('.ruler-handle').first().boundingBox();
      return box === null ? Infinity : Math.hypot(box.x + box.width / 2 - end.x, box.y + box.height / 2 - end.y);
    }).toBeLessThan(1);
    await page.mouse.click(end.x, end.y);
    await page.keyboard.press('Delete');
    await eventually(texts).toEqual(['20.0 × 14.0 mm']);

    // Without a mouse: ten pixels to the right, and three of them back.
    await page.keyboard.press('d');
    for (const key of ['Enter', 'Space', 'ArrowRight', 'Shift+ArrowLeft', 'Shift+ArrowLeft', 'Shift+ArrowLeft']) await page.keyboard.press(key);
    await eventually(texts, 'seen while it is drawn').toEqual(['20.0 × 14.0 mm', '14.0 mm']);
    expect(await page.locator('.placing-hint').textContent()).toContain('Space sets an end');
    await page.keyboard.press('Escape');
    await eventually(texts, 'given up').toEqual(['20.0 × 14.0 mm']);
    for (const key of ['Enter', 'Space', 'ArrowDown', 'Space', 'Escape']) await page.keyboard.press(key);
    await eventually(texts).toEqual(['20.0 × 14.0 mm', '20.0 mm']);
    expect(await page.locator('.placing-hint').isVisible()).toBe(false);
    await page.keyboard.press('Control+z');
    await eventually(texts).toEqual(['20.0 × 14.0 mm']);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('without WebGL a length is as long', async () => {
    const { page, x, y, pixel } = await overBox('measure cpu', { using: withoutGpu });
    await page.keyboard.press('d');
    await page.mouse.move(x - 5 * pixel, y);
    await page.mouse.down();
    await page.mouse.move(x + 5 * pixel, y);
    await page.mouse.up();
    await eventually(() => page.locator('.ruler-text').allTextContents()).toEqual([`${((box.columns[1] - box.columns[0] + 1) * boxSeries.spacingMm).toFixed(1)} mm`]);
    await page.context().close();
  });

  test('cine runs through all slices and begins again, until the wheel is turned', async () => {
    const { page, troubles } = await overBox('cine');
    await page.keyboard.press('f');
    await eventually(() => topRight(page)).toContain('Cine 10/s');
    const seen = new Set<string>();
    await eventually(async () => {
      seen.add(/Slice \d+ of 12/.exec(await sliceText(page))?.[0] ?? '');
      return seen.size;
    }, 'different slices').toBe(12);
    await page.keyboard.press('.');
    await eventually(() => topRight(page)).toContain('Cine 15/s');
    await page.locator('.viewport').hover();
    await page.mouse.wheel(0, 100);
    await eventually(() => topRight(page)).not.toContain('Cine');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('no key of the reader has two meanings', async () => {
    const { page } = await overBox('keys listed');
    await page.keyboard.press('?');
    await page.locator('dialog .key-row').first().waitFor();
    const keys = await page.locator('dialog .key-row dt kbd').allTextContents();
    expect(keys.length).toBeGreaterThan(30);
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
    await page.context().close();
  });
});
