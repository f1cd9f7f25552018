import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAcceptedHost } from '../../src/http/plugins/protection.ts';
import { startHttp, type TestHttp } from './support.ts';

const token = 'a-long-secret-token';
let open: TestHttp;
let closed: TestHttp;
beforeAll(async () => {
  open = await startHttp({ corsOrigins: ['https://viewer.example'] });
  closed = await startHttp({ token, publicUrl: 'https://phoi.hospital.example' });
});
afterAll(async () => {
  await open.close();
  await closed.close();
});

const basic = (password: string) => `Basic ${Buffer.from(`user:${password}`).toString('base64')}`;

describe('the Host header', () => {
  it.each([
    ['127.0.0.1:8080', true], ['localhost:8080', true], ['[::1]:8080', true], ['LOCALHOST', true], ['phoi.localhost', true],
    ['192.168.1.7:8080', true], [undefined, true],
    ['attacker.example', false], ['127.0.0.1.attacker.example', false], ['localhost.attacker.example:8080', false], ['', false],
  ])('%s is accepted: %s', (host, accepted) => {
    expect(isAcceptedHost(host, {})).toBe(accepted);
  });

  it('may be the public one or a configured one', () => {
    expect(isAcceptedHost('phoi.hospital.example', { publicUrl: 'https://phoi.hospital.example' })).toBe(true);
    expect(isAcceptedHost('ct-node:8080', { allowedHosts: ['CT-node'] })).toBe(true);
  });

  it('stops a page whose name was bound to this address', async () => {
    const answer = await open.app.inject({ url: '/api/v1/worklist', headers: { host: 'attacker.example' } });
    expect(answer.json()).toMatchObject({ status: 403, code: 'HTTP_FORBIDDEN_HOST' });
  });
});

describe('the Origin of changes', () => {
  it.each([
    [{ origin: 'https://attacker.example' }, 403], [{ origin: 'null' }, 403], [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ origin: 'http://127.0.0.1:1' }, 403],
    [{ origin: 'http://localhost' }, 404], [{ 'sec-fetch-site': 'same-origin' }, 404], [{ origin: 'https://viewer.example' }, 404], [{}, 404],
  ])('%j gives %d', async (headers, status) => {
    const answer = await open.app.inject({ method: 'POST', url: '/api/v1/studies/2.25.404/complete', headers: { host: 'localhost', ...headers } });
    expect(answer.statusCode).toBe(status);
  });

  it.each([
    [{ origin: 'https://attacker.example' }, 200],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 200],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', origin: 'https://viewer.example' }, 200],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', origin: 'https://attacker.example' }, 403],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
  ])('of reading: %j gives %d', async (headers, status) => {
    expect((await open.app.inject({ url: '/dicom-web/studies', headers })).statusCode).toBe(status);
  });
});

describe('the token', () => {
  it('is demanded of everything but the health check', async () => {
    for (const url of ['/', '/api/v1/worklist', '/dicom-web/studies', '/metrics', '/readyz', '/api/v1/events', '/assets/x.js']) {
      const answer = await closed.app.inject(url);
      expect(answer.statusCode, url).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('Basic');
    }
    expect((await closed.app.inject('/healthz')).statusCode).toBe(200);
  });

  it.each([
    [`Bearer ${token}`, 200], [basic(token), 200], [`bearer ${token}`, 200],
    ['Bearer wrong', 401], [basic('wrong'), 401], ['Basic !!!', 401], [token, 401], ['', 401],
  ])('%s gives %d', async (authorization, status) => {
    expect((await closed.app.inject({ url: '/api/v1/worklist', headers: { authorization } })).statusCode).toBe(status);
  });

  it('is in no log line', () => {
    expect(closed.logLines.join('')).not.toContain(token);
  });
});

describe('cross-origin reading', () => {
  it('is allowed for configured viewers on DICOMweb only', async () => {
    const preflight = await open.app.inject({
      method: 'OPTIONS', url: '/dicom-web/studies', headers: { origin: 'https://viewer.example', 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization,accept' },
    });
    expect(preflight.statusCode).toBe(204);
    expect(preflight.headers['access-control-allow-origin']).toBe('https://viewer.example');
    const answer = await open.app.inject({ url: '/dicom-web/studies', headers: { origin: 'https://viewer.example' } });
    expect(answer.headers['access-control-allow-origin']).toBe('https://viewer.example');
    expect(answer.headers['cross-origin-resource-policy']).toBe('cross-origin');
    const foreign = await open.app.inject({ url: '/dicom-web/studies', headers: { origin: 'https://attacker.example' } });
    expect(foreign.headers['access-control-allow-origin']).toBeUndefined();
    const rest = await open.app.inject({ url: '/api/v1/worklist', headers: { origin: 'https://viewer.example' } });
    expect(rest.headers['access-control-allow-origin']).toBeUndefined();
  });
});
