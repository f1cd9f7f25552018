import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AnalyzeJobData, AnalyzeJobResult } from '../../src/analysis/job.ts';
import { AppError } from '../../src/errors.ts';
import type { FindingsDocument } from '../../src/findings/types.ts';
import { silentLog } from '../../src/log.ts';
import type { ClaimedJob, JobQueue } from '../../src/queue/port.ts';
import { openSqliteQueue } from '../../src/queue/sqlite-queue.ts';
import { runJob, type RunJobDeps } from '../../workers/inference/run-job.ts';

const findings: FindingsDocument = {
  schemaVersion: '1.0', studyInstanceUID: '1.2.3', status: 'analysed', warnings: [], seriesAssessments: [],
  model: { id: 'm', version: '1.0.0', sha256: 'x', name: 'M' }, operatingPoint: 0.5, findings: [], quality: {}, timingsMs: {}, inputHash: 'h',
};
const data: AnalyzeJobData = { studyInstanceUID: '1.2.3', model: { id: 'm', version: '1.0.0', sha256: 'x' }, instances: [] };

describe('runJob', () => {
  let folder: string;
  let queue: JobQueue;
  let claimed: ClaimedJob<AnalyzeJobData>;
  let gaveUp: string | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-run-job-'));
    queue = openSqliteQueue(join(folder, 'queue.sqlite'), { pollMs: 10, backoffMs: 10 });
    await queue.enqueue('analyze', data, { idempotencyKey: 'k', maxAttempts: 2 });
    claimed = (await queue.claim<AnalyzeJobData>('analyze', 'w', new AbortController().signal))!;
    gaveUp = undefined;
  });
  afterEach(async () => {
    await queue.close();
    await rm(folder, { recursive: true });
  });
  function deps(analyse: RunJobDeps['analyse'], limits: Partial<RunJobDeps['limits']> = {}, hasOwnModels = false): RunJobDeps {
    return {
      analyse, hasOwnModels, limits: { timeoutMs: 60_000, maxMemoryBytes: Infinity, graceMs: 20, ...limits },
      memory: () => 1, giveUp: (reason) => { gaveUp = reason; }, log: silentLog(),
    };
  }
  const job = async () => (await queue.get(claimed.job.id))!;

  it('answers the queue with findings and packed objects', async () => {
    await runJob(claimed, deps(async (request, onProgress) => {
      expect(request).toEqual({ data, createdAt: new Date(claimed.job.createdAt) });
      onProgress('infer', 0.5);
      return { findings, objects: [{ role: 'sr', sopInstanceUID: '1.2.4', sopClassUID: '1.2.5', part10: new Uint8Array([1, 2, 3]) }] };
    }));
    const [done] = await queue.unhandled();
    const result = done!.result as AnalyzeJobResult;
    expect(result.findings).toEqual(findings);
    expect([...gunzipSync(Buffer.from(result.objects[0]!.data, 'base64'))]).toEqual([1, 2, 3]);
  });

  it('retries what may pass and buries what cannot', async () => {
    await runJob(claimed, deps(() => Promise.reject(new Error('the disk hiccuped'))));
    expect(await job()).toMatchObject({ state: 'delayed', failures: [{ code: 'INTERNAL' }] });
    claimed = (await queue.claim<AnalyzeJobData>('analyze', 'w', new AbortController().signal))!;
    await runJob(claimed, deps(() => Promise.reject(new AppError('MODEL_HASH_MISMATCH', 'other file'))));
    expect(await job()).toMatchObject({ state: 'dead', failures: [{ code: 'INTERNAL' }, { code: 'MODEL_HASH_MISMATCH' }] });
    expect(gaveUp).toBeUndefined();
  });

  it('leaves what its own models folder lacks to another worker, and says what it was', async () => {
    const lacks = deps(() => Promise.reject(new AppError('MODEL_NOT_FOUND', 'no such model')), {}, true);
    expect(await runJob(claimed, lacks)).toBe('MODEL_NOT_FOUND');
    expect(await job()).toMatchObject({ state: 'delayed', failures: [{ code: 'MODEL_NOT_FOUND' }] });
    claimed = (await queue.claim<AnalyzeJobData>('analyze', 'w', new AbortController().signal))!;
    expect(await runJob(claimed, lacks)).toBe('MODEL_NOT_FOUND');
    expect(await job()).toMatchObject({ state: 'dead' });
  });

  it('gives the process up when the analysis ignores its time limit', async () => {
    await runJob(claimed, deps(() => new Promise(() => undefined), { timeoutMs: 30 }));
    expect(await job()).toMatchObject({ state: 'delayed', failures: [{ code: 'MODEL_TIMEOUT' }] });
    expect(gaveUp).toBe('MODEL_TIMEOUT');
  });

  it('keeps the process when the analysis heeds the abort', async () => {
    await runJob(claimed, deps((_request, _progress, signal) => new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new AppError('CANCELLED', 'stopped')));
    }), { timeoutMs: 30 }));
    expect((await job()).failures[0]?.code).toBe('MODEL_TIMEOUT');
    expect(gaveUp).toBeUndefined();
  });

  it('buries a job that takes too much memory, and frees it', async () => {
    await runJob(claimed, deps(() => new Promise(() => undefined), { maxMemoryBytes: 0 }));
    expect(await job()).toMatchObject({ state: 'dead', failures: [{ code: 'MODEL_MEMORY_EXCEEDED' }] });
    expect(gaveUp).toBe('MODEL_MEMORY_EXCEEDED');
  });

  it('says nothing about a job that was cancelled meanwhile', async () => {
    const running = runJob(claimed, deps(() => new Promise(() => undefined)));
    await queue.cancel(claimed.job.id);
    await running;
    expect(await job()).toMatchObject({ state: 'cancelled', failures: [] });
  });
});
