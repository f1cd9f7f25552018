/** A database of accounts that cannot be reached: the page still opens, and says what is the matter. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Accounts } from '../../src/accounts/accounts.ts';
import { AppError } from '../../src/errors.ts';
import { startHttp } from './support.ts';

const cookie = 'phoi_session=AAAA';
let viewerDir: string;
let http: Awaited<ReturnType<typeof startHttp>>;
const outOfReach = () => Promise.reject(new AppError('INDEX_UNAVAILABLE', 'The database cannot be reached'));

beforeAll(async () => {
  viewerDir = await mkdtemp(join(tmpdir(), 'phoi-viewer-'));
  await writeFile(join(viewerDir, 'index.html'), '<!doctype html>');
  http = await startHttp({ viewerDir }, { accounts: { bySession: outOfReach, byToken: outOfReach } as unknown as Accounts });
});
afterAll(async () => {
  await http.close();
  await rm(viewerDir, { recursive: true });
});

it.each(['/', '/studies/1.2.3', '/healthz'])('%s is answered', async (url) => {
  expect((await http.app.inject({ url, headers: { cookie, accept: 'text/html' } })).statusCode).toBe(200);
});

// "Not logged in" would be a guess, and would send a reader away from what they had begun.
it.each(['/api/v1/session', '/api/v1/worklist', '/dicom-web/studies'])('%s says that it cannot tell now', async (url) => {
  const answer = await http.app.inject({ url, headers: { cookie } });
  expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([503, 'INDEX_UNAVAILABLE']);
});
