/**
 * A whole reading by keyboard alone on the real service: from the worklist through every finding of the shipped model to
 * the signed report in a PACS (Orthanc).
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { firstHeldOutSeed } from '../../src/phantom/scene.ts';
import { makePhantomStudy } from '../../src/phantom/write-phantom.ts';
import type { Review } from '../../src/review/types.ts';
import { startOrthanc, type Orthanc } from '../helpers/orthanc.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';
import { launchBrowser, openPage } from '../viewer/helpers/browser.ts';

vi.setConfig({ testTimeout: 400_000, hookTimeout: 120_000 });

interface Found {
  readonly ID: string;
  readonly MainDicomTags: Readonly<Record<string, string>>;
}

/** Tab, as often as it takes. */
async function tabTo(page: Page, selector: string): Promise<void> {
  const there = (): Promise<unknown> => page.evaluate(`document.activeElement?.matches(${JSON.stringify(selector)})`);
  for (let step = 0; step < 60; step += 1) {
    if (await there() === true) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${selector}`);
}

describe.runIf(hasPrograms('chromium', 'Orthanc'))('a reading by keyboard alone', () => {
  let service: TestService;
  let orthanc: Orthanc;
  let browser: Browser;

  beforeAll(async () => {
    [orthanc, browser] = await Promise.all([startOrthanc(), launchBrowser()]);
    service = await startTestService({
      config: { destinations: [{ name: 'pacs', kind: 'dimse', host: '127.0.0.1', port: orthanc.dicomPort, aeTitle: 'ORTHANC' }] },
    });
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
    await orthanc?.stop();
  });

  it('goes from the worklist over five findings and one of the reader\'s own to the signed report in the PACS', async () => {
    const { truth, instances } = makePhantomStudy({ seed: firstHeldOutSeed + 500, nodules: 6, sliceSpacingMm: 2, sliceThicknessMm: 2 });
    const form = new FormData();
    for (const [at, { part10 }] of instances.entries()) form.append('files', new Blob([part10]), `${at}.dcm`);
    await service.api('/api/v1/uploads', { method: 'POST', body: form });
    const uid = truth.studyInstanceUID;
    const { analysis } = await service.reaches(uid, ['analysed'], 300_000);
    const count = analysis!.findings.findings.length;
    expect(count).toBeGreaterThanOrEqual(5);

    const { page, troubles } = await openPage(browser, { width: 1440, height: 860 });
    const review = (): Promise<Review> => service.api<Review>(`/api/v1/studies/${uid}/review`);
    await page.goto(service.httpUrl);
    await page.locator('tbody tr').first().waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await until('the findings', async () => await page.locator('.finding').count() === count);
    await page.locator('.tick').first().waitFor({ state: 'attached' });

    await page.keyboard.press('n');
    await page.keyboard.press('a');
    await page.locator('#reader-family').waitFor();
    await page.keyboard.type('Trần');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Thị Bình');
    await page.keyboard.press('Enter');
    await page.locator('.verdict-accepted').waitFor();
    // Rejected as a vessel, edited, and the others accepted.
    await page.keyboard.press('n');
    await page.keyboard.press('x');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('1');
    await page.keyboard.press('n');
    await page.keyboard.press('e');
    await tabTo(page, '[data-edit="longAxisMm"]');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('21.5');
    await page.keyboard.press('Enter');
    await page.keyboard.press('a');
    for (let at = 3; at < count; at += 1) {
      await page.keyboard.press('n');
      await page.keyboard.press('a');
    }
    await until('every verdict', async () => (await review()).draft.findings.every(({ verdict }) => verdict !== 'undecided'));
    // The cross begins in the middle, where the finding is that was gone to.
    await until('the slice of the finding', async () => await page.locator('.overlay .mark-selected').count() === 1);
    await page.keyboard.press('g');
    await page.locator('.placing-cross').waitFor({ state: 'attached' });
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Enter');
    await until('the own finding', async () => (await review()).draft.findings.length === count + 1, 120_000);

    await page.keyboard.press('Shift+S');
    await page.locator('.conclusion').first().waitFor();
    await tabTo(page, '[name="context-isScreening"]');
    await page.keyboard.press('ArrowRight');
    await tabTo(page, '[name="context-lungsFullyEvaluated"]');
    await page.keyboard.press('ArrowRight');
    await tabTo(page, '[name="context-prior"]');
    await page.keyboard.press('ArrowRight');
    // Which one hangs on what the model found; without the answers there would be none.
    await until('a category', async () => /^[234]/u.test(await page.locator('.conclusion-outcome').first().innerText()));
    await page.keyboard.press('Control+Enter');
    await page.locator('.signed-line').waitFor();

    const { signed, state } = await review();
    expect(state).toBe('signed');
    const { draft, reader } = signed[0]!;
    expect(reader.name).toBe('Trần^Thị Bình');
    expect(draft.findings.filter(({ verdict }) => verdict === 'rejected')).toEqual([expect.objectContaining({ rejectReason: 'vessel' })]);
    const edited = draft.findings.filter((item) => item.edited.length > 0);
    expect(edited.map((item) => [item.edited, item.finding.longAxisMm])).toEqual([[['longAxisMm'], 21.5]]);
    expect(draft.findings.filter(({ origin }) => origin === 'reader')).toHaveLength(1);
    expect(draft.patient).toMatchObject({ isScreening: true, lungsFullyEvaluated: true, prior: 'none' });

    const report = signed[0]!.objects.find(({ sopClassUID }) => sopClassUID.startsWith('1.2.840.10008.5.1.4.1.1.88'))!;
    const found = await until('the report in Orthanc', async () => (await orthanc.post<readonly Found[]>('/tools/find', {
      Level: 'Instance', Expand: true, Query: { SOPInstanceUID: report.sopInstanceUID },
    }))[0], 120_000);
    const tags = await orthanc.get<Readonly<Record<string, unknown>>>(`/instances/${found.ID}/simplified-tags`);
    expect(tags).toMatchObject({ Modality: 'SR', VerificationFlag: 'VERIFIED', CompletionFlag: 'COMPLETE', StudyInstanceUID: uid });
    expect(JSON.stringify(tags['VerifyingObserverSequence'])).toContain('Trần^Thị Bình');
    await until('the delivery on the screen', async () => (await page.locator('dialog .delivery').allInnerTexts()).some((text) => /sent/u.test(text)));
    expect(troubles).toEqual([]);
    await page.context().close();
  });
});
