/** `Analyse` on a thread of its own, one job at a time. A thread that died is replaced for the next job. */
import { Worker } from 'node:worker_threads';
import { AppError, toAppError } from '../../src/errors.ts';
import type { Analyse, Analysed } from './analyse.ts';
import type { AnalysisThreadData, FromThread, ToThread } from './thread-messages.ts';

export function createThreadedAnalyser(data: AnalysisThreadData): Analyse {
  let thread: Worker | undefined;

  function aliveThread(): Worker {
    if (thread !== undefined) return thread;
    const started = new Worker(new URL('./analysis-thread.ts', import.meta.url), { workerData: data });
    started.once('exit', () => { if (thread === started) thread = undefined; });
    // The job that runs hears of it through its own listener; without any a dying thread would end the process.
    started.on('error', () => undefined);
    thread = started;
    return started;
  }

  return (request, onProgress, signal) => new Promise<Analysed>((resolve, reject) => {
    const worker = aliveThread();
    const send = (message: ToThread): void => worker.postMessage(message);
    const onAbort = (): void => send({ kind: 'abort' });
    function settle(finish: () => void): void {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      signal.removeEventListener('abort', onAbort);
      finish();
    }
    function onMessage(message: FromThread): void {
      if (message.kind === 'progress') onProgress(message.stage, message.fraction);
      else if (message.kind === 'done') settle(() => resolve(message));
      else settle(() => reject(new AppError(message.code, message.message, { details: message.details })));
    }
    function onError(error: unknown): void {
      settle(() => reject(new AppError('MODEL_FAILED', `The computing thread ended: ${toAppError(error).message}`, { cause: error })));
    }
    function onExit(code: number): void {
      settle(() => reject(new AppError('MODEL_FAILED', `The computing thread ended with code ${code}`)));
    }
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    signal.addEventListener('abort', onAbort, { once: true });
    send({ kind: 'analyse', ...request });
  });
}
