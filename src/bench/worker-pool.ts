/** Worker processes that take one job at a time. A worker that dies or hangs is replaced; its job is told to have failed. */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { projectRoot } from '../settings.ts';
import type { BenchJob, FromWorker, ToWorker, WorkerSettings } from './messages.ts';

export interface BenchPoolOptions extends WorkerSettings {
  readonly workers: number;
  /** A job that takes longer is given up, ms. */
  readonly timeoutMs: number;
}

export interface BenchPool {
  /**
   * Runs the jobs, each in the order of the list on the next free worker. `onMessage` is awaited before a job counts as
   * done or failed; `onFailure` is told of a worker that died or hung. A handler that rejects ends the run with its error.
   */
  run(jobs: readonly BenchJob[], handlers: JobHandlers): Promise<void>;
  close(): void;
}

export interface JobHandlers {
  onMessage(job: number, message: FromWorker): Promise<void>;
  onFailure(job: number, error: AppError): Promise<void>;
  onDone?(done: number, total: number): void;
}

function startWorker(settings: WorkerSettings): ChildProcess {
  return fork(join(projectRoot, 'workers/bench/main.ts'), [JSON.stringify(settings)], {
    execArgv: ['--disable-warning=ExperimentalWarning'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'], serialization: 'advanced',
  });
}

/** One job on one worker. @throws AppError BENCH_WORKER_DIED, MODEL_TIMEOUT; the worker is then gone */
async function runJob(child: ChildProcess, number: number, job: BenchJob, timeoutMs: number, onMessage: JobHandlers['onMessage']): Promise<void> {
  const pending: Promise<void>[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    const finish = (end: () => void): void => {
      clearTimeout(timer);
      child.off('message', receive);
      child.off('exit', died);
      child.off('error', broke);
      end();
    };
    const timer = setTimeout(() => {
      finish(() => reject(new AppError('MODEL_TIMEOUT', `the case took longer than ${Math.round(timeoutMs / 1000)} s`)));
      child.kill('SIGKILL');
    }, timeoutMs);
    const receive = (message: FromWorker): void => {
      if (message.number !== number) return;
      if (message.kind === 'done') finish(resolve);
      else {
        const taken = onMessage(number, message);
        taken.catch((error: unknown) => finish(() => reject(error instanceof Error ? error : new Error('a message could not be taken', { cause: error }))));
        pending.push(taken);
      }
    };
    const died = (code: number | null, signal: NodeJS.Signals | null): void => finish(() => reject(new AppError('BENCH_WORKER_DIED', `the worker process ended (${signal ?? `exit code ${code}`}) while it had this case`)));
    const broke = (error: Error): void => finish(() => reject(new AppError('BENCH_WORKER_DIED', 'the worker process does not answer', { cause: error })));
    child.on('message', receive);
    child.once('exit', died);
    child.once('error', broke);
    const order: ToWorker = { number, job };
    child.send(order);
  });
  try {
    await ended;
  } finally {
    // What arrived before the worker was lost is kept before its loss is told; what could not be kept goes before that.
    await Promise.all(pending);
  }
}

export function createBenchPool({ workers, timeoutMs, ...settings }: BenchPoolOptions): BenchPool {
  const children = new Set<ChildProcess>();
  let isClosed = false;

  return {
    async run(jobs, handlers) {
      let [next, done] = [0, 0];
      await Promise.all(Array.from({ length: Math.min(workers, jobs.length) }, async () => {
        let child: ChildProcess | undefined;
        for (let number = next++; number < jobs.length && !isClosed; number = next++) {
          if (child === undefined) children.add(child = startWorker(settings));
          try {
            await runJob(child, number, jobs[number]!, timeoutMs, (job, message) => handlers.onMessage(job, message));
          } catch (error) {
            // A worker that the end of the bench took away has not failed.
            if (isClosed) return;
            if (!(error instanceof AppError) || (error.code !== 'BENCH_WORKER_DIED' && error.code !== 'MODEL_TIMEOUT')) throw error;
            child.kill('SIGKILL');
            children.delete(child);
            child = undefined;
            await handlers.onFailure(number, error);
          }
          done += 1;
          handlers.onDone?.(done, jobs.length);
        }
        if (child === undefined) return;
        children.delete(child);
        child.disconnect();
      }));
    },
    close() {
      isClosed = true;
      for (const child of children) child.kill('SIGKILL');
      children.clear();
    },
  };
}
