/** Limits of how often one may ask, and what is told to who asks too often. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccounts } from '../../src/accounts/accounts.ts';
import { openSqliteAccountStore } from '../../src/accounts/open.ts';
import type { AccountStore } from '../../src/accounts/store.ts';
import { by } from '../contract/accounts.ts';
import { startHttp, type TestHttp } from './support.ts';

let folder: string;
let store: AccountStore;
let http: TestHttp;
let token: string;
let password: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoi-limit-'));
  store = openSqliteAccountStore(join(folder, 'accounts.sqlite'));
  const accounts = createAccounts(store);
  password = await accounts.add({ username: 'script', name: 'Script', roles: ['service'] }, by);
  token = (await accounts.addToken({ label: 'test', username: 'script', scope: ['study.read'], days: 1 }, by)).secret;
  http = await startHttp({ limits: { requestsPerMinute: 100 }, trustedProxies: ['127.0.0.1'] }, { accounts });
});
afterAll(async () => {
  await http.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function statuses(count: number, request: InjectOptions): Promise<readonly number[]> {
  const seen: number[] = [];
  for (let n = 0; n < count; n += 1) seen.push((await http.app.inject(request)).statusCode);
  return seen;
}
const from = (address: string) => ({ 'x-forwarded-for': address });

describe('too many requests', () => {
  it('of one account are refused until the minute is over; probes and other people are not', async () => {
    const worklist = { url: '/api/v1/worklist', headers: { authorization: `Bearer ${token}` } };
    expect(new Set(await statuses(100, worklist))).toEqual(new Set([200]));
    const refused = await http.app.inject(worklist);
    expect([refused.statusCode, refused.json<{ code: string; retryAfterSeconds: number }>()]).toMatchObject([429, { code: 'HTTP_TOO_MANY_REQUESTS' }]);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect((await http.app.inject({ url: '/healthz' })).statusCode).toBe(200);
    expect((await http.app.inject({ url: '/api/v1/session' })).statusCode).toBe(200);
  });

  it('to log in, from one address, end early, also over many accounts', async () => {
    const attempt = (n: number) => http.app.inject({ method: 'POST', url: '/api/v1/session', headers: from('10.0.0.1'), payload: { username: `name-${n}`, password: 'x' } });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => attempt(n)));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([401]));
    const locked = await attempt(21);
    expect([locked.statusCode, locked.json<{ code: string }>().code, Number(locked.headers['retry-after']) > 0]).toEqual([429, 'ACCOUNT_LOCKED', true]);
    expect((await http.app.inject({ method: 'POST', url: '/api/v1/session', headers: from('10.0.0.2'), payload: { username: 'a', password: 'x' } })).statusCode).toBe(401);
  });

  it('with tokens that are none end early, while a good one from the same address still gets in', async () => {
    const bad = { url: '/api/v1/worklist', headers: { ...from('10.0.0.3'), authorization: 'Bearer phoi_guess' } };
    expect(await statuses(21, bad)).toEqual([...Array.from({ length: 19 }, () => 401), 429, 429]);
    const answer = await http.app.inject({ url: '/api/v1/openapi.json', headers: { ...from('10.0.0.3'), authorization: `Bearer ${token}` } });
    expect(answer.json<{ code?: string }>().code).not.toBe('ACCOUNT_LOCKED');
  });
});

it('the cookie of a login that came by https through a proxy is for https alone', async () => {
  const cookie = async (headers: Readonly<Record<string, string>>): Promise<string> => {
    const answer = await http.app.inject({ method: 'POST', url: '/api/v1/session', headers: { ...from('10.0.0.4'), ...headers }, payload: { username: 'script', password } });
    return String(answer.headers['set-cookie']);
  };
  expect(await cookie({ 'x-forwarded-proto': 'https' })).toMatch(/; Secure$/u);
  expect(await cookie({})).not.toContain('Secure');
});

it('no answer lets a page run or style what it was not served', async () => {
  const { headers } = await http.app.inject({ url: '/healthz' });
  expect(headers['content-security-policy']).not.toContain('unsafe-inline');
  expect(headers['content-security-policy']).not.toMatch(/'unsafe-eval'|https?:|\*/u);
});
