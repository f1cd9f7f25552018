/** What the main thread of a worker process and its computing thread say to each other. */
import type { AnalyzeJobData } from '../../src/analysis/job.ts';
import type { ErrorCode } from '../../src/errors.ts';
import type { FindingsDocument } from '../../src/findings/types.ts';
import type { ExecutionProvider } from '../../src/inference/session.ts';
import type { ResultOptions } from '../../src/results/options.ts';
import type { JobInputSettings } from './job-input.ts';
import type { ProducedObject } from './run-job.ts';

export interface AnalysisThreadData extends JobInputSettings {
  readonly modelsDir: string;
  readonly inference: { readonly provider: ExecutionProvider; readonly threads: number };
  readonly softwareVersion: string;
  readonly results: ResultOptions;
  readonly logLevel: string;
}

export type ToThread =
  | { readonly kind: 'analyse'; readonly data: AnalyzeJobData; readonly createdAt: Date }
  | { readonly kind: 'abort' };

export type FromThread =
  | { readonly kind: 'progress'; readonly stage: string; readonly fraction: number }
  | { readonly kind: 'done'; readonly findings: FindingsDocument; readonly objects: readonly ProducedObject[] }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly details: Readonly<Record<string, unknown>> };
