/** The service with accounts: who gets in, what each role may, and that no route was forgotten. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { permissionsOf, roles, type Role } from '../../src/accounts/permissions.ts';
import { readTrail } from '../../src/audit/verify.ts';
import { needOf } from '../../src/http/permissions.ts';
import { projectRoot } from '../../src/settings.ts';
import { run } from '../helpers/run.ts';
import { until } from '../helpers/until.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { makeBoxSeries } from '../viewer/helpers/box-series.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let service: TestService;
const series = makeBoxSeries({ name: 'accounts', patientName: 'Trần^Văn Ẩn' });

function phoi(...args: readonly string[]): string {
  const answer = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'src/cli/main.ts'), ...args], { encoding: 'utf8' });
  expect(answer.stderr).toBe('');
  return answer.stdout;
}

async function call(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(new URL(path, service.httpUrl), { redirect: 'manual', ...init });
}
const json = (body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit => ({ method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });

/** Makes the account, changes its first password, and gives the cookie of its session. */
async function loggedIn(username: string, role: Role): Promise<string> {
  const { password } = JSON.parse(phoi('accounts', 'add', username, '--name', `Bác sĩ ${username}`, '--role', role, '--data', service.dataDir, '--json')) as { password: string };
  const answer = await call('/api/v1/session', json({ username, password }));
  const cookie = answer.headers.get('set-cookie')!.split(';')[0]!;
  expect((await call('/api/v1/worklist', { headers: { cookie } })).status).toBe(403);
  expect((await call('/api/v1/session/password', json({ present: password, next: `mật khẩu dài ${username.length}x` }, { cookie }))).status).toBe(204);
  return cookie;
}

beforeAll(async () => {
  service = await startTestService({ env: { PHOI_ACCOUNTS: 'true', PHOI_WORKERS: '0' } });
});
afterAll(async () => service.stop());

describe('without a login', () => {
  it.each(['/api/v1/worklist', '/api/v1/events', '/dicom-web/studies', '/metrics', '/readyz', `/api/v1/studies/${series.studyInstanceUID}`, '/api/v1/accounts', '/api/v1/openapi.json'])('%s is refused', async (path) => {
    const answer = await call(path);
    expect([answer.status, (await answer.json() as { code: string }).code]).toEqual([401, 'HTTP_UNAUTHORIZED']);
  });

  it.each(['/healthz', '/', '/studies/1.2.3', '/api/v1/session'])('%s is answered, and holds nothing of anybody', async (path) => {
    expect((await call(path, { headers: { accept: 'text/html, application/json' } })).status).toBe(200);
  });

  it('a wrong password, a stale cookie and an invented token are refused', async () => {
    expect((await call('/api/v1/session', json({ username: 'nobody', password: 'x' }))).status).toBe(401);
    expect((await call('/api/v1/worklist', { headers: { cookie: 'phoi_session=AAAA' } })).status).toBe(401);
    expect((await call('/api/v1/worklist', { headers: { authorization: 'Bearer phoi_AAAA' } })).status).toBe(401);
  });
});

describe('with a login', () => {
  it('the cookie cannot be read by scripts nor sent by other sites, and ends at logout', async () => {
    const { password } = JSON.parse(phoi('accounts', 'add', 'cookie', '--role', 'researcher', '--data', service.dataDir, '--json')) as { password: string };
    const answer = await call('/api/v1/session', json({ username: 'cookie', password }));
    expect(answer.headers.get('set-cookie')).toMatch(/^phoi_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    const cookie = answer.headers.get('set-cookie')!.split(';')[0]!;
    expect(await (await call('/api/v1/session', { headers: { cookie } })).json()).toMatchObject({ accounts: true, account: { username: 'cookie', mustChangePassword: true } });
    expect((await call('/api/v1/session', { method: 'DELETE', headers: { cookie, origin: 'https://elsewhere.example' } })).status).toBe(403);
    await call('/api/v1/session', { method: 'DELETE', headers: { cookie } });
    expect(await (await call('/api/v1/session', { headers: { cookie } })).json()).toEqual({ accounts: true });
  });

  it('every role may what it may, and nothing else', async () => {
    const asked = [
      ['GET', '/api/v1/worklist', 'study.read'], ['GET', '/dicom-web/studies', 'study.read'], ['POST', '/api/v1/uploads', 'study.store'],
      ['POST', '/api/v1/studies/1.2.3/complete', 'study.manage'], ['POST', '/api/v1/studies/1.2.3/review/sign', 'review.sign'],
      ['POST', '/api/v1/studies/1.2.3/review/lock', 'review.write'], ['POST', '/api/v1/jobs/x/cancel', 'operations.manage'],
      ['POST', '/api/v1/audit/events', 'audit.append'], ['GET', '/api/v1/accounts', 'accounts.manage'], ['GET', '/metrics', 'service.read'],
    ] as const;
    for (const role of roles) {
      const cookie = await loggedIn(`is-${role}`, role);
      for (const [method, path, permission] of asked) {
        const answer = await call(path, { method, headers: { cookie, ...(method === 'POST' ? { 'content-type': 'application/json' } : {}) }, ...(method === 'POST' ? { body: '{}' } : {}) });
        await answer.arrayBuffer();
        expect([role, path, answer.status === 403]).toEqual([role, path, !permissionsOf[role].includes(permission)]);
      }
    }
  });

  it('a token does what it was made for only, also as the password of Basic', async () => {
    await loggedIn('for-script', 'service');
    const { secret } = JSON.parse(phoi('accounts', 'token', 'for-script', '--scope', 'study.store', '--days', '1', '--data', service.dataDir, '--json')) as { secret: string };
    const basic = `Basic ${Buffer.from(`any:${secret}`).toString('base64')}`;
    for (const authorization of [`Bearer ${secret}`, basic]) {
      const stored = await call('/dicom-web/studies', { method: 'POST', headers: { authorization, 'content-type': 'application/dicom' }, body: Buffer.from(series.instances[0]!.part10) });
      expect(stored.status).toBe(200);
      expect((await call('/api/v1/worklist', { headers: { authorization } })).status).toBe(403);
    }
  });

  it('images that a browser keeps are asked for again by whoever comes next, and go at logout', async () => {
    const cookie = await loggedIn('shares-a-desk', 'radiologist');
    const { studyInstanceUID, seriesInstanceUID, instances: [image] } = series;
    const path = `/dicom-web/studies/${studyInstanceUID}/series/${seriesInstanceUID}/instances/${image!.sopInstanceUID}`;
    const first = await call(path, { headers: { cookie } });
    expect([first.status, first.headers.get('cache-control')]).toEqual([200, 'private, no-cache']);
    const kept = { 'if-none-match': first.headers.get('etag')! };
    expect((await call(path, { headers: { cookie, ...kept } })).status).toBe(304);
    const gone = await call('/api/v1/session', { method: 'DELETE', headers: { cookie } });
    expect(gone.headers.get('clear-site-data')).toBe('"cache"');
    expect((await call(path, { headers: { cookie, ...kept } })).status).toBe(401);
  });

  it('an export beside the service is entered under the name of whose token it comes with, and of nobody else', async () => {
    await loggedIn('for-export', 'administrator');
    const tokenFor = (scope: string): string => (JSON.parse(phoi('accounts', 'token', 'for-export', '--scope', scope, '--days', '1', '--data', service.dataDir, '--json')) as { secret: string }).secret;
    const out = await mkdtemp(join(tmpdir(), 'phoi-export-'));
    try {
      const exported = (env: NodeJS.ProcessEnv) => run(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'src/cli/main.ts'), 'export-study', '--out', out, '--server', service.httpUrl], { env: { ...process.env, PHOI_DATA_DIR: service.dataDir, ...env } });
      expect((await exported({})).stderr).toMatch(/EXPORT_NOT_RECORDED.*HTTP_UNAUTHORIZED/u);
      expect((await exported({ PHOI_TOKEN: tokenFor('study.read') })).stderr).toMatch(/EXPORT_NOT_RECORDED.*ACCOUNT_NOT_PERMITTED/u);
      expect((await exported({ PHOI_TOKEN: tokenFor('audit.append') })).stderr).toContain('EXPORT_NOTHING_SIGNED');
    } finally {
      await rm(out, { recursive: true, force: true });
    }
    const steps: (readonly string[])[] = [];
    for await (const { entry } of readTrail(join(service.dataDir, 'audit'))) if (entry?.kind === 'export') steps.push([entry.what, entry.actor.name, entry.actor.kind]);
    expect(steps).toEqual([['begun', 'for-export', 'peer'], ['failed', 'for-export', 'peer']]);
  });

  it('nobody writes under another\'s name: the reader of a lock is who is logged in', async () => {
    const cookie = await loggedIn('an.nguyen', 'radiologist');
    // One image of it came: it is read when somebody says that this is all.
    await call(`/api/v1/studies/${series.studyInstanceUID}/complete`, { method: 'POST', headers: { cookie } });
    const answer = await call(`/api/v1/studies/${series.studyInstanceUID}/review/lock`, json({ reader: { id: 'somebody', name: 'Somebody Else' } }, { cookie }));
    expect(await answer.json()).toMatchObject({ reader: { id: 'an.nguyen', name: 'Bác sĩ an.nguyen' } });
  });

  it('changes of accounts are entered with who was changed, by whatever way they are made', async () => {
    const cookie = await loggedIn('chief', 'administrator');
    await loggedIn('promoted', 'researcher');
    const changed = await call('/api/v1/accounts/promoted', { method: 'PATCH', headers: { 'content-type': 'application/json', cookie }, body: '{"roles":["administrator"]}' });
    expect(changed.status).toBe(204);
    const found = async (): Promise<unknown[]> => {
      const entries: unknown[] = [];
      for await (const { entry } of readTrail(join(service.dataDir, 'audit'))) if (entry?.details?.['username'] === 'promoted') entries.push([entry.what, entry.actor.name, entry.details['roles']]);
      return entries;
    };
    await until('both entries', async () => (await found()).length >= 2);
    expect(await found()).toEqual([['account-added', 'command line', ['researcher']], ['account-roles', 'chief', ['administrator']]]);
  });

  it('the audit trail knows who it was, and holds no password and no name of a patient', async () => {
    await call('/api/v1/session', json({ username: 'my-secret-password-in-the-wrong-field', password: 'x' }));
    let text = '';
    for await (const { entry } of readTrail(join(service.dataDir, 'audit'))) text += `${JSON.stringify(entry)}\n`;
    const entries = text.trim().split('\n').map((line) => JSON.parse(line) as { kind: string; outcome: string; actor: { name: string } });
    expect(entries.some(({ kind, outcome, actor }) => kind === 'login' && outcome === 'success' && actor.name === 'an.nguyen')).toBe(true);
    expect(entries.some(({ kind, actor }) => kind === 'access-refused' && actor.name === 'is-researcher')).toBe(true);
    for (const secret of ['my-secret-password', 'mật khẩu', 'Trần']) expect(text).not.toContain(secret);
  });
});

it('every route of the interface declares what it needs', async () => {
  const cookie = await loggedIn('reads-openapi', 'researcher');
  const { paths } = await (await call('/api/v1/openapi.json', { headers: { cookie } })).json() as { paths: Record<string, Record<string, unknown>> };
  const routes = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path.replace(/\{(\w+)\}/g, ':$1')] as const));
  expect(routes.length).toBeGreaterThan(25);
  expect(routes.filter(([method, path]) => needOf(method, path) === undefined)).toEqual([]);
});
