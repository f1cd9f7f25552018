/**
 * Joins study, queue and delivery: a complete study becomes a job, a finished job becomes objects in the archive, a
 * current result and deliveries. Every step may be repeated after a crash and then changes nothing.
 */
import { createHash } from 'node:crypto';
import { AppError, toAppError, type ErrorCode } from '../errors.ts';
import type { Reason } from '../findings/types.ts';
import type { StudyIndex } from '../index/port.ts';
import type { Log } from '../log.ts';
import type { Job, JobPriority, JobQueue } from '../queue/port.ts';
import type { StudyService } from '../study/port.ts';
import {
  analysisKey, analyzeJobName, unpackObject, type AnalyzeJobData, type AnalyzeJobResult, type ModelIdentity,
} from './job.ts';
import { analysisInput } from './input.ts';
import { failureOfCode, failureReason, retryReason } from './reasons.ts';

export interface AnalysisService {
  /** Queues the study as it is now, or finds the job and the result of the same input. */
  analyse(studyInstanceUID: string): Promise<void>;
  /** Like `analyse`, and gives a dead or cancelled job of the same input new attempts. */
  reanalyse(studyInstanceUID: string): Promise<void>;
  setPriority(studyInstanceUID: string, priority: JobPriority): Promise<void>;
  /** Takes in results that a crash left behind and brings states up to date. Call it once, after the listeners are there. */
  resume(): Promise<void>;
  close(): Promise<void>;
}

export interface AnalysisServiceDeps {
  readonly index: StudyIndex;
  readonly study: StudyService;
  readonly queue: JobQueue;
  readonly model: () => Promise<ModelIdentity>;
  /** Destinations that get the objects of a result, each with the roles it wants (all when absent). */
  readonly destinations: readonly { readonly name: string; readonly roles?: readonly string[] }[];
  /** Told after deliveries were written. */
  readonly onDeliveries: () => void;
  readonly maxAttempts: number;
  readonly log: Log;
}

/** Errors of the model's folder: only a person can mend them. */
const modelErrors: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['MODEL_NOT_FOUND', 'MODEL_MANIFEST_INVALID', 'MODEL_HASH_MISMATCH']);
const firstRetryMs = 1_000;
const longestRetryMs = 60_000;

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function deliveryId(destination: string, sopInstanceUID: string): string {
  return createHash('sha256').update(`${destination}\n${sopInstanceUID}`).digest('hex').slice(0, 32);
}

export function createAnalysisService(deps: AnalysisServiceDeps): AnalysisService {
  const { index, study, queue, log } = deps;
  /** One result at a time and in order: a later version of a study must not overtake an earlier one. */
  let tail: Promise<void> = Promise.resolve();
  const retries = new Set<NodeJS.Timeout>();

  function inOrder(what: string, work: () => Promise<void>): Promise<void> {
    const run = tail.then(work);
    tail = run.catch((error: unknown) => log.error({ err: toAppError(error), what }, 'A step of the analysis failed'));
    return run;
  }

  /** True while `job` is what the study waits for: late instances or a newer model make it another. */
  async function isCurrent(job: Job, studyInstanceUID: string): Promise<boolean> {
    return (await index.worklistItem(studyInstanceUID))?.jobId === job.id;
  }

  async function queueStudy(studyInstanceUID: string, revive: boolean): Promise<void> {
    const [model, instances, item] = await Promise.all([
      deps.model(), index.summaries(studyInstanceUID), index.worklistItem(studyInstanceUID),
    ]);
    if (item === undefined) throw new AppError('ARCHIVE_NOT_FOUND', 'There is no such study');
    const foreign = analysisInput(instances.filter(({ own }) => !own));
    const data: AnalyzeJobData = {
      studyInstanceUID, model,
      instances: foreign.map(({ sopInstanceUID, seriesInstanceUID, blobKey }) => ({ sopInstanceUID, seriesInstanceUID, blobKey })),
    };
    const { job } = await queue.enqueue(analyzeJobName, data, {
      idempotencyKey: analysisKey(studyInstanceUID, model, foreign),
      priority: item.priority,
      maxAttempts: deps.maxAttempts,
    });
    if (revive && (job.state === 'dead' || job.state === 'cancelled')) await queue.resubmit(job.id);
    await study.setState(studyInstanceUID, 'waiting', { jobId: job.id });
    log.info({ studyInstanceUID, jobId: job.id, instances: foreign.length, modelId: model.id, modelVersion: model.version }, 'Study queued');
    const now = await queue.get(job.id);
    if (now !== undefined) await follow(now);
  }

  /** Brings the study's state in line with its job. */
  async function follow(job: Job): Promise<void> {
    const { studyInstanceUID } = job.data as AnalyzeJobData;
    if (!await isCurrent(job, studyInstanceUID)) return;
    switch (job.state) {
      case 'active':
        await study.setState(studyInstanceUID, 'analysing', {
          jobId: job.id, progress: job.progress ?? { stage: 'start', fraction: 0 },
          onlyIf: { states: ['waiting', 'analysing', 'failed'] },
        });
        break;
      case 'waiting':
      case 'delayed': {
        const reasons: readonly Reason[] = job.failures.length === 0 ? [] : [retryReason(job)];
        await study.setState(studyInstanceUID, 'waiting', {
          jobId: job.id, reasons, onlyIf: { states: ['waiting', 'analysing', 'failed'] },
        });
        break;
      }
      case 'dead':
      case 'cancelled':
        await study.setState(studyInstanceUID, 'failed', {
          jobId: job.id, reasons: [failureReason(job)], onlyIf: { states: ['waiting', 'analysing', 'failed'] },
        });
        break;
      case 'completed':
        await settle(job, studyInstanceUID);
        break;
    }
  }

  /** Shows the state of a completed job from the result that the index holds. */
  async function settle(job: Job, studyInstanceUID: string): Promise<void> {
    const analysis = (await index.study(studyInstanceUID))?.analysis;
    if (analysis?.jobId !== job.id) return;
    const { findings } = analysis;
    await study.setState(studyInstanceUID, findings.status, {
      jobId: job.id,
      reasons: findings.reason === undefined ? [] : [findings.reason],
      onlyIf: { states: ['waiting', 'analysing', 'failed', 'analysed', 'not-analysed'] },
    });
  }

  async function takeResult(job: Job): Promise<void> {
    const { studyInstanceUID, model } = job.data as AnalyzeJobData;
    const result = job.result as AnalyzeJobResult;
    for (const object of result.objects) {
      await study.receive(once(unpackObject(object)), { transport: 'internal' }, {
        sopInstanceUID: object.sopInstanceUID, sopClassUID: object.sopClassUID, studyInstanceUID,
      });
    }
    await index.addAnalysis(studyInstanceUID, {
      jobId: job.id,
      findings: result.findings,
      createdAt: job.finishedAt ?? new Date().toISOString(),
      objects: result.objects.map(({ role, sopInstanceUID, sopClassUID }) => ({ role, sopInstanceUID, sopClassUID })),
    });
    for (const destination of deps.destinations) {
      for (const { role, sopInstanceUID } of result.objects) {
        if (destination.roles !== undefined && !destination.roles.includes(role)) continue;
        await index.addDelivery({ id: deliveryId(destination.name, sopInstanceUID), studyInstanceUID, sopInstanceUID, destination: destination.name });
      }
    }
    await queue.markHandled(job.id, { studyInstanceUID, model, instances: [] } satisfies AnalyzeJobData);
    if (await isCurrent(job, studyInstanceUID)) await settle(job, studyInstanceUID);
    log.info({
      studyInstanceUID, jobId: job.id, status: result.findings.status, findings: result.findings.findings.length,
      objects: result.objects.length, timingsMs: result.findings.timingsMs,
    }, 'Result taken in');
    deps.onDeliveries();
  }

  async function takeUnhandled(): Promise<void> {
    for (const job of await queue.unhandled()) {
      if (job.name === analyzeJobName) await takeResult(job);
    }
  }

  queue.on('changed', (job) => {
    if (job.name !== analyzeJobName) return;
    void inOrder('follow', async () => {
      if (job.state === 'completed') await takeUnhandled();
      else await follow(job);
    }).catch(() => undefined); // inOrder has logged it; the next change or start tries again.
  });
  /** A complete study must end up with a job: what may pass is tried again, what cannot is shown. */
  async function queueOrExplain(studyInstanceUID: string, waitMs: number): Promise<void> {
    try {
      await inOrder('enqueue', () => queueStudy(studyInstanceUID, false));
    } catch (error) {
      const { code } = toAppError(error);
      if (modelErrors.has(code)) {
        await study.setState(studyInstanceUID, 'failed', { reasons: [failureOfCode(code)], onlyIf: { states: ['waiting'] } });
        return;
      }
      const retry = setTimeout(() => {
        retries.delete(retry);
        void queueOrExplain(studyInstanceUID, Math.min(waitMs * 2, longestRetryMs));
      }, waitMs);
      retries.add(retry);
    }
  }
  study.on('complete', ({ studyInstanceUID }) => {
    void queueOrExplain(studyInstanceUID, firstRetryMs);
  });

  return {
    analyse: (studyInstanceUID) => inOrder('enqueue', () => queueStudy(studyInstanceUID, false)),
    reanalyse: (studyInstanceUID) => inOrder('enqueue', () => queueStudy(studyInstanceUID, true)),
    setPriority: (studyInstanceUID, priority) => inOrder('priority', async () => {
      await index.setPriority(studyInstanceUID, priority);
      const jobId = (await index.worklistItem(studyInstanceUID))?.jobId;
      if (jobId !== undefined) await queue.setPriority(jobId, priority);
      study.announce(studyInstanceUID);
    }),
    resume: () => inOrder('resume', async () => {
      await takeUnhandled();
      for (const studyInstanceUID of await index.studiesInState(['waiting', 'analysing', 'failed'])) {
        const jobId = (await index.worklistItem(studyInstanceUID))?.jobId;
        const job = jobId === undefined ? undefined : await queue.get(jobId);
        if (job !== undefined) await follow(job);
      }
    }),
    async close() {
      for (const retry of retries) clearTimeout(retry);
      await tail;
    },
  };
}
