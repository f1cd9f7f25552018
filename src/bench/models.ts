/** The models of a bench, checked before the first case: hashes, graphs, test vectors. */
import { createHash } from 'node:crypto';
import { defaultThreshold } from '../inference/find-nodules.ts';
import { limitsOf, manifestsOf } from '../inference/pipeline.ts';
import { loadPipeline } from '../inference/registry.ts';
import type { BenchModel } from './types.ts';

/** @throws AppError MODEL_… */
export async function checkModels(modelsDir: string, ids: readonly string[]): Promise<readonly BenchModel[]> {
  const models: BenchModel[] = [];
  for (const id of ids) {
    const pipeline = await loadPipeline(modelsDir, id);
    try {
      const manifests = manifestsOf(pipeline.finder);
      models.push({
        ...pipeline.identity, manifestSha256: createHash('sha256').update(JSON.stringify(manifests)).digest('hex'), operatingPoint: defaultThreshold(pipeline), accepts: limitsOf(pipeline),
      });
    } finally {
      await pipeline.release();
    }
  }
  return models;
}
