/**
 * The worker process: takes analysis jobs until it is told to stop. It opens the queue and reads instances from the
 * same disk, or fetches them over DICOMweb; it has no HTTP server and never touches the index.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { analyzeJobName, type AnalyzeJobData } from '../../src/analysis/job.ts';
import { toAppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { openQueue } from '../../src/queue/open.ts';
import { readSettings, version } from '../../src/settings.ts';
import { createFitness } from './fitness.ts';
import { runJob } from './run-job.ts';
import { createThreadedAnalyser } from './threaded-analyser.ts';

const aliveMs = 5_000;
/** Ends this process whatever it does: `process.exit` would wait for a network that runs on another thread, for ever when it hangs. */
const endAtOnce = (): void => { process.kill(process.pid, 'SIGKILL'); };

const config = readSettings(process.env);
const workerId = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
const log = createLog({ name: 'phoi-worker', level: config.logLevel }).child({ workerId });
const stop = new AbortController();

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
if (process.send !== undefined) {
  setInterval(() => process.send?.({ alive: true }), aliveMs);
  // The server is gone: its next start brings its own workers, and this one would hold its queue file open for nothing.
  process.once('disconnect', endAtOnce);
}

const fitness = createFitness({ config, log, signal: stop.signal });
await fitness.atStart();
const queue = await openQueue(config);
const analyse = createThreadedAnalyser({
  dataDir: config.dataDir, archive: config.archive, modelsDir: config.modelsDir, inference: config.inference, softwareVersion: version, results: config.results, logLevel: config.logLevel,
});

while (!stop.signal.aborted) {
  try {
    const claimed = await queue.claim<AnalyzeJobData>(analyzeJobName, workerId, stop.signal);
    if (claimed === undefined) break;
    const failure = await runJob(claimed, {
      analyse,
      hasOwnModels: config.archive.url !== undefined,
      limits: { timeoutMs: config.job.timeoutSeconds * 1000, maxMemoryBytes: config.job.maxMemoryMiB * 1024 ** 2, graceMs: 5_000 },
      memory: () => process.memoryUsage.rss(),
      giveUp(reason) {
        log.error({ reason }, 'Worker ends to free what the job holds');
        endAtOnce();
      },
      log,
    });
    await fitness.after(failure, claimed.job.data);
  } catch (error) {
    log.error({ err: toAppError(error) }, 'The queue did not answer');
    await new Promise((resolve) => { setTimeout(resolve, 1_000); });
  }
}
await queue.close();
process.exit(0);
