/**
 * The reader in a real Chromium, started as a user starts it, on a CT of 300 slices: until the first image stands, how fast
 * it scrolls, how much memory it holds.
 */
import { cpus, loadavg } from 'node:os';
import type { CDPSession, Page } from 'playwright-core';
import { makePhantomStudy } from '../../src/phantom/write-phantom.ts';
import { launchBrowser, openPage } from '../viewer/helpers/browser.ts';
import { analysedDocument } from '../viewer/helpers/reference-findings.ts';
import { startViewerService } from '../viewer/helpers/viewer-service.ts';
import { median, printTable } from './table.ts';

const rounds = 3;
const slices = 300;
const steps = 200;
/** What takes longer has gone wrong, and is said to have. */
const patienceMs = 120_000;

/** Milliseconds from the start of the navigation to the first frame with image and position on the screen. */
const untilFirstImage = `new Promise((resolve) => {
  const look = () => {
    const text = document.querySelector('.corner.top-left')?.textContent ?? '';
    if (/\\d+ of \\d+/.test(text)) requestAnimationFrame(() => resolve(performance.now()));
    else requestAnimationFrame(look);
  };
  look();
})`;

/** Whether a window is shown and the count of what is still to be loaded has come and gone. */
const isLoaded = `(() => {
  const text = document.querySelector('.corner.top-right')?.textContent ?? '';
  window.sawCount ||= / of \\d+ loaded/.test(text);
  return window.sawCount && /W/.test(text) && !/ of \\d+ loaded/.test(text);
})()`;

/** One step after another, each as soon as the slice before it is on the screen; milliseconds of all, or the step that was never shown. */
const scrollThrough = `new Promise((resolve) => {
  const shown = () => Number(/(\\d+) of/.exec(document.querySelector('.corner.top-left').textContent)[1]);
  const key = (name) => document.querySelector('.viewport').dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true }));
  let done = 0; let name = 'ArrowDown'; let last = shown();
  const start = performance.now();
  const step = () => {
    const now = shown();
    if (performance.now() - start > ${patienceMs}) return resolve({ stuckAt: done, slice: now });
    if (now !== last) { done += 1; last = now; if (done % 100 === 0) name = name === 'ArrowDown' ? 'ArrowUp' : 'ArrowDown'; if (done === ${steps}) return resolve(performance.now() - start); key(name); }
    requestAnimationFrame(step);
  };
  key(name);
  requestAnimationFrame(step);
})`;

/** Frames a second that the browser draws here with nothing to do: no reader can be faster. */
const frameRate = `new Promise((resolve) => {
  let frames = 0; const start = performance.now();
  const next = () => { frames += 1; if (frames === 120) resolve(frames * 1000 / (performance.now() - start)); else requestAnimationFrame(next); };
  requestAnimationFrame(next);
})`;

const webglName = `(() => {
  const context = document.createElement('canvas').getContext('webgl2');
  const names = context?.getExtension('WEBGL_debug_renderer_info');
  return names ? context.getParameter(names.UNMASKED_RENDERER_WEBGL) : 'none';
})()`;

async function heapMiB(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0) / 1024 / 1024;
}

/** Seconds from now until every slice is loaded. */
async function untilLoaded(page: Page): Promise<number> {
  const start = performance.now();
  while (!await page.evaluate<boolean>(isLoaded)) {
    const corner = await page.locator('.corner.top-right').innerText();
    if (performance.now() - start > patienceMs) throw new Error(`after ${patienceMs / 1000} s the slices are not loaded: "${corner}"`);
    await page.evaluate('new Promise(requestAnimationFrame)');
  }
  return (performance.now() - start) / 1000;
}

async function scrollMilliseconds(page: Page): Promise<number> {
  const result = await page.evaluate<number | { readonly stuckAt: number; readonly slice: number }>(scrollThrough);
  if (typeof result === 'number') return result;
  throw new Error(`after ${patienceMs / 1000} s ${result.stuckAt} of ${steps} steps were shown, the last one slice ${result.slice}`);
}

export async function benchViewer(): Promise<void> {
  const study = makePhantomStudy({ seed: 5, slices, sliceSpacingMm: 1 });
  const service = await startViewerService();
  const browser = await launchBrowser();
  try {
    await service.receiveAll(study.instances);
    await service.finish(analysedDocument(study));
    const rows = { first: [] as number[], loaded: [] as number[], perSecond: [] as number[], frames: [] as number[], heap: [] as number[] };
    let [drawnBy, webgl] = ['', ''];
    for (let round = 0; round < rounds; round += 1) {
      // A context of its own each time: nothing comes from the browser's cache.
      const { page } = await openPage(browser, { width: 1600, height: 1000 });
      const session = await page.context().newCDPSession(page);
      await session.send('Performance.enable');
      await page.goto(`${service.url}/studies/${study.truth.studyInstanceUID}`, { waitUntil: 'commit' });
      rows.first.push(await page.evaluate<number>(untilFirstImage) / 1000);
      rows.loaded.push(await untilLoaded(page));
      rows.perSecond.push(steps / await scrollMilliseconds(page) * 1000);
      rows.frames.push(await page.evaluate<number>(frameRate));
      rows.heap.push(await heapMiB(session));
      drawnBy = await page.locator('.software').isVisible() ? 'the processor, on a canvas' : 'Cornerstone, with WebGL';
      webgl = await page.evaluate<string>(webglName);
      await page.context().close();
    }
    const row = (name: string, values: readonly number[], digits: number): readonly string[] => [name, median(values).toFixed(digits), values.map((each) => each.toFixed(digits)).join(', ')];
    printTable([`${slices} slices of 512 × 512, Chromium`, 'median', 'all rounds'], [
      row('first image after opening the address, s', rows.first, 2),
      row('from then until all slices are loaded, s', rows.loaded, 1),
      row('scroll steps a second, all slices loaded', rows.perSecond, 1),
      row('frames a second with nothing to draw, for comparison', rows.frames, 1),
      row('JavaScript heap after that, MiB (pixels are outside it)', rows.heap, 0),
    ]);
    console.log(`Drawn by ${drawnBy}; the browser's WebGL: ${webgl}. ${cpus().length} cores, load average ${loadavg().map((load) => load.toFixed(1)).join(' ')}; server and browser on one machine.`);
  } finally {
    await browser.close();
    await service.close();
  }
}
