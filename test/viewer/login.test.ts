/** Logging in where the service has accounts. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { projectRoot } from '../../src/settings.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { violations } from './helpers/axe.ts';
import { makeBoxSeries } from './helpers/box-series.ts';
import { launchBrowser, openPage } from './helpers/browser.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

let service: TestService;
let browser: Browser;
let first = '';
const own = 'phổi trái thùy trên';

/** What the command line prints. */
function phoi(...args: readonly string[]): string {
  return spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'src/cli/main.ts'), ...args], { encoding: 'utf8' }).stdout;
}

beforeAll(async () => {
  service = await startTestService({ env: { PHOI_ACCOUNTS: 'true', PHOI_WORKERS: '0' } });
  browser = await launchBrowser();
  first = (JSON.parse(phoi('accounts', 'add', 'an.nguyen', '--name', 'Nguyễn An', '--role', 'radiologist', '--data', service.dataDir, '--json')) as { password: string }).password;
});
afterAll(async () => {
  await browser.close();
  await service.stop();
});

it('asks who it is, then for a password of one\'s own, and comes to the page that was asked for; a session that ends asks again', async () => {
  const { page } = await openPage(browser);
  await page.goto(service.httpUrl);
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  expect(await violations(page, 'login')).toEqual([]);
  if (process.env['PHOI_WRITE_SCREENSHOTS'] === '1') {
    await mkdir(join(projectRoot, '.scratch'), { recursive: true });
    await page.screenshot({ path: join(projectRoot, '.scratch/login.png') });
  }
  await page.getByLabel('Name of the account').fill('an.nguyen');
  await page.getByLabel('Password').fill('something else');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'Name or password is wrong' }).waitFor();
  await page.getByLabel('Password').fill(first);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Choose your password' }).waitFor();
  await page.getByLabel('Present password').fill(first);
  await page.getByLabel('New password (at least').fill(own);
  await page.getByLabel('New password once more').fill(`${own}!`);
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'differ' }).waitFor();
  await page.getByLabel('New password once more').fill(own);
  await page.keyboard.press('Enter');
  await page.getByText('Nguyễn An').waitFor();
  expect(await page.locator('.login').count()).toBe(0);

  // The administrator ends the session: the next request finds nobody.
  phoi('accounts', 'disable', 'an.nguyen', '--data', service.dataDir);
  phoi('accounts', 'enable', 'an.nguyen', '--data', service.dataDir);
  await page.getByRole('searchbox').fill('a');
  await page.getByText('The session has ended').waitFor();
  await page.getByRole('button', { name: 'Tiếng Việt' }).click();
  await page.getByRole('heading', { name: 'Đăng nhập' }).waitFor();
  await page.getByLabel('Tên tài khoản').fill('an.nguyen');
  await page.getByLabel('Mật khẩu').fill(own);
  await page.keyboard.press('Enter');
  await page.getByText('Nguyễn An').waitFor();
  await page.getByRole('button', { name: 'Đăng xuất' }).click();
  await page.getByRole('heading', { name: 'Đăng nhập' }).waitFor();
  await page.close();
});

it('an account that may not read looks at a study, is told so, and gets no buttons to change it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-looker-'));
  try {
    const { instances, studyInstanceUID } = makeBoxSeries({ name: 'looker' });
    await Promise.all(instances.map(({ part10 }, at) => writeFile(join(folder, `IM${at}`), part10)));
    phoi('send', folder, '--to', `127.0.0.1:${service.dicomPort}`, '--aet', 'PHOI');
    const { password } = JSON.parse(phoi('accounts', 'add', 'ha.tran', '--name', 'Trần Hà', '--role', 'researcher', '--data', service.dataDir, '--json')) as { password: string };
    const { page } = await openPage(browser);
    await page.goto(`${service.httpUrl}studies/${studyInstanceUID}`);
    await page.getByLabel('Name of the account').fill('ha.tran');
    await page.getByLabel('Password').fill(password);
    await page.keyboard.press('Enter');
    await page.getByLabel('Present password').fill(password);
    await page.getByLabel('New password (at least').fill(own);
    await page.getByLabel('New password once more').fill(own);
    await page.keyboard.press('Enter');
    await page.locator('.corner.top-left').getByText('of 12').waitFor();
    await page.locator('.reading-panel').getByText('This account may look at readings, not make them.').waitFor();
    expect(await page.locator('.add-finding').isVisible()).toBe(false);
    await page.keyboard.press('g');
    await page.locator('.toast').getByText('This account may look at readings, not make them.').waitFor();
    expect(await page.locator('.placing-cross').count()).toBe(0);
    await page.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
