/** A service and a browser for tests of the reader, and the steps that they share. */
import type { Browser, Page } from 'playwright-core';
import type { FindingsDocument } from '../../../src/findings/types.ts';
import { boxDocument, makeBoxSeries, type BoxSeriesOptions } from './box-series.ts';
import { launchBrowser, openPage, type WatchedPage } from './browser.ts';
import { startViewerService, type ViewerService } from './viewer-service.ts';

export interface Reading {
  readonly service: ViewerService;
  readonly browser: Browser;
  /** Sends a box series and ends its analysis with the box as the finding, changed as the test wants it. */
  analysed(options: BoxSeriesOptions, change?: (document: FindingsDocument) => FindingsDocument): Promise<string>;
  /** Opens the study in the reader; `webgl` draws with Cornerstone, as it is done on a graphics card. */
  read(studyInstanceUID: string, options?: { readonly using?: Browser; readonly webgl?: boolean }): Promise<WatchedPage>;
  close(): Promise<void>;
}

export async function startReading(): Promise<Reading> {
  const [service, browser] = await Promise.all([startViewerService(), launchBrowser()]);
  return {
    service, browser,
    async analysed(options, change = (document) => document) {
      const series = makeBoxSeries(options);
      await service.receiveAll(series.instances);
      await service.finish(change(boxDocument(series, options)));
      return series.studyInstanceUID;
    },
    async read(studyInstanceUID, { using = browser, webgl = false } = {}) {
      const watched = await openPage(using);
      await watched.page.goto(`${service.url}/studies/${studyInstanceUID}${webgl ? '?renderer=webgl' : ''}`);
      return watched;
    },
    async close() {
      await browser.close();
      await service.close();
    },
  };
}

/** What the corner of the image says: series, slice, position. */
export function sliceText(page: Page): Promise<string> {
  return page.locator('.corner.top-left').innerText();
}
