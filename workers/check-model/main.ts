/**
 * Checks one model and says so over the IPC channel, then ends. The graph runs on a thread of its own, so that this one can
 * watch the memory; a thread that does not stop ends with the process.
 */
import { Worker } from 'node:worker_threads';

const request = JSON.parse(process.argv[2] ?? '{}') as { readonly maxMemoryBytes: number };
const watchMs = 100;

/** `SIGKILL`, since leaving in order would wait for the thread. */
function end(answer: object): void {
  process.send?.(answer, () => { process.kill(process.pid, 'SIGKILL'); });
}

// The one who asked is gone: nobody wants the answer.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
setInterval(() => {
  if (process.memoryUsage.rss() <= request.maxMemoryBytes) return;
  end({ code: 'MODEL_MEMORY_EXCEEDED', message: `the model used more than ${Math.round(request.maxMemoryBytes / 1024 ** 2)} MiB while it was checked` });
}, watchMs);
const thread = new Worker(new URL('./check-thread.ts', import.meta.url), { workerData: request });
thread.on('message', (answer: object) => end(answer));
thread.on('error', (error) => end({ code: 'MODEL_FAILED', message: `the model could not be checked: ${String(error).slice(0, 300)}` }));
