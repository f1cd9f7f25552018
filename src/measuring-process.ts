/**
 * The measuring process as the server sees it: started when it is needed, ended when nobody reads, killed when it takes
 * too long or too much, and started anew for the next request.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { AppError } from './errors.ts';
import type { Log } from './log.ts';
import { residentBytes } from './resident-memory.ts';
import type { FromMeasurer, MeasuredNodule, MeasureImages, Measurer, MeasureTarget, ToMeasurer } from './review/measurer.ts';
import { projectRoot } from './settings.ts';

export interface MeasuringOptions {
  readonly dataDir: string;
  readonly log: Log;
  /** For the first measurement of a study, assembling its volume included. Default 120 s. */
  readonly timeoutMs?: number;
  /** Resident memory. Default 4 GiB. */
  readonly maxMemoryBytes?: number;
  /** Without a request for so long the process ends, and its memory is free. Default 5 min. */
  readonly idleMs?: number;
}

interface Waiting {
  readonly resolve: (result: MeasuredNodule | undefined) => void;
  readonly reject: (error: AppError) => void;
}

const mostWaiting = 16;
const meterMs = 500;

export function createMeasurer(options: MeasuringOptions): Measurer {
  const { dataDir, log, timeoutMs = 120_000, maxMemoryBytes = 4 * 1024 ** 3, idleMs = 300_000 } = options;
  const waiting = new Map<number, Waiting>();
  let child: ChildProcess | undefined;
  let idle: NodeJS.Timeout | undefined;
  let lastId = 0;

  function failAll(error: AppError): void {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  function kill(running: ChildProcess, error: AppError): void {
    if (child !== running) return;
    child = undefined;
    log.error({ code: error.code, pid: running.pid }, 'Measuring process killed');
    running.kill('SIGKILL');
    failAll(error);
  }

  function start(): ChildProcess {
    const started = fork(join(projectRoot, 'workers/measure/main.ts'), [dataDir], {
      execArgv: ['--disable-warning=ExperimentalWarning'], serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const meter = setInterval(() => {
      if (started.pid === undefined || waiting.size === 0) return;
      // Where the system does not tell, the limit of time alone holds.
      void residentBytes(started.pid).then((bytes) => {
        if (bytes > maxMemoryBytes) kill(started, new AppError('REVIEW_MEASURE_FAILED', `Measuring used more than ${Math.round(maxMemoryBytes / 1024 ** 2)} MiB`));
      });
    }, meterMs);
    meter.unref();
    started.on('message', (message: FromMeasurer) => {
      const asked = waiting.get(message.id);
      waiting.delete(message.id);
      if ('code' in message) asked?.reject(new AppError(message.code === 'INTERNAL' ? 'REVIEW_MEASURE_FAILED' : message.code, message.message));
      else asked?.resolve(message.result);
      if (waiting.size === 0) rest();
    });
    started.on('error', (error) => kill(started, new AppError('REVIEW_MEASURE_FAILED', 'The measuring process could not be started', { cause: error })));
    started.once('exit', (code, signal) => {
      clearInterval(meter);
      if (child !== started) return;
      child = undefined;
      if (waiting.size > 0) log.error({ code, signal }, 'Measuring process ended while it measured');
      failAll(new AppError('REVIEW_MEASURE_FAILED', 'The measuring process ended'));
    });
    child = started;
    return started;
  }

  function rest(): void {
    clearTimeout(idle);
    idle = setTimeout(() => {
      if (waiting.size > 0) return;
      child?.kill('SIGTERM');
      child = undefined;
    }, idleMs);
    idle.unref();
  }

  function ask(images: MeasureImages, target?: MeasureTarget): Promise<MeasuredNodule | undefined> {
    if (waiting.size >= mostWaiting) return Promise.reject(new AppError('REVIEW_MEASURE_BUSY', 'Too much is being measured at once.'));
    clearTimeout(idle);
    const running = child ?? start();
    lastId += 1;
    const id = lastId;
    return new Promise<MeasuredNodule | undefined>((resolve, reject) => {
      const timer = setTimeout(() => kill(running, new AppError('REVIEW_MEASURE_TIMEOUT', 'Measuring took too long.')), timeoutMs);
      waiting.set(id, {
        resolve(result) { clearTimeout(timer); resolve(result); },
        reject(error) { clearTimeout(timer); reject(error); },
      });
      running.send({ id, images, ...(target === undefined ? {} : { target }) } satisfies ToMeasurer, (error) => {
        if (error !== null) kill(running, new AppError('REVIEW_MEASURE_FAILED', 'The measuring process does not listen', { cause: error }));
      });
    });
  }

  return {
    async measure(images, target) {
      const result = await ask(images, target);
      if (result === undefined) throw new AppError('REVIEW_MEASURE_FAILED', 'The measuring process gave no result');
      return result;
    },
    warm(images) {
      // Whoever measures then hears why it does not work.
      ask(images).catch(() => undefined);
    },
    async close() {
      clearTimeout(idle);
      const running = child;
      child = undefined;
      failAll(new AppError('REVIEW_MEASURE_FAILED', 'The service ends'));
      if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
      await new Promise<void>((resolve) => {
        running.once('exit', () => resolve());
        running.kill('SIGKILL');
      });
    },
  };
}
