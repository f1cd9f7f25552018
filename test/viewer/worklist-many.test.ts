/** A worklist of ten thousand studies: what is in the document, where one is in it, and what stays when it changes. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasPrograms } from '../helpers/peers.ts';
import { findings, record } from '../index/records.ts';
import { launchBrowser, openPage } from './helpers/browser.ts';
import { eventually } from './helpers/eventually.ts';
import { startViewerService, type ViewerService } from './helpers/viewer-service.ts';

const studyCount = 10_000;
const uidOf = (at: number): string => `1.2.826.${at}`;

describe.runIf(hasPrograms('chromium'))('a worklist of ten thousand studies', () => {
  let service: ViewerService;
  let browser: Browser;

  beforeAll(async () => {
    [service, browser] = await Promise.all([startViewerService(), launchBrowser()]);
    await Promise.all(Array.from({ length: studyCount }, (_, at) => service.index.addInstance(record({
      study: uidOf(at), receivedAt: new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString(),
      attributes: { PatientName: [`Nguyễn^Văn ${at}`], PatientID: [`BN-${String(at).padStart(6, '0')}`], StudyDate: ['20260102'], Modality: [at === 77 ? 'MR' : 'CT'] },
    }))));
    for (const at of [5, 6, 7]) {
      await service.index.addAnalysis(uidOf(at), { jobId: `job ${at}`, findings: findings(uidOf(at), [[10 + at, 0.9]]), createdAt: '2026-01-02T04:00:00.000Z', objects: [] });
      await service.index.setState(uidOf(at), 'analysed');
    }
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  const range = (page: Page): Promise<string> => page.locator('.range').innerText();
  const selectedID = (page: Page): Promise<string> => page.locator('tr[aria-selected="true"] .cell-patient .sub').innerText();
  const activeName = (page: Page): Promise<string> => page.evaluate("document.getElementById(document.querySelector('.worklist').getAttribute('aria-activedescendant') ?? '')?.querySelector('.patient-link').textContent ?? ''");
  async function open(): Promise<{ readonly page: Page; readonly troubles: readonly string[] }> {
    const watched = await openPage(browser);
    // These studies are rows of the index alone: there are no images to draw a finding from.
    await watched.page.route('**/thumbnail', (route) => route.fulfill({ status: 204 }));
    await watched.page.goto(service.url);
    await eventually(() => range(watched.page)).toContain('of 10,000');
    return watched;
  }

  test('holds only the rows in sight, and says which of how many they are', async () => {
    const { page, troubles } = await open();
    expect(await page.locator('.worklist').getAttribute('aria-rowcount')).toBe('10001');
    expect(await page.locator('tbody tr').first().getAttribute('aria-rowindex')).toBe('2');
    expect(await page.locator('tbody tr').count()).toBeLessThan(40);
    // Analysed ones with findings come first.
    expect(await page.locator('tbody tr').first().locator('.patient-link').innerText()).toBe('Nguyễn, Văn 7');

    await page.keyboard.press('End');
    await page.keyboard.press('End');
    await eventually(() => range(page)).toMatch(/–10,000 of 10,000$/);
    await eventually(() => selectedID(page)).toMatch(/^BN-009999/);
    expect(await page.locator('tr[aria-selected="true"]').getAttribute('aria-rowindex')).toBe('10001');
    expect(await page.locator('tbody tr').count()).toBeLessThan(40);
    expect(await activeName(page)).toBe('Nguyễn, Văn 9999');

    await page.keyboard.press('ArrowUp');
    await eventually(() => selectedID(page)).toMatch(/^BN-009998/);
    await page.keyboard.press('PageUp');
    const afterPage = await selectedID(page);
    expect(Number(/\d+/.exec(afterPage)![0])).toBeLessThan(9995);
    await page.keyboard.press('Home');
    await eventually(() => activeName(page)).toBe('Nguyễn, Văn 7');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('scrolling loads what is looked at', async () => {
    const { page, troubles } = await open();
    const asked: string[] = [];
    page.on('request', (request) => { if (request.url().includes('/worklist?')) asked.push(new URL(request.url()).searchParams.get('offset')!); });
    await page.evaluate("document.querySelector('.worklist-scroll').scrollTop = 60 * 6012");
    await eventually(() => range(page)).toMatch(/^6,013–/);
    // Three analysed ones stand before those that only arrived.
    await eventually(() => page.locator('tbody tr[aria-rowindex="6020"] .patient-link').innerText()).toBe('Nguyễn, Văn 6018');
    // The head may be loaded anew when the live connection stands; what was under way just then is asked for again.
    expect([...new Set(asked)].filter((offset) => offset !== '0')).toEqual(['6000']);
    expect(asked.length).toBeLessThan(5);
    const cellHeights = await page.evaluate<readonly number[]>("[...document.querySelectorAll('tbody tr')].map((row) => row.getBoundingClientRect().height)");
    expect(new Set(cellHeights)).toEqual(new Set([60]));
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a stretch that cannot be loaded leaves the list and the place in it', async () => {
    const { page } = await open();
    let reachable = false;
    await page.route('**/worklist?*', (route) => (reachable ? route.continue() : route.abort()));
    await page.evaluate("document.querySelector('.worklist-scroll').scrollTop = 60 * 5012");
    const alert = page.locator('.worklist-failure [role=alert]');
    await eventually(() => alert.innerText()).toContain('The worklist could not be loaded.');
    expect(await page.evaluate("document.querySelector('.worklist-scroll').scrollTop")).toBe(60 * 5012);
    reachable = true;
    await alert.getByRole('button', { name: 'Try again' }).click();
    await page.locator('tbody tr[aria-rowindex="5020"] .patient-link').waitFor();
    await eventually(() => alert.count()).toBe(0);
    await eventually(() => range(page)).toMatch(/^5,013–/);
    await page.context().close();
  });

  test('what happens elsewhere in the list moves neither the place nor the selection', async () => {
    const { page } = await open();
    await page.evaluate("document.querySelector('.worklist-scroll').scrollTop = 60 * 3000");
    await page.locator('tbody tr[aria-rowindex="3006"] .patient-link').waitFor();
    await page.keyboard.press('Home');
    await page.evaluate("document.querySelector('.worklist-scroll').scrollTop = 60 * 3000");
    const row = page.locator('tbody tr[aria-rowindex="3006"]');
    const uid = await row.getAttribute('data-study');
    const before = (await row.boundingBox())!.y;
    // One of the last becomes the first.
    await service.analysis.setPriority(uidOf(9000), 'stat');
    const same = page.locator(`tr[data-study="${uid!}"]`);
    await eventually(() => same.getAttribute('aria-rowindex'), 'the list has grown above').toBe('3007');
    expect((await same.boundingBox())!.y).toBe(before);
    await page.keyboard.press('Home');
    await eventually(() => activeName(page)).toBe('Nguyễn, Văn 9000');

    // The selected study is followed to where it goes.
    await service.analysis.setPriority(uidOf(9000), 'routine');
    await eventually(() => page.locator('tbody tr').first().locator('.patient-link').innerText()).toBe('Nguyễn, Văn 7');
    await page.context().close();
  });

  test('filters by urgency, modality and date, and clears them by a key', async () => {
    const { page, troubles } = await open();
    await page.locator('[data-filter="modality"]').selectOption('MR');
    await eventually(() => range(page)).toBe('1–1 of 1');
    expect(await page.locator('tbody .patient-link').innerText()).toBe('Nguyễn, Văn 77');
    await page.locator('.worklist').focus();
    await page.keyboard.press('x');
    await eventually(() => range(page)).toContain('of 10,000');
    await page.locator('[data-filter="date"]').selectOption('between');
    await page.getByLabel('First study date').fill('2026-01-03');
    await eventually(() => page.locator('.no-match').innerText()).toContain('No study matches');
    await page.getByLabel('First study date').fill('2026-01-02');
    await page.getByLabel('Last study date').fill('2026-01-02');
    await eventually(() => range(page)).toContain('of 10,000');
    await page.locator('.worklist').focus();
    await page.keyboard.press('x');
    await page.locator('[data-toggle="statOnly"]').click();
    await eventually(() => page.locator('.no-match').count()).toBe(1);
    await page.keyboard.press('x');
    await eventually(() => range(page)).toContain('of 10,000');
    await page.keyboard.press('o');
    await eventually(() => page.locator('tbody tr').first().locator('.patient-link').innerText(), 'last arrived first').toBe('Nguyễn, Văn 9999');
    expect(await page.locator('[data-filter="order"]').inputValue()).toBe('received');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a saved view has a name and a key, and is still there after a reload', async () => {
    const { page, troubles } = await open();
    await page.locator('[data-filter="modality"]').selectOption('MR');
    await page.getByRole('button', { name: 'Analysed', exact: true }).click();
    await page.getByRole('button', { name: 'Save view' }).click();
    await page.locator('dialog input').fill('MR, done');
    await page.keyboard.press('Enter');
    await eventually(() => page.locator('.view').innerText()).toMatch(/1\s*MR, done/);
    await page.keyboard.press('x');
    await eventually(() => range(page)).toContain('of 10,000');
    await page.reload();
    await eventually(() => range(page)).toContain('of 10,000');
    await page.keyboard.press('1');
    await eventually(() => page.locator('[data-filter="modality"]').inputValue()).toBe('MR');
    expect(await page.locator('.view').getAttribute('aria-pressed')).toBe('true');
    await page.getByRole('button', { name: 'Delete view' }).click();
    await eventually(() => page.locator('.view').count()).toBe(0);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a key makes a study STAT and takes it back, and another shows all keys', async () => {
    const { page, troubles } = await open();
    await page.locator('#search').fill('Văn 4321');
    await eventually(() => range(page)).toBe('1–1 of 1');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('s');
    const stat = page.locator('tr[aria-selected="true"] .tag-stat');
    await eventually(() => stat.count()).toBe(1);
    expect(await page.locator('.stat-switch').getAttribute('aria-pressed')).toBe('true');
    expect(await service.index.worklistItem(uidOf(4321))).toMatchObject({ priority: 'stat' });
    await page.keyboard.press('s');
    await eventually(() => stat.count()).toBe(0);
    await page.keyboard.press('?');
    await eventually(() => page.locator('dialog').innerText()).toContain('STAT on or off');
    await page.keyboard.press('Escape');
    await eventually(() => page.locator('dialog').count()).toBe(0);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('whoever comes back from a study is where they were', async () => {
    const { page } = await open();
    await page.evaluate("document.querySelector('.worklist-scroll').scrollTop = 60 * 4000");
    const row = page.locator('tbody tr[aria-rowindex="4004"]');
    await row.locator('.patient-link').waitFor();
    const name = await row.locator('.patient-link').innerText();
    await row.locator('.patient-link').click();
    await page.locator('.reader-page').waitFor();
    await page.goBack();
    await eventually(() => page.locator('tbody tr[aria-rowindex="4004"] .patient-link').innerText()).toBe(name);
    expect(await page.locator('tr[aria-selected="true"] .patient-link').innerText()).toBe(name);
    await page.context().close();
  });
});
