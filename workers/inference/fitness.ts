/**
 * A worker on a host of its own that lacks what every job needs (the archive, the model) takes no more until it has it:
 * it would only use up the attempts of one job after the other, which other workers could have done.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { AnalyzeJobData } from '../../src/analysis/job.ts';
import { isLoopback, type Config } from '../../src/config.ts';
import { toAppError, type ErrorCode } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import { remoteArchive } from './job-input.ts';
import { loadJobModel } from './load-job-model.ts';
import { faultsOfModelsFolder } from './run-job.ts';

export interface FitnessOptions {
  readonly config: Pick<Config, 'archive' | 'modelsDir' | 'inference'>;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Between two looks; default half a minute. */
  readonly waitMs?: number;
}

export interface Fitness {
  /** Resolves once the worker may take jobs, or `signal` aborts. Errors: CONFIG_INVALID. */
  atStart(): Promise<void>;
  /** Resolves once it may take the next one after a job ended so, or `signal` aborts. */
  after(failure: ErrorCode | undefined, data: AnalyzeJobData): Promise<void>;
}

export function createFitness({ config, log, signal, waitMs = 30_000 }: FitnessOptions): Fitness {
  const { archive } = config;

  async function untilFit(check: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      try {
        await check();
        return;
      } catch (error) {
        if (signal.aborted) return;
        log.error({ err: toAppError(error) }, 'This worker takes no jobs until this is mended');
      }
      await pause(waitMs, undefined, { signal }).catch((error: unknown) => { if (!signal.aborted) throw error; });
    }
  }
  const untilArchiveAnswers = (): Promise<void> => untilFit(async () => {
    await remoteArchive(archive)?.search('studies', { limit: 1 }, {}, signal);
  });

  return {
    async atStart() {
      if (archive.url === undefined) return;
      // Certificates that cannot be used end it here.
      remoteArchive(archive);
      const { protocol, hostname, origin } = new URL(archive.url);
      if (protocol === 'http:' && !isLoopback(hostname)) log.warn({ archive: origin }, 'Images and secrets cross the network unencrypted: archive.url is no https address');
      await untilArchiveAnswers();
    },
    async after(failure, data) {
      if (archive.url === undefined || failure === undefined) return;
      if (failure === 'ARCHIVE_UNREACHABLE') await untilArchiveAnswers();
      // A shadow runs beside the model that matters, and does not hold it up.
      if (faultsOfModelsFolder.has(failure) && data.shadow !== true) {
        await untilFit(async () => { await (await loadJobModel(config.modelsDir, data.model, config.inference)).release(); });
      }
    },
  };
}
