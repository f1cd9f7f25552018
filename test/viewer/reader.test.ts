import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packObject } from '../../src/analysis/job.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import type { FindingsDocument } from '../../src/findings/types.ts';
import { buildResultObjects } from '../../src/results/build-result-objects.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { launchBrowser, openPage, type WatchedPage } from './helpers/browser.ts';
import { eventually } from './helpers/eventually.ts';
import { boxDocument, boxSeries, makeBoxSeries, type BoxSeriesOptions } from './helpers/box-series.ts';
import { brightBounds, outlineBounds } from './helpers/marks.ts';
import { refusedDocument } from './helpers/reference-findings.ts';
import { startViewerService, type ViewerService } from './helpers/viewer-service.ts';

/** A second finding on another slice, without an outline there. */
function withSecondFinding(document: FindingsDocument, sopInstanceUID: string): FindingsDocument {
  const [first] = document.findings;
  const [x, y] = first!.worldPoint;
  return { ...document, findings: [first!, {
    ...first!, trackingUID: '2.25.2', trackingIdentifier: 'AI-2', worldPoint: [x, y, 9 * boxSeries.sliceSpacingMm],
    diameterMm: 6.4, probability: 0.61, type: 'ground-glass', laterality: 'left', sliceInstanceUID: sopInstanceUID, outlines: [],
  }] };
}

describe.runIf(hasPrograms('chromium'))('the reader', () => {
  let service: ViewerService;
  let browser: Browser;

  beforeAll(async () => {
    [service, browser] = await Promise.all([startViewerService(), launchBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  async function analysed(options: BoxSeriesOptions, change: (document: FindingsDocument) => FindingsDocument = (document) => document): Promise<string> {
    const series = makeBoxSeries(options);
    await service.receiveAll(series.instances);
    await service.finish(change(boxDocument(series, options)));
    return series.studyInstanceUID;
  }

  async function read(studyInstanceUID: string, using: Browser = browser): Promise<WatchedPage> {
    const watched = await openPage(using);
    await watched.page.goto(`${service.url}/studies/${studyInstanceUID}`);
    return watched;
  }

  const slice = (page: Page): Promise<string> => page.locator('.corner.top-left').innerText();

  test.each([
    ['classic images', { name: 'marks' }],
    ['the frames of an enhanced image', { name: 'marks enhanced', enhanced: true }],
    ['a patient the other way round', { name: 'marks turned', axes: [-1, -1] }],
  ] as const)('marks lie on the pixels they outline: %s', async (_name, options) => {
    const { page, troubles } = await read(await analysed(options));
    await page.locator('.finding').click();
    await eventually(() => slice(page)).toContain(`Slice ${boxSeries.slices - 4} of ${boxSeries.slices}`);
    await expectMarksOnPixels(page);
    await page.keyboard.press('Space');
    await expectMarksOnPixels(page);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('without a graphics card the marks lie on the pixels too, and the reader says how it draws', async () => {
    const cpu = await launchBrowser({ gpu: false });
    try {
      const { page } = await read(await analysed({ name: 'cpu' }), cpu);
      await page.locator('.finding').click();
      await expectMarksOnPixels(page);
      await eventually(() => page.locator('.software').isVisible()).toBe(true);
      // Every slice of this series brings a window of its own content.
      await page.keyboard.press('4');
      await page.keyboard.press('End');
      await eventually(() => slice(page)).toContain('Slice 12 of 12');
      await eventually(() => page.locator('.corner.top-right').innerText()).toBe('W 2500  L 480');
    } finally {
      await cpu.close();
    }
  });

  /** How far the mark is from the edges of the box, in pixels of the image. */
  async function deviation(page: Page): Promise<number> {
    const outline = page.locator('.overlay [data-finding="1"] polygon');
    await outline.waitFor();
    const marks = await outlineBounds(page, 1);
    await page.keyboard.press('o');
    await outline.waitFor({ state: 'detached' });
    const pixels = await brightBounds(page.locator('.viewport'), (marks.left + marks.right) / 2, (marks.top + marks.bottom) / 2);
    await page.keyboard.press('o');
    // The box is ten pixels wide.
    const pixel = (marks.right - marks.left) / 10;
    return Math.max(...(['left', 'right', 'top', 'bottom'] as const).map((side) => Math.abs(marks[side] - pixels[side]))) / pixel;
  }

  /** The view may still be moving at the first look. */
  async function expectMarksOnPixels(page: Page): Promise<void> {
    await eventually(() => deviation(page)).toBeLessThan(0.15);
  }

  test('letters say where the patient is', async () => {
    const { page } = await read(await analysed({ name: 'letters', axes: [-1, 1] }));
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
    const { page } = await read(await analysed({ name: 'probe' }));
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

  test('keys walk through findings, slices and windows', async () => {
    const options = { name: 'keys' };
    const ninth = makeBoxSeries(options).instances[9]!.sopInstanceUID;
    const { page, troubles } = await read(await analysed(options, (document) => withSecondFinding(document, ninth)));
    await page.locator('.finding').nth(1).waitFor();
    await page.locator('.viewport').focus();
    const current = (): Promise<string | null> => page.locator('.finding[aria-current="true"]').getAttribute('data-finding');

    await page.keyboard.press('n');
    await eventually(() => slice(page)).toContain('Slice 8 of 12');
    expect(await current()).toBe('1');
    await page.keyboard.press('n');
    await eventually(() => slice(page)).toContain('Slice 3 of 12');
    expect(await current()).toBe('2');
    await eventually(() => page.locator('.overlay [data-finding="2"] circle').count(), 'a finding without an outline has a circle').toBe(1);
    await page.keyboard.press('p');
    await eventually(() => slice(page)).toContain('Slice 8 of 12');

    await page.keyboard.press('Tab');
    expect(await current()).toBe('1');
    await page.keyboard.press('Tab');
    await eventually(() => slice(page)).toContain('Slice 3 of 12');
    await page.keyboard.press('Shift+Tab');
    await eventually(() => slice(page)).toContain('Slice 8 of 12');

    await page.locator('.viewport').click();
    await page.keyboard.press('ArrowDown');
    await eventually(() => slice(page)).toContain('Slice 9 of 12');
    await page.keyboard.press('Tab');
    await eventually(() => slice(page), 'Tab leads on from an image that was clicked').toContain('Slice 8 of 12');
    await page.keyboard.press('Home');
    await eventually(() => slice(page)).toContain('Slice 1 of 12');
    await page.keyboard.press('End');
    await eventually(() => slice(page)).toContain('Slice 12 of 12');

    const window = (): Promise<string> => page.locator('.corner.top-right').innerText();
    expect(await window()).toBe('W 1500  L −600');
    await page.keyboard.press('6');
    await eventually(window).toBe('W 400  L 50');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a study that was not analysed says so and why, and shows its images', async () => {
    const series = makeBoxSeries({ name: 'refused' });
    await service.receiveAll(series.instances);
    await service.finish(refusedDocument(series.studyInstanceUID, {
      code: 'SLICES_TOO_THICK', text: { en: 'The slices are 8 mm thick; at most 3 mm can be analysed.', vi: 'Lát cắt dày 8 mm; chỉ phân tích được tối đa 3 mm.' },
    }));
    const { page, troubles } = await read(series.studyInstanceUID);
    const status = page.locator('.status-panel');
    await eventually(() => status.innerText()).toContain('The slices are 8 mm thick');
    expect(await status.innerText()).toContain('The AI did not analyse this study, because:');
    expect(await status.innerText()).not.toMatch(/no nodule|0 findings/i);
    expect(await page.locator('.finding').count()).toBe(0);
    await eventually(() => slice(page)).toContain('of 12');
    await page.locator('[data-language="vi"]').click();
    await eventually(() => status.innerText()).toContain('Lát cắt dày 8 mm');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('progress is live, and an empty result is not taken for a missing one', async () => {
    const series = makeBoxSeries({ name: 'progress' });
    await service.receiveAll(series.instances);
    const { page } = await read(series.studyInstanceUID);
    const status = page.locator('.status-panel');
    await eventually(() => status.innerText()).toContain('waits for the analysis');
    const job = await service.claim();
    await job.progress({ stage: 'infer', fraction: 0.4 });
    await eventually(() => status.innerText()).toContain('40%');
    expect(await status.innerText()).toContain('Searching for nodules');
    await job.complete({ findings: { ...boxDocument(series, { name: 'progress' }), findings: [] }, objects: [] });
    await eventually(() => status.innerText()).toContain('No nodule was marked.');
    expect(await status.innerText()).toContain('This does not exclude nodules.');
    await page.context().close();
  });

  test.each([
    ['classic images', { name: 'planes' }],
    ['the frames of an enhanced image', { name: 'planes enhanced', enhanced: true }],
    ['slices that run to the feet', { name: 'planes feet', axes: [-1, 1] }],
  ] as const)('planes across the slices are linked with them, and marks lie where they belong: %s', async (_name, options) => {
    const { page, troubles } = await read(await analysed(options));
    await page.locator('.finding').click();
    await eventually(() => slice(page)).toContain('Slice 8 of 12');
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
    await eventually(() => slice(page), 'a click in a plane goes to its slice').not.toContain('Slice 8 of 12');
    await page.keyboard.press('Home');
    await eventually(() => slice(page)).toContain('Slice 1 of 12');
    await page.keyboard.press('c');
    await page.locator('.planes').waitFor({ state: 'hidden' });
    await page.keyboard.press('End');
    await eventually(() => slice(page), 'the slices stay when the planes go').toContain('Slice 12 of 12');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('planes are not made across a gap', async () => {
    const options = { name: 'planes gap' };
    const series = makeBoxSeries(options);
    await service.receiveAll(series.instances.filter((_, at) => at !== 9));
    await service.finish(boxDocument(series, options));
    const { page } = await read(series.studyInstanceUID);
    await eventually(() => slice(page)).toContain('of 11');
    await page.keyboard.press('c');
    await eventually(() => page.locator('.planes').innerText()).toContain('The distances between the slices are uneven');
    await page.context().close();
  });

  test('a slice that cannot be loaded says so in its place; the others are shown', async () => {
    const options = { name: 'slice failure' };
    const broken = makeBoxSeries(options).instances[4]!.sopInstanceUID;
    const studyInstanceUID = await analysed(options);
    const { page } = await openPage(browser);
    let reachable = false;
    await page.route(`**/instances/${broken}/frames/**`, (route) => (reachable ? route.continue() : route.abort()));
    await page.goto(`${service.url}/studies/${studyInstanceUID}`);
    await page.locator('.finding').click();
    const alert = page.locator('.image-message [role=alert]');
    await eventually(() => alert.innerText()).toContain('Slice 8 could not be loaded.');
    for (const part of ['.canvas', '.overlay', '.top-left']) expect(await page.locator(`.viewport > ${part}`).isVisible(), `${part} of another slice`).toBe(false);
    await page.keyboard.press('ArrowDown');
    await eventually(() => slice(page)).toContain('Slice 9 of 12');
    expect(await alert.count()).toBe(0);
    await page.keyboard.press('ArrowUp');
    await alert.waitFor();
    reachable = true;
    await alert.getByRole('button', { name: 'Try again' }).click();
    await eventually(() => slice(page)).toContain('Slice 8 of 12');
    await page.context().close();
  });

  test('the objects of a result are listed with their deliveries, and the report can be read', async () => {
    const options = { name: 'objects' };
    const series = makeBoxSeries(options);
    const { dataset } = parsePart10(series.instances[0]!.part10);
    const findings = { ...boxDocument(series, options), findings: [] };
    const objects = await buildResultObjects({
      findings, masks: [], softwareVersion: '0.1.0',
      sourceHeaders: { header: dataset, references: series.instances.map(({ sopInstanceUID }) => ({ sopInstanceUID, sopClassUID: '1.2.840.10008.5.1.4.1.1.2' })) },
    });
    await service.receiveAll(series.instances);
    await service.finish(findings, objects.map((object) => packObject({ ...object })));
    const { page, troubles } = await read(series.studyInstanceUID);
    const results = page.locator('.results-panel');
    await eventually(() => results.innerText()).toMatch(/SR\s+Structured report/);
    expect(await results.locator('.delivery').first().innerText()).toMatch(/PACS\s*to be sent/);
    await results.getByRole('button', { name: 'Show report' }).click();
    const dialog = page.locator('dialog');
    await eventually(() => dialog.innerText()).toContain('This does not exclude nodules.');
    expect(await dialog.innerText()).toContain('A radiologist decides.');
    await page.keyboard.press('Escape');
    await eventually(() => dialog.count()).toBe(0);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('from one study to the next and back', async () => {
    const [first, second] = [await analysed({ name: 'first' }), await analysed({ name: 'second', enhanced: true })];
    const { page, troubles } = await read(first);
    await eventually(() => slice(page)).toContain('of 12');
    for (const study of [second, first]) {
      await page.locator('.topbar a').click();
      await page.locator(`tr[data-study="${study}"]`).click();
      await eventually(() => page.url()).toContain(study);
      await page.locator('.finding').click();
      await expectMarksOnPixels(page);
    }
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('images that arrive later are shown when the study is complete again', async () => {
    const options = { name: 'grows' };
    const series = makeBoxSeries(options);
    await service.receiveAll(series.instances.slice(0, 8));
    await service.finish({ ...boxDocument(series, options), findings: [] });
    const { page } = await read(series.studyInstanceUID);
    await eventually(() => slice(page)).toContain('of 8');
    for (const { part10 } of series.instances.slice(8)) await service.receive(part10);
    await eventually(() => page.locator('.status-panel').innerText()).toContain('The result shown is the earlier one.');
    await service.study.forceComplete(series.studyInstanceUID);
    await service.finish(boxDocument(series, options));
    await eventually(() => slice(page)).toContain('of 12');
    await eventually(() => page.locator('.finding').count()).toBe(1);
    await page.context().close();
  });

  test('a study that does not exist is an error with a way out', async () => {
    const { page } = await read('1.2.3.4');
    await eventually(() => page.locator('.status-panel [role=alert]').innerText()).toContain('The study could not be loaded.');
    await page.context().close();
  });
});
