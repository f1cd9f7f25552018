/** The images of a case, for the analysis and for pictures of it. */
import { readFile } from 'node:fs/promises';
import { AppError } from '../errors.ts';
import { analyzeLooseVolume } from '../inference/analyze-loose-volume.ts';
import { analyzeStudy, type AnalysisResult, type InstanceSource } from '../inference/analyze-study.ts';
import { readStudy } from '../inference/read-study.ts';
import type { ModelPipeline } from '../inference/registry.ts';
import { makePhantomStudy, type PhantomTruth } from '../phantom/write-phantom.ts';
import { assembleVolume } from '../volume/assemble.ts';
import { chooseSeries } from '../volume/choose-series.ts';
import type { SeriesLimits } from '../volume/series-limits.ts';
import type { Volume } from '../volume/types.ts';
import { readLooseVolume } from '../volume-files/loose-volume.ts';
import { phantomOptions } from './phantom-cases.ts';
import type { CaseSource } from './types.ts';

export interface CaseInput {
  /** The clinic's analysis of the case. */
  analyse(model: ModelPipeline, options: { readonly threads: number }): Promise<AnalysisResult>;
  /** The volume that the analysis by a model of these limits saw. @throws AppError BENCH_IMAGES_MISSING and those of the readers */
  volume(limits: SeriesLimits): Promise<Volume>;
  readonly truth?: PhantomTruth;
}

function dicomInput(instances: readonly InstanceSource[], truth?: PhantomTruth): CaseInput {
  return {
    ...(truth && { truth }),
    analyse: (model, { threads }) => analyzeStudy({ instances, model, threads }),
    async volume(limits) {
      const { signal } = new AbortController();
      const study = await readStudy(instances, signal, () => undefined);
      const [chosen] = chooseSeries(study.instances, limits).ranked;
      if (!chosen?.stack.plan) throw new AppError('BENCH_IMAGES_MISSING', 'no series of the case can be assembled');
      return assembleVolume(chosen.stack.plan, async (n) => study.instances[n]?.source.read() ?? new Uint8Array(), { threads: 1, signal, onProgress: () => undefined });
    },
  };
}

/** Opens a case; a phantom is painted here. @throws AppError BENCH_IMAGES_MISSING where there are none */
export function openCase(source: CaseSource): CaseInput {
  switch (source.kind) {
    case 'dicom': return dicomInput(source.files.map((file) => ({ read: () => readFile(file) })));
    case 'volume': return {
      analyse: (model) => analyzeLooseVolume({ model, read: (onProgress, signal) => readLooseVolume(source.path, { onProgress, signal }) }),
      volume: async () => (await readLooseVolume(source.path)).volume,
    };
    case 'phantom': {
      const { truth, instances } = makePhantomStudy(phantomOptions(source.phantom));
      return dicomInput(instances.map(({ sopInstanceUID, part10 }) => ({ sopInstanceUID, read: () => Promise.resolve(part10) })), truth);
    }
    case 'missing': throw new AppError('BENCH_IMAGES_MISSING', 'the list of series names this one, but none of its images is in the folder');
  }
}
