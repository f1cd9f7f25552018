import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { firstSlices } from '../../viewer/rendering/first-slices.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { openPage } from './helpers/browser.ts';
import { boxDocument, makeBoxSeries } from './helpers/box-series.ts';
import { asReader, binh, lan, reviewUrl, storedReview, takeLock, writeElsewhere } from './helpers/review.ts';
import { accept } from '../../viewer/review/draft.ts';
import { eventually } from './helpers/eventually.ts';
import { sliceText, startReading, type Reading } from './helpers/reading.ts';

test('the middle comes first, then what was asked for, then outwards, and never more than allowed', () => {
  expect(firstSlices(7, [6, 0, -1, 99], 5)).toEqual([3, 6, 0, 4, 2]);
  expect(firstSlices(2, [], 40)).toEqual([1, 0]);
  expect(firstSlices(0, [3], 40)).toEqual([]);
  expect(firstSlices(500, [], 40)).toHaveLength(40);
});

describe.runIf(hasPrograms('chromium'))('from one unread study to the next', () => {
  let reading: Reading;
  beforeAll(async () => {
    reading = await startReading();
  });
  afterAll(() => reading?.close());

  test('the next one is loaded ahead and opened by a key, without asking for its slices again', async () => {
    const sizes = { next: 18, small: 5 };
    const first = await reading.analysed({ name: 'next first' });
    const options = { name: 'next second' };
    const series = makeBoxSeries(options);
    await reading.service.receiveAll(series.instances);
    await reading.service.finish({ ...boxDocument(series, options), findings: boxDocument(series, options).findings.map((finding) => ({ ...finding, diameterMm: sizes.next })) });
    await reading.analysed({ name: 'next third' }, (document) => ({ ...document, findings: document.findings.map((finding) => ({ ...finding, diameterMm: sizes.small })) }));
    const arriving = makeBoxSeries({ name: 'next arriving' });
    await reading.service.receive(arriving.instances[0]!.part10);
    await reading.service.analysis.setPriority(arriving.studyInstanceUID, 'stat');

    const { page, troubles } = await openPage(reading.browser);
    const asked: string[] = [];
    page.on('request', (request) => { if (request.url().includes('/dicom-web/')) asked.push(request.url()); });
    const ofNext = (): readonly string[] => asked.filter((url) => url.includes(series.studyInstanceUID));
    await page.goto(`${reading.service.url}/studies/${first}`);
    await eventually(() => sliceText(page)).toContain('of 12');
    await eventually(() => ofNext().filter((url) => url.includes('/frames/')).length, 'every slice of the next study').toBe(12);
    expect(ofNext().filter((url) => url.endsWith('/metadata'))).toHaveLength(1);
    const before = ofNext().length;
    await page.locator('.viewport').focus();
    await page.keyboard.press('N');
    await eventually(() => page.url()).toContain(series.studyInstanceUID);
    await eventually(() => sliceText(page)).toContain('Slice 7 of 12');
    await page.keyboard.press('End');
    await eventually(() => sliceText(page)).toContain('Slice 12 of 12');
    expect(ofNext().slice(before)).toEqual([]);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('the next one is the one after it in the list, and is loaded ahead although a slice of the present one cannot be had', async () => {
    const [present, after] = ['next second', 'next third'].map((name) => makeBoxSeries({ name }));
    const { page } = await openPage(reading.browser);
    await page.route(`**/instances/${present!.instances[0]!.sopInstanceUID}/frames/**`, (route) => route.abort());
    const frames = new Set<string>();
    page.on('request', (request) => { if (request.url().includes(after!.studyInstanceUID) && request.url().includes('/frames/')) frames.add(request.url()); });
    await page.goto(`${reading.service.url}/studies/${present!.studyInstanceUID}`);
    await eventually(() => frames.size, 'every slice of the study after it').toBe(12);
    await page.locator('.viewport').focus();
    await page.keyboard.press('N');
    await eventually(() => page.url()).toContain(after!.studyInstanceUID);
    await page.context().close();
  });

  test('the worklist says who reads and what is signed, shows what is mine, and a key opens the next that is free', async () => {
    const [first, second, third] = ['next first', 'next second', 'next third'].map((name) => makeBoxSeries({ name }).studyInstanceUID) as [string, string, string];
    await takeLock(reading, first, lan);
    await writeElsewhere(reading, second, binh, (draft) => accept(draft, '2.25.1'));
    const { revision } = await storedReview(reading, second);
    await fetch(`${reviewUrl(reading, second)}/sign`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ reader: binh, revision }) });
    const { page, troubles } = await openPage(reading.browser);
    await asReader(page, binh);
    await page.goto(reading.service.url);
    const reads = (uid: string): Promise<string> => page.locator(`tr[data-study="${uid}"] .cell-reading`).innerText();
    await eventually(() => reads(first)).toMatch(/In reading\s+Lê, Lan/);
    expect(await reads(second)).toMatch(/Signed\s+Trần, Bình · /);
    expect(await reads(third)).toBe('To read');
    const proposed = (uid: string): Promise<readonly string[]> => page.locator(`tr[data-study="${uid}"] .tag-baseline`).allInnerTexts();
    expect(await proposed(third), 'a category with a condition, as nobody has read it').toEqual([expect.stringMatching(/^Lung-RADS [2-4][ABX]?\?\s.*if this is a first screening CT/su)]);
    expect(await proposed(second), 'a reading says what holds').toEqual([]);
    await page.locator('[data-toggle="mine"]').click();
    await eventually(() => page.locator('tbody tr').count()).toBe(1);
    expect(await page.locator('tbody tr').getAttribute('data-study')).toBe(second);
    await reading.service.analysis.reanalyse(second);
    await reading.service.finish(boxDocument(makeBoxSeries({ name: 'next second' }), { name: 'next second' }));
    await eventually(() => reads(second)).toMatch(/Newer analysis\s+Trần, Bình · /);
    await page.locator('.worklist').focus();
    await page.keyboard.press('x');
    await eventually(() => page.locator('tbody tr').count()).toBeGreaterThan(2);
    await page.keyboard.press('n');
    await eventually(() => page.url(), 'neither the one that Lan reads nor the signed one').toContain(third);
    expect(troubles).toEqual([]);
    await page.context().close();
  });
});
