/**
 * The thread that computes. Assembling and measuring keep an event loop busy for seconds; on the main thread that would
 * stop the lease from being renewed, and a healthy job would be taken for a lost one.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openFileArchive } from '../../src/archive/file-archive.ts';
import { toAppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { createAnalyser } from './analyse.ts';
import type { AnalysisThreadData, FromThread, ToThread } from './thread-messages.ts';

const data = workerData as AnalysisThreadData;
const port = parentPort!;
const analyse = createAnalyser({
  archive: await openFileArchive(data.dataDir),
  modelsDir: data.modelsDir,
  softwareVersion: data.softwareVersion,
  log: createLog({ name: 'phoi-worker', level: data.logLevel }),
});
let running = new AbortController();

function tell(message: FromThread): void {
  port.postMessage(message);
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
