/** Logging in at a real OpenID Connect provider, through the real service. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readTrail } from '../../src/audit/verify.ts';
import { ownPath } from '../../src/http/routes/sign-in.ts';
import { projectRoot } from '../../src/settings.ts';
import { browserByHand, type BrowserByHand, type Visit } from '../helpers/browser-by-hand.ts';
import { startIdentityProvider, type TestProvider } from '../helpers/identity-provider.ts';
import { freePort } from '../helpers/ports.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { launchBrowser, openPage } from '../viewer/helpers/browser.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const secret = 'the-secret-of-the-client';
let provider: TestProvider;
let service: TestService;
let origin = '';

beforeAll(async () => {
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  provider = await startIdentityProvider({ clientId: 'phoi', clientSecret: secret, callback: `${origin}/api/v1/session/provider/callback`, afterLogout: `${origin}/` });
  provider.people.set('s-1', { name: 'Nguyễn Thị An', preferred_username: 'An.Nguyễn', groups: ['doctors'] });
  provider.people.set('s-2', { name: 'Nguyễn An khác', preferred_username: 'an.nguyen', groups: ['doctors-north'] });
  provider.people.set('s-3', { name: 'Khách', preferred_username: 'khach', groups: ['guests'] });
  service = await startTestService({
    env: { PHOI_ACCOUNTS: 'true', PHOI_WORKERS: '0', PHOI_HTTP_PORT: String(port), PHOI_PUBLIC_URL: origin, PHOI_OIDC_CLIENT_SECRET: secret },
    config: {
      sites: [{ name: 'north', title: 'Bệnh viện Bắc' }],
      oidc: {
        name: 'Bệnh viện', issuer: provider.issuer, clientId: 'phoi',
        grants: [{ group: 'doctors', roles: ['radiologist'] }, { group: 'doctors-north', roles: ['radiologist'], sites: ['north'] }],
      },
    },
  });
});
afterEach(() => {
  provider.tamper = undefined;
  provider.isUp = true;
});
afterAll(async () => {
  await service.stop();
  await provider.close();
});

const callback = /\/session\/provider\/callback/u;

/** Logs in at the provider and stops before it sends the browser back to the service. */
async function atProvider(browser: BrowserByHand, subject: string, to = '/'): Promise<Visit> {
  const form = await browser.go(`${origin}/api/v1/session/provider?to=${encodeURIComponent(to)}`, { until: callback });
  const action = /action="([^"]+)"/u.exec(form.body)?.[1] ?? '';
  const consent = await browser.go(new URL(action, form.url), { form: { prompt: 'login', login: subject, password: 'any' }, until: callback });
  if (callback.test(consent.url.href)) return consent;
  const next = /action="([^"]+)"/u.exec(consent.body)?.[1] ?? '';
  return browser.go(new URL(next, consent.url), { form: { prompt: 'consent' }, until: callback });
}

/** Comes back from the provider; gives where the service leads. */
async function comesBack(browser: BrowserByHand, { url }: Visit): Promise<string> {
  const end = await browser.go(url, { until: /./u });
  return `${end.url.pathname}${end.url.search}`;
}

async function logsIn(subject: string, to?: string): Promise<{ readonly browser: BrowserByHand; readonly page: string }> {
  const browser = browserByHand();
  return { browser, page: await comesBack(browser, await atProvider(browser, subject, to)) };
}

interface Session { readonly accounts: boolean; readonly provider?: { name: string }; readonly account?: { username: string; name: string; roles: string[] }; readonly sites?: { name: string }[] }
const sessionOf = async (browser: BrowserByHand): Promise<Session> => JSON.parse((await browser.go(`${origin}/api/v1/session`)).body) as Session;

describe('a login at the provider', () => {
  it('leads back to the page that was asked for, as the account of this subject', async () => {
    const { browser, page } = await logsIn('s-1', '/studies/1.2.3?a=b');
    expect(page).toBe('/studies/1.2.3?a=b');
    expect(await sessionOf(browser)).toMatchObject({
      accounts: true, provider: { name: 'Bệnh viện' },
      account: { username: 'an.nguyen@sso', name: 'Nguyễn Thị An', roles: ['radiologist'], provider: { issuer: provider.issuer, subject: 's-1' } },
    });
    expect((await browser.go(`${origin}/api/v1/worklist`)).status).toBe(200);
    // The same name belongs to somebody else there: another account, with the sites of its group.
    const other = (await logsIn('s-2')).browser;
    expect(await sessionOf(other)).toMatchObject({ account: { username: 'an.nguyen-2@sso', sites: ['north'] }, sites: [{ name: 'north', title: 'Bệnh viện Bắc' }] });
  });

  it('takes roles and name from the present login, and nothing of earlier ones', async () => {
    const before = (await logsIn('s-1')).browser;
    const person = provider.people.get('s-1')!;
    provider.people.set('s-1', { ...person, name: 'Nguyễn Thị Ân', groups: [] });
    expect((await logsIn('s-1')).page).toBe('/?login=ACCOUNT_NO_ROLE');
    // What was begun with the role has ended with it.
    expect((await sessionOf(before)).account).toBeUndefined();
    provider.people.set('s-1', { ...person, name: 'Nguyễn Thị Ân', groups: ['doctors'] });
    expect((await sessionOf((await logsIn('s-1')).browser)).account).toMatchObject({ username: 'an.nguyen@sso', name: 'Nguyễn Thị Ân', roles: ['radiologist'] });
    provider.people.set('s-1', person);
  });

  it('without a group that has a role here ends at a page that says so', async () => {
    const { browser, page } = await logsIn('s-3');
    expect(page).toBe('/?login=ACCOUNT_NO_ROLE');
    expect((await sessionOf(browser)).account).toBeUndefined();
  });

  it('cannot be completed with another state, in another browser, or twice', async () => {
    const browser = browserByHand();
    const back = await atProvider(browser, 's-1');
    const forged = new URL(back.url);
    forged.searchParams.set('state', 'another');
    expect(await comesBack(browserByHand(), back)).toBe('/?login=ACCOUNT_LOGIN_EXPIRED');
    expect(await comesBack(browser, { ...back, url: forged })).toBe('/?login=ACCOUNT_PROVIDER_INVALID');
    // A wrong answer ends the login that it was made for.
    expect(await comesBack(browser, back)).toBe('/?login=ACCOUNT_LOGIN_EXPIRED');

    const again = browserByHand();
    const used = await atProvider(again, 's-1');
    expect(await comesBack(again, used)).toBe('/');
    const replayed = browserByHand();
    const fresh = await atProvider(replayed, 's-1');
    fresh.url.searchParams.set('code', used.url.searchParams.get('code')!);
    expect(await comesBack(replayed, fresh)).toBe('/?login=ACCOUNT_PROVIDER_INVALID');
    expect((await sessionOf(replayed)).account).toBeUndefined();
  });

  const past = Math.floor(Date.now() / 1000) - 3600;
  it.each<[string, Readonly<Record<string, unknown>>, boolean]>([
    ['another nonce', { nonce: 'another' }, false], ['no nonce', { nonce: undefined }, false], ['a time that is over', { exp: past, iat: past - 60 }, false],
    ['another audience', { aud: 'somebody-else' }, false], ['another issuer', { iss: 'https://id.example' }, false], ['another subject than the user information', { sub: 's-2' }, false],
    ['the signature of another key', {}, true],
  ])('with an ID token of %s is refused', async (_, claims, isForged) => {
    const key = isForged ? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey : undefined;
    provider.tamper = (answer) => { answer.id_token = provider.resigned(answer.id_token, claims, key); };
    const { browser, page } = await logsIn('s-1');
    expect(page).toBe('/?login=ACCOUNT_PROVIDER_INVALID');
    expect((await sessionOf(browser)).account).toBeUndefined();
  });

  it('that only resigns the token as it was goes through: it is the claims and the key that count', async () => {
    provider.tamper = (answer) => { answer.id_token = provider.resigned(answer.id_token, {}); };
    expect((await logsIn('s-1')).page).toBe('/');
  });

  it('that the person gives up, and a provider that is down, lead back to the login', async () => {
    const browser = browserByHand();
    const form = await browser.go(`${origin}/api/v1/session/provider`, { until: callback });
    const abort = /href="([^"]+\/abort)"/u.exec(form.body)?.[1] ?? '';
    expect(await comesBack(browser, await browser.go(new URL(abort, form.url), { until: callback }))).toBe('/?login=ACCOUNT_PROVIDER_REFUSED');
    const late = browserByHand();
    const back = await atProvider(late, 's-1');
    provider.isUp = false;
    expect(await comesBack(late, back)).toBe('/?login=ACCOUNT_PROVIDER_UNAVAILABLE');
  });

  it('ends here and at the provider, and is in the trail with issuer and subject', async () => {
    const { browser } = await logsIn('s-1');
    const cookie = `phoi_session=${browser.cookie('phoi_session')!}`;
    expect((await fetch(`${origin}/api/v1/session`, { method: 'DELETE', headers: { cookie } })).status).toBe(204);
    expect((await sessionOf(browser)).account).toBeUndefined();
    const out = await browser.go(`${origin}/api/v1/session/provider/logout`, { until: /session\/end/u });
    expect(out.url.href.startsWith(`${provider.issuer}/session/end?`)).toBe(true);
    expect(out.url.searchParams.get('post_logout_redirect_uri')).toBe(`${origin}/`);
    const logins: unknown[] = [];
    let text = '';
    for await (const { entry } of readTrail(join(service.dataDir, 'audit'))) {
      if (entry === undefined) continue;
      text += JSON.stringify(entry);
      if (entry.kind === 'login' || entry.kind === 'logout') logins.push([entry.kind, entry.what, entry.actor.name, entry.details?.['subject']]);
    }
    expect(logins).toContainEqual(['login', 'login', 'an.nguyen@sso', 's-1']);
    expect(logins).toContainEqual(['login', 'ACCOUNT_NO_ROLE', 'unknown', 's-3']);
    expect(logins).toContainEqual(['logout', 'logout', 'an.nguyen@sso', undefined]);
    expect(text + JSON.stringify(service.log)).not.toContain(secret);
  });
});

it.each([
  [undefined, '/'], ['/studies/1.2.3', '/studies/1.2.3'], ['//evil.example/x', '/'], ['/\\evil.example', '/'], ['https://evil.example/', '/'], ['javascript:alert(1)', '/'], ['studies', '/'],
])('asked to lead to %j it leads to %s', (asked, path) => {
  expect(ownPath(asked)).toBe(path);
});

it('in a browser: one button at the login, the page of the provider, and back as who one is', async () => {
  const browser = await launchBrowser();
  try {
    const { page } = await openPage(browser);
    const shoot = async (name: string): Promise<void> => {
      if (process.env['PHOI_WRITE_SCREENSHOTS'] !== '1') return;
      await mkdir(join(projectRoot, '.scratch'), { recursive: true });
      await page.screenshot({ path: join(projectRoot, `.scratch/${name}.png`) });
    };
    const signIn = async (subject: string): Promise<void> => {
      await page.getByPlaceholder('Enter any login').fill(subject);
      await page.getByPlaceholder('and password').fill('any');
      await page.getByRole('button', { name: 'Sign-in' }).click();
      await page.getByRole('button', { name: 'Continue' }).click();
    };
    await page.goto(`${origin}/dashboard`);
    await page.getByRole('link', { name: 'Sign in with Bệnh viện' }).waitFor();
    await shoot('login-provider');
    await page.getByRole('button', { name: 'Tiếng Việt' }).click();
    await page.getByRole('link', { name: 'Đăng nhập bằng Bệnh viện' }).click();
    await signIn('s-1');
    await page.waitForURL(`${origin}/dashboard`);
    await page.goto(origin);
    await page.getByText('Nguyễn Thị An').waitFor();
    await page.getByRole('button', { name: 'Đăng xuất' }).click();
    await page.getByRole('button', { name: /Yes, sign me out/u }).click();
    await page.getByRole('link', { name: 'Đăng nhập bằng Bệnh viện' }).click();
    await signIn('s-3');
    await page.getByRole('heading', { name: 'Không có vai trò' }).waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'No role' }).waitFor();
    await shoot('login-no-role');
    expect(page.url()).toBe(`${origin}/`);
  } finally {
    await browser.close();
  }
});
