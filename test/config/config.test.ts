import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig, printableConfig } from '../../src/config.ts';
import { projectRoot } from '../../src/settings.ts';

describe('loadConfig', () => {
  it('has the documented defaults', () => {
    expect(loadConfig(undefined, {})).toMatchObject({
      http: { port: 8080, host: '127.0.0.1' },
      dicom: { port: 11112, host: '127.0.0.1', aeTitle: 'PHOI' },
      dataDir: './data', workers: 1, completeness: { seriesQuietSeconds: 30 },
    });
  });

  it('lets the environment win over the file, converted to the type of the setting', () => {
    const file = JSON.stringify({ http: { port: 1000 }, workers: 3, destinations: [{ name: 'pacs', kind: 'dimse', host: 'pacs', port: 104, aeTitle: 'PACS' }] });
    const config = loadConfig(file, { PHOI_HTTP_PORT: '9090', PHOI_SERIES_QUIET_SECONDS: '2.5' });
    expect(config.http.port).toBe(9090);
    expect(config.completeness.seriesQuietSeconds).toBe(2.5);
    expect(config.workers).toBe(3);
    expect(config.destinations[0]).toMatchObject({ name: 'pacs', port: 104 });
  });

  it.each([
    ['{', {}, 'not JSON'],
    ['[]', {}, 'one JSON object'],
    ['{"workers": -1}', {}, 'workers'],
    ['{"wokers": 1}', {}, 'wokers'],
    [undefined, { PHOI_HTTP_PORT: 'eighty' }, 'http.port'],
    [undefined, { PHOI_AE_TITLE: 'A_TITLE_THAT_IS_TOO_LONG' }, 'dicom.aeTitle'],
    ['{"destinations": [{"name": "../x", "kind": "stow", "url": "http://h"}]}', {}, 'destinations.0'],
  ])('refuses %s %j naming the setting', (file, env, named) => {
    expect(() => loadConfig(file, env)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(named) as string }) as Error);
  });

  it('opens itself to other machines only with a token and with peers named', () => {
    expect(() => loadConfig(undefined, { PHOI_HTTP_HOST: '0.0.0.0' })).toThrow('http.token');
    expect(() => loadConfig(undefined, { PHOI_DICOM_HOST: '0.0.0.0' })).toThrow('dicom.peers');
    expect(loadConfig(undefined, { PHOI_HTTP_HOST: '0.0.0.0', PHOI_HTTP_TOKEN: 'a-long-enough-token' }).http.host).toBe('0.0.0.0');
    expect(loadConfig('{"dicom": {"peers": [{"aeTitle": "CT1"}]}}', { PHOI_DICOM_HOST: '0.0.0.0' }).dicom.host).toBe('0.0.0.0');
  });
});

describe('destinations', () => {
  it('are documented with settings that are taken as they stand', async () => {
    const page = await readFile(join(projectRoot, 'docs/delivery.md'), 'utf8');
    const config = loadConfig(/```json\n([\s\S]*?)```/u.exec(page)![1], {});
    expect(config.destinations.map(({ name, enabled, confirm }) => [name, enabled, confirm?.by])).toEqual([
      ['pacs', true, 'commitment'], ['old-pacs', true, undefined], ['modality', true, undefined], ['board', true, 'query'],
    ]);
    expect(config.destinations[0]!.confirm).toEqual({ by: 'commitment', afterSeconds: 5, timeoutSeconds: 900, maxAttempts: 100 });
    expect(config.dicom.tls).toMatchObject({ port: 2762, requireClientCertificate: true });
  });

  const pacs = { name: 'pacs', kind: 'dimse', host: 'h', port: 104, aeTitle: 'PACS' };
  const web = { name: 'web', kind: 'stow', url: 'https://h/dicom-web' };
  it.each<[string, unknown, string]>([
    ['a kind that does not exist', [{ ...pacs, kind: 'ftp' }], 'destinations.0.kind'],
    ['a port that is none', [web, { ...pacs, port: 'high' }], 'destinations.1.port'],
    ['an unknown setting', [{ ...pacs, rolls: ['sr'] }], 'destinations.0.rolls'],
    ['an empty list of roles', [{ ...pacs, roles: [] }], 'destinations.0.roles'],
    ['a role that is switched off', [web, { ...pacs, roles: ['sr', 'cad-sr'] }], 'destinations.1.roles.1: cad-sr is not made, results.chestCadSr is false'],
    ['a role that nothing has, in a rule', [{ ...pacs, rules: [{ name: 'r', when: { priority: 'stat' }, roles: ['rs'] }] }], 'destinations.0.rules.0.roles.0: no object has the role rs'],
    ['the same name twice', [pacs, { ...web, name: 'pacs' }], 'destinations.1.name'],
    ['commitment from a web server', [{ ...web, confirm: { by: 'commitment' } }], 'destinations.0.confirm.by'],
    ['a query to a DIMSE destination', [{ ...pacs, confirm: { by: 'query' } }], 'destinations.0.confirm.by'],
    ['a certificate without its key', [{ ...pacs, tls: { certFile: 'c.pem' } }], 'destinations.0.tls'],
    ['TLS without https', [{ ...web, url: 'http://h/dicom-web', tls: {} }], 'destinations.0.url'],
  ])('refuses %s, naming it', (_name, destinations, named) => {
    expect(() => loadConfig(JSON.stringify({ destinations }), {})).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(named) as string }) as Error);
  });

  it('may ask for every form that is made, by pattern and by author', () => {
    const roles = ['sr', 'ai-sr', 'review-*', 'cad-sr', '*-sr', 'pdf', 'sc', '*'];
    expect(loadConfig(JSON.stringify({ destinations: [{ ...pacs, roles }], results: { chestCadSr: true, pdf: true } }), {}).destinations[0]!.roles).toEqual(roles);
  });

  it('TLS alone open to other machines needs named peers, client certificates their authorities', () => {
    const tls = { certFile: 'c', keyFile: 'k' };
    expect(() => loadConfig(JSON.stringify({ dicom: { tls: { ...tls, host: '0.0.0.0' } } }), {})).toThrow('dicom.peers');
    expect(() => loadConfig(JSON.stringify({ dicom: { tls: { ...tls, requireClientCertificate: true } } }), {})).toThrow('clientCaFile');
    expect(loadConfig(JSON.stringify({ dicom: { tls } }), {}).dicom.tls?.port).toBe(2762);
  });
});

describe('printableConfig', () => {
  it('shows no secret', () => {
    const config = loadConfig(JSON.stringify({
      http: { token: 'very-secret-token' }, redisUrl: 'redis://user:very-secret@host:6379', databaseUrl: 'postgres://user:very-secret@host/phoi?password=very-secret',
      archive: { url: 'https://pacs/dicom-web', token: 'very-secret', headers: { authorization: 'Basic very-secret' } },
      destinations: [{ name: 'web', kind: 'stow', url: 'https://pacs/dicom-web', headers: { authorization: 'Bearer very-secret' } }],
    }), {});
    expect(JSON.stringify(printableConfig(config))).not.toContain('very-secret');
    expect(config.http.token).toBe('very-secret-token');
    expect(printableConfig(config)['databaseUrl']).toBe('postgres://[secret]@host/phoi?[secret]');
  });

  it('a server has a name only where it shares index and queue', () => {
    const shared = { DATABASE_URL: 'postgres://host/phoi', REDIS_URL: 'redis://host' };
    expect(() => loadConfig(undefined, { PHOI_SERVER_NAME: 'one', DATABASE_URL: shared.DATABASE_URL })).toThrow('serverName');
    expect(() => loadConfig(undefined, { ...shared, PHOI_SERVER_NAME: '../one' })).toThrow('serverName');
    expect(loadConfig(undefined, { ...shared, PHOI_SERVER_NAME: 'one' }).serverName).toBe('one');
  });
});
