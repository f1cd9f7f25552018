import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasPrograms } from '../helpers/peers.ts';
import { zip } from '../http/zip-writer.ts';
import { launchBrowser, openPage, type WatchedPage } from './helpers/browser.ts';
import { boxDocument, makeBoxSeries, type BoxSeries } from './helpers/box-series.ts';
import { eventually } from './helpers/eventually.ts';
import { refusedDocument } from './helpers/reference-findings.ts';
import { startViewerService, type ViewerService } from './helpers/viewer-service.ts';

describe.runIf(hasPrograms('chromium'))('the worklist', () => {
  let service: ViewerService;
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    [service, browser, folder] = await Promise.all([startViewerService(), launchBrowser(), mkdtemp(join(tmpdir(), 'phoi-upload-'))]);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(options: { readonly locale?: string } = {}): Promise<WatchedPage> {
    const watched = await openPage(browser, options);
    await watched.page.goto(service.url);
    return watched;
  }
  const row = (page: Page, { studyInstanceUID }: BoxSeries): Locator => page.locator(`tr[data-study="${studyInstanceUID}"]`);

  test('an empty one tells a newcomer what to do, with the real address', async () => {
    const { page, troubles } = await open();
    await eventually(() => page.locator('.empty').innerText()).toContain('storescu -aec PHOI 127.0.0.1 11112');
    await page.locator('[data-language="vi"]').click();
    await eventually(() => page.locator('.empty').innerText()).toContain('Chưa có ca chụp nào');
    await page.reload();
    await eventually(() => page.locator('h1').innerText(), 'the language is remembered').toBe('Danh sách ca chụp');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a study is followed live from its first image to its findings', async () => {
    const series = makeBoxSeries({ name: 'live', patientName: 'Trần^Thị Hoa' });
    const { page, troubles } = await open();
    await page.locator('.empty').waitFor();
    const state = row(page, series).locator('.cell-state');
    const findings = row(page, series).locator('.cell-findings');

    await service.receive(series.instances[0]!.part10);
    await eventually(() => state.innerText()).toContain('Receiving');
    expect(await row(page, series).locator('.patient-link').innerText()).toBe('Trần, Thị Hoa');
    for (const { part10 } of series.instances.slice(1)) await service.receive(part10);
    await eventually(() => row(page, series).locator('.cell-description').innerText()).toContain('12 images');
    expect(await findings.innerText()).toBe('No result yet');

    await service.study.forceComplete(series.studyInstanceUID);
    await eventually(() => state.innerText()).toContain('Waiting for analysis');
    const job = await service.claim();
    await job.progress({ stage: 'infer', fraction: 0.4 });
    await eventually(() => state.innerText()).toMatch(/Analysing\s+40%/);
    await job.complete({ findings: boxDocument(series, { name: 'live' }), objects: [] });
    await eventually(() => state.innerText()).toContain('Analysed');
    expect(await findings.innerText()).toMatch(/1 finding\s*Lung-RADS 4B\?\s.*largest 20.0 mm/su);
    await eventually(() => page.evaluate<number>(`document.querySelector('tr[data-study="${series.studyInstanceUID}"] img')?.naturalWidth`), 'the finding is shown small').toBe(96);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('not analysed, failed and none found never look alike', async () => {
    const [refused, failed, clear] = ['refused', 'failed', 'clear'].map((name) => makeBoxSeries({ name })) as [BoxSeries, BoxSeries, BoxSeries];
    await service.receiveAll(refused.instances);
    await service.finish(refusedDocument(refused.studyInstanceUID, { code: 'NO_ELIGIBLE_SERIES', text: { en: 'No series covers the lungs.', vi: 'Không có chuỗi ảnh nào bao phủ phổi.' } }));
    await service.receiveAll(failed.instances);
    await (await service.claim()).fail({ code: 'MODEL_TIMEOUT', message: 'too long', retry: false });
    await service.receiveAll(clear.instances);
    await service.finish({ ...boxDocument(clear, { name: 'clear' }), findings: [] });

    const { page, troubles } = await open();
    await eventually(() => row(page, clear).locator('.cell-findings').innerText()).toBe('None found');
    for (const [study, state, reason] of [[refused, 'Not analysed', 'No series covers the lungs.'], [failed, 'Analysis failed', 'The analysis took longer than allowed.']] as const) {
      await eventually(() => row(page, study).locator('.cell-state').innerText()).toContain(state);
      expect(await row(page, study).locator('.cell-state').innerText()).toContain(reason);
      expect(await row(page, study).locator('.cell-findings').innerText()).toBe('No result');
    }
    const colour = (study: BoxSeries): Promise<string> => page.evaluate(`getComputedStyle(document.querySelector('tr[data-study="${study.studyInstanceUID}"] .state')).color`);
    expect(new Set([await colour(refused), await colour(failed), await colour(clear)]).size).toBe(3);

    await page.getByRole('button', { name: 'Not analysed' }).click();
    await eventually(() => page.locator('tbody tr').count()).toBe(1);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await row(page, failed).getByRole('button', { name: 'Analyse again' }).click();
    await eventually(() => row(page, failed).locator('.cell-state').innerText()).toContain('Waiting for analysis');
    await service.finish(boxDocument(failed, { name: 'failed' }));
    await eventually(() => row(page, failed).locator('.cell-findings').innerText()).toContain('1 finding');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('keys search, move and open', async () => {
    const { page, troubles } = await open();
    await page.locator('tbody tr').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('thi hoa');
    await eventually(() => page.locator('tbody tr').count(), 'accents do not matter').toBe(1);
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.press('Delete');
    await eventually(() => page.locator('tbody tr').count()).toBeGreaterThan(2);
    await page.keyboard.press('Escape');
    const selected = (): Promise<string | null> => page.locator('tr[aria-selected="true"]').getAttribute('data-study');
    const order = await page.evaluate<readonly string[]>("[...document.querySelectorAll('tbody tr')].map((each) => each.dataset.study)");
    await page.keyboard.press('Home');
    expect(await selected()).toBe(order[0]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    expect(await selected()).toBe(order[1]);
    await page.keyboard.press('Enter');
    await eventually(() => page.url()).toBe(`${service.url}/studies/${order[1]!}`);
    await page.goBack();
    await page.locator('tbody tr').first().waitFor();
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a search without a match can be cleared', async () => {
    const { page } = await open();
    await page.locator('tbody tr').first().waitFor();
    await page.locator('#search').fill('nobody of that name');
    await page.getByRole('button', { name: 'Clear search and filter' }).click();
    await page.locator('tbody tr').first().waitFor();
    await page.context().close();
  });

  test('chosen files are sent, and every one gets its answer', async () => {
    const series = makeBoxSeries({ name: 'upload' });
    const files = await Promise.all(series.instances.map(async ({ part10 }, at) => {
      const path = join(folder, `IM${at}`);
      await writeFile(path, part10);
      return path;
    }));
    const notDicom = join(folder, 'readme.txt');
    const truncated = join(folder, 'truncated.dcm');
    await writeFile(notDicom, 'not an image');
    await writeFile(truncated, series.instances[0]!.part10.subarray(0, 3000));

    const { page, troubles } = await open();
    await page.locator('#upload-files').setInputFiles([...files, notDicom, truncated]);
    const panel = page.locator('.upload-panel');
    await eventually(() => panel.innerText()).toContain('Upload finished');
    expect(await panel.innerText()).toContain('12 stored');
    expect(await panel.locator('.upload-file', { hasText: 'truncated.dcm' }).innerText()).toContain('The file ends too early.');
    expect(await panel.locator('.upload-file', { hasText: 'readme.txt' }).innerText()).toMatch(/Not a DICOM/);
    await eventually(() => row(page, series).count()).toBe(1);

    await page.locator('#upload-files').setInputFiles(files.slice(0, 2));
    await eventually(() => panel.innerText()).toContain('2 already there');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a folder is sent with its paths, and so is what is dropped on the page', async () => {
    const [chosen, dropped] = [makeBoxSeries({ name: 'folder' }), makeBoxSeries({ name: 'drop' })];
    const inside = join(folder, 'CT', 'series 1');
    await mkdir(inside, { recursive: true });
    await Promise.all(chosen.instances.map(({ part10 }, at) => writeFile(join(inside, `IM${at}`), part10)));
    const { page, troubles } = await open();
    const panel = page.locator('.upload-panel');
    await page.locator('#upload-folder').setInputFiles(join(folder, 'CT'));
    await eventually(() => panel.innerText()).toContain('12 stored');
    await panel.locator('summary').click();
    expect(await panel.locator('.upload-name').first().innerText()).toMatch(/^CT\/series 1\/IM\d+$/);
    await eventually(() => row(page, chosen).count()).toBe(1);

    const base64 = Buffer.from(dropped.instances[0]!.part10).toString('base64');
    const transfer = await page.evaluateHandle<unknown>(`(() => {
      const bytes = Uint8Array.from(atob('${base64}'), (character) => character.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], 'IM0001.dcm'));
      return transfer;
    })()`);
    await page.dispatchEvent('body', 'dragenter', { dataTransfer: transfer });
    await page.locator('.drop-overlay').waitFor();
    await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
    await eventually(() => panel.innerText()).toContain('1 stored');
    await eventually(() => row(page, dropped).count()).toBe(1);
    expect(await page.locator('.drop-overlay').isVisible()).toBe(false);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('an upload is stopped while a dropped folder is still being read', async () => {
    const { page, troubles } = await open();
    const panel = page.locator('.upload-panel');
    // The page listens for drops from then on.
    await page.locator('#upload-files').waitFor({ state: 'attached' });
    // No script can put a folder into a real drop: this one hands out its files as a browser does, the fifth only when told to.
    await page.evaluate(`(() => {
      window.opened = 0;
      const files = Array.from({ length: 20 }, (_, at) => ({ isFile: true, fullPath: '/CT/IM' + at, file: async (resolve) => {
        window.opened += 1;
        if (at === 4) await new Promise((release) => { window.release = release; });
        resolve(new File(['x'], 'IM' + at));
      } }));
      const batches = [files, []];
      const folder = { isFile: false, createReader: () => ({ readEntries: (resolve) => { resolve(batches.shift()); } }) };
      const drop = new DragEvent('drop', { bubbles: true, cancelable: true });
      Object.defineProperty(drop, 'dataTransfer', { value: { types: ['Files'], items: [{ webkitGetAsEntry: () => folder }], files: [] } });
      document.body.dispatchEvent(drop);
    })()`);
    await eventually(() => page.evaluate('window.opened')).toBe(5);
    await panel.getByRole('button', { name: 'Stop the upload' }).click();
    await page.evaluate('window.release()');
    await eventually(() => panel.innerText()).toContain('Upload cancelled');
    expect(await page.evaluate('window.opened')).toBe(5);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a zip archive is opened, and what is in it gets its answers', async () => {
    const series = makeBoxSeries({ name: 'zipped' });
    const archive = join(folder, 'study.zip');
    await writeFile(archive, zip([
      ...series.instances.map(({ part10 }, at) => ({ name: `CT/IM${at}`, data: Buffer.from(part10) })),
      { name: 'readme.txt', data: Buffer.from('not an image') },
    ]));
    const { page, troubles } = await open();
    const panel = page.locator('.upload-panel');
    await page.locator('#upload-files').setInputFiles(archive);
    await eventually(() => panel.innerText()).toContain('12 stored');
    await panel.locator('summary').click();
    expect(await panel.locator('.upload-file', { hasText: 'study.zip/readme.txt' }).innerText()).toMatch(/Not a DICOM/);
    await eventually(() => row(page, series).count()).toBe(1);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a lost connection is said, not hidden behind old states', async () => {
    const ending = await startViewerService();
    const { page } = await openPage(browser);
    await page.goto(ending.url);
    await eventually(() => page.locator('.live').innerText()).toBe('Live');
    await ending.close();
    await eventually(() => page.locator('.offline').innerText()).toContain('No connection to the server.');
    await page.context().close();
  });

  test('an incomplete study says what is missing and can be analysed as it is', async () => {
    const impatient = await startViewerService({ quietSeconds: 0.2 });
    try {
      const series = makeBoxSeries({ name: 'gap', imagesInAcquisition: 12 });
      for (const { part10 } of series.instances.filter((_, at) => at !== 6)) await impatient.receive(part10);
      const { page, troubles } = await openPage(browser);
      await page.goto(impatient.url);
      await eventually(() => row(page, series).locator('.cell-state').innerText()).toContain('Images missing');
      await row(page, series).getByRole('button', { name: 'Analyse now' }).click();
      const dialog = page.locator('dialog');
      expect(await dialog.innerText()).toContain('What is missing');
      expect(await dialog.locator('li').count()).toBeGreaterThan(0);
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await eventually(() => row(page, series).locator('.cell-state').innerText()).toContain('Images missing');
      await row(page, series).getByRole('button', { name: 'Analyse now' }).click();
      await dialog.getByRole('button', { name: 'Analyse now' }).click();
      await eventually(() => row(page, series).locator('.cell-state').innerText()).toContain('Waiting for analysis');
      expect(troubles).toEqual([]);
      await page.context().close();
    } finally {
      await impatient.close();
    }
  });

  test('text from DICOM stays text', async () => {
    const series = makeBoxSeries({ name: 'markup', patientName: '<b>Tran</b>', description: '<img src=x onerror=alert(1)>' });
    await service.receiveAll(series.instances);
    await service.finish(boxDocument(series, { name: 'markup' }));
    const { page, troubles } = await open();
    await eventually(() => row(page, series).locator('.patient-link').innerText()).toBe('<b>Tran</b>');
    expect(await row(page, series).locator('.cell-description').innerText()).toContain('<img src=x onerror=alert(1)>');
    expect(await row(page, series).locator('img:not(.row-thumbnail), b').count()).toBe(0);
    expect(troubles).toEqual([]);
    await page.context().close();
  });
});
