/**
 * Joins study, queue and delivery: a complete study becomes a job, a finished job becomes objects in the archive, a
 * current result and deliveries. Every step may be repeated after a crash and then changes nothing.
 */
import { AppError, toAppError, type ErrorCode } from '../errors.ts';
import type { FindingsDocument, Reason } from '../findings/types.ts';
import type { StudyIndex } from '../index/port.ts';
import type { Log } from '../log.ts';
import type { Job, JobPriority, JobQueue } from '../queue/port.ts';
import type { StudyService } from '../study/port.ts';
import { openStates } from '../study/closing.ts';
import { allStates, type StudyDetail, type StudyState } from '../study/types.ts';
import { analysisKey, analyzeJobName, lostKey, rerunKey, unpackObject, type AnalyzeJobData, type AnalyzeJobResult, type ModelIdentity } from './job.ts';
import { analysisInput } from './input.ts';
import { createShadows, isShadowJob } from './shadows.ts';
import { supersede, type ReceivedObject, type SupersedeDeps } from './supersede.ts';
import { failureOfCode, failureReason, retryReason } from './reasons.ts';

export interface AnalysisService {
  /** Queues the study as it is now, or finds the job and the result of the same input. */
  analyse(studyInstanceUID: string): Promise<void>;
  /** Like `analyse`, gives a dead or cancelled job of the same input new attempts, and runs a finished one again. */
  reanalyse(studyInstanceUID: string): Promise<void>;
  setPriority(studyInstanceUID: string, priority: JobPriority): Promise<void>;
  /**
   * Takes in results that a crash left behind and brings states up to date, now and from time to time. Call it once,
   * after the listeners are there.
   */
  resume(): Promise<void>;
  close(): Promise<void>;
}

export interface ResultToRoute {
  readonly studyInstanceUID: string;
  readonly objects: AnalyzeJobResult['objects'];
  /** Absent when nothing was analysed. */
  readonly findings?: FindingsDocument['findings'];
  readonly seriesInstanceUID?: string;
}

export interface AnalysisServiceDeps extends Pick<SupersedeDeps, 'softwareVersion'> {
  readonly index: StudyIndex;
  readonly study: StudyService;
  readonly queue: JobQueue;
  readonly model: () => Promise<ModelIdentity>;
  /** Models that run along without being shown; none when left out. */
  readonly shadows?: () => Promise<readonly ModelIdentity[]>;
  /** Writes the deliveries of a result's objects, durably; the same again changes nothing (`src/delivery/router.ts`). */
  readonly route: (request: ResultToRoute) => Promise<void>;
  /** Writes the deliveries of a rejection note and withdraws what waits (`src/delivery/route-rejection.ts`). */
  readonly routeRejection: (request: { readonly studyInstanceUID: string; readonly note: ReceivedObject; readonly rejected: readonly string[] }) => Promise<void>;
  readonly maxAttempts: number;
  /** Between two looks for what the queue's events did not tell. */
  readonly catchUpMs?: number;
  readonly log: Log;
}

/** Errors of the model's folder: only a person can mend them. */
const modelErrors: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['MODEL_NOT_FOUND', 'MODEL_MANIFEST_INVALID', 'MODEL_HASH_MISMATCH']);
const firstRetryMs = 1_000;
const longestRetryMs = 60_000;
const defaultCatchUpMs = 15_000;

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The study's state while its job is in this one; undefined for a completed job, whose result says it. */
function shownAs(state: Job['state']): StudyState | undefined {
  switch (state) {
    case 'active': return 'analysing';
    case 'waiting': case 'delayed': return 'waiting';
    case 'dead': case 'cancelled': return 'failed';
    case 'completed': return undefined;
  }
}

function hasResultOf(job: Job, study: StudyDetail | undefined): boolean {
  return [study?.analysis, ...study?.earlierAnalyses ?? []].some((record) => record?.jobId === job.id);
}

export function createAnalysisService(deps: AnalysisServiceDeps): AnalysisService {
  const { index, study, queue, log } = deps;
  const shadows = createShadows({ index, queue, log, shadows: deps.shadows ?? (async () => []) });
  /** One result at a time and in order: a later version of a study must not overtake an earlier one. */
  let tail: Promise<void> = Promise.resolve();
  const retries = new Set<NodeJS.Timeout>();
  let isClosed = false;

  function inOrder(what: string, work: () => Promise<void>): Promise<void> {
    const run = tail.then(work);
    tail = run.catch((error: unknown) => log.error({ err: toAppError(error), what }, 'A step of the analysis failed'));
    return run;
  }

  /** True while `job` is what the study waits for: late instances or a newer model make it another. */
  async function isCurrent(job: Job, studyInstanceUID: string): Promise<boolean> {
    return (await index.worklistItem(studyInstanceUID))?.jobId === job.id;
  }

  /** True when its result was taken in once and the index does not hold it any more: nothing will come of this job. */
  async function isLost(job: Job, studyInstanceUID: string): Promise<boolean> {
    if (job.state !== 'completed' || job.result !== undefined) return false;
    return !hasResultOf(job, await index.study(studyInstanceUID));
  }

  /**
   * The job whose result is or will be the current one. Of an input that was analysed before, it is a new run when
   * one is asked for, or when the result has been superseded since (by another model, say).
   */
  async function jobFor(data: AnalyzeJobData, inputKey: string, priority: JobPriority, again: boolean): Promise<Job> {
    const enqueue = async (idempotencyKey: string): Promise<Job> => {
      const { job } = await queue.enqueue(analyzeJobName, data, { idempotencyKey, priority, maxAttempts: deps.maxAttempts });
      if (again && (job.state === 'dead' || job.state === 'cancelled')) await queue.resubmit(job.id);
      return job;
    };
    const detail = await index.study(data.studyInstanceUID);
    const analysis = detail?.analysis;
    const current = analysis === undefined ? undefined : await queue.get(analysis.jobId);
    const isCurrentInput = (current?.data as AnalyzeJobData | undefined)?.inputKey === inputKey;
    if (current !== undefined && isCurrentInput && !again) return current;
    let job = await enqueue(inputKey);
    for (let times = 1; await isLost(job, data.studyInstanceUID); times += 1) job = await enqueue(lostKey(inputKey, times));
    const isTaken = hasResultOf(job, detail);
    const isOld = isCurrentInput || analysis?.jobId !== job.id;
    return analysis !== undefined && job.state === 'completed' && isTaken && (again || isOld) ? enqueue(rerunKey(inputKey, analysis.version)) : job;
  }

  async function queueStudy(studyInstanceUID: string, revive: boolean): Promise<void> {
    const [model, instances, item] = await Promise.all([
      deps.model(), index.summaries(studyInstanceUID), index.worklistItem(studyInstanceUID),
    ]);
    if (item === undefined) throw new AppError('ARCHIVE_NOT_FOUND', 'There is no such study');
    const foreign = analysisInput(instances.filter(({ own }) => !own));
    const inputKey = analysisKey(studyInstanceUID, model, foreign);
    const data: AnalyzeJobData = {
      studyInstanceUID, model, inputKey,
      instances: foreign.map(({ sopInstanceUID, seriesInstanceUID, blobKey, sha256 }) => ({ sopInstanceUID, seriesInstanceUID, blobKey, sha256 })),
    };
    const job = await jobFor(data, inputKey, item.priority, revive);
    // The queue may have taken its time: a study that got more instances meanwhile and was closed again does not wait for
    // this job. Were it to be written down, a crash would leave the study with the result of an earlier input.
    if (!await study.setState(studyInstanceUID, 'waiting', { jobId: job.id, onlyIf: { states: allStates, instanceCount: instances.length } })) {
      const now = await index.worklistItem(studyInstanceUID);
      if (now !== undefined && !openStates.includes(now.state)) await queueStudy(studyInstanceUID, revive);
      return;
    }
    log.info({ studyInstanceUID, jobId: job.id, instances: foreign.length, modelId: model.id, modelVersion: model.version }, 'Study queued');
    await shadows.enqueue(data, foreign);
    const now = await queue.get(job.id);
    if (now !== undefined) await follow(now);
  }

  /** Brings the study's state in line with its job. */
  async function follow(job: Job): Promise<void> {
    if (isShadowJob(job)) {
      await shadows.follow(job);
      return;
    }
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
    const { studyInstanceUID, model, inputKey } = job.data as AnalyzeJobData;
    const result = job.result as AnalyzeJobResult;
    const keptData: AnalyzeJobData = { studyInstanceUID, model, ...(inputKey === undefined ? {} : { inputKey }), instances: [] };
    if (await isOvertaken(job, studyInstanceUID)) {
      // Its input is older than that of the result that stands: as the current one it would hide what came later.
      await queue.markHandled(job.id, keptData);
      log.warn({ studyInstanceUID, jobId: job.id }, 'Result of older input not taken in: a newer one is there');
      return;
    }
    const produced = result.objects.map((object): ReceivedObject => ({ ...object, part10: unpackObject(object) }));
    const createdAt = job.finishedAt ?? new Date().toISOString();
    const superseding = await supersede(deps, studyInstanceUID, { jobId: job.id, createdAt, objects: produced });
    for (const { part10, sopInstanceUID, sopClassUID } of superseding.objects) {
      await study.receive(once(part10), { transport: 'internal' }, { sopInstanceUID, sopClassUID, studyInstanceUID });
    }
    await index.addAnalysis(studyInstanceUID, {
      jobId: job.id,
      findings: result.findings,
      createdAt,
      objects: superseding.objects.map(({ role, sopInstanceUID, sopClassUID }) => ({ role, sopInstanceUID, sopClassUID })),
    });
    const { status, findings, seriesInstanceUID } = result.findings;
    await deps.route({
      studyInstanceUID, objects: result.objects, ...(status === 'analysed' ? { findings } : {}),
      ...(seriesInstanceUID === undefined ? {} : { seriesInstanceUID }),
    });
    if (superseding.note !== undefined) {
      await deps.routeRejection({ studyInstanceUID, note: superseding.note, rejected: superseding.rejected.map(({ sopInstanceUID }) => sopInstanceUID) });
    }
    await queue.markHandled(job.id, keptData);
    if (await isCurrent(job, studyInstanceUID)) await settle(job, studyInstanceUID);
    await shadows.compare(studyInstanceUID).catch((error: unknown) => log.error({ err: toAppError(error), studyInstanceUID }, 'Shadow results were not compared'));
    log.info({
      studyInstanceUID, jobId: job.id, status: result.findings.status, findings: result.findings.findings.length,
      objects: result.objects.length, superseded: superseding.rejected.length, timingsMs: result.findings.timingsMs,
    }, 'Result taken in');
  }

  /** True when the study waits for another job and that one's result is already the current one. */
  async function isOvertaken(job: Job, studyInstanceUID: string): Promise<boolean> {
    const detail = await index.study(studyInstanceUID);
    return !hasResultOf(job, detail)
      && detail?.jobId !== undefined && detail.jobId !== job.id && detail.analysis?.jobId === detail.jobId;
  }

  /** One server at a time: one that finds another at it has the same jobs told to it again at its next look. */
  async function takeUnhandled(): Promise<void> {
    await index.exclusively('results', async () => {
      for (const job of await queue.unhandled()) {
        if (job.name !== analyzeJobName) continue;
        // One that cannot be taken in now (the disk is full, say) waits for the next look and holds up no other.
        await (isShadowJob(job) ? shadows.follow(job) : takeResult(job)).catch((error: unknown) => {
          log.error({ err: toAppError(error), jobId: job.id, studyInstanceUID: (job.data as AnalyzeJobData).studyInstanceUID }, 'A result was not taken in');
        });
      }
    });
  }

  let looking: NodeJS.Timeout | undefined;
  let isCatchingUp = false;

  /** What the queue's events would have told: they can be missed, and a queue can lose its jobs. */
  async function catchUp(all: boolean): Promise<void> {
    await takeUnhandled();
    for (const studyInstanceUID of await index.studiesInState(['waiting', 'analysing', 'failed'])) {
      const item = await index.worklistItem(studyInstanceUID);
      if (item?.jobId === undefined) continue;
      const job = await queue.get(item.jobId);
      if (job !== undefined) {
        // What is shown already is not written and told again at every look.
        if (all || shownAs(job.state) !== item.state) await follow(job);
      } else if (item.state !== 'failed') {
        log.warn({ studyInstanceUID, jobId: item.jobId }, 'The queue has lost the job of a study: it is queued again');
        await queueStudy(studyInstanceUID, false);
      }
    }
  }

  queue.on('changed', (job) => {
    if (job.name !== analyzeJobName) return;
    void inOrder('follow', async () => {
      if (job.state === 'completed') await takeUnhandled();
      else await follow(job);
    }).catch(() => undefined); // inOrder has logged it; the next change or start tries again.
  });
  /** False when it could not be written down. */
  async function explained(studyInstanceUID: string, code: ErrorCode): Promise<boolean> {
    try {
      await study.setState(studyInstanceUID, 'failed', { reasons: [failureOfCode(code)], onlyIf: { states: ['waiting'] } });
      return true;
    } catch (error) {
      log.error({ err: toAppError(error), studyInstanceUID, code }, 'Why a study was not queued could not be shown');
      return false;
    }
  }
  /** A complete study must end up with a job: what may pass is tried again, what cannot is shown. */
  async function queueOrExplain(studyInstanceUID: string, waitMs: number): Promise<void> {
    try {
      await inOrder('enqueue', () => queueStudy(studyInstanceUID, false));
    } catch (error) {
      const { code } = toAppError(error);
      if (isClosed || (modelErrors.has(code) && await explained(studyInstanceUID, code))) return;
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
    async resume() {
      // inOrder logs what goes wrong; the next look tries again. A full disk keeps nobody from starting.
      const look = (what: string, work: () => Promise<void>): Promise<void> => inOrder(what, work).catch(() => undefined);
      let isShown = false;
      const takeUp = async (): Promise<void> => {
        for (const job of await queue.list({ states: ['dead', 'cancelled'], limit: 1000 })) if (job.name === analyzeJobName && isShadowJob(job)) await shadows.follow(job);
        await catchUp(true);
        isShown = true;
      };
      await look('resume', takeUp);
      looking = setInterval(() => {
        if (isCatchingUp) return;
        isCatchingUp = true;
        void look('catch up', () => (isShown ? catchUp(false) : takeUp())).finally(() => { isCatchingUp = false; });
      }, deps.catchUpMs ?? defaultCatchUpMs);
    },
    async close() {
      isClosed = true;
      clearInterval(looking);
      for (const retry of retries) clearTimeout(retry);
      await tail;
    },
  };
}
