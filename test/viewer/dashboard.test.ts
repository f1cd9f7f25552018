import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lastHours } from '../../viewer/dashboard/hours.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { launchBrowser, openPage } from './helpers/browser.ts';
import { boxDocument, makeBoxSeries } from './helpers/box-series.ts';
import { eventually } from './helpers/eventually.ts';
import { refusedDocument } from './helpers/reference-findings.ts';
import { startViewerService, type ViewerService } from './helpers/viewer-service.ts';

test('hours without anything are there, and all sites are added up', () => {
  const row = (hour: string, site: string, received: number) => ({ hour, site, received, results: 1, signed: 0 });
  const hours = lastHours([row('2026-01-02T10:00:00.000Z', 'A', 2), row('2026-01-02T10:00:00.000Z', 'B', 3), row('2026-01-01T01:00:00.000Z', 'A', 9)], '2026-01-02T12:34:56.000Z', 4);
  expect(hours).toEqual([
    { hour: '2026-01-02T09:00:00.000Z', received: 0, results: 0, signed: 0 }, { hour: '2026-01-02T10:00:00.000Z', received: 5, results: 2, signed: 0 },
    { hour: '2026-01-02T11:00:00.000Z', received: 0, results: 0, signed: 0 }, { hour: '2026-01-02T12:00:00.000Z', received: 0, results: 0, signed: 0 },
  ]);
});

const sites = [
  { name: 'north', title: 'Bệnh viện Bắc', senders: [], institutionNames: ['BV Bắc'] }, { name: 'south', title: 'Bệnh viện Nam', senders: [], institutionNames: ['BV Nam'] },
];

describe.runIf(hasPrograms('chromium'))('the dashboard', () => {
  let service: ViewerService;
  let browser: Browser;
  beforeAll(async () => {
    const undelivered = { kind: 'dead-letters', subject: 'PACS_NORTH', value: 7, threshold: 4, since: '2026-01-02T10:00:00.000Z' } as const;
    [service, browser] = await Promise.all([startViewerService({ alerts: [undelivered], sites }), launchBrowser()]);
    const [failed, refused, found] = ['dash failed', 'dash refused', 'dash found'].map((name) => {
      const options = { name, institution: name === 'dash found' ? 'BV Bắc' : 'BV Nam' };
      return { options, series: makeBoxSeries(options) };
    });
    await service.receiveAll(failed!.series.instances);
    await (await service.claim()).fail({ code: 'MODEL_TIMEOUT', message: 'too long', retry: false });
    await service.receiveAll(refused!.series.instances);
    await service.finish(refusedDocument(refused!.series.studyInstanceUID, { code: 'NO_ELIGIBLE_SERIES', text: { en: 'No series covers the lungs.', vi: 'Không có chuỗi ảnh nào bao phủ phổi.' } }));
    await service.receiveAll(found!.series.instances);
    await service.finish(boxDocument(found!.series, found!.options));
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  test('says what waits, what failed and why, and tries it again; by keys and in both languages', async () => {
    const { page, troubles } = await openPage(browser);
    await page.goto(service.url);
    await page.locator('tbody tr').first().waitFor();
    await page.keyboard.press('d');
    await eventually(() => page.url()).toBe(`${service.url}/dashboard`);
    const tile = (name: string) => page.locator('.tile', { hasText: name });
    await eventually(() => tile('To read').innerText()).toMatch(/To read\s+3\s+0 of them STAT/);
    expect(await tile('Without an AI result').innerText()).toMatch(/2\s+1 failed, 1 not analysed/);
    const failures = page.locator('.dash-failures');
    expect(await failures.innerText()).toContain('No series covers the lungs.');
    expect(await failures.innerText()).toContain('The analysis took longer than allowed.');
    expect(await failures.getByRole('button').count(), 'what was refused is not tried again').toBe(1);
    expect(await page.locator('.dash-turnaround tbody tr').first().innerText()).toMatch(/First image to AI result\s+\d+ s\s+\d+ s\s+\d/);
    expect(await page.locator('.dash-throughput table tbody tr').count()).toBe(24);
    expect(await page.locator('.dash-throughput .legend-received').innerText()).toBe('Received: 3');
    expect(await page.locator('.dash-senders').innerText()).toContain('Upload in the browser');

    expect(await page.locator('.dash-alerts tbody').innerText()).toMatch(/Objects not delivered: 7\s+PACS_NORTH/);

    const retry = failures.getByRole('button', { name: 'Analyse again' });
    await retry.focus();
    await page.keyboard.press('Enter');
    await eventually(() => tile('In the analysis queue').innerText()).toMatch(/1\s+1 waiting/);
    await eventually(() => failures.getByRole('button').count()).toBe(0);
    await page.locator('[data-language="vi"]').click();
    await eventually(() => page.locator('h1').innerText()).toBe('Bảng theo dõi');
    await eventually(() => failures.innerText()).toContain('Không có chuỗi ảnh nào bao phủ phổi.');
    expect(await page.locator('.dash-alerts tbody').innerText()).toContain('Số đối tượng không gửi được: 7');
    await page.keyboard.press('w');
    await eventually(() => page.url()).toBe(`${service.url}/`);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('one site alone, and all again', async () => {
    const { page, troubles } = await openPage(browser);
    await page.goto(`${service.url}/dashboard`);
    const toRead = page.locator('.tile', { hasText: 'To read' }).locator('.tile-value');
    await eventually(() => toRead.innerText()).toBe('3');
    expect(await page.locator('.dash-sites tbody tr').count()).toBe(2);
    await page.getByLabel('Site', { exact: true }).selectOption({ label: 'Bệnh viện Bắc' });
    await eventually(() => toRead.innerText()).toBe('1');
    expect(await page.locator('.dash-sites tbody').innerText()).toMatch(/^BV Bắc\s+1/);
    expect(await page.locator('.dash-failures').innerText()).not.toContain('No series covers the lungs.');
    await page.getByLabel('Site', { exact: true }).selectOption({ label: 'Any site' });
    await eventually(() => toRead.innerText()).toBe('3');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a new study appears without a reload, and no patient is named', async () => {
    const { page, troubles } = await openPage(browser);
    await page.goto(`${service.url}/dashboard`);
    const arriving = page.locator('.tile', { hasText: 'Arriving' }).locator('.tile-value');
    await eventually(() => arriving.innerText()).toBe('0');
    await service.receive(makeBoxSeries({ name: 'dash new', patientName: 'Nguyễn^Văn Kín' }).instances[0]!.part10);
    await eventually(() => arriving.innerText()).toBe('1');
    expect(await page.locator('main').innerText()).not.toContain('Kín');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('what happens while figures are under way is asked for soon after, not at the next look round', async () => {
    const { page } = await openPage(browser);
    await page.clock.install();
    await page.goto(`${service.url}/dashboard`);
    await eventually(() => page.locator('.tile').count()).toBeGreaterThan(0);
    await page.evaluate("new EventSource('/api/v1/events').addEventListener('study', () => { window.heard = true; })");
    const arrives = async (name: string): Promise<void> => {
      await page.evaluate('window.heard = false');
      await service.receive(makeBoxSeries({ name }).instances[0]!.part10);
      await eventually(() => page.evaluate('window.heard')).toBe(true);
    };
    // The page's time stands still from here on, but for the look round that is due within a minute.
    await page.clock.pauseAt(Date.now() + 60_000);
    let asked = 0;
    let release: (() => void) | undefined;
    await page.route('**/api/v1/dashboard', async (route) => {
      asked += 1;
      if (asked > 1) return;
      const response = await route.fetch();
      await new Promise<void>((resolve) => { release = resolve; });
      await route.fulfill({ response });
    });
    const goOn = async (wanted: number): Promise<void> => { for (let step = 0; step < 10 && asked < wanted; step++) await page.clock.runFor(500); };
    await arrives('dash first');
    await goOn(1);
    await eventually(() => release !== undefined, 'figures are under way').toBe(true);
    await arrives('dash meanwhile');
    // No later event shall be taken for this one.
    await page.context().setOffline(true);
    const answered = page.waitForResponse('**/api/v1/dashboard');
    release!();
    await (await answered).finished();
    await goOn(2);
    expect(asked, 'within the time of one event').toBe(2);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.context().close();
  });
});
