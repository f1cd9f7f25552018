/** Accessible on every page, in every dialog and state, as far as a program can tell. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packObject } from '../../src/analysis/job.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { buildResultObjects } from '../../src/results/build-result-objects.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { violations } from './helpers/axe.ts';
import { boxDocument, makeBoxSeries } from './helpers/box-series.ts';
import { openPage } from './helpers/browser.ts';
import { eventually } from './helpers/eventually.ts';
import { startReading, type Reading } from './helpers/reading.ts';
import { asReader, binh, openReading, readAs, threeFindings } from './helpers/review.ts';

describe.runIf(hasPrograms('chromium'))('accessibility', () => {
  let reading: Reading;

  beforeAll(async () => {
    reading = await startReading();
  });
  afterAll(() => reading?.close());

  test.each(['en', 'vi'] as const)('nothing serious on the worklist, in the reader and in its dialogs: %s', async (locale) => {
    const options = { name: `axe ${locale}` };
    const uid = await reading.analysed(options, (document) => ({ ...threeFindings(options)(document), candidates: [{ worldPoint: [0, 0, 30], probability: 0.2, diameterMm: 5 }] }));
    const { page, troubles } = await openPage(reading.browser, { locale });
    await asReader(page, binh);
    await page.goto(reading.service.url);
    await page.locator(`tr[data-study="${uid}"]`).waitFor();
    const all: string[] = [...await violations(page, 'worklist')];
    await openReading(page, reading, uid);
    all.push(...await violations(page, 'reader'));
    await page.keyboard.press('n');
    await page.keyboard.press('a');
    await page.keyboard.press('e');
    await page.locator('.editor').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.locator('.candidate-row').waitFor();
    all.push(...await violations(page, 'finding'));
    await page.keyboard.press('e');
    all.push(...await violations(page, 'editor'));
    await page.locator('[data-edit="type"]').press('Escape');
    await page.keyboard.press('n');
    await page.keyboard.press('x');
    await page.getByRole('dialog').waitFor();
    all.push(...await violations(page, 'reject'));
    await page.keyboard.press('1');
    await page.locator('.reader-name').click();
    all.push(...await violations(page, 'name'));
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    all.push(...await violations(page, 'keys'));
    await page.keyboard.press('Escape');
    await page.keyboard.press('Shift+S');
    await page.locator('.conclusion').first().waitFor();
    await eventually(() => page.locator('.report-text').innerText()).not.toBe('');
    all.push(...await violations(page, 'sign'));
    expect(all).toEqual([]);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('nothing serious on the dashboard, in an upload, in a comparison, in the planes and in a report', async () => {
    const person = { patientID: 'BN-AXE', patientBirthDate: '19601231', patientSex: 'F' } as const;
    const before = { ...person, name: 'axe before', studyDate: '20250315' };
    await reading.analysed(before, threeFindings(before));
    const options = { ...person, name: 'axe now', studyDate: '20260315' };
    const series = makeBoxSeries(options);
    const objects = await buildResultObjects({
      findings: { ...boxDocument(series, options), findings: [] }, masks: [], softwareVersion: '0.1.0',
      sourceHeaders: { header: parsePart10(series.instances[0]!.part10).dataset, references: series.instances.map(({ sopInstanceUID }) => ({ sopInstanceUID, sopClassUID: '1.2.840.10008.5.1.4.1.1.2' })) },
    });
    await reading.service.receiveAll(series.instances);
    await reading.service.finish(threeFindings(options)(boxDocument(series, options)), objects.map((object) => packObject({ ...object })));
    const { page } = await openPage(reading.browser);
    await asReader(page, binh);
    await page.goto(`${reading.service.url}/dashboard`);
    await page.locator('.tile').first().waitFor();
    const all: string[] = [...await violations(page, 'dashboard')];
    await page.goto(reading.service.url);
    await page.locator('#upload-files').setInputFiles({ name: 'readme.txt', mimeType: 'text/plain', buffer: Buffer.from('not an image') });
    await eventually(() => page.locator('.upload-panel').innerText()).toContain('Upload finished');
    all.push(...await violations(page, 'upload'));
    await openReading(page, reading, series.studyInstanceUID);
    await page.keyboard.press('c');
    await page.locator('.plane[data-plane="coronal"] .plane-line').first().waitFor({ state: 'attached' });
    all.push(...await violations(page, 'planes'));
    await page.keyboard.press('c');
    await page.keyboard.press('q');
    await page.locator('.compare-table').waitFor();
    all.push(...await violations(page, 'comparison'));
    await page.locator('.results-panel').getByRole('button', { name: 'Show report' }).click();
    await eventually(() => page.locator('dialog').innerText()).toContain('A radiologist decides.');
    all.push(...await violations(page, 'report'));
    expect(all).toEqual([]);
    await page.context().close();
  });

  test('every dialog gives the focus back to where it came from', async () => {
    const uid = await reading.analysed({ name: 'focus' });
    const { page } = await readAs(reading, uid, binh);
    const focused = (): Promise<string> => page.evaluate<string>('document.activeElement.className');
    // The list is drawn anew as the images come: a card that is just going takes no focus.
    await eventually(async () => {
      await page.locator('.finding').focus();
      return focused();
    }).toBe('finding');
    for (const key of ['x', 'Shift+S', '?']) {
      await page.keyboard.press(key);
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await eventually(focused, key).toBe('finding');
    }
    await page.keyboard.press('e');
    await eventually(focused).toBe('select');
    await page.keyboard.press('Escape');
    await eventually(focused).toBe('finding');
    // Drawn anew while the dialog is open: the card that had the focus is gone, and its successor takes it.
    for (const key of ['x', 'Shift+S', '?']) {
      await page.keyboard.press(key);
      await page.getByRole('dialog').waitFor();
      await page.evaluate(`(() => {
        const item = document.querySelector('.finding').parentElement;
        item.replaceWith(item.cloneNode(true));
        document.querySelector('dialog').close();
      })()`);
      await eventually(focused, `${key}, drawn anew`).toBe('finding');
    }
    await page.context().close();
  });
});
