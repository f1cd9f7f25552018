/** Models that misbehave on a patient, in real worker processes: each fails its own job with a code, and the next job is done. */
import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { AnalyzeJobData, AnalyzeJobResult } from '../../src/analysis/job.ts';
import { openFileArchive } from '../../src/archive/file-archive.ts';
import { readManifest } from '../../src/inference/registry.ts';
import { silentLog } from '../../src/log.ts';
import { phantomToInstances } from '../../src/phantom/dicom-series.ts';
import { describePhantom } from '../../src/phantom/scene.ts';
import type { Job, JobQueue } from '../../src/queue/port.ts';
import { openSqliteQueue } from '../../src/queue/sqlite-queue.ts';
import { startWorkerPool, type WorkerPool } from '../../src/worker-pool.ts';
import { until } from '../helpers/until.ts';

// Analyses on a busy machine: a deadline is there to end a hang, not to measure.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });

const fixtures = join(import.meta.dirname, '../inference/fixtures');
let folder: string;
let queue: JobQueue;
let pool: WorkerPool;
let instances: AnalyzeJobData['instances'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'phoi-bad-models-'));
  const [dataDir, modelsDir] = [join(folder, 'data'), join(folder, 'models')];
  mkdirSync(dataDir);
  cpSync(join(fixtures, 'bad'), modelsDir, { recursive: true });
  const archive = await openFileArchive(dataDir);
  const scene = describePhantom({ seed: 100_412, nodules: [{ diameterMm: 12, type: 'solid', location: 'isolated', margin: 'smooth' }], distractors: false });
  const stored: AnalyzeJobData['instances'][number][] = [];
  const whole = phantomToInstances(scene, { scanner: { kernel: 'standard', noise: 15, sliceThicknessMm: 2.5 }, columns: 200, sliceSpacingMm: 2.5 });
  // Part of the lungs is enough to be analysed, and leaves most of the time that a job may take to the model.
  for (const { part10, sopInstanceUID } of whole.slice(whole.length / 2 - 20, whole.length / 2 + 20)) {
    const blob = await archive.begin();
    await blob.write(part10);
    stored.push({ sopInstanceUID, seriesInstanceUID: '1.2.3', blobKey: (await blob.commit()).key });
  }
  instances = stored;
  queue = openSqliteQueue(join(dataDir, 'queue.sqlite'), { leaseMs: 30_000 });
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ dataDir, modelsDir, model: 'behaves', logLevel: 'silent', job: { timeoutSeconds: 20, maxMemoryMiB: 2048, leaseSeconds: 30 } }));
  // Nobody looks after the worker while these tests run: it has to help itself.
  pool = startWorkerPool({ count: 1, env: { PATH: process.env['PATH'], PHOI_CONFIG: config }, hangMs: 3_600_000, log: silentLog() });
});
afterAll(async () => {
  await pool.close();
  await queue.close();
  rmSync(folder, { recursive: true, force: true });
});

async function enqueue(id: string): Promise<string> {
  const { job } = await queue.enqueue<AnalyzeJobData>('analyze', {
    studyInstanceUID: '1.2', instances,
    model: { id, version: '1.0.0', sha256: await sha256Of(id) },
  }, { idempotencyKey: randomUUID(), maxAttempts: 1 });
  return job.id;
}

const ended = (jobId: string): Promise<Job> => until('the end of the job', async () => {
  const job = await queue.get(jobId);
  return job?.state === 'dead' || job?.state === 'completed' ? job : undefined;
}, 240_000);

async function sha256Of(id: string): Promise<string> {
  const manifest = await readManifest(join(folder, 'models'), id);
  return 'sha256' in manifest ? manifest.sha256 : '';
}

it.each([
  ['throws', 'MODEL_FAILED'],
  ['not-a-number', 'MODEL_OUTPUT_INVALID'],
  ['wrong-shape', 'MODEL_OUTPUT_INVALID'],
  ['wrong-hash', 'MODEL_HASH_MISMATCH'],
  ['outside', 'MODEL_MANIFEST_INVALID'],
  ['huge', 'MODEL_MEMORY_EXCEEDED'],
  ['hangs', 'MODEL_TIMEOUT'],
])('a model that %s: %s, and the worker or the next one goes on', async (id, code) => {
  const bad = await ended(await enqueue(id));
  expect({ state: bad.state, codes: bad.failures.map((failure) => failure.code) }).toEqual({ state: 'dead', codes: [code] });
  const next = await ended(await enqueue('behaves'));
  expect(next.failures).toEqual([]);
  expect((next.result as AnalyzeJobResult).findings).toMatchObject({ status: 'analysed' });
});
