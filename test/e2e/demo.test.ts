/**
 * The newcomer's first minute: `npm start -- --demo`, the worklist live in a browser, Enter, the first finding.
 * PHOI_WRITE_SCREENSHOTS=1 renews the README's picture.
 */
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { projectRoot } from '../../src/settings.ts';
import type { FindingsDocument } from '../../src/findings/types.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { writePicture } from '../helpers/picture.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';
import { launchBrowser, openPage } from '../viewer/helpers/browser.ts';

vi.setConfig({ testTimeout: 400_000, hookTimeout: 120_000 });

describe.runIf(hasPrograms('chromium'))('the demo', () => {
  let service: TestService;
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser();
    service = await startTestService({ args: ['--demo'], quietSeconds: 600 });
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  it('appears in the worklist, is analysed, and opens in the reader with its findings on the slices', async () => {
    const { page, troubles } = await openPage(browser, { width: 1440, height: 860 });
    await page.goto(service.httpUrl);
    const seen = new Set<string>();
    const study = await until('the result of the demo', async () => {
      const item = (await service.worklist())[0];
      const row = page.locator('tbody tr').first();
      if (item !== undefined && await row.count() > 0) seen.add((await row.innerText()).replace(/\s+/gu, ' '));
      return item?.state === 'analysed' ? item : undefined;
    }, 300_000);
    expect(study.findingCount).toBeGreaterThan(0);
    await until('the count in the worklist', async () => (await page.locator('tbody tr').first().innerText()).includes(`${study.findingCount} finding`));
    // The states were shown as they came, not only the last one.
    expect([...seen].join(' | ')).toMatch(/Analysing/u);

    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/studies/${study.studyInstanceUID}`);
    await page.locator('.finding').first().waitFor().catch(async (error: unknown) => {
      throw new Error(`the reader shows no finding: ${troubles.join('; ')} ${(await page.locator('body').innerText()).slice(0, 1000)}`, { cause: error });
    });
    // The marks at the slice bar come with the images; a key before that would find no slice to go to.
    await page.locator('.tick').first().waitFor({ state: 'attached' });
    await page.keyboard.press('n');
    await page.locator('.overlay .mark-selected polygon').waitFor();
    const findings = await service.api<FindingsDocument>(`/api/v1/studies/${study.studyInstanceUID}/findings`);
    expect(await page.locator('.finding').count()).toBe(findings.findings.length);
    await page.waitForLoadState('networkidle');
    if (process.env['PHOI_WRITE_SCREENSHOTS'] === '1') {
      await writePicture(sharp(await page.screenshot()), join(projectRoot, 'docs/screenshots/demo.webp'));
    }
    expect(troubles).toEqual([]);
  });
});
