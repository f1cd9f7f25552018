/** What a worker on a host of its own needs: the archive by TLS and token, and the model. Without them it takes no jobs. */
import { cpSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AnalyzeJobData } from '../../src/analysis/job.ts';
import { loadConfig } from '../../src/config.ts';
import { readIdentity } from '../../src/inference/registry.ts';
import { createFitness, type Fitness } from '../../workers/inference/fitness.ts';
import { remoteArchive } from '../../workers/inference/job-input.ts';
import { startHttp, synthetic, type TestHttp } from '../http/support.ts';
import { makeCertificates, type Certificates } from '../helpers/certificates.ts';
import { startHttpRelay, type HttpRelay } from '../helpers/http-relay.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { until } from '../helpers/until.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const token = 'a-secret-of-the-worker';
const fixtures = join(import.meta.dirname, '../inference/fixtures');
let folder: string;
let http: TestHttp;
let lines: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoi-own-host-'));
  http = await startHttp({ token });
  await http.store(synthetic());
});
afterAll(async () => {
  await http.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => { lines = []; });

/** Settings as they come from the environment. */
function settings(env: Readonly<Record<string, string>>): ReturnType<typeof loadConfig> {
  return loadConfig(undefined, { REDIS_URL: 'redis://127.0.0.1:1', PHOI_ARCHIVE_TOKEN: token, ...env });
}
function fitness(config: ReturnType<typeof loadConfig>, signal = new AbortController().signal): Fitness {
  return createFitness({ config, signal, waitMs: 5, log: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }) });
}
const complaints = (): readonly string[] => lines.filter((line) => line.includes('takes no jobs'));

describe.runIf(hasPrograms('openssl'))('the archive over TLS', () => {
  let certificates: Certificates;
  let relay: HttpRelay;
  beforeAll(async () => {
    certificates = await makeCertificates(folder);
    relay = await startHttpRelay(http.url, { tls: certificates.server });
  });
  afterAll(() => relay.close());
  const search = (env: Readonly<Record<string, string>>) => remoteArchive(settings({ PHOI_ARCHIVE_URL: `${relay.url}/dicom-web`, ...env }).archive)!.search('studies');

  it('is asked with the token, and only where its certificate comes from the authority that was named', async () => {
    expect(await search({ PHOI_ARCHIVE_CA_FILE: certificates.caFile })).toHaveLength(1);
    await expect(search({ PHOI_ARCHIVE_CA_FILE: certificates.otherCaFile })).rejects.toMatchObject({ code: 'HTTP_UPSTREAM_FAILED' });
    await expect(search({})).rejects.toMatchObject({ code: 'HTTP_UPSTREAM_FAILED' });
    await expect(search({ PHOI_ARCHIVE_CA_FILE: certificates.caFile, PHOI_ARCHIVE_TOKEN: 'another' })).rejects.toMatchObject({ details: { status: 401 } });
  });

  it('stops the start when its authority is no certificate', async () => {
    const config = settings({ PHOI_ARCHIVE_URL: `${relay.url}/dicom-web`, PHOI_ARCHIVE_CA_FILE: certificates.server.keyFile });
    await expect(fitness(config).atStart()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('a worker that lacks something', () => {
  it('takes no jobs before the archive answers, and says why without a secret', async () => {
    let tries = 0;
    const relay = await startHttpRelay(http.url, { act: () => (++tries < 3 ? { status: 503 } : 'pass') });
    await fitness(settings({ PHOI_ARCHIVE_URL: `${relay.url}/dicom-web` })).atStart();
    await relay.close();
    expect(complaints().length).toBe(2);
    expect(complaints()[0]).toContain('503');
    expect(lines.join('')).not.toContain(token);
  });

  it('stops waiting when it is told to end', async () => {
    const stop = new AbortController();
    const waiting = fitness(settings({ PHOI_ARCHIVE_URL: 'http://127.0.0.1:1/dicom-web' }), stop.signal).atStart();
    await until('a complaint', () => complaints().length > 0);
    stop.abort();
    await waiting;
  });

  it('waits for the very model of the job that it could not do, and not for that of a shadow', async () => {
    const modelsDir = join(folder, 'models');
    mkdirSync(modelsDir);
    const model = await readIdentity(fixtures, 'blob-detector');
    const data: AnalyzeJobData = { studyInstanceUID: '1.2.3', model, instances: [] };
    const fit = fitness(settings({ PHOI_ARCHIVE_URL: `${http.url}/dicom-web`, PHOI_MODELS_DIR: modelsDir }));
    await fit.after('MODEL_NOT_FOUND', { ...data, shadow: true });
    expect(complaints()).toEqual([]);
    let isFit = false;
    const waiting = fit.after('MODEL_NOT_FOUND', data).then(() => { isFit = true; });
    await until('a complaint', () => complaints().some((line) => line.includes('MODEL_NOT_FOUND')));
    expect(isFit).toBe(false);
    cpSync(join(fixtures, 'blob-detector'), join(modelsDir, 'blob-detector'), { recursive: true });
    await waiting;
    // The same name and version with other content is another model.
    const other = new AbortController();
    const never = fitness(settings({ PHOI_ARCHIVE_URL: `${http.url}/dicom-web`, PHOI_MODELS_DIR: modelsDir }), other.signal)
      .after('MODEL_HASH_MISMATCH', { ...data, model: { ...model, sha256: '0'.repeat(64) } });
    await until('a complaint', () => complaints().some((line) => line.includes('MODEL_HASH_MISMATCH')));
    other.abort();
    await never;
  });

  it('and one on the server\'s disk, where all lack the same, does not wait', async () => {
    const fit = fitness(loadConfig(undefined, {}));
    await fit.atStart();
    await fit.after('MODEL_NOT_FOUND', { studyInstanceUID: '1.2.3', model: { id: 'm', version: '1.0.0', sha256: 'x' }, instances: [] });
    expect(lines).toEqual([]);
  });
});

it('an archive that knows only Basic is asked with the header of the settings', async () => {
  const authorization = `Basic ${Buffer.from(`worker:${token}`).toString('base64')}`;
  const { archive } = loadConfig(JSON.stringify({ redisUrl: 'redis://127.0.0.1:1', archive: { url: `${http.url}/dicom-web`, headers: { authorization } } }), {});
  expect(await remoteArchive(archive)!.search('studies')).toHaveLength(1);
});

describe('settings', () => {
  it('without a queue to share are refused', () => {
    expect(() => loadConfig(undefined, { PHOI_ARCHIVE_URL: 'http://phoi/dicom-web' })).toThrow('REDIS_URL');
  });
});
