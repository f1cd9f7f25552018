/** Truth beside prediction: what `phoi convert` makes of annotations, in the reader with the findings of the AI. */
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../src/settings.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { runOk } from '../helpers/run.ts';
import { until } from '../helpers/until.ts';
import { box, boxCentre, boxDocument, boxSeries, makeBoxSeries } from './helpers/box-series.ts';
import { eventually } from './helpers/eventually.ts';
import { expectMarksOnPixels, maskBounds, outlineBounds } from './helpers/marks.ts';
import { sliceText, startReading, type Reading } from './helpers/reading.ts';

describe.runIf(hasPrograms('chromium'))('a reference annotation in the reader', () => {
  let reading: Reading;
  let study: string;
  let folder: string;
  const options = { name: 'reference' };
  const series = makeBoxSeries(options);
  /** As wide as the box; the middle of the truth lies two pixels to the right of the middle of the finding. */
  const diameterMm = 10 * boxSeries.spacingMm;
  const shiftMm = 2 * boxSeries.spacingMm;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-reference-'));
    await mkdir(join(folder, 'in'));
    for (const [n, { part10 }] of series.instances.entries()) await writeFile(join(folder, 'in', `${n}.dcm`), part10);
    const [x, y] = boxCentre(options);
    // In the middle of a slice, so that the ball is widest there.
    await writeFile(join(folder, 'table.csv'), `seriesuid,coordX,coordY,coordZ,diameter_mm\n${series.seriesInstanceUID},${x + shiftMm},${y},${4 * boxSeries.sliceSpacingMm},${diameterMm}\n`);
    await runOk(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'src/cli/main.ts'), 'convert', 'annotations', join(folder, 'in'), '--annotations', join(folder, 'table.csv'), '--out', join(folder, 'out')]);
    reading = await startReading();
    study = series.studyInstanceUID;
    await reading.service.receiveAll(series.instances);
    await reading.service.finish(boxDocument(series, options));
    await until('the result', async () => (await reading.service.index.worklistItem(study))?.state === 'analysed');
    // As a researcher adds it: to a study that was analysed already.
    for (const kind of ['seg', 'sr']) await reading.service.receive(await readFile(join(folder, 'out', kind, `${series.seriesInstanceUID}.dcm`)));
  });
  afterAll(async () => {
    await reading?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('lies over the images beside the finding of the AI, to within a pixel, and is not taken for the AI', async () => {
    const { page, troubles } = await reading.read(study);
    const entry = page.locator('.series', { hasText: 'Reference annotation: lung nodules, segmentation' });
    await entry.waitFor();
    expect(await entry.locator('.tag-ai').count()).toBe(0);
    expect(await entry.locator('.tag').allInnerTexts()).toEqual(['SEG', 'Reference']);
    await page.locator('.finding').click();
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');
    await page.locator('.overlay polygon').waitFor();
    await expectMarksOnPixels(page);
    await entry.click();
    await page.locator('.segment-mask').waitFor();
    /** Largest distance of truth and finding from where they should lie to each other, in pixels of the image. */
    const deviation = async (): Promise<number> => {
      const [finding, truth] = [await outlineBounds(page, 1), await maskBounds(page)];
      const pixel = (finding.right - finding.left) / (box.columns[1] - box.columns[0] + 1);
      return Math.max(Math.abs(truth.left - finding.left - 2 * pixel), Math.abs(truth.right - finding.right - 2 * pixel), Math.abs(truth.top - finding.top), Math.abs(truth.bottom - finding.bottom)) / pixel;
    };
    // Pixels whose middle lies within the ball: never a whole pixel off.
    await eventually(deviation).toBeLessThan(0.99);
    expect(await page.locator('.overlay [data-finding="1"] polygon').count()).toBe(1);
    expect(await page.locator('.finding').count()).toBe(1);
    if (process.env['PHOI_WRITE_SCREENSHOTS'] === '1') await page.screenshot({ path: join(projectRoot, '.scratch/reference-annotation.png') });
    await entry.click();
    await eventually(() => page.locator('.segment-mask').count()).toBe(0);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('its report opens as what it is', async () => {
    const { page, troubles } = await reading.read(study);
    await page.locator('.series', { hasText: 'Reference annotation: lung nodules, measurements' }).click();
    const dialog = page.locator('dialog');
    await eventually(() => dialog.innerText()).toContain('Annotations of table.csv');
    await eventually(() => dialog.innerText()).toContain('not the report of an examination');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('the study keeps its result, and is analysed no second time', async () => {
    await reading.service.study.forceComplete(study);
    await until('the result to stand again', async () => (await reading.service.index.worklistItem(study))?.state === 'analysed');
    expect((await reading.service.index.study(study))!.earlierAnalyses).toEqual([]);
    const { analysis, series: all } = (await reading.service.index.study(study))!;
    expect(analysis?.findings.findings).toHaveLength(1);
    expect(all.filter(({ seriesDescription }) => seriesDescription.startsWith('Reference annotation')).map(({ own }) => own)).toEqual([false, false]);
  });
});
