/**
 * One analysis, as a pure handler: the job's instances in, findings and DICOM objects out. What is wrong with the
 * input is a result ('not-analysed'); what is wrong with the model or the machine is a failure with a code.
 */
import type { AnalyzeJobData, AnalyzeJobResult } from '../../src/analysis/job.ts';
import { packObject } from '../../src/analysis/job.ts';
import { AppError, toAppError, type ErrorCode } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import type { ClaimedJob } from '../../src/queue/port.ts';

/** What is wrong with the models folder: another attempt cannot mend it, another worker with a folder of its own can. */
export const faultsOfModelsFolder: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['MODEL_NOT_FOUND', 'MODEL_HASH_MISMATCH', 'MODEL_MANIFEST_INVALID']);
/** Failures that no other attempt can mend, wherever it runs. */
const permanent: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['MODEL_OUTPUT_INVALID', 'MODEL_MEMORY_EXCEEDED', 'ARCHIVE_CORRUPT']);

export interface ProducedObject {
  readonly role: string;
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  readonly part10: Uint8Array;
}

export interface JobLimits {
  readonly timeoutMs: number;
  readonly maxMemoryBytes: number;
  /** How long an aborted analysis may take to notice before the process is given up. */
  readonly graceMs: number;
}

export interface RunJobDeps {
  readonly analyse: (
    request: { readonly data: AnalyzeJobData; readonly createdAt: Date },
    onProgress: (stage: string, fraction: number) => void, signal: AbortSignal,
  ) => Promise<{ readonly findings: AnalyzeJobResult['findings']; readonly objects: readonly ProducedObject[] }>;
  readonly limits: JobLimits;
  /** False where all workers share one: what it lacks, no other has. */
  readonly hasOwnModels: boolean;
  /** Resident memory of this process in bytes. */
  memory(): number;
  /** Ends the process: native code that ignores the abort cannot be stopped otherwise. */
  giveUp(reason: string): void;
  readonly log: Log;
}

/** A watch over time and memory; its signal aborts with a coded error. */
function startWatch(limits: JobLimits, memory: () => number): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new AppError('MODEL_TIMEOUT', `The analysis took longer than ${Math.round(limits.timeoutMs / 1000)} s`)), limits.timeoutMs);
  const meter = setInterval(() => {
    if (memory() > limits.maxMemoryBytes) {
      controller.abort(new AppError('MODEL_MEMORY_EXCEEDED', `The analysis used more than ${Math.round(limits.maxMemoryBytes / 1024 ** 2)} MiB`));
    }
  }, 250);
  return { signal: controller.signal, stop() { clearTimeout(timer); clearInterval(meter); } };
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(toAppError(signal.reason));
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

/**
 * Runs the job and answers the queue. Gives the code of what went wrong, if anything did.
 * Never throws: a lost lease or an unreachable queue is logged, the lease then ends by itself.
 */
export async function runJob(claimed: ClaimedJob<AnalyzeJobData>, deps: RunJobDeps): Promise<ErrorCode | undefined> {
  const { job } = claimed;
  const log = deps.log.child({ jobId: job.id, studyInstanceUID: job.data.studyInstanceUID, attempt: job.attempt });
  const watch = startWatch(deps.limits, () => deps.memory());
  const signal = AbortSignal.any([claimed.signal, watch.signal]);
  let lastReport = 0;
  const report = (stage: string, fraction: number): void => {
    const now = Date.now();
    if (now - lastReport < 150 && fraction < 1) return;
    lastReport = now;
    claimed.progress({ stage, fraction }).catch((error: unknown) => log.debug({ err: toAppError(error) }, 'Progress not reported'));
  };
  const canRetry = (code: ErrorCode): boolean => !permanent.has(code) && (deps.hasOwnModels || !faultsOfModelsFolder.has(code));
  const work = deps.analyse({ data: job.data, createdAt: new Date(job.createdAt) }, report, signal);
  try {
    const result = await Promise.race([work, rejectOn(signal)]);
    watch.stop();
    const packed: AnalyzeJobResult = { findings: result.findings, objects: result.objects.map(packObject) };
    await claimed.complete(packed);
    log.info({ status: result.findings.status, findings: result.findings.findings.length, objects: packed.objects.length }, 'Analysis done');
    return undefined;
  } catch (error) {
    watch.stop();
    // An analysis that heeds the abort answers with an error of its own; why it was aborted is what counts.
    const failure = toAppError(watch.signal.aborted ? watch.signal.reason : error);
    log.error({ err: failure, code: failure.code }, 'Analysis failed');
    if (!claimed.signal.aborted) {
      await claimed.fail({ code: failure.code, message: failure.message, retry: canRetry(failure.code) })
        .catch((cause: unknown) => log.error({ err: toAppError(cause) }, 'The failure could not be reported'));
    }
    if (!signal.aborted) return failure.code;
    const settled = await Promise.race([
      work.then(() => true, () => true),
      new Promise<boolean>((resolve) => { setTimeout(resolve, deps.limits.graceMs, false); }),
    ]);
    // A process that blew its memory limit may never give the memory back to the system: a fresh one does.
    if (!settled || failure.code === 'MODEL_MEMORY_EXCEEDED') deps.giveUp(failure.code);
    return failure.code;
  }
}
