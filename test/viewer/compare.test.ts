/** An earlier examination of the same patient beside the present one. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FindingsDocument } from '../../src/findings/types.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { boxSeries, makeBoxSeries, type BoxSeriesOptions } from './helpers/box-series.ts';
import { openPage } from './helpers/browser.ts';
import { eventually } from './helpers/eventually.ts';
import { brightBounds, outlineBounds } from './helpers/marks.ts';
import { sliceText, startReading, type Reading } from './helpers/reading.ts';
import { binh, readAs, reviewUrl, storedReview, storedVerdicts } from './helpers/review.ts';

const patient = { patientID: 'BN-COMPARE', patientBirthDate: '19601231', patientSex: 'F' } as const;
const now: BoxSeriesOptions = { ...patient, name: 'compare now', studyDate: '20260315' };
/** Lying 60 mm further up on the table, and reconstructed to a smaller field. */
const before: BoxSeriesOptions = { ...patient, name: 'compare before', studyDate: '20250315', firstSliceMm: 60, pixelSpacingMm: 1.5, description: 'CT ngực năm trước' };

/** The box and a second nodule; `scale` is how large they were, `name` goes into their identities. */
function twoFindings(options: BoxSeriesOptions, scale: number): (document: FindingsDocument) => FindingsDocument {
  const ninth = makeBoxSeries(options).instances[9]!.sopInstanceUID;
  const start = options.firstSliceMm ?? 0;
  return (document) => {
    const [box] = document.findings;
    const first = { ...box!, trackingUID: `2.25.${start}1`, diameterMm: 20 * scale, longAxisMm: 20 * scale, shortAxisMm: 20 * scale, volumeMm3: 4800 * scale ** 3 };
    return { ...document, findings: [first, {
      ...first, trackingUID: `2.25.${start}2`, trackingIdentifier: 'AI-2', worldPoint: [first.worldPoint[0], first.worldPoint[1], start + 9 * boxSeries.sliceSpacingMm],
      diameterMm: 8, longAxisMm: 8, shortAxisMm: 8, volumeMm3: 268, sliceInstanceUID: ninth, outlines: [],
    }] };
  };
}

describe.runIf(hasPrograms('chromium'))('comparison with an earlier examination', () => {
  let reading: Reading;
  let study: string;

  beforeAll(async () => {
    reading = await startReading();
    await reading.analysed(before, twoFindings(before, 0.7));
    study = await reading.analysed(now, twoFindings(now, 1));
  });
  afterAll(() => reading?.close());

  const priorSlice = (page: Page): Promise<string> => page.locator('.compare-corner').innerText();

  test('is linked by the matched nodules, with their growth; scrolling the earlier one alone mends the link', async () => {
    const { page, troubles } = await reading.read(study);
    await page.locator('.finding').first().click();
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');
    await page.keyboard.press('q');
    const link = page.locator('.compare-link');
    await eventually(() => link.innerText()).toMatch(/Linked by 2 matched nodules\s+Offset 60.0 mm/);
    await eventually(() => priorSlice(page), 'the same level').toBe('Slice 8 of 12');
    expect(await page.locator('.compare-head option').allTextContents()).toEqual(['15 Mar 2025 · CT ngực năm trước']);

    const row = page.locator('.compare-table tbody tr');
    expect(await row.first().innerText()).toMatch(/AI 1\s+14\.0 mm\s+20\.0 mm\s+Growing\s+volume \+192 %\s+\d+ days/);
    expect(await row.nth(1).innerText()).toMatch(/AI 2\s+8\.0 mm\s+8\.0 mm\s+Stable\s+volume 0 %\s+–/);

    await page.locator('.viewport').focus();
    await page.keyboard.press('ArrowDown');
    await eventually(() => priorSlice(page)).toBe('Slice 9 of 12');
    await row.nth(1).getByRole('button').click();
    await eventually(() => sliceText(page)).toContain('Slice 3 of 12');
    await eventually(() => priorSlice(page)).toBe('Slice 3 of 12');
    expect(await page.locator('.compare .mark-selected').getAttribute('data-prior-finding')).toBe('2');

    await page.locator('.compare-viewport').hover();
    await page.mouse.wheel(0, 100);
    await eventually(() => priorSlice(page)).toBe('Slice 4 of 12');
    expect(await sliceText(page)).toContain('Slice 3 of 12');
    await eventually(() => link.innerText()).toMatch(/Linked by hand\s+Offset 57\.0 mm/);
    await page.locator('.viewport').focus();
    await page.keyboard.press('ArrowDown');
    await eventually(() => priorSlice(page)).toBe('Slice 5 of 12');
    await link.getByRole('button', { name: 'Link anew' }).click();
    await eventually(() => priorSlice(page)).toBe('Slice 4 of 12');

    await page.keyboard.press('4');
    await eventually(() => page.locator('.corner.top-right').innerText()).toContain('W 2500  L 480');
    await page.keyboard.press('q');
    await eventually(() => page.locator('.compare').isVisible()).toBe(false);
    await page.keyboard.press('q');
    await eventually(() => priorSlice(page)).toBe('Slice 4 of 12');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('the same anatomy is as large and in the same place on both sides', async () => {
    const { page, troubles } = await reading.read(study);
    await page.locator('.finding').first().click();
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');
    await page.keyboard.press('q');
    await eventually(() => priorSlice(page)).toBe('Slice 8 of 12');

    type Box = Readonly<Record<'x' | 'y' | 'width', number>>;
    /** Where the middle of the box is, from the middle of its pane, and how wide it is; CSS pixels. */
    const boxIn = async (pane: string, [x, y]: readonly [number, number]): Promise<Box> => {
      const viewport = page.locator(pane);
      const { width, height } = (await viewport.boundingBox())!;
      const bounds = await brightBounds(viewport, width / 2 + x, height / 2 + y);
      return { x: (bounds.left + bounds.right - width) / 2, y: (bounds.top + bounds.bottom - height) / 2, width: bounds.right - bounds.left };
    };
    const boxes = async (): Promise<readonly [now: Box, then: Box]> => {
      const marks = await outlineBounds(page, 1);
      const { width, height } = (await page.locator('.viewport').boundingBox())!;
      const middle = [(marks.left + marks.right - width) / 2, (marks.top + marks.bottom - height) / 2] as const;
      await page.keyboard.press('o');
      await page.locator('.overlay polygon').waitFor({ state: 'detached' });
      const both = [await boxIn('.viewport', middle), await boxIn('.compare-viewport', middle)] as const;
      await page.keyboard.press('o');
      await page.locator('.overlay polygon').waitFor();
      return both;
    };
    /** How far the sides are from showing the box, 20 mm now and 15 mm then, alike. CSS pixels. */
    const difference = async (): Promise<number> => {
      const [now, then] = await boxes();
      return Math.max(Math.abs(now.x - then.x), Math.abs(now.y - then.y), Math.abs(now.width * 15 / 20 - then.width));
    };
    await eventually(difference, 'centred on the finding').toBeLessThan(2);
    for (const key of ['-', 'r', 'h']) {
      await page.keyboard.press(key);
      await eventually(difference, `after ${key}`).toBeLessThan(2);
    }
    // Dragging the earlier one corrects the link; from then on both keep this difference.
    const pane = (await page.locator('.compare-viewport').boundingBox())!;
    await page.mouse.move(pane.x + pane.width / 2, pane.y + pane.height / 2);
    await page.mouse.down({ button: 'middle' });
    await page.mouse.move(pane.x + pane.width / 2 + 12, pane.y + pane.height / 2, { steps: 3 });
    await page.mouse.up({ button: 'middle' });
    const apart = async (): Promise<number> => {
      const [now, then] = await boxes();
      return then.x - now.x;
    };
    await eventually(apart).toBeGreaterThan(10);
    await page.keyboard.press('+');
    await eventually(apart, 'the correction is magnified too').toBeGreaterThan(13);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('the earlier examination that is chosen is the one of the report, and the comparison follows the reading', async () => {
    const person = { patientID: 'BN-CHOICE', patientBirthDate: '19601231', patientSex: 'F' } as const;
    const at = (name: string, studyDate: string, firstSliceMm: number): BoxSeriesOptions => ({ ...person, name: `choice ${name}`, studyDate, firstSliceMm });
    const [older, old, last] = [at('older', '20230315', 30), at('old', '20250315', 60), at('now', '20260315', 90)];
    const olderUID = await reading.analysed(older, twoFindings(older, 0.5));
    const oldUID = await reading.analysed(old, twoFindings(old, 0.7));
    const uid = await reading.analysed(last, twoFindings(last, 1));
    const { page, troubles } = await readAs(reading, uid, binh);
    await page.keyboard.press('q');
    const row = page.locator('.compare-table tbody tr');
    await eventually(() => row.first().innerText()).toMatch(/AI 1\s+14\.0 mm\s+20\.0 mm/);
    expect((await storedReview(reading, uid)).compareWith).toBe(oldUID);
    await page.locator('.compare-head select').selectOption(olderUID);
    await eventually(() => row.first().innerText()).toMatch(/AI 1\s+10\.0 mm\s+20\.0 mm/);
    const stored = await storedReview(reading, uid);
    expect(stored.compareWith).toBe(olderUID);
    expect(stored.comparisons.map(({ priorDiameterMm }) => priorDiameterMm)).toEqual([10, 8]);
    // What is rejected is compared no more; the other nodule alone does not tell how the lungs lie on each other.
    await page.keyboard.press('n');
    await page.keyboard.press('x');
    await page.keyboard.press('1');
    await eventually(() => page.locator('.compare-list').innerText()).toContain('No nodules were compared.');
    await page.keyboard.press('a');
    await eventually(() => row.count()).toBe(2);
    // Signed with the comparison that was on the screen; from then on another one is only looked at.
    await page.keyboard.press('n');
    await page.keyboard.press('a');
    await eventually(() => storedVerdicts(reading, uid)).toEqual(['accepted', 'accepted']);
    const { revision } = await storedReview(reading, uid);
    await fetch(`${reviewUrl(reading, uid)}/sign`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ reader: binh, revision }) });
    await eventually(() => page.locator('.signed-versions').count()).toBe(1);
    expect((await storedReview(reading, uid)).signed[0]!.comparisons).toMatchObject([{ priorDiameterMm: 10, priorStudyInstanceUID: olderUID }, { priorDiameterMm: 8 }]);
    await page.locator('.compare-head select').selectOption(oldUID);
    await eventually(() => page.locator('.compare-list').innerText()).toContain('Only shown here: the report compares with the examination of 15 Mar 2023.');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a comparison that is closed before it can be drawn leaves nothing behind', async () => {
    const { page, troubles } = await openPage(reading.browser);
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => { release = resolve; });
    // What draws with WebGL is loaded when it is needed.
    await page.route('**/assets/rendering-*.js', async (route) => {
      await released;
      await route.continue();
    });
    await page.goto(`${reading.service.url}/studies/${study}?renderer=webgl`);
    await page.locator('.finding').first().waitFor();
    const ofPrior = page.waitForResponse((response) => response.url().includes(makeBoxSeries(before).seriesInstanceUID) && response.url().endsWith('/metadata'));
    await page.keyboard.press('q');
    await (await ofPrior).finished();
    await page.locator('.compare-table').waitFor();
    await page.keyboard.press('q');
    release();
    await eventually(() => sliceText(page)).toContain('of 12');
    expect(await page.locator('.compare .canvas > *').count()).toBe(0);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('without an earlier examination it says so', async () => {
    const { page, troubles } = await reading.read(await reading.analysed({ name: 'alone', patientID: 'BN-ALONE' }));
    await page.locator('.finding').first().waitFor();
    await eventually(() => sliceText(page)).toContain('of 12');
    await page.keyboard.press('q');
    await eventually(() => page.locator('.compare').innerText()).toContain('There is no earlier CT of this patient here.');
    expect(troubles).toEqual([]);
    await page.context().close();
  });
});
