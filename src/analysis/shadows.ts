/**
 * Models that run along on every study without being shown. Their jobs come after all others, their results are stored apart
 * and compared, and nothing that happens to them reaches the study's own result.
 */
import { createHash } from 'node:crypto';
import { toAppError } from '../errors.ts';
import { compareFindings } from '../findings/agreement.ts';
import type { StudyIndex } from '../index/port.ts';
import type { Log } from '../log.ts';
import type { Job, JobQueue } from '../queue/port.ts';
import { analysisKey, analyzeJobName, type AnalyzeJobData, type AnalyzeJobResult, type ModelIdentity } from './job.ts';

export interface ShadowDeps {
  readonly index: StudyIndex;
  readonly queue: JobQueue;
  /** The models that run along now. */
  readonly shadows: () => Promise<readonly ModelIdentity[]>;
  readonly log: Log;
}

/** A shadow's failure is worth one more look and no more. */
const maxAttempts = 2;

export interface Shadows {
  /** Queues the study for every shadow. Never fails: what goes wrong is logged. */
  enqueue(data: AnalyzeJobData, instances: readonly { readonly sopInstanceUID: string; readonly sha256: string }[]): Promise<void>;
  /** Stores what became of a shadow's job. */
  follow(job: Job): Promise<void>;
  /** Compares every shadow's result with the one that is shown now. */
  compare(studyInstanceUID: string): Promise<void>;
}

export function isShadowJob(job: Job): boolean {
  return (job.data as AnalyzeJobData).shadow === true;
}

export function createShadows({ index, queue, shadows, log }: ShadowDeps): Shadows {
  async function enqueueOne(data: AnalyzeJobData, model: ModelIdentity, instances: Parameters<Shadows['enqueue']>[1]): Promise<void> {
    const idempotencyKey = createHash('sha256').update(`shadow\n${analysisKey(data.studyInstanceUID, model, instances)}`).digest('hex');
    await queue.enqueue<AnalyzeJobData>(analyzeJobName, { ...data, model, shadow: true }, { idempotencyKey, priority: 'background', maxAttempts });
  }

  async function compare(studyInstanceUID: string): Promise<void> {
    const champion = (await index.study(studyInstanceUID))?.analysis;
    if (champion === undefined) return;
    const { id, version, sha256 } = champion.findings.model;
    for (const { jobId, outcome } of await index.shadowResults(studyInstanceUID)) {
      if (outcome.kind === 'done') {
        await index.setShadowAgreement(studyInstanceUID, jobId, { championJobId: champion.jobId, champion: { id, version, sha256 }, agreement: compareFindings(champion.findings, outcome.findings) });
      }
    }
  }

  return {
    async enqueue(data, instances) {
      try {
        for (const model of await shadows()) if (model.sha256 !== data.model.sha256 || model.version !== data.model.version || model.id !== data.model.id) await enqueueOne(data, model, instances);
      } catch (error) {
        log.error({ err: toAppError(error), studyInstanceUID: data.studyInstanceUID }, 'A shadow model could not be queued');
      }
    },
    async follow(job) {
      const { studyInstanceUID, model } = job.data as AnalyzeJobData;
      const { id, version, sha256 } = model;
      const common = { studyInstanceUID, jobId: job.id, model: { id, version, sha256 }, createdAt: job.finishedAt ?? job.createdAt };
      if (job.state === 'completed' && job.result !== undefined) {
        const { findings } = job.result as AnalyzeJobResult;
        await index.putShadowResult({ ...common, outcome: { kind: 'done', findings } });
        await compare(studyInstanceUID);
        await queue.markHandled(job.id, { studyInstanceUID, model, instances: [], shadow: true } satisfies AnalyzeJobData);
        log.info({ studyInstanceUID, jobId: job.id, modelId: id, modelVersion: version, status: findings.status }, 'Shadow result taken in');
      } else if (job.state === 'dead' || job.state === 'cancelled') {
        const code = job.state === 'cancelled' ? 'CANCELLED' : job.failures.at(-1)?.code ?? 'INTERNAL';
        await index.putShadowResult({ ...common, outcome: { kind: 'failed', code } });
        log.warn({ studyInstanceUID, jobId: job.id, modelId: id, modelVersion: version, code }, 'A shadow model gave no result');
      }
    },
    compare,
  };
}
