/**
 * The pictures of the README, from a synthetic thorax whose findings are its own truth. They are compared with nothing:
 * the test holds that the pages get that far without trouble. PHOI_WRITE_SCREENSHOTS=1 renews the files in docs/.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makePhantomStudy } from '../../src/phantom/write-phantom.ts';
import { projectRoot } from '../../src/settings.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { writePicture } from '../helpers/picture.ts';
import { launchBrowser, openPage } from './helpers/browser.ts';
import { boxDocument, makeBoxSeries } from './helpers/box-series.ts';
import { eventually } from './helpers/eventually.ts';
import { asReader, binh, openReading } from './helpers/review.ts';
import { analysedDocument, refusedDocument } from './helpers/reference-findings.ts';
import { startViewerService, type ViewerService } from './helpers/viewer-service.ts';

const writes = process.env['PHOI_WRITE_SCREENSHOTS'] === '1';

/** Some of the other studies a worklist shows on an ordinary morning. */
const others = {
  clear: { name: 'nhan', patientID: 'BN-24018', patientBirthDate: '19580412', patientSex: 'M', studyTime: '074200', patientName: 'Nguyễn^Văn Nhân', description: 'CT ngực tầm soát liều thấp' },
  refused: { name: 'lan', patientID: 'BN-24021', patientBirthDate: '19710930', patientSex: 'F', studyTime: '080500', patientName: 'Phạm^Thị Lan', description: 'CT ngực 8 mm' },
  failed: { name: 'minh', patientID: 'BN-23977', patientBirthDate: '19490117', patientSex: 'M', studyTime: '081900', patientName: 'Lê^Quang Minh', description: 'CT ngực có thuốc cản quang' },
  waiting: { name: 'hoa', patientID: 'BN-24030', patientBirthDate: '19630708', patientSex: 'F', studyTime: '083300', patientName: 'Trần^Thị Hoa', description: 'CT ngực' },
  receiving: { name: 'binh', patientID: 'BN-24031', patientBirthDate: '19820225', patientSex: 'M', studyTime: '084100', patientName: 'Hoàng^Gia Bình', description: 'CT ngực – bụng' },
} as const;

async function fillWorklist(service: ViewerService): Promise<void> {
  const clear = makeBoxSeries(others.clear);
  await service.receiveAll(clear.instances);
  await service.finish({ ...boxDocument(clear, others.clear), findings: [] });
  const refused = makeBoxSeries(others.refused);
  await service.receiveAll(refused.instances);
  await service.finish(refusedDocument(refused.studyInstanceUID, {
    code: 'SLICES_TOO_THICK', text: { en: 'The slices are 8 mm thick; at most 3 mm can be analysed.', vi: 'Lát cắt dày 8 mm; chỉ phân tích được tối đa 3 mm.' },
  }));
  const failed = makeBoxSeries(others.failed);
  await service.receiveAll(failed.instances);
  await (await service.claim()).fail({ code: 'MODEL_TIMEOUT', message: 'too long', retry: false });
  const running = makeBoxSeries(others.waiting);
  await service.receiveAll(running.instances);
  await (await service.claim()).progress({ stage: 'infer', fraction: 0.4 });
  for (const { part10 } of makeBoxSeries(others.receiving).instances.slice(0, 7)) await service.receive(part10);
}

describe.runIf(hasPrograms('chromium'))('pictures', () => {
  let service: ViewerService;
  let browser: Browser;
  let folder: string;
  let studyInstanceUID: string;

  beforeAll(async () => {
    folder = writes ? join(projectRoot, 'docs/screenshots') : await mkdtemp(join(tmpdir(), 'phoi-pictures-'));
    await mkdir(folder, { recursive: true });
    [service, browser] = await Promise.all([startViewerService(), launchBrowser()]);
    const study = makePhantomStudy({
      seed: 100_007, columns: 512, pixelSpacingMm: 0.68, sliceSpacingMm: 2.5, kernel: 'standard', noise: 14,
      nodules: [{ diameterMm: 13, type: 'solid', margin: 'spiculated', location: 'isolated' }, { diameterMm: 19, type: 'part-solid', location: 'isolated' }, { diameterMm: 7, type: 'solid' }],
    });
    studyInstanceUID = study.truth.studyInstanceUID;
    await service.receiveAll(study.instances);
    await service.finish(analysedDocument(study));
    await fillWorklist(service);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
    if (!writes) await rm(folder, { recursive: true, force: true });
  });

  /** `colours` where no image of the CT is in it. */
  async function picture(page: Page, name: string, colours?: number): Promise<void> {
    await writePicture(sharp(await page.screenshot()), join(folder, name), colours);
  }

  test('the worklist', async () => {
    const { page, troubles } = await openPage(browser, { width: 1440, height: 620 });
    await page.goto(service.url);
    await eventually(() => page.locator('tbody tr').count()).toBe(6);
    await eventually(() => page.locator('.live').innerText()).toBe('Live');
    await eventually(() => page.evaluate<readonly boolean[]>(`[...document.querySelectorAll('.row-thumbnail')].map(({ complete, naturalWidth }) => complete && naturalWidth > 0)`)).toEqual([true]);
    await picture(page, 'worklist.webp', 96);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test.each([['en', 'reader.webp'], ['vi', 'reader-vi.webp']] as const)('the reader, %s', async (language, name) => {
    const { page, troubles } = await openPage(browser, { width: 1440, height: 860, locale: language });
    await page.goto(`${service.url}/studies/${studyInstanceUID}`);
    await page.locator('.finding').first().waitFor();
    // The marks at the slice bar come with the images; a key before that would find no slice to go to.
    await page.locator('.tick').first().waitFor({ state: 'attached' });
    await page.keyboard.press('n');
    await page.locator('.overlay .mark-selected polygon').waitFor();
    await eventually(() => page.locator('.overlay .mark-axis').count()).toBe(2);
    await picture(page, name);
    if (language === 'en') {
      await page.setViewportSize({ width: 1280, height: 760 });
      await page.keyboard.press('c');
      await page.locator('.plane .mark-selected').nth(1).waitFor({ state: 'attached' });
      // Every slice is a row of the planes.
      await page.waitForLoadState('networkidle');
      await picture(page, 'planes.webp');
    }
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test.each([['en', 'review.webp', 'sign.webp'], ['vi', 'review-vi.webp', 'sign-vi.webp']] as const)('the review and the signature, %s', async (language, review, sign) => {
    const { page, troubles } = await openPage(browser, { width: 1440, height: 860, locale: language });
    await asReader(page, { id: `${binh.id} ${language}`, name: binh.name });
    await openReading(page, { service }, studyInstanceUID);
    await page.keyboard.press('n');
    await page.locator('.overlay .mark-selected polygon').waitFor();
    await page.keyboard.press('a');
    await page.keyboard.press('n');
    await page.keyboard.press('x');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('3');
    await page.keyboard.press('n');
    await page.keyboard.press('e');
    await eventually(() => page.locator('.handle').count()).toBe(4);
    await page.locator('[data-edit="longAxisMm"]').fill('8.1');
    await page.keyboard.press('Tab');
    await eventually(() => page.locator('.saving').innerText()).toMatch(/Saved|Đã lưu/);
    await eventually(() => page.locator('.corner.top-right').innerText()).not.toMatch(/loaded|đã tải/);
    await picture(page, review);
    await page.keyboard.press('Escape');
    await page.keyboard.press('a');
    await page.keyboard.press('Shift+S');
    const dialog = page.locator('dialog');
    for (const [field, answer] of [['isScreening', 0], ['lungsFullyEvaluated', 0], ['prior', 0]] as const) await dialog.locator(`[data-field="${field}"] .segment`).nth(answer).click();
    await dialog.locator(`[data-report="${language}"]`).click();
    await eventually(() => dialog.locator('.conclusion-outcome').first().innerText()).toMatch(/^4/);
    await eventually(() => dialog.locator('.report-text').getAttribute('lang')).toBe(language);
    await eventually(() => dialog.locator('button.button-primary').isEnabled()).toBe(true);
    await picture(page, sign, 96);
    expect(troubles).toEqual([]);
    await page.context().close();
  });
});
