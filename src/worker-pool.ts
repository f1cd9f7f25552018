/**
 * Keeps local worker processes alive. A worker that dies (crash, kill -9, memory limit) is started again with a growing
 * wait; one whose event loop has not turned for long is killed. Its job comes back through the queue's lease.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Log } from './log.ts';
import { projectRoot } from './settings.ts';

export interface WorkerPool {
  /** Asks the workers to finish what they do, kills what is left after `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

export interface WorkerPoolOptions {
  readonly count: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A worker that has not said a word for so long hangs. */
  readonly hangMs?: number;
  readonly log: Log;
}

const firstRestartMs = 250;
const lastRestartMs = 30_000;
/** A worker that lived for so long starts again at once. */
const healthyMs = 60_000;

export function startWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const hangMs = options.hangMs ?? 120_000;
  const running = new Map<number, ChildProcess>();
  const restarts = new Set<NodeJS.Timeout>();
  let closing = false;

  function start(slot: number, delayMs: number): void {
    const startedAt = Date.now();
    const child = fork(join(projectRoot, 'workers/inference/main.ts'), [], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: { ...options.env, PHOI_WORKER_SLOT: String(slot) },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    running.set(slot, child);
    const watchdog = setTimeout(() => {
      options.log.error({ slot, pid: child.pid }, 'Worker hangs: killed');
      child.kill('SIGKILL');
    }, hangMs);
    child.on('message', () => { watchdog.refresh(); });
    child.on('error', (error) => { options.log.error({ err: error, slot }, 'Worker could not be started'); });
    child.once('exit', (code, signal) => {
      clearTimeout(watchdog);
      running.delete(slot);
      if (closing) return;
      const wait = Date.now() - startedAt > healthyMs ? firstRestartMs : delayMs;
      options.log.warn({ slot, code, signal, restartInMs: wait }, 'Worker ended: it will be started again');
      const timer = setTimeout(() => {
        restarts.delete(timer);
        start(slot, Math.min(lastRestartMs, wait * 2));
      }, wait);
      restarts.add(timer);
    });
  }
  for (let slot = 0; slot < options.count; slot += 1) start(slot, firstRestartMs);

  return {
    async close(graceMs = 10_000) {
      closing = true;
      for (const timer of restarts) clearTimeout(timer);
      await Promise.all([...running.values()].map((child) => new Promise<void>((resolve) => {
        const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
        child.once('exit', () => { clearTimeout(kill); resolve(); });
        child.kill('SIGTERM');
      })));
    },
  };
}
