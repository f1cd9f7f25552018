/** The provider where it is not, and the cookies of a service that is reached by https. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createAccounts } from '../../src/accounts/accounts.ts';
import { openSqliteAccountStore } from '../../src/accounts/open.ts';
import { loadConfig } from '../../src/config.ts';
import { createIdentityProvider, providerAddresses } from '../../src/oidc/provider.ts';
import { freePort } from '../helpers/ports.ts';
import { startIdentityProvider } from '../helpers/identity-provider.ts';
import { by } from '../contract/accounts.ts';
import { startHttp } from '../http/support.ts';

const publicUrl = 'https://phoi.example';
const addresses = providerAddresses(publicUrl);
const client = { clientId: 'phoi', clientSecret: 'the-secret-of-the-client', ...addresses };
const settingsFor = (issuer: string) => loadConfig(JSON.stringify({ http: { accounts: true, publicUrl }, oidc: { name: 'Bệnh viện', issuer, clientId: 'phoi' } }), {}).oidc!;

it('a provider that is down at first is asked again', async () => {
  const nowhere = createIdentityProvider(settingsFor(`http://127.0.0.1:${await freePort()}`), addresses);
  await expect(nowhere.begin()).rejects.toMatchObject({ code: 'ACCOUNT_PROVIDER_UNAVAILABLE' });

  const running = await startIdentityProvider(client);
  try {
    const provider = createIdentityProvider(settingsFor(running.issuer), addresses);
    running.isUp = false;
    await expect(provider.begin()).rejects.toMatchObject({ code: 'ACCOUNT_PROVIDER_UNAVAILABLE' });
    running.isUp = true;
    const { url, begun } = await provider.begin();
    expect([url.searchParams.get('state'), url.searchParams.get('nonce'), url.searchParams.get('code_challenge_method'), url.searchParams.get('redirect_uri')])
      .toEqual([begun.state, begun.nonce, 'S256', 'https://phoi.example/api/v1/session/provider/callback']);
  } finally {
    await running.close();
  }
});

it('by https every cookie is sent by https alone, and that of a begun login to its callback only', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-cookies-'));
  const store = openSqliteAccountStore(join(folder, 'accounts.sqlite'));
  const accounts = createAccounts(store);
  const running = await startIdentityProvider(client);
  const settings = settingsFor(running.issuer);
  const http = await startHttp({ publicUrl }, { accounts, signIn: { settings, provider: createIdentityProvider(settings, addresses) } });
  try {
    const password = await accounts.add({ username: 'an', name: 'An', roles: ['radiologist'] }, by);
    const session = await http.app.inject({ method: 'POST', url: '/api/v1/session', payload: { username: 'an', password } });
    expect(session.headers['set-cookie']).toMatch(/^phoi_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/);
    const begun = await http.app.inject({ url: '/api/v1/session/provider' });
    expect(begun.headers['set-cookie']).toMatch(/^phoi_login=[\w-]{43}; Path=\/api\/v1\/session\/provider; HttpOnly; SameSite=Lax; Max-Age=600; Secure$/);
  } finally {
    await http.close();
    await running.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
});
