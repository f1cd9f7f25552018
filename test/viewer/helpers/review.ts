/** Steps that the tests of the review share. */
import type { Page } from 'playwright-core';
import type { FindingsDocument } from '../../../src/findings/types.ts';
import type { Reader, Review, ReviewDraft } from '../../../src/review/types.ts';
import { boxSeries, makeBoxSeries, type BoxSeriesOptions } from './box-series.ts';
import { openPage, type WatchedPage } from './browser.ts';
import { eventually } from './eventually.ts';
import { sliceText, type Reading } from './reading.ts';

export const binh: Reader = { id: 'trần^bình', name: 'Trần^Bình' };
export const lan: Reader = { id: 'lê^lan', name: 'Lê^Lan' };

/** The box and two more findings, on slices 8, 3 and 11 of 12 as the reader counts them. */
export function threeFindings(options: BoxSeriesOptions): (document: FindingsDocument) => FindingsDocument {
  const { instances } = makeBoxSeries(options);
  return (document) => {
    const first = document.findings[0]!;
    const [x, y] = first.worldPoint;
    return { ...document, findings: [first, ...[9, 1].map((slice, at) => ({
      ...first, trackingUID: `2.25.${at + 2}`, trackingIdentifier: `AI-${at + 2}`, worldPoint: [x, y, slice * boxSeries.sliceSpacingMm] as const,
      sliceInstanceUID: instances[slice]!.sopInstanceUID, outlines: [],
    }))] };
  };
}

export function reviewUrl(reading: Reading, studyInstanceUID: string): string {
  return `${reading.service.url}/api/v1/studies/${studyInstanceUID}/review`;
}

/** What the server has. */
export async function storedReview(reading: Reading, studyInstanceUID: string): Promise<Review> {
  return (await fetch(reviewUrl(reading, studyInstanceUID))).json() as Promise<Review>;
}

/** Verdicts in the order of the draft, with the reason where there is one. */
export async function storedVerdicts(reading: Reading, studyInstanceUID: string): Promise<readonly string[]> {
  const { draft } = await storedReview(reading, studyInstanceUID);
  return draft.findings.map((item) => `${item.verdict} ${item.rejectReason ?? ''}`.trim());
}

/** Another workstation writes. */
export async function writeElsewhere(reading: Reading, studyInstanceUID: string, reader: Reader, change: (draft: ReviewDraft) => ReviewDraft): Promise<void> {
  const { revision, draft } = await storedReview(reading, studyInstanceUID);
  const answer = await fetch(reviewUrl(reading, studyInstanceUID), {
    method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ reader, revision, draft: change(draft) }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

export async function takeLock(reading: Reading, studyInstanceUID: string, reader: Reader): Promise<Response> {
  return fetch(`${reviewUrl(reading, studyInstanceUID)}/lock`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ reader }) });
}

/** The page of a reader who has given the name before. */
export async function asReader(page: Page, reader: Reader, options: { readonly readsFirst?: boolean } = {}): Promise<void> {
  await page.addInitScript(`localStorage.setItem('phoi.reader', ${JSON.stringify(reader.name)}); localStorage.setItem('phoi.ai-second', '${options.readsFirst === true ? '1' : '0'}');`);
}

/** Opens the study and waits until the reader can decide. */
export async function openReading(page: Page, reading: { readonly service: { readonly url: string } }, studyInstanceUID: string): Promise<void> {
  await page.goto(`${reading.service.url}/studies/${studyInstanceUID}`);
  await page.locator('.reading-panel[data-access]').waitFor();
  await eventually(() => page.locator('.corner.top-left').innerText()).toMatch(/Slice|Lát/);
}

/** A page of its own on which the reader has opened the study and can decide. */
export async function readAs(reading: Reading, studyInstanceUID: string, reader: Reader, options: { readonly readsFirst?: boolean } = {}): Promise<WatchedPage> {
  const watched = await openPage(reading.browser);
  await asReader(watched.page, reader, options);
  await openReading(watched.page, reading, studyInstanceUID);
  return watched;
}

/** From the first slice to the one in the middle of the box, by the keyboard. */
export async function goToBox(page: Page): Promise<void> {
  await page.keyboard.press('Home');
  for (let step = 0; step < 7; step++) await page.keyboard.press('ArrowDown');
  await eventually(() => sliceText(page)).toContain('Slice 8 of 12');
}

/** Holds back the first draft that the page sends, until `release` is called; `held` says whether there is one. */
export async function holdFirstSave(page: Page): Promise<{ held(): boolean; release(): void }> {
  let release: (() => void) | undefined;
  await page.route('**/review', async (route) => {
    if (route.request().method() === 'PUT' && release === undefined) await new Promise<void>((resolve) => { release = resolve; });
    await route.continue();
  });
  return { held: () => release !== undefined, release: () => release?.() };
}

export function verdictsShown(page: Page): Promise<readonly string[]> {
  return page.locator('.verdict').allTextContents();
}

export function saving(page: Page): Promise<string> {
  return page.locator('.saving').innerText();
}
