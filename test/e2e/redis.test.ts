/** The queue on a real Redis, the worker as a process that nobody but the queue connects to the server. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sendFolder } from '../../src/dimse/send-folder.ts';
import { writePhantom } from '../../src/phantom/write-phantom.ts';
import { projectRoot } from '../../src/settings.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { quickModel } from '../helpers/quick-model.ts';
import { startRedis } from '../helpers/redis.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

// Analyses on a busy machine: a deadline is there to end a hang, not to measure.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 120_000 });

describe.runIf(hasPrograms('redis-server'))('a separate worker on Redis', () => {
  let folder: string;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let service: TestService;
  let worker: ChildProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-redis-'));
    redis = await startRedis();
    service = await startTestService({ quietSeconds: 3, config: quickModel, env: { REDIS_URL: redis.url, PHOI_WORKERS: '0' } });
    worker = spawn(process.execPath, [join(projectRoot, 'src/cli/phoi.js'), 'worker'], {
      cwd: folder, env: { ...process.env, REDIS_URL: redis.url, PHOI_DATA_DIR: service.dataDir, PHOI_CONFIG: join(service.dataDir, 'phoi.config.json') }, stdio: 'ignore',
    });
  });
  afterAll(async () => {
    const ended = once(worker, 'exit');
    worker.kill('SIGTERM');
    await ended;
    await service.stop();
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('analyses a study and its result is taken in', async () => {
    const images = join(folder, 'images');
    const { truth } = await writePhantom({ out: images, seed: 21, nodules: [{ diameterMm: 9, type: 'solid' }], columns: 256, sliceSpacingMm: 2.5, sliceThicknessMm: 2.5 });
    await sendFolder(images, { host: '127.0.0.1', port: service.dicomPort, calledAETitle: 'PHOI', callingAETitle: 'TEST' });
    const study = await service.reaches(truth.studyInstanceUID, ['analysed', 'not-analysed', 'failed']);
    expect(study, JSON.stringify(study.reasons)).toMatchObject({ state: 'analysed' });
    expect(study.analysis!.objects.map(({ role }) => role)).toContain('sr');
    expect(service.log.filter(({ name }) => name === 'phoi-worker')).toEqual([]);
  });

  it('gets the study again when Redis has lost every job, as one without persistence does at a restart', async () => {
    const { truth: { studyInstanceUID } } = await emptyHanded(() => writePhantom({ out: join(folder, 'lost'), seed: 22, nodules: [], columns: 256, sliceSpacingMm: 2.5, sliceThicknessMm: 2.5 }));
    const study = await service.reaches(studyInstanceUID, ['analysed', 'not-analysed', 'failed']);
    expect(study).toMatchObject({ state: 'analysed' });
    expect(service.log.filter(({ msg }) => msg === 'The queue has lost the job of a study: it is queued again').length).toBeGreaterThan(0);
  });

  /** Sends the study while the worker is stopped, and empties Redis once the job is there. */
  async function emptyHanded<T extends { readonly truth: { readonly studyInstanceUID: string } }>(make: () => Promise<T>): Promise<T> {
    const made = await make();
    worker.kill('SIGSTOP');
    try {
      await sendFolder(join(folder, 'lost'), { host: '127.0.0.1', port: service.dicomPort, calledAETitle: 'PHOI', callingAETitle: 'TEST' });
      await until('the job', async () => (await service.study(made.truth.studyInstanceUID)).jobId);
      const client = new Redis(redis.url);
      await client.flushall();
      await client.quit();
    } finally {
      worker.kill('SIGCONT');
    }
    return made;
  }
});
