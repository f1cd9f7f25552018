import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeSeries, phantomToInstances } from '../../src/phantom/dicom-series.ts';
import { describePhantom } from '../../src/phantom/scene.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { measureStudy } from '../results/measured-study.ts';
import { launchBrowser } from './helpers/browser.ts';
import { boxCentre, boxDocument, boxSeries, makeBoxSeries } from './helpers/box-series.ts';
import { eventually } from './helpers/eventually.ts';
import { brightBounds, expectMarksOnPixels, expectSectionsOnPixels, outlineBounds, outlineDeviation } from './helpers/marks.ts';
import { sliceText, startReading, type Reading } from './helpers/reading.ts';
import { threeFindings } from './helpers/review.ts';

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
    ['slices that lie obliquely in the patient', { name: 'marks oblique', tiltDegrees: 20 }],
    ['classic images with WebGL', { name: 'marks webgl' }, true],
    ['a patient the other way round with WebGL', { name: 'marks turned webgl', axes: [-1, -1] }, true],
  ] as const)('marks lie on the pixels they outline: %s', async (_name, options, webgl: boolean = false) => {
    const { page, troubles } = await reading.read(await reading.analysed(options), { webgl });
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
      const { page } = await reading.read(await reading.analysed({ name: 'cpu' }), { using: cpu });
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
    ['classic images with WebGL', { name: 'planes webgl' }, true],
  ] as const)('planes across the slices are linked with them, and marks lie where they belong: %s', async (_name, options, webgl: boolean = false) => {
    const { page, troubles } = await reading.read(await reading.analysed(options), { webgl });
    await page.locator('.finding').click();
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');
    await page.keyboard.press('c');
    await expectSectionsOnPixels(page);
    const coronal = await page.locator('.plane[data-plane="coronal"]').boundingBox();
    const marked = await page.locator('.plane[data-plane="coronal"] .mark-outline').boundingBox();
    await page.mouse.click(coronal!.x + coronal!.width / 2, marked!.y - 10);
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

  test.each([
    ['head first', { name: 'section head' }], ['slices that run to the feet', { name: 'section feet', axes: [-1, 1] }],
    ['a patient the other way round', { name: 'section turned', axes: [-1, -1] }], ['oblique slices', { name: 'section oblique', tiltDegrees: 20 }],
    ['slices that run to the feet with WebGL', { name: 'section feet webgl', axes: [-1, 1] }, true], ['oblique slices with WebGL', { name: 'section oblique webgl', tiltDegrees: 20 }, true],
  ] as const)('the mask is outlined on its pixels in all three planes: %s', async (_name, options, webgl: boolean = false) => {
    const { page, troubles } = await reading.read(await reading.analysed(options), { webgl });
    const allowed = 'tiltDegrees' in options ? 1 : 0.5;
    await page.locator('.finding').click();
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');
    await expectMarksOnPixels(page);
    await page.keyboard.press('c');
    await expectSectionsOnPixels(page, allowed);
    // Another plane, off the middle of the box: its outline is cut there too.
    await page.keyboard.press('ArrowDown');
    await expectSectionsOnPixels(page, allowed);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('the mask of a nodule of the phantom, as the service measures it, lies on its pixels within one in all three planes', async () => {
    const scene = describePhantom({ seed: 7, nodules: [{ diameterMm: 16, type: 'solid', location: 'isolated', margin: 'smooth' }], distractors: false });
    const made = { scanner: { kernel: 'standard', noise: 6, sliceThicknessMm: 2.5 }, columns: 192, sliceSpacingMm: 2.5 } as const;
    const { grid } = describeSeries(scene, made);
    const instances = phantomToInstances(scene, made);
    const { findings } = await measureStudy(instances.map(({ part10 }) => part10), scene.nodules.map(({ truth }) => truth));
    const uid = await reading.service.receiveAll(instances);
    await reading.service.finish(findings);
    const { page, troubles } = await reading.read(uid);
    // Soft tissue in the lung: 40 HU in about -860 HU, in the lung window.
    const levels = { inside: 180, edge: 160 };
    await page.locator('.finding').click();
    const outline = page.locator('.overlay .mark-selected polygon').first();
    await outline.waitFor();
    await eventually(() => page.locator('.corner.top-right').innerText(), 'every slice is there').not.toContain('loaded');
    const scale = page.locator('.scale-bar');
    await eventually(async () => {
      const centimetres = Number(/^([\d.]+) cm$/.exec((await scale.locator('text').textContent())!)![1]);
      const pixelsPerMm = Number(/h([\d.]+)M/.exec((await scale.locator('path').getAttribute('d'))!)![1]) / centimetres / 10;
      const { across, upright } = await outlineDeviation(page, page.locator('.viewport'), outline, levels);
      return Math.max(across, upright) / pixelsPerMm / grid.spacingMm[0];
    }, 'pixels, axial').toBeLessThan(1);
    await page.keyboard.press('c');
    const dragged = 170;
    for (const name of ['coronal', 'sagittal']) {
      const plane = page.locator(`.plane[data-plane="${name}"]`);
      const section = plane.locator('.mark polygon').first();
      await section.waitFor({ state: 'attached' });
      const { width, height } = (await plane.boundingBox())!;
      // Magnified about the nodule, by the right button.
      let mark: Awaited<ReturnType<typeof section.boundingBox>> = null;
      await eventually(async () => { mark = await section.boundingBox(); return mark; }).not.toBeNull();
      const [middleX, middleY] = [mark!.x + mark!.width / 2, mark!.y + mark!.height / 2];
      await page.mouse.move(middleX, middleY);
      await page.mouse.down({ button: 'right' });
      await page.mouse.move(middleX, middleY + dragged, { steps: 3 });
      await page.mouse.up({ button: 'right' });
      const pixelsPerMm = Math.exp(dragged * 0.008) * Math.min(width / grid.columns / grid.spacingMm[0], height / grid.slices / made.sliceSpacingMm);
      await eventually(async () => {
        const { across, upright } = await outlineDeviation(page, plane, section, levels, [8, -8]);
        return Math.max(across / grid.spacingMm[0], upright / made.sliceSpacingMm) / pixelsPerMm;
      }, `pixels, ${name}`).toBeLessThan(1);
    }
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test.each([['without a graphics card', false], ['with WebGL', true]] as const)('a finding is brought to the middle of planes that were magnified and moved: %s', async (_name, webgl) => {
    const options = { name: `planes aim ${webgl}` };
    const { page, troubles } = await reading.read(await reading.analysed(options, threeFindings(options)), { webgl });
    await page.locator('.finding').first().click();
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');
    await page.keyboard.press('c');
    /** From the middle of the plane to where its lines cross, CSS pixels. */
    const apart = async (name: string): Promise<number> => {
      const plane = page.locator(`.plane[data-plane="${name}"]`);
      const { width, height } = (await plane.boundingBox())!;
      const lines = plane.locator('.plane-line');
      return Math.hypot(Number(await lines.nth(1).getAttribute('x1', { timeout: 1000 })) - width / 2, Number(await lines.nth(0).getAttribute('y1')) - height / 2);
    };
    for (const name of ['coronal', 'sagittal']) {
      const plane = page.locator(`.plane[data-plane="${name}"]`);
      await plane.locator('.mark-outline').first().waitFor({ state: 'attached' });
      const { x, y, width, height } = (await plane.boundingBox())!;
      for (const [button, dx, dy] of [['right', 0, 60], ['middle', 70, 40]] as const) {
        const before = await apart(name);
        await page.mouse.move(x + width / 2, y + height / 2);
        await page.mouse.down({ button });
        await page.mouse.move(x + width / 2 + dx, y + height / 2 + dy, { steps: 3 });
        await page.mouse.up({ button });
        await eventually(() => apart(name), `${name}, ${button}`).not.toBe(before);
      }
    }
    await page.keyboard.press('n');
    await eventually(() => sliceText(page)).toContain('Slice 3 of 12');
    for (const name of ['coronal', 'sagittal']) await eventually(() => apart(name), name).toBeLessThan(2);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a finding without a mask is a circle about its point in the planes, within a pixel', async () => {
    const options = { name: 'centre' };
    const middle = boxCentre(options);
    const { page, troubles } = await reading.read(await reading.analysed(options, (document) => ({
      ...document, findings: document.findings.map((finding) => ({ ...finding, worldPoint: middle, diameterMm: 18, longAxisMm: 18, shortAxisMm: 18, outlines: [] })),
    })));
    await page.locator('.finding').click();
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');
    await page.keyboard.press('c');
    for (const name of ['coronal', 'sagittal']) {
      const plane = page.locator(`.plane[data-plane="${name}"]`);
      const circle = plane.locator('.mark-outline');
      await circle.waitFor({ state: 'attached' });
      await eventually(async () => {
        const [x, y] = [Number(await circle.getAttribute('cx')), Number(await circle.getAttribute('cy'))];
        await page.keyboard.press('o');
        await circle.waitFor({ state: 'detached' });
        // Along lines through the middle, beside those of the cursor: a box is symmetric about its middle.
        const [one, other] = [await brightBounds(plane, x + 5, y - 10), await brightBounds(plane, x - 5, y + 10)];
        await page.keyboard.press('o');
        const width = (one.right - one.left + other.right - other.left) / 2;
        const [cx, cy] = [(one.left + one.right + other.left + other.right) / 4, (one.top + one.bottom + other.top + other.bottom) / 4];
        const pixelsPerMm = width / 20;
        return Math.max(Math.abs(cx - x), Math.abs(cy - y)) / pixelsPerMm;
      }, `${name}: distance in mm, a pixel has ${boxSeries.spacingMm}`).toBeLessThan(boxSeries.spacingMm);
    }
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
