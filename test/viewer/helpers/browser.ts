/** Headless Chromium on a machine without a graphics card, and a page that remembers everything that went wrong in it. */
import { chromium, type Browser, type Page } from 'playwright-core';

/** Chromium reaches for the network by itself; a closed one would refuse it many times a second. */
const quiet = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
/** WebGL is there, computed by the processor. Not `--use-angle=swiftshader`: that would put the whole page together so, at a few frames a second. */
const softwareGpu = ['--enable-unsafe-swiftshader'];
const noGpu = ['--disable-gpu', '--disable-3d-apis'];

export async function launchBrowser(options: { readonly gpu?: boolean } = {}): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', ...quiet, ...(options.gpu === false ? noGpu : softwareGpu)] });
}

export interface WatchedPage {
  readonly page: Page;
  /** Console errors and warnings, uncaught errors, violations of the Content-Security-Policy, failed answers. */
  readonly troubles: readonly string[];
}

export async function openPage(browser: Browser, options: { readonly locale?: string; readonly width?: number; readonly height?: number } = {}): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 }, locale: options.locale ?? 'en-GB', timezoneId: 'Asia/Ho_Chi_Minh',
  });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => troubles.push(`uncaught: ${error.stack ?? error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`${response.status()} ${response.url()}`);
  });
  await page.addInitScript({ content: "document.addEventListener('securitypolicyviolation', (event) => console.error('CSP ' + event.violatedDirective + ' ' + event.blockedURI));" });
  return { page, troubles };
}
