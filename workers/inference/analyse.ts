/** From a job's instances to findings and DICOM objects: the clinic's only way, in a worker process. */
import type { AnalyzeJobData } from '../../src/analysis/job.ts';
import type { FindingsDocument } from '../../src/findings/types.ts';
import { analyzeStudy } from '../../src/inference/analyze-study.ts';
import type { ExecutionProvider } from '../../src/inference/session.ts';
import type { ModelPipeline } from '../../src/inference/registry.ts';
import type { Log } from '../../src/log.ts';
import { buildAnalysisObjects } from '../../src/results/analysis-objects.ts';
import type { ResultOptions } from '../../src/results/options.ts';
import type { OpenJobInput } from './job-input.ts';
import { loadJobModel } from './load-job-model.ts';
import type { ProducedObject } from './run-job.ts';

export interface AnalyserDeps {
  readonly openInput: OpenJobInput;
  readonly modelsDir: string;
  readonly inference: { readonly provider: ExecutionProvider; readonly threads: number };
  readonly softwareVersion: string;
  readonly results: ResultOptions;
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

/** Share of the whole that fetching takes, where there is any. */
const fetchShare = 0.1;

export function createAnalyser(deps: AnalyserDeps): Analyse {
  /** Newest use first. */
  let loaded: readonly ModelPipeline[] = [];

  /** The job's model. The two used last stay loaded: the next job nearly always wants the champion or its shadow. */
  async function pipelineFor({ model }: AnalyzeJobData): Promise<ModelPipeline> {
    const known = loaded.find(({ identity }) => identity.id === model.id && identity.sha256 === model.sha256 && identity.version === model.version);
    if (known) {
      loaded = [known, ...loaded.filter((pipeline) => pipeline !== known)];
      return known;
    }
    const [kept, ...others] = loaded;
    loaded = kept ? [kept] : [];
    for (const other of others) await other.release();
    const pipeline = await loadJobModel(deps.modelsDir, model, deps.inference);
    const { provider, fallback } = pipeline.execution;
    if (fallback !== undefined) deps.log.warn({ modelId: model.id, wanted: deps.inference.provider, provider, reason: fallback }, 'The model runs elsewhere than it was meant to');
    deps.log.info({ modelId: model.id, modelVersion: model.version }, 'Model loaded');
    loaded = [pipeline, ...loaded];
    return pipeline;
  }

  return async ({ data, createdAt }, onProgress, signal) => {
    // First, since a missing model costs no fetching.
    const model = await pipelineFor(data);
    let fetched = 0;
    const input = await deps.openInput(data, (fraction) => {
      fetched = fetchShare * fraction;
      onProgress('fetch', fetched);
    }, signal);
    try {
      const result = await analyzeStudy({
        instances: data.instances.map(({ sopInstanceUID, blobKey }) => ({ sopInstanceUID, read: () => input.read(blobKey) })),
        model, signal,
        onProgress: (stage, fraction) => onProgress(stage, fetched + (1 - fetched) * fraction),
      });
      // A shadow's result is compared, never shown: it has no objects.
      if (data.shadow === true) return { findings: result.findings, objects: [] };
      return { findings: result.findings, objects: await buildAnalysisObjects(result, { softwareVersion: deps.softwareVersion, createdAt, options: deps.results }) };
    } finally {
      await input.close();
    }
  };
}
