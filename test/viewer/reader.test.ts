import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packObject } from '../../src/analysis/job.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import type { DeliveryChange } from '../../src/index/port.ts';
import type { FindingsDocument } from '../../src/findings/types.ts';
import { buildResultObjects } from '../../src/results/build-result-objects.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { openPage } from './helpers/browser.ts';
import { boxDocument, boxSeries, makeBoxSeries } from './helpers/box-series.ts';
import { eventually } from './helpers/eventually.ts';
import { expectMarksOnPixels } from './helpers/marks.ts';
import { sliceText, startReading, type Reading } from './helpers/reading.ts';
import { refusedDocument } from './helpers/reference-findings.ts';

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
  let reading: Reading;

  beforeAll(async () => {
    reading = await startReading();
  });
  afterAll(() => reading?.close());

  test('keys walk through findings, slices and windows', async () => {
    const options = { name: 'keys' };
    const ninth = makeBoxSeries(options).instances[9]!.sopInstanceUID;
    const { page, troubles } = await reading.read(await reading.analysed(options, (document) => withSecondFinding(document, ninth)));
    await page.locator('.finding').nth(1).waitFor();
    await page.locator('.viewport').focus();
    const current = (): Promise<string | null> => page.locator('.finding[aria-current="true"]').getAttribute('data-finding');

    await page.keyboard.press('n');
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');
    expect(await current()).toBe('1');
    await page.keyboard.press('n');
    await eventually(() => sliceText(page)).toContain('Slice 3 of 12');
    expect(await current()).toBe('2');
    await eventually(() => page.locator('.overlay [data-finding="2"] circle').count(), 'a finding without an outline has a circle').toBe(1);
    await page.keyboard.press('p');
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');

    await page.keyboard.press('Tab');
    expect(await current()).toBe('1');
    await page.keyboard.press('Tab');
    await eventually(() => sliceText(page)).toContain('Slice 3 of 12');
    await page.keyboard.press('Shift+Tab');
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');

    await page.locator('.viewport').click();
    await page.keyboard.press('ArrowDown');
    await eventually(() => sliceText(page)).toContain('Slice 9 of 12');
    await page.keyboard.press('Tab');
    await eventually(() => sliceText(page), 'Tab leads on from an image that was clicked').toContain('Slice 8 of 12');
    await page.keyboard.press('Home');
    await eventually(() => sliceText(page)).toContain('Slice 1 of 12');
    await page.keyboard.press('End');
    await eventually(() => sliceText(page)).toContain('Slice 12 of 12');

    const window = (): Promise<string> => page.locator('.corner.top-right').innerText();
    expect(await window()).toBe('W 1500  L −600');
    await page.keyboard.press('6');
    await eventually(window).toBe('W 400  L 50');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a study that was not analysed says so and why, and shows its images', async () => {
    const series = makeBoxSeries({ name: 'refused' });
    await reading.service.receiveAll(series.instances);
    await reading.service.finish(refusedDocument(series.studyInstanceUID, {
      code: 'SLICES_TOO_THICK', text: { en: 'The slices are 8 mm thick; at most 3 mm can be analysed.', vi: 'Lát cắt dày 8 mm; chỉ phân tích được tối đa 3 mm.' },
    }));
    const { page, troubles } = await reading.read(series.studyInstanceUID);
    const status = page.locator('.status-panel');
    await eventually(() => status.innerText()).toContain('The slices are 8 mm thick');
    expect(await status.innerText()).toContain('The AI did not analyse this study, because:');
    expect(await status.innerText()).not.toMatch(/no nodule|0 findings/i);
    expect(await page.locator('.finding').count()).toBe(0);
    await eventually(() => sliceText(page)).toContain('of 12');
    await page.locator('[data-language="vi"]').click();
    await eventually(() => status.innerText()).toContain('Lát cắt dày 8 mm');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('progress is live, and an empty result is not taken for a missing one', async () => {
    const series = makeBoxSeries({ name: 'progress' });
    await reading.service.receiveAll(series.instances);
    const { page } = await reading.read(series.studyInstanceUID);
    const status = page.locator('.status-panel');
    await eventually(() => status.innerText()).toContain('waits for the analysis');
    const job = await reading.service.claim();
    await job.progress({ stage: 'infer', fraction: 0.4 });
    await eventually(() => status.innerText()).toContain('40%');
    expect(await status.innerText()).toContain('Searching for nodules');
    await job.complete({ findings: { ...boxDocument(series, { name: 'progress' }), findings: [] }, objects: [] });
    await eventually(() => status.innerText()).toContain('No nodule was marked.');
    expect(await status.innerText()).toContain('This does not exclude nodules.');
    await page.context().close();
  });

  test.each([
    ['the series is known', '**/metadata'], ['its first slice has come', '**/frames/**'],
  ])('a finding chosen before %s is shown as soon as it can be', async (_name, held) => {
    const studyInstanceUID = await reading.analysed({ name: `early key ${held}` });
    const { page } = await openPage(reading.browser);
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => { release = resolve; });
    await page.route(held, async (route) => {
      await released;
      await route.continue();
    });
    await page.goto(`${reading.service.url}/studies/${studyInstanceUID}`);
    await page.locator('.finding').first().waitFor();
    await page.keyboard.press('n');
    release();
    await page.locator('.overlay .mark-selected').waitFor({ state: 'attached' });
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');
    await page.context().close();
  });

  test('keys pressed while a series loads lead to the slice they mean', async () => {
    const studyInstanceUID = await reading.analysed({ name: 'early scroll' });
    const { page } = await openPage(reading.browser);
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => { release = resolve; });
    await page.route('**/frames/**', async (route) => {
      await released;
      await route.continue();
    });
    await page.goto(`${reading.service.url}/studies/${studyInstanceUID}`);
    await page.locator('.tick').first().waitFor({ state: 'attached' });
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    release();
    await eventually(() => sliceText(page)).toContain('Slice 11 of 12');
    await page.context().close();
  });

  test('a series that cannot be loaded is loaded by its button', async () => {
    const studyInstanceUID = await reading.analysed({ name: 'series failure' });
    const { page } = await openPage(reading.browser);
    let reachable = false;
    await page.route('**/metadata', (route) => (reachable ? route.continue() : route.abort()));
    await page.goto(`${reading.service.url}/studies/${studyInstanceUID}`);
    const alert = page.locator('.image-message [role=alert]');
    await eventually(() => alert.innerText()).toContain('The images of this series could not be loaded.');
    reachable = true;
    await alert.getByRole('button', { name: 'Try again' }).click();
    await eventually(() => sliceText(page)).toContain('of 12');
    await page.context().close();
  });

  test('a slice that cannot be loaded says so in its place; the others are shown', async () => {
    const options = { name: 'slice failure' };
    const broken = makeBoxSeries(options).instances[4]!.sopInstanceUID;
    const studyInstanceUID = await reading.analysed(options);
    const { page } = await openPage(reading.browser);
    let reachable = false;
    await page.route(`**/instances/${broken}/frames/**`, (route) => (reachable ? route.continue() : route.abort()));
    await page.goto(`${reading.service.url}/studies/${studyInstanceUID}`);
    await page.locator('.finding').click();
    const alert = page.locator('.image-message [role=alert]');
    await eventually(() => alert.innerText()).toContain('Slice 8 could not be loaded.');
    for (const part of ['.canvas', '.overlay', '.top-left']) expect(await page.locator(`.viewport > ${part}`).isVisible(), `${part} of another slice`).toBe(false);
    await page.keyboard.press('ArrowDown');
    await eventually(() => sliceText(page)).toContain('Slice 9 of 12');
    expect(await alert.count()).toBe(0);
    const failedAgain = page.waitForEvent('requestfailed', (request) => request.url().includes(broken));
    await page.keyboard.press('ArrowUp');
    await failedAgain;
    await alert.waitFor();
    reachable = true;
    await alert.getByRole('button', { name: 'Try again' }).click();
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');
    await eventually(() => page.locator('.viewport > .canvas').isVisible()).toBe(true);
    expect(await alert.count()).toBe(0);
  });

  test('a slice that loads at the second time of passing is shown', async () => {
    const options = { name: 'slice recovery' };
    const broken = makeBoxSeries(options).instances[4]!.sopInstanceUID;
    const studyInstanceUID = await reading.analysed(options);
    const { page } = await openPage(reading.browser);
    let reachable = false;
    await page.route(`**/instances/${broken}/frames/**`, (route) => (reachable ? route.continue() : route.abort()));
    await page.goto(`${reading.service.url}/studies/${studyInstanceUID}`);
    await page.locator('.finding').click();
    await page.locator('.image-message [role=alert]').waitFor();
    await page.keyboard.press('ArrowDown');
    await eventually(() => sliceText(page)).toContain('Slice 9 of 12');
    reachable = true;
    await page.keyboard.press('ArrowUp');
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');
    await eventually(() => page.locator('.viewport > .canvas').isVisible()).toBe(true);
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
    await reading.service.receiveAll(series.instances);
    await reading.service.finish(findings, objects.map((object) => packObject({ ...object })));
    const { page, troubles } = await reading.read(series.studyInstanceUID);
    const results = page.locator('.results-panel');
    await eventually(() => results.innerText()).toMatch(/SR\s+Structured report/);
    expect(await results.locator('.delivery').first().innerText()).toMatch(/PACS\s*to be sent/);
    const [report] = await reading.service.index.deliveries(series.studyInstanceUID);
    const add = async (destination: string, change?: DeliveryChange): Promise<void> => {
      await reading.service.index.addDelivery({ ...report!, id: destination, destination, ...(change === undefined ? { failure: { code: 'DELIVERY_DESTINATION_DISABLED', message: 'The destination is switched off', final: false } } : {}) });
      if (change !== undefined) await reading.service.index.updateDelivery(destination, change);
    };
    const error = { lastErrorCode: 'DIMSE_PEER_UNREACHABLE', lastError: 'DIMSE_PEER_UNREACHABLE: 10.1.2.3:104 cannot be reached: ECONNREFUSED' };
    await add('ARCHIVE', { state: 'sent', attempts: 1 });
    await reading.service.index.confirmDelivery('ARCHIVE');
    await add('BOARD', { state: 'waiting', attempts: 3, ...error, nextAttemptAt: '2031-01-02T03:04:00.000Z' });
    await add('OFF');
    await add('OLD', { state: 'failed', attempts: 5, lastErrorCode: 'DIMSE_PEER_REFUSED_INSTANCE', lastError: 'DIMSE_PEER_REFUSED_INSTANCE: 0122' });
    reading.service.study.announce(series.studyInstanceUID);
    const lineOf = (name: string): Promise<string> => results.locator('.delivery', { hasText: name }).innerText();
    await eventually(() => lineOf('ARCHIVE')).toContain('sent, kept there');
    expect(await lineOf('BOARD')).toMatch(/to be sent\s*3 attempts · The other system cannot be reached.* · next attempt 02 Jan 2031/u);
    expect(await lineOf('OFF')).toMatch(/to be sent\s*The destination is switched off in the settings/u);
    expect(await lineOf('OLD')).toMatch(/not delivered\s*5 attempts · The other system refused the object.*Send again/su);
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
    const [first, second] = [await reading.analysed({ name: 'first' }), await reading.analysed({ name: 'second', enhanced: true })];
    const { page, troubles } = await reading.read(first);
    await eventually(() => sliceText(page)).toContain('of 12');
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
    await reading.service.receiveAll(series.instances.slice(0, 8));
    await reading.service.finish({ ...boxDocument(series, options), findings: [] });
    const { page } = await reading.read(series.studyInstanceUID);
    await eventually(() => sliceText(page)).toContain('of 8');
    for (const { part10 } of series.instances.slice(8)) await reading.service.receive(part10);
    await eventually(() => page.locator('.status-panel').innerText()).toContain('The result shown is the earlier one.');
    await reading.service.study.forceComplete(series.studyInstanceUID);
    await reading.service.finish(boxDocument(series, options));
    await eventually(() => sliceText(page)).toContain('of 12');
    await eventually(() => page.locator('.finding').count()).toBe(1);
    await page.context().close();
  });

  test('a study that does not exist is an error with a way out', async () => {
    const { page } = await reading.read('1.2.3.4');
    await eventually(() => page.locator('.status-panel [role=alert]').innerText()).toContain('The study could not be loaded.');
    await page.context().close();
  });
});
