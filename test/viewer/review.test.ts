import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packObject } from '../../src/analysis/job.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { buildResultObjects } from '../../src/results/build-result-objects.ts';
import { plainResults } from '../../src/results/options.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { rejectReasons } from '../../src/review/types.ts';
import { rejectReasons as digits } from '../../viewer/review/reject-reasons.ts';
import { openPage } from './helpers/browser.ts';
import { boxDocument, makeBoxSeries } from './helpers/box-series.ts';
import { eventually } from './helpers/eventually.ts';
import { outlineBounds } from './helpers/marks.ts';
import { sliceText, startReading, type Reading } from './helpers/reading.ts';
import { asReader, binh, goToBox, lan, readAs, reviewUrl, saving, storedReview, storedVerdicts, takeLock, threeFindings, verdictsShown } from './helpers/review.ts';

test('the digits stand for the reasons that the server knows', () => {
  expect(digits).toEqual(rejectReasons);
});

describe.runIf(hasPrograms('chromium'))('the review in the reader', () => {
  let reading: Reading;

  beforeAll(async () => {
    reading = await startReading();
  });
  afterAll(() => reading?.close());

  test('the reader is named once; one key decides, and decisions are saved', async () => {
    const options = { name: 'decide' };
    const uid = await reading.analysed(options, threeFindings(options));
    const { page, troubles } = await reading.read(uid);
    await page.locator('.finding').nth(2).waitFor();
    await page.locator('.tick').first().waitFor({ state: 'attached' });
    await page.keyboard.press('n');
    await page.keyboard.press('a');
    await page.locator('#reader-family').fill('Trần');
    await page.locator('#reader-given').fill('Bình');
    await page.keyboard.press('Enter');
    await eventually(() => page.locator('.reader-name').innerText()).toContain('Trần, Bình');
    await eventually(() => verdictsShown(page)).toEqual(['Accepted', 'Undecided', 'Undecided']);
    await page.keyboard.press('n');
    await page.keyboard.press('x');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('2');
    await eventually(() => storedVerdicts(reading, uid)).toEqual(['accepted', 'rejected lymph-node', 'undecided']);
    expect(await verdictsShown(page)).toEqual(['Accepted', 'Rejected: Intrapulmonary lymph node', 'Undecided']);
    await eventually(() => saving(page)).toBe('Saved');
    await page.keyboard.press('u');
    await eventually(() => storedVerdicts(reading, uid)).toEqual(['accepted', 'undecided', 'undecided']);
    await page.keyboard.press('Control+z');
    await eventually(() => storedVerdicts(reading, uid)).toEqual(['accepted', 'rejected lymph-node', 'undecided']);
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    await eventually(() => storedVerdicts(reading, uid)).toEqual(['undecided', 'undecided', 'undecided']);
    await page.keyboard.press('Control+Shift+Z');
    await eventually(() => storedVerdicts(reading, uid)).toEqual(['accepted', 'undecided', 'undecided']);
    expect((await storedReview(reading, uid)).lock?.reader.name).toBe('Trần^Bình');
    // The name is known from now on.
    await page.reload();
    await eventually(() => page.locator('.reader-name').innerText()).toContain('Trần, Bình');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('decisions stay where the reader is looking, and marks tell the verdict without colour', async () => {
    const options = { name: 'stay' };
    const uid = await reading.analysed(options, threeFindings(options));
    const { page } = await readAs(reading, uid, binh);
    await page.keyboard.press('n');
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');
    await page.keyboard.press('ArrowDown');
    await eventually(() => sliceText(page)).toContain('Slice 9 of 12');
    await page.locator('.finding').first().focus();
    await eventually(() => sliceText(page)).toContain('Slice 8 of 12');
    await page.keyboard.press('ArrowDown');
    await eventually(() => sliceText(page)).toContain('Slice 9 of 12');
    await page.keyboard.press('a');
    await eventually(() => page.locator('.overlay .mark-text').first().textContent()).toBe('✓ AI 1');
    expect(await sliceText(page), 'deciding does not jump back').toContain('Slice 9 of 12');
    await page.keyboard.press('x');
    await page.keyboard.press('1');
    await eventually(() => page.locator('.overlay .mark-text').first().textContent()).toBe('✕ AI 1');
    await page.context().close();
  });

  test('values are edited in fields and on the image; the value of the AI stays in sight', async () => {
    const uid = await reading.analysed({ name: 'edit' });
    const { page, troubles } = await readAs(reading, uid, binh);
    await page.keyboard.press('n');
    await page.locator('.overlay .mark-axis').first().waitFor({ state: 'attached' });
    await page.keyboard.press('e');
    await page.locator('[data-edit="type"]').waitFor();
    await page.locator('[data-edit="type"]').selectOption('part-solid');
    await page.locator('[data-edit="solidDiameterMm"]').fill('7.5');
    await page.keyboard.press('Tab');
    await page.locator('[data-edit="lobe"]').selectOption('left-upper');
    await page.locator('[data-edit="shortAxisMm"]').fill('12');
    await page.keyboard.press('Tab');
    const handle = page.locator('.handle[data-axis="longAxisWorld"][data-end="1"] .handle-point');
    // Handles are drawn anew when the draft is saved: the look may fall between two of them.
    await eventually(() => handle.boundingBox()).not.toBeNull();
    const from = (await handle.boundingBox())!;
    const marks = await outlineBounds(page, 1);
    const pixelsPerMm = (marks.right - marks.left) / 20;
    await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await page.mouse.down();
    await page.mouse.move(from.x + 30, from.y + from.height / 2);
    await page.mouse.move(from.x + from.width / 2 + 4 * pixelsPerMm, from.y + from.height / 2);
    await page.mouse.up();
    await page.keyboard.press('Escape');
    await eventually(async () => (await storedReview(reading, uid)).draft.findings[0]!.edited.length).toBe(6);
    const { finding } = (await storedReview(reading, uid)).draft.findings[0]!;
    expect(finding).toMatchObject({ type: 'part-solid', solidDiameterMm: 7.5, laterality: 'left', lobe: 'left-upper', shortAxisMm: 12 });
    expect(finding.longAxisMm, 'four millimetres further').toBeCloseTo(24, 0);
    expect(finding.diameterMm).toBeCloseTo((finding.longAxisMm + 12) / 2, 2);
    const was = await page.locator('.finding del').allInnerTexts();
    expect(was.map((text) => text.replace(/^AI:\s*/, ''))).toEqual(['Solid', '20.0 × 20.0', 'Right lung', '–']);
    // The whole drag is one step.
    await page.keyboard.press('Control+z');
    await eventually(async () => (await storedReview(reading, uid)).draft.findings[0]!.finding.longAxisMm).toBe(20);
    expect((await storedReview(reading, uid)).draft.findings[0]!.finding.shortAxisMm).toBe(12);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a comment is written without leaving the keyboard', async () => {
    const uid = await reading.analysed({ name: 'comment' });
    const { page } = await readAs(reading, uid, binh);
    await page.keyboard.press('n');
    await page.keyboard.press('k');
    await page.locator('.comment-box textarea').waitFor();
    const stored = async (): Promise<string | undefined> => (await storedReview(reading, uid)).draft.findings[0]!.comment;
    await page.keyboard.type('Sát rãnh liên thùy, axno');
    await eventually(stored, 'saved as it is written').toBe('Sát rãnh liên thùy, axno');
    await page.keyboard.press('Enter');
    await page.locator('.comment-box').waitFor({ state: 'detached' });
    await page.keyboard.press('k');
    await page.keyboard.type(' ?');
    await eventually(stored).toBe('Sát rãnh liên thùy, axno ?');
    await page.keyboard.press('Escape');
    await eventually(stored, 'Escape brings back what was there').toBe('Sát rãnh liên thùy, axno');
    expect(await page.locator('.finding-comment').innerText()).toContain('Sát rãnh liên thùy');
    await page.keyboard.press('a');
    await eventually(() => storedVerdicts(reading, uid)).toEqual(['accepted']);
    await page.context().close();
  });

  test.each([['a click', 'mouse'], ['the keyboard alone', 'keyboard']] as const)('a finding of one\'s own is put by %s, measured by the server, and can be taken away', async (_name, by) => {
    const options = { name: `own ${by}` };
    const uid = await reading.analysed(options, (document) => ({ ...document, findings: [] }));
    const { page, troubles } = await readAs(reading, uid, binh);
    await goToBox(page);
    await page.keyboard.press('g');
    await page.locator('.placing-cross').waitFor({ state: 'attached' });
    if (by === 'mouse') {
      const viewport = (await page.locator('.viewport').boundingBox())!;
      // The middle of the box is at column 24.5, row 34.5 of 64; the image fills the height.
      const scale = viewport.height / 64;
      await page.mouse.click(viewport.x + viewport.width / 2 + (25 - 32) * scale, viewport.y + (35 - 32) * scale + viewport.height / 2);
    } else {
      // From the middle, 31.5: seven columns to the left, three rows down.
      for (let step = 0; step < 7; step++) await page.keyboard.press('Shift+ArrowLeft');
      for (let step = 0; step < 3; step++) await page.keyboard.press('Shift+ArrowDown');
      await page.keyboard.press('Enter');
    }
    await page.locator('.finding-item[data-origin="reader"]').waitFor();
    await eventually(async () => (await storedReview(reading, uid)).draft.findings.length).toBe(1);
    const [item] = (await storedReview(reading, uid)).draft.findings;
    expect(item).toMatchObject({ origin: 'reader', verdict: 'accepted', edited: [] });
    expect(item!.finding.probability).toBeUndefined();
    // The box: columns 20 to 29, rows 30 to 39 at 2 mm from −63 mm.
    expect(Math.hypot(item!.finding.worldPoint[0] - -14, item!.finding.worldPoint[1] - 6)).toBeLessThan(3);
    expect(await page.locator('.overlay .mark-reader .mark-text').textContent()).toMatch(/^R\d+ · /);
    expect(await page.locator('.finding-verdict').innerText()).toContain('Added by the reader');
    await page.locator('.finding').focus();
    await page.keyboard.press('Delete');
    await eventually(() => page.locator('.finding').count()).toBe(0);
    await eventually(async () => (await storedReview(reading, uid)).draft.findings.length).toBe(0);
    await page.keyboard.press('Control+z');
    await eventually(async () => (await storedReview(reading, uid)).draft.findings.length).toBe(1);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test.each([['the mouse', 'mouse'], ['the keyboard alone', 'keyboard']] as const)('where the server finds no border, the axes are drawn by %s', async (_name, by) => {
    const options = { name: `axes ${by}` };
    const uid = await reading.analysed(options, (document) => ({ ...document, findings: [] }));
    const { page, troubles } = await readAs(reading, uid, binh);
    await goToBox(page);
    const viewport = (await page.locator('.viewport').boundingBox())!;
    const scale = viewport.height / 64;
    /** On the screen: the image fills the height. */
    const at = (column: number, row: number): readonly [number, number] => [viewport.x + viewport.width / 2 + (column - 31.5) * scale, viewport.y + viewport.height / 2 + (row - 31.5) * scale];
    const drag = async (from: readonly [number, number], to: readonly [number, number]): Promise<void> => {
      await page.mouse.move(...at(...from));
      await page.mouse.down();
      await page.mouse.move(...at((from[0] + to[0]) / 2, (from[1] + to[1]) / 2));
      await page.mouse.move(...at(...to));
      await page.mouse.up();
    };
    const hint = page.locator('.placing-hint');
    const putInAir = async (): Promise<void> => {
      await page.keyboard.press('g');
      await page.locator('.placing-cross').waitFor({ state: 'attached' });
      if (by === 'mouse') await page.mouse.click(...at(50, 12));
      else {
        await page.keyboard.press('ArrowLeft');
        await page.keyboard.press('ArrowLeft');
        await page.keyboard.press('Enter');
      }
      await eventually(() => hint.innerText()).toContain('Draw the axes by hand');
    };
    await putInAir();
    await page.keyboard.press('Escape');
    await hint.waitFor({ state: 'hidden' });
    await putInAir();
    if (by === 'mouse') {
      await drag([20, 35], [29, 35]);
      await eventually(() => hint.innerText()).toContain('short axis');
      expect(await page.locator('.drawn-axis-text').textContent()).toBe('18.0 mm');
      await drag([25, 31], [25, 38]);
    } else {
      // From 11.5 to 21.5: twenty millimetres.
      await page.keyboard.press(' ');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press(' ');
      await eventually(() => hint.innerText()).toContain('short axis');
      await page.keyboard.press('Enter');
    }
    await page.locator('.finding-item[data-origin="reader"]').waitFor();
    await eventually(async () => (await storedReview(reading, uid)).draft.findings.length).toBe(1);
    const { origin, finding } = (await storedReview(reading, uid)).draft.findings[0]!;
    expect({ origin, notes: finding.notes, outlines: finding.outlines }).toEqual({ origin: 'reader', notes: by === 'mouse' ? ['axes-drawn'] : ['axes-drawn', 'one-axis'], outlines: [] });
    expect(Math.abs(finding.longAxisMm - (by === 'mouse' ? 18 : 20))).toBeLessThan(0.3);
    expect(Math.abs(finding.shortAxisMm - (by === 'mouse' ? 14 : 20))).toBeLessThan(0.3);
    // The middle of the axis, at 2 mm a pixel from −63 mm.
    const [column, row] = by === 'mouse' ? [24.5, 35] : [16.5, 31.5];
    expect(Math.hypot(finding.worldPoint[0] - (column * 2 - 63), finding.worldPoint[1] - (row * 2 - 63))).toBeLessThan(0.5);
    await hint.waitFor({ state: 'hidden' });
    expect(await page.locator('.drawn-axis').count(), 'nothing of the drawing stays').toBe(0);
    await page.locator('.overlay .mark-reader').waitFor({ state: 'attached' });
    expect(troubles.filter((trouble) => !trouble.includes('422')), 'but for the measuring that found nothing').toEqual([]);
    await page.context().close();
  });

  test('candidates below the threshold are shown on demand, as such, and can become own findings', async () => {
    const options = { name: 'candidates' };
    const uid = await reading.analysed(options, (document) => ({
      ...document, findings: [], candidates: [{ worldPoint: document.findings[0]!.worldPoint, probability: 0.31, diameterMm: 18 }, { worldPoint: [30, 30, 3], probability: 0.05, diameterMm: 6 }],
    }));
    const { page, troubles } = await readAs(reading, uid, binh);
    expect(await page.locator('.candidate, .candidate-row').count(), 'hidden at first').toBe(0);
    const slider = page.locator('#candidate-threshold');
    await slider.focus();
    for (let step = 0; step < 25; step++) await page.keyboard.press('ArrowLeft');
    await eventually(() => page.locator('.candidate-row').count(), 'from 0.25 on').toBe(1);
    await page.locator('.candidate-jump').click();
    await eventually(() => page.locator('.candidate-text').textContent()).toBe('below threshold 31%');
    await page.keyboard.press('j');
    await eventually(() => page.locator('.candidate-row').count()).toBe(0);
    await page.keyboard.press('j');
    await eventually(() => page.locator('.candidate-row').count()).toBe(2);
    await page.locator('.candidate-row').first().getByRole('button', { name: 'Add as own finding' }).click();
    await eventually(async () => (await storedReview(reading, uid)).draft.findings.map(({ origin }) => origin)).toEqual(['reader']);
    await eventually(() => page.locator('.candidate-row').count(), 'a finding is no candidate any more').toBe(1);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('AI as second reader: nothing of the AI shows until the first look is declared done, and both times are kept', async () => {
    const options = { name: 'second' };
    const uid = await reading.analysed(options, threeFindings(options));
    const { page, troubles } = await readAs(reading, uid, binh, { readsFirst: true });
    await page.locator('.ai-second').waitFor();
    await eventually(async () => (await storedReview(reading, uid)).draft.aiSecond?.startedAt).toBeDefined();
    const nothing = async (): Promise<number> => page.locator('.finding, .overlay .mark, .tick, .results-panel:visible').count();
    expect(await nothing()).toBe(0);
    expect(await page.locator('.status-panel').innerText()).not.toMatch(/\d findings?/);
    await page.keyboard.press('Shift+S');
    expect(await page.locator('dialog').count(), 'not to be signed yet').toBe(0);
    await page.reload();
    await page.locator('.ai-second').waitFor();
    expect(await nothing(), 'after a reload too').toBe(0);
    await page.keyboard.press('y');
    await eventually(() => page.locator('.finding').count()).toBe(3);
    await eventually(async () => (await storedReview(reading, uid)).draft.aiSecond?.revealedAt).toBeDefined();
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  /** Marks, cards, ticks and the objects of the AI that are on the page. */
  const ofAi = (page: Page): Promise<number> => page.locator('.finding-item[data-origin="ai"], .finding-item:not([data-origin]), .overlay .mark-ai, .tick, .results-panel:visible').count();

  test('AI as second reader: as long as the reading cannot be asked for, nothing of the AI shows; then it begins', async () => {
    const options = { name: 'second unreachable' };
    const uid = await reading.analysed(options, threeFindings(options));
    const { page } = await openPage(reading.browser);
    await asReader(page, binh, { readsFirst: true });
    let reachable = false;
    await page.route('**/review', (route) => (reachable ? route.continue() : route.abort()));
    await page.goto(`${reading.service.url}/studies/${uid}`);
    const alert = page.locator('.reading-panel [role=alert]');
    await eventually(() => alert.innerText()).toContain('The reading could not be loaded.');
    await eventually(() => sliceText(page)).toContain('of 12');
    expect(await ofAi(page)).toBe(0);
    reachable = true;
    await alert.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.ai-second').waitFor();
    await eventually(async () => (await storedReview(reading, uid)).draft.aiSecond?.startedAt).toBeDefined();
    expect(await ofAi(page)).toBe(0);
    await page.context().close();
  });

  test('AI as second reader: while another reader holds the study nothing shows either, and the reading begins once it is free', async () => {
    const options = { name: 'second locked' };
    const uid = await reading.analysed(options, threeFindings(options));
    await takeLock(reading, uid, lan);
    const { page } = await readAs(reading, uid, binh, { readsFirst: true });
    await eventually(() => page.locator('.reading-panel').innerText()).toContain('Lê, Lan is reading this study');
    expect(await ofAi(page)).toBe(0);
    await fetch(`${reviewUrl(reading, uid)}/lock`, { method: 'DELETE', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ reader: lan }) });
    await eventually(async () => (await storedReview(reading, uid)).draft.aiSecond?.startedAt).toBeDefined();
    expect(await ofAi(page)).toBe(0);
    await page.context().close();
  });

  test('AI as second reader: an empty result too is shown after the first look, and undoing leaves the time of it alone', async () => {
    const options = { name: 'second empty' };
    const uid = await reading.analysed(options, (document) => ({ ...document, findings: [] }));
    const { page, troubles } = await readAs(reading, uid, binh, { readsFirst: true });
    const status = page.locator('.status-panel');
    await page.locator('.ai-second').waitFor();
    expect(await status.innerText()).not.toContain('No nodule was marked');
    await goToBox(page);
    await page.keyboard.press('g');
    await page.locator('.placing-cross').waitFor({ state: 'attached' });
    for (let step = 0; step < 7; step++) await page.keyboard.press('Shift+ArrowLeft');
    await page.keyboard.press('Enter');
    await page.locator('.finding-item[data-origin="reader"]').waitFor();
    await page.keyboard.press('y');
    await eventually(() => status.innerText()).toContain('No nodule was marked');
    const { draft: { aiSecond } } = await eventuallyStored(uid, ({ draft }) => draft.aiSecond?.revealedAt !== undefined);
    await page.keyboard.press('Control+z');
    const after = await eventuallyStored(uid, ({ draft }) => draft.findings.length === 0);
    expect(after.draft.aiSecond).toEqual(aiSecond);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  async function eventuallyStored(uid: string, holds: (review: Awaited<ReturnType<typeof storedReview>>) => boolean): Promise<Awaited<ReturnType<typeof storedReview>>> {
    await eventually(async () => holds(await storedReview(reading, uid))).toBe(true);
    return storedReview(reading, uid);
  }

  test('AI as second reader: pictures and reports of the AI among the series are closed until then', async () => {
    const options = { name: 'second pictures' };
    const series = makeBoxSeries(options);
    const findings = { ...boxDocument(series, options), findings: [] };
    const objects = await buildResultObjects({
      findings, masks: [], softwareVersion: '0.1.0', options: { ...plainResults, secondaryCapture: true },
      sourceHeaders: { header: parsePart10(series.instances[0]!.part10).dataset, references: series.instances.map(({ sopInstanceUID }) => ({ sopInstanceUID, sopClassUID: '1.2.840.10008.5.1.4.1.1.2' })) },
    });
    await reading.service.receiveAll(series.instances);
    await reading.service.finish(findings, objects.map((object) => packObject({ ...object })));
    const { page } = await readAs(reading, series.studyInstanceUID, binh, { readsFirst: true });
    await page.locator('.ai-second').waitFor();
    const own = page.locator('.series', { has: page.getByText('AI', { exact: true }) });
    await eventually(() => own.count(), 'report and pictures').toBeGreaterThan(1);
    for (const each of await own.all()) expect(await each.isDisabled(), await each.innerText()).toBe(true);
    await page.keyboard.press('y');
    for (const each of await own.all()) await eventually(() => each.isEnabled()).toBe(true);
    await page.context().close();
  });

  test('no key does two things', async () => {
    const { page } = await reading.read(await reading.analysed({ name: 'help' }));
    await page.locator('.finding').waitFor();
    await page.keyboard.press('?');
    const keys = await page.locator('.keys kbd').allInnerTexts();
    expect(keys.length).toBeGreaterThan(40);
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
    await page.context().close();
  });
});
