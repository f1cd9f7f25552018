/** Every case through every model, taking what is there already. */
import type { BenchJob } from './messages.ts';
import { progressLabel } from './progress-label.ts';
import { failedResult } from './run-case.ts';
import type { CaseStore } from './case-store.ts';
import type { BenchPool } from './worker-pool.ts';
import type { BenchCase, BenchModel, CaseResult } from './types.ts';

export interface AllResults {
  /** By model, then by case. */
  readonly results: readonly (readonly CaseResult[])[];
  readonly analysedNow: number;
}

/**
 * Results are on disk before they count. What failed (a crash, a file that could not be read) is tried again by the next
 * run; what was refused with a reason is a result and is kept.
 */
export async function runAll(cases: readonly BenchCase[], models: readonly BenchModel[], store: CaseStore, pool: BenchPool, onProgress: (label: string, fraction: number) => void): Promise<AllResults> {
  const results = models.map(() => new Array<CaseResult | undefined>(cases.length));
  const wanted: { readonly at: number; readonly job: Extract<BenchJob, { kind: 'analyse' }> }[] = [];
  for (const [at, one] of cases.entries()) {
    const missing: { id: string; key: string }[] = [];
    for (const [n, model] of models.entries()) {
      const stored = await store.find(one, model);
      if (stored !== undefined && stored.outcome.status !== 'failed') results[n]![at] = stored;
      else missing.push({ id: model.id, key: store.keyOf(one, model) });
    }
    if (missing.length > 0) wanted.push({ at, job: { kind: 'analyse', source: one.source, models: missing } });
  }
  const known = cases.length - wanted.length;
  const begun = performance.now();
  const keep = async (at: number, modelId: string, result: CaseResult): Promise<void> => {
    const n = models.findIndex(({ id }) => id === modelId);
    await store.save(cases[at]!, models[n]!, result);
    results[n]![at] = result;
  };
  onProgress(`${known} of ${cases.length} cases were there`, cases.length === 0 ? 1 : known / cases.length);
  await pool.run(wanted.map(({ job }) => job), {
    async onMessage(job, message) {
      if (message.kind === 'result') await keep(wanted[job]!.at, message.modelId, message.result);
    },
    async onFailure(job, error) {
      const { at, job: { models: asked } } = wanted[job]!;
      for (const { id, key } of asked) if (results[models.findIndex((model) => model.id === id)]![at] === undefined) await keep(at, id, failedResult(key, error));
    },
    onDone(done, total) {
      onProgress(progressLabel({ known, done, total, seconds: (performance.now() - begun) / 1000 }), (known + done) / cases.length);
    },
  });
  return { results: results as readonly (readonly CaseResult[])[], analysedNow: wanted.length };
}
