/** Two servers as processes on one PostgreSQL, one Redis and one data folder, as behind one address. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sendInstances } from '../../src/dimse/send-instances.ts';
import { createTestDatabase, hasPostgres, type TestDatabase } from '../helpers/postgres.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { startRedis } from '../helpers/redis.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';
import { makeBoxSeries, type BoxInstance } from '../viewer/helpers/box-series.ts';

// Processes on a busy machine: a deadline is there to end a hang, not to measure.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const settled = ['analysed', 'not-analysed', 'failed'] as const;

describe.runIf(hasPrograms('redis-server') && await hasPostgres())('two servers', () => {
  let shared: string;
  let database: TestDatabase;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let one: TestService;
  let other: TestService;

  beforeAll(async () => {
    shared = await mkdtemp(join(tmpdir(), 'phoi-shared-'));
    database = await createTestDatabase();
    redis = await startRedis();
    const start = (name: string, workers: string): Promise<TestService> => startTestService({
      quietSeconds: 3, env: { DATABASE_URL: database.url, REDIS_URL: redis.url, PHOI_DATA_DIR: shared, PHOI_SERVER_NAME: name, PHOI_WORKERS: workers },
    });
    [one, other] = await Promise.all([start('one', '1'), start('other', '0')]);
  });
  afterAll(async () => {
    await one.stop();
    await other.stop();
    await redis.stop();
    await database.drop();
    await rm(shared, { recursive: true, force: true });
  });

  const store = (service: TestService, { part10 }: BoxInstance): Promise<Response> =>
    fetch(new URL('dicom-web/studies', service.httpUrl), { method: 'POST', headers: { 'content-type': 'application/dicom' }, body: Buffer.from(part10) });
  const linesOf = (msg: string, studyInstanceUID: string): readonly unknown[] =>
    [...one.log, ...other.log].filter((line) => line.msg === msg && line['studyInstanceUID'] === studyInstanceUID);

  it('a study that each receives half of is complete once, analysed once, and shown by both', async () => {
    const { instances, studyInstanceUID } = makeBoxSeries({ name: 'halves' });
    for (const [at, instance] of instances.entries()) expect((await store(at % 2 === 0 ? one : other, instance)).status).toBe(200);
    const shown = await Promise.all([one, other].map((service) => service.reaches(studyInstanceUID, settled)));
    expect(shown[0]).toMatchObject({ state: 'not-analysed', earlierAnalyses: [], analysis: { version: 1 } });
    await until('the same at both', async () => JSON.stringify(await one.study(studyInstanceUID)) === JSON.stringify(await other.study(studyInstanceUID)));
    expect(linesOf('Study complete', studyInstanceUID)).toMatchObject([{ instances: instances.length, missing: 0 }]);
    expect(linesOf('Result taken in', studyInstanceUID).length).toBe(1);
    expect((await readdir(join(shared, 'servers'))).sort()).toEqual(['one', 'other']);
  });

  it('while the database is away nothing is acknowledged, and afterwards all works without a restart', async () => {
    const { instances: [instance], studyInstanceUID } = makeBoxSeries({ name: 'away' });
    const send = () => sendInstances({
      host: '127.0.0.1', port: one.dicomPort, calledAETitle: 'PHOI', callingAETitle: 'TEST',
      instances: [{ sopInstanceUID: instance!.sopInstanceUID, sopClassUID: '1.2.840.10008.5.1.4.1.1.2', transferSyntaxUID: '1.2.840.10008.1.2.1', open: async () => (async function* () { yield instance!.part10; })() }],
    });
    await database.shut();
    try {
      const answer = await fetch(new URL('api/v1/worklist', one.httpUrl));
      expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'INDEX_UNAVAILABLE' }]);
      expect(await (await fetch(new URL('readyz', one.httpUrl))).json()).toMatchObject({ status: 'failed', checks: { index: 'failed', archive: 'ok' } });
      expect(await send()).toMatchObject([{ state: 'failed', status: 0xa700 }]);
    } finally {
      await database.open();
    }
    expect(await send()).toMatchObject([{ state: 'sent', status: 0 }]);
    expect((await other.study(studyInstanceUID)).instanceCount).toBe(1);
    expect((await fetch(new URL('readyz', one.httpUrl))).status).toBe(200);
  });

  it('an open study of a server that dies is closed by the other', async () => {
    const { instances, studyInstanceUID } = makeBoxSeries({ name: 'orphan' });
    for (const instance of instances) await store(other, instance);
    await other.kill();
    expect(await one.reaches(studyInstanceUID, settled)).toMatchObject({ state: 'not-analysed', instanceCount: expect.any(Number) as number });
    expect(linesOf('Study complete', studyInstanceUID).length).toBe(1);
  });
});
