/** The model that a job names, and no other under its name. */
import type { ModelIdentity } from '../../src/analysis/job.ts';
import { AppError } from '../../src/errors.ts';
import { loadPipeline, type LoadOptions, type ModelPipeline } from '../../src/inference/registry.ts';

/** Errors: those of `loadPipeline`; MODEL_HASH_MISMATCH where the folder holds another one under this id and version. */
export async function loadJobModel(modelsDir: string, model: ModelIdentity, options: Omit<LoadOptions, 'version'>): Promise<ModelPipeline> {
  const pipeline = await loadPipeline(modelsDir, model.id, { version: model.version, ...options });
  const { identity } = pipeline;
  if (identity.sha256 === model.sha256 && identity.version === model.version) return pipeline;
  await pipeline.release();
  throw new AppError('MODEL_HASH_MISMATCH', 'This worker has another version of the model than the job asks for', {
    details: { wanted: `${model.id} ${model.version}`, found: identity.version },
  });
}
