/** Drafts are never lost: lost connections, closed pages, two readers, two workstations. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StudyDetail } from '../../src/study/types.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { accept, reject } from '../../viewer/review/draft.ts';
import { openPage } from './helpers/browser.ts';
import { eventually } from './helpers/eventually.ts';
import { startReading, type Reading } from './helpers/reading.ts';
import { asReader, binh, holdFirstSave, lan, openReading, readAs, saving, storedReview, storedVerdicts, takeLock, threeFindings, verdictsShown, writeElsewhere } from './helpers/review.ts';

describe.runIf(hasPrograms('chromium'))('saving a reading', () => {
  let reading: Reading;

  beforeAll(async () => {
    reading = await startReading();
  });
  afterAll(() => reading?.close());

  async function study(name: string): Promise<string> {
    const options = { name };
    const uid = await reading.analysed(options, threeFindings(options));
    // The result of a job is taken in a moment after it has ended.
    await eventually(() => storedVerdicts(reading, uid)).toEqual(['undecided', 'undecided', 'undecided']);
    return uid;
  }

  test('without a connection changes wait in the browser, survive the page, and are sent when the server is back', async () => {
    const uid = await study('offline');
    const { page } = await readAs(reading, uid, binh);
    let reachable = true;
    await page.route('**/review', (route) => (reachable || route.request().method() !== 'PUT' ? route.continue() : route.abort()));
    reachable = false;
    await page.keyboard.press('n');
    await page.keyboard.press('a');
    await eventually(() => saving(page)).toContain('Not saved: no connection');
    await page.keyboard.press('n');
    await page.keyboard.press('a');
    expect(await storedVerdicts(reading, uid)).toEqual(['undecided', 'undecided', 'undecided']);
    await page.reload();
    await eventually(() => verdictsShown(page), 'after the page was loaded anew').toEqual(['Accepted', 'Accepted', 'Undecided']);
    reachable = true;
    await eventually(() => storedVerdicts(reading, uid)).toEqual(['accepted', 'accepted', 'undecided']);
    await eventually(() => saving(page)).toBe('Saved');
    expect(await page.evaluate('Object.keys(localStorage).filter((key) => key.startsWith("phoi.review."))'), 'nothing stays behind').toEqual([]);
    await page.context().close();
  });

  test('a busy server, a conflict that it cannot explain at once and a copy that nobody can read lose nothing', async () => {
    const uid = await study('busy');
    const { page, troubles } = await openPage(reading.browser);
    await asReader(page, binh);
    await page.addInitScript(`localStorage.getItem('phoi.review.${uid}') ?? localStorage.setItem('phoi.review.${uid}', '{"draft":')`);
    await openReading(page, reading, uid);
    await eventually(() => verdictsShown(page)).toEqual(['Undecided', 'Undecided', 'Undecided']);
    const problem = (status: number, code: string) => ({ status, contentType: 'application/problem+json', body: JSON.stringify({ code, detail: code }) });
    const answers = [problem(429, 'HTTP_TOO_MANY_REQUESTS'), problem(409, 'REVIEW_CONFLICT')];
    let unanswered = 1;
    await page.route('**/review', async (route) => {
      const answer = route.request().method() === 'PUT' ? answers.shift() : undefined;
      if (answer !== undefined) await route.fulfill(answer);
      else if (route.request().method() === 'GET' && answers.length === 0 && unanswered > 0) {
        unanswered -= 1;
        await route.abort();
      } else await route.continue();
    });
    await page.keyboard.press('n');
    await page.keyboard.press('a');
    await eventually(() => storedVerdicts(reading, uid)).toEqual(['accepted', 'undecided', 'undecided']);
    await eventually(() => saving(page)).toBe('Saved');
    expect([answers.length, unanswered], 'all of it happened').toEqual([0, 0]);
    expect(troubles.filter((trouble) => trouble.startsWith('uncaught'))).toEqual([]);
    await page.context().close();
  });

  test('changes of others that touch something else are taken in', async () => {
    const uid = await study('merge');
    const { page } = await readAs(reading, uid, binh);
    await page.keyboard.press('n');
    await page.keyboard.press('a');
    await eventually(() => storedVerdicts(reading, uid)).toEqual(['accepted', 'undecided', 'undecided']);
    const save = await holdFirstSave(page);
    await page.keyboard.press('n');
    await page.keyboard.press('a');
    await eventually(() => save.held()).toBe(true);
    // The same reader at another workstation.
    await writeElsewhere(reading, uid, binh, (draft) => reject(draft, '2.25.3', 'vessel'));
    save.release();
    await eventually(() => storedVerdicts(reading, uid)).toEqual(['accepted', 'accepted', 'rejected vessel']);
    await eventually(() => verdictsShown(page)).toEqual(['Accepted', 'Accepted', 'Rejected: Vessel']);
    await page.context().close();
  });

  test.each([['server', 'Take the server', ['rejected vessel', 'undecided', 'undecided']], ['mine', 'Keep mine', ['accepted', 'undecided', 'undecided']]] as const)(
    'a contradiction shows what happened, and the reader chooses: %s', async (choice, button, outcome) => {
      const uid = await study(`conflict ${choice}`);
      const { page } = await readAs(reading, uid, binh);
      const save = await holdFirstSave(page);
      await page.keyboard.press('n');
      await page.keyboard.press('a');
      await eventually(() => save.held()).toBe(true);
      await writeElsewhere(reading, uid, binh, (draft) => reject(draft, '2.25.1', 'vessel'));
      save.release();
      await page.getByRole('button', { name: 'Compare and choose' }).click();
      const dialog = page.getByRole('dialog');
      expect(await dialog.locator('tbody tr').allInnerTexts()).toEqual([expect.stringMatching(/AI 1\s+Accepted.*\s+Rejected: Vessel/)]);
      await dialog.getByRole('button', { name: button }).click();
      await eventually(() => storedVerdicts(reading, uid)).toEqual(outcome);
      await eventually(() => saving(page)).toBe('Saved');
      await page.context().close();
    },
  );

  test('a number that is being typed stays as it is when a save is answered meanwhile', async () => {
    const uid = await study('typing');
    const { page, troubles } = await readAs(reading, uid, binh);
    const save = await holdFirstSave(page);
    await page.keyboard.press('n');
    await page.keyboard.press('a');
    await eventually(() => save.held()).toBe(true);
    await page.keyboard.press('e');
    await page.locator('[data-edit="longAxisMm"]').focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('21');
    save.release();
    await eventually(() => saving(page)).toBe('Saved');
    await page.keyboard.type('.5');
    await page.keyboard.press('Enter');
    await eventually(async () => (await storedReview(reading, uid)).draft.findings[0]!.finding.longAxisMm).toBe(21.5);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('who reads is shown; another reader can look, and take over after a question', async () => {
    const uid = await study('lock');
    await takeLock(reading, uid, lan);
    await writeElsewhere(reading, uid, lan, (draft) => accept(draft, '2.25.2'));
    const { page } = await readAs(reading, uid, binh);
    const panel = page.locator('.reading-panel');
    await eventually(() => panel.innerText()).toContain('Lê, Lan is reading this study');
    await page.keyboard.press('n');
    await page.keyboard.press('a');
    await eventually(() => page.locator('.toast').innerText()).toContain('Another reader holds this study');
    expect(await storedVerdicts(reading, uid)).toEqual(['undecided', 'accepted', 'undecided']);
    await panel.getByRole('button', { name: 'Take over' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take over' }).click();
    await eventually(() => panel.getAttribute('data-access')).toBe('open');
    await page.keyboard.press('a');
    await eventually(() => storedVerdicts(reading, uid)).toEqual(['accepted', 'accepted', 'undecided']);
    expect((await storedReview(reading, uid)).lock?.reader.name).toBe(binh.name);
    await page.context().close();
  });

  test('whoever is taken over can only look from then on, and loses nothing that was saved', async () => {
    const uid = await study('taken over');
    const { page } = await readAs(reading, uid, binh);
    await page.keyboard.press('n');
    await page.keyboard.press('a');
    await eventually(() => storedVerdicts(reading, uid)).toEqual(['accepted', 'undecided', 'undecided']);
    const other = await readAs(reading, uid, lan);
    await other.page.locator('.reading-panel').getByRole('button', { name: 'Take over' }).click();
    await other.page.getByRole('dialog').getByRole('button', { name: 'Take over' }).click();
    await eventually(() => page.locator('.reading-panel').innerText()).toContain('Lê, Lan is reading this study');
    await other.page.keyboard.press('p');
    await other.page.keyboard.press('a');
    await eventually(() => storedVerdicts(reading, uid)).toEqual(['accepted', 'undecided', 'accepted']);
    await eventually(() => verdictsShown(page), 'what the other saves is seen').toEqual(['Accepted', 'Undecided', 'Accepted']);
    await page.context().close();
    await other.page.context().close();
  });

  test('leaving for the worklist saves and gives the study free', async () => {
    const uid = await study('leave');
    const { page, troubles } = await readAs(reading, uid, binh);
    await page.keyboard.press('n');
    await page.keyboard.press('a');
    await eventually(() => verdictsShown(page)).toEqual(['Accepted', 'Undecided', 'Undecided']);
    await page.locator('.topbar a').click();
    await eventually(() => storedVerdicts(reading, uid)).toEqual(['accepted', 'undecided', 'undecided']);
    await eventually(async () => (await storedReview(reading, uid)).lock).toBeUndefined();
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('findings of a newer analysis come in as undecided without touching what was decided', async () => {
    const options = { name: 'newer' };
    const uid = await reading.analysed(options);
    const { page } = await readAs(reading, uid, binh);
    await page.keyboard.press('n');
    await page.keyboard.press('a');
    await eventually(() => storedVerdicts(reading, uid)).toEqual(['accepted']);
    const { analysis } = await (await fetch(`${reading.service.url}/api/v1/studies/${uid}`)).json() as StudyDetail;
    await reading.service.analysis.reanalyse(uid);
    await reading.service.finish(threeFindings(options)(analysis!.findings));
    await eventually(() => verdictsShown(page)).toEqual(['Accepted', 'Undecided', 'Undecided']);
    await page.context().close();
  });
});
