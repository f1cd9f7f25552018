/**
 * The thread that computes. Assembling and measuring keep an event loop busy for seconds; on the main thread that would
 * stop the lease from being renewed, and a healthy job would be taken for a lost one.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { toAppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { createAnalyser } from './analyse.ts';
import { createJobInput } from './job-input.ts';
import type { AnalysisThreadData, FromThread, ToThread } from './thread-messages.ts';

const data = workerData as AnalysisThreadData;
const port = parentPort!;
const largeBytes = 64 * 1024;
const analyse = createAnalyser({
  openInput: await createJobInput(data),
  modelsDir: data.modelsDir,
  inference: data.inference,
  softwareVersion: data.softwareVersion,
  results: data.results,
  log: createLog({ name: 'phoi-worker', level: data.logLevel }),
});
let running = new AbortController();

function tell(message: FromThread): void {
  // Large objects change hands instead of being copied; small ones may share their memory with others.
  const large = message.kind === 'done'
    ? message.objects.map(({ part10 }) => part10).filter((bytes) => bytes.byteLength >= largeBytes && bytes.byteLength === bytes.buffer.byteLength)
    : [];
  port.postMessage(message, [...new Set(large.map(({ buffer }) => buffer as ArrayBuffer))]);
}

async function run(request: Extract<ToThread, { kind: 'analyse' }>): Promise<void> {
  running = new AbortController();
  try {
    const { findings, objects } = await analyse(
      { data: request.data, createdAt: request.createdAt },
      (stage, fraction) => tell({ kind: 'progress', stage, fraction }),
      running.signal,
    );
    tell({ kind: 'done', findings, objects });
  } catch (error) {
    const { code, message, details } = toAppError(error);
    tell({ kind: 'failed', code, message, details: JSON.parse(JSON.stringify(details)) as Record<string, unknown> });
  }
}

port.on('message', (message: ToThread) => {
  if (message.kind === 'abort') running.abort();
  else void run(message);
});
