/** One case through one model: whatever happens, a result that says so. */
import { AppError, toAppError } from '../errors.ts';
import type { AnalysisResult } from '../inference/analyze-study.ts';
import type { ModelPipeline } from '../inference/registry.ts';
import type { CaseInput } from './case-input.ts';
import { peakMemoryMiB, resetPeakMemory } from './peak-memory.ts';
import type { CaseOutcome, CaseResult, Mark } from './types.ts';

const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;

const nothing = { marks: [], findings: 0, warnings: [], quality: {}, timingsMs: {}, peakMemoryMiB: 0 } as const;

/** A case that ended without an analysis. Messages of errors that are not ours may hold anything, so their text is left out. */
export function failedResult(key: string, error: unknown): CaseResult {
  const { code, message } = toAppError(error);
  return { schemaVersion: 1, key, outcome: { status: 'failed', code, message: error instanceof AppError ? message.slice(0, 300) : 'an unexpected error' }, ...nothing };
}

function outcomeOf({ findings }: AnalysisResult): CaseOutcome {
  return findings.status === 'analysed' ? { status: 'analysed' } : { status: 'not-analysed', code: findings.reason!.code, message: findings.reason!.text.en };
}

/** @param open gives the input, once for all models */
export async function runCase(key: string, open: () => CaseInput, model: ModelPipeline, threads: number): Promise<CaseResult> {
  resetPeakMemory();
  let input: CaseInput | undefined;
  try {
    input = open();
    const result = await input.analyse(model, { threads });
    const { findings, candidates } = result;
    return {
      schemaVersion: 1, key, outcome: outcomeOf(result), inputHash: findings.inputHash,
      marks: candidates.map(({ worldPoint: [x, y, z], probability, diameterMm }): Mark => [round(x, 3), round(y, 3), round(z, 3), round(probability, 6), diameterMm === undefined ? null : round(diameterMm, 2)]),
      findings: findings.findings.length, warnings: findings.warnings.map(({ code }) => code), quality: findings.quality, timingsMs: findings.timingsMs,
      peakMemoryMiB: peakMemoryMiB(), ...(input.truth && { truth: input.truth }),
    };
  } catch (error) {
    return { ...failedResult(key, error), ...(input?.truth && { truth: input.truth }) };
  }
}
