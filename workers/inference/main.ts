/**
 * The worker process: takes analysis jobs until it is told to stop. It opens the queue and reads instances from the
 * same disk; it has no HTTP server and never touches the index.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { analyzeJobName, type AnalyzeJobData } from '../../src/analysis/job.ts';
import { toAppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { openQueue } from '../../src/queue/open.ts';
import { readSettings, version } from '../../src/settings.ts';
import { runJob } from './run-job.ts';
import { createThreadedAnalyser } from './threaded-analyser.ts';

const aliveMs = 5_000;
/** Exit code after giving up a job whose native code did not stop (EX_SOFTWARE). */
const gaveUp = 70;

const config = readSettings(process.env);
const workerId = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
const log = createLog({ name: 'phoi-worker', level: config.logLevel }).child({ workerId });
const stop = new AbortController();

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
if (process.send !== undefined) {
  const alive = setInterval(() => process.send?.({ alive: true }), aliveMs);
  // The server is gone: its next start brings its own workers, and this one would hold its queue file open for nothing.
  process.once('disconnect', () => { clearInterval(alive); process.exit(0); });
}

const queue = await openQueue(config);
const analyse = createThreadedAnalyser({
  dataDir: config.dataDir, modelsDir: config.modelsDir, softwareVersion: version, logLevel: config.logLevel,
});

while (!stop.signal.aborted) {
  try {
    const claimed = await queue.claim<AnalyzeJobData>(analyzeJobName, workerId, stop.signal);
    if (claimed === undefined) break;
    await runJob(claimed, {
      analyse,
      limits: { timeoutMs: config.job.timeoutSeconds * 1000, maxMemoryBytes: config.job.maxMemoryMiB * 1024 ** 2, graceMs: 5_000 },
      memory: () => process.memoryUsage.rss(),
      giveUp(reason) {
        log.error({ reason }, 'Worker ends to free what the job holds');
        process.exit(gaveUp);
      },
      log,
    });
  } catch (error) {
    log.error({ err: toAppError(error) }, 'The queue did not answer');
    await new Promise((resolve) => { setTimeout(resolve, 1_000); });
  }
}
await queue.close();
process.exit(0);
