/** What the bench and its worker processes say to each other. */
import type { PictureRequest } from './pictures.ts';
import type { SeriesLimits } from '../volume/series-limits.ts';
import type { CaseResult, CaseSource } from './types.ts';

export type BenchJob =
  | { readonly kind: 'analyse'; readonly source: CaseSource; readonly models: readonly { readonly id: string; readonly key: string }[] }
  | { readonly kind: 'pictures'; readonly source: CaseSource; readonly accepts: SeriesLimits; readonly pictures: readonly PictureRequest[] };

export type ToWorker = { readonly number: number; readonly job: BenchJob };

export type FromWorker =
  | { readonly kind: 'result'; readonly number: number; readonly modelId: string; readonly result: CaseResult }
  /** Pictures as data URIs, in the order of the requests; null for one that cannot be made. */
  | { readonly kind: 'pictures'; readonly number: number; readonly pictures: readonly (string | null)[] }
  | { readonly kind: 'done'; readonly number: number };

export interface WorkerSettings {
  readonly modelsDir: string;
  readonly threads: number;
}
