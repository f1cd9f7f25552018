/** From a job's instances to findings and DICOM objects: the clinic's only way, in a worker process. */
import type { AnalyzeJobData } from '../../src/analysis/job.ts';
import type { InstanceArchive } from '../../src/archive/port.ts';
import { AppError } from '../../src/errors.ts';
import type { FindingsDocument } from '../../src/findings/types.ts';
import { analyzeStudy } from '../../src/inference/analyze-study.ts';
import { loadPipeline, type ModelPipeline } from '../../src/inference/registry.ts';
import type { Log } from '../../src/log.ts';
import { buildAnalysisObjects } from '../../src/results/analysis-objects.ts';
import type { ProducedObject } from './run-job.ts';

export interface AnalyserDeps {
  readonly archive: Pick<InstanceArchive, 'read'>;
  readonly modelsDir: string;
  readonly softwareVersion: string;
  readonly log: Log;
}

export interface AnalyseRequest {
  readonly data: AnalyzeJobData;
  /** Content date of the objects: that of the job, so that a second attempt writes the same bytes under the same UIDs. */
  readonly createdAt: Date;
}

export interface Analysed {
  readonly findings: FindingsDocument;
  readonly objects: readonly ProducedObject[];
}

export type Analyse = (request: AnalyseRequest, onProgress: (stage: string, fraction: number) => void, signal: AbortSignal) => Promise<Analysed>;

export function createAnalyser(deps: AnalyserDeps): Analyse {
  let loaded: ModelPipeline | undefined;

  /** The job's model; the one before stays loaded, since the next job nearly always wants the same. */
  async function pipelineFor({ model }: AnalyzeJobData): Promise<ModelPipeline> {
    if (loaded?.identity.id === model.id && loaded.identity.sha256 === model.sha256 && loaded.identity.version === model.version) return loaded;
    await loaded?.release();
    loaded = undefined;
    const pipeline = await loadPipeline(deps.modelsDir, model.id);
    if (pipeline.identity.sha256 !== model.sha256 || pipeline.identity.version !== model.version) {
      await pipeline.release();
      throw new AppError('MODEL_HASH_MISMATCH', 'This worker has another version of the model than the job asks for', {
        details: { wanted: `${model.id} ${model.version}`, found: pipeline.identity.version },
      });
    }
    deps.log.info({ modelId: model.id, modelVersion: model.version }, 'Model loaded');
    loaded = pipeline;
    return pipeline;
  }

  return async ({ data, createdAt }, onProgress, signal) => {
    const model = await pipelineFor(data);
    const result = await analyzeStudy({
      instances: data.instances.map(({ sopInstanceUID, blobKey }) => ({ sopInstanceUID, read: () => deps.archive.read(blobKey) })),
      model, onProgress, signal,
    });
    return { findings: result.findings, objects: await buildAnalysisObjects(result, { softwareVersion: deps.softwareVersion, createdAt }) };
  };
}
