import { describe, expect, it } from 'vitest';
import { loadConfig, printableConfig } from '../../src/config.ts';

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

describe('printableConfig', () => {
  it('shows no secret', () => {
    const config = loadConfig(JSON.stringify({
      http: { token: 'very-secret-token' }, redisUrl: 'redis://user:very-secret@host:6379',
      destinations: [{ name: 'web', kind: 'stow', url: 'https://pacs/dicom-web', headers: { authorization: 'Bearer very-secret' } }],
    }), {});
    expect(JSON.stringify(printableConfig(config))).not.toContain('very-secret');
    expect(config.http.token).toBe('very-secret-token');
  });
});
