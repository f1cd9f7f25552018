/** What becomes of results when a worker is lost or a result cannot be kept. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BenchJob, FromWorker } from '../../src/bench/messages.ts';
import { createBenchPool, type BenchPool } from '../../src/bench/worker-pool.ts';
import { AppError } from '../../src/errors.ts';
import { until } from '../helpers/until.ts';

const modelsDir = join(import.meta.dirname, '../inference/fixtures');
/** Ends at once: there is no such model, and no image. */
const empty: BenchJob = { kind: 'analyse', source: { kind: 'missing' }, models: [{ id: 'nobody', key: 'k' }] };
const several: BenchJob = { ...empty, models: ['one', 'two', 'three'].map((id) => ({ id, key: id })) };

async function workerProcesses(): Promise<readonly number[]> {
  const children = (await readFile(`/proc/self/task/${process.pid}/children`, 'utf8')).trim().split(' ').filter(Boolean).map(Number);
  const lines = await Promise.all(children.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return children.filter((_, n) => lines[n]!.includes('workers/bench'));
}

describe('the workers of a bench', () => {
  let pool: BenchPool | undefined;
  afterEach(() => { pool?.close(); });

  it('a result that cannot be kept ends the run with the reason, and nothing is left unhandled', async () => {
    pool = createBenchPool({ workers: 1, threads: 1, modelsDir, timeoutMs: 60_000 });
    const [unhandled, onFailure] = [vi.fn(), vi.fn(() => Promise.resolve())];
    process.on('unhandledRejection', unhandled);
    try {
      const run = pool.run([empty, several, empty], {
        onMessage: (job) => (job === 1 ? Promise.reject(new AppError('ARCHIVE_OUT_OF_SPACE', 'the disk is full')) : Promise.resolve()), onFailure,
      });
      await expect(run).rejects.toThrow('the disk is full');
      expect(onFailure).not.toHaveBeenCalled();
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });

  it('a result that came before its worker was lost is kept before the loss is told', async () => {
    pool = createBenchPool({ workers: 1, threads: 1, modelsDir, timeoutMs: 60_000 });
    const seen: string[] = [];
    // The second model needs seconds, so the worker is at work when it is taken away.
    const job: BenchJob = { kind: 'analyse', source: { kind: 'phantom', phantom: { seed: 100_000 } }, models: [{ id: 'nobody', key: 'k' }, { id: 'blob-detector', key: 'k' }] };
    await pool.run([job], {
      async onMessage(_, message: FromWorker) {
        const pids = await workerProcesses();
        for (const pid of pids) process.kill(pid, 'SIGKILL');
        expect(pids).toHaveLength(1);
        await until('the worker to be gone', () => pids.every((pid) => !existsSync(`/proc/${pid}`)));
        seen.push(message.kind);
      },
      onFailure: async (_, error) => { seen.push(error.code); },
    });
    expect(seen).toEqual(['result', 'BENCH_WORKER_DIED']);
  });
});
