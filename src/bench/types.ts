/** What a bench is made of: cases, what a model made of each, and the truth. */
import type { PointTable } from '../evaluation/point-table.ts';
import type { SeriesList } from '../evaluation/series-list.ts';
import type { FileIdentity } from '../evaluation/csv-file.ts';
import type { PhantomTruth } from '../phantom/write-phantom.ts';
import type { SeriesLimits } from '../volume/series-limits.ts';

/** Where the images of a case come from. */
export type CaseSource =
  | { readonly kind: 'dicom'; readonly files: readonly string[] }
  | { readonly kind: 'volume'; readonly path: string }
  | { readonly kind: 'phantom'; readonly phantom: PhantomRequest }
  /** The list of series names it, but no image of it was found. */
  | { readonly kind: 'missing' };

export interface PhantomRequest {
  readonly seed: number;
  readonly nodules?: number;
  readonly slices?: number;
  readonly sliceSpacingMm?: number;
  readonly columns?: number;
}

export interface BenchCase {
  /** The series as the tables of the data set name it. */
  readonly id: string;
  readonly source: CaseSource;
  /** Changes when the files of the case change (names, sizes, times), so that an old result is not taken for a new one. */
  readonly fingerprint: string;
}

/** LPS mm, probability, and the diameter that the network gave, in mm. */
export type Mark = readonly [x: number, y: number, z: number, probability: number, diameterMm: number | null];

export interface CaseOutcome {
  readonly status: 'analysed' | 'not-analysed' | 'failed';
  /** Why not; stable codes of reasons and of errors. */
  readonly code?: string;
  readonly message?: string;
}

/** What one model made of one case. Nothing in it names a patient. */
export interface CaseResult {
  readonly schemaVersion: 1;
  /** Case, files, model and software: a result is used again only where all are the same. */
  readonly key: string;
  readonly outcome: CaseOutcome;
  /** Of the content of the images; absent when they could not be read. */
  readonly inputHash?: string;
  readonly marks: readonly Mark[];
  /** At or above the operating point. */
  readonly findings: number;
  readonly warnings: readonly string[];
  readonly quality: Readonly<Record<string, number | string | boolean>>;
  readonly timingsMs: Readonly<Record<string, number>>;
  readonly peakMemoryMiB: number;
  /** Of a phantom: what was painted. */
  readonly truth?: PhantomTruth;
}

/** The truth about the cases: nodules to be found, and findings that count neither way. */
export interface Truth {
  readonly series: SeriesList;
  readonly included: PointTable;
  readonly excluded: PointTable;
  /** For each included nodule, by its place in the table; empty where the data set does not say. */
  readonly labels: { readonly type: readonly string[]; readonly location: readonly string[] };
  /** The tables, where there were any. */
  readonly files: readonly (FileIdentity & { readonly role: string })[];
  /** Rows about series that are not evaluated. */
  readonly ignoredRows: number;
}

/** One model of a bench. */
export interface BenchModel {
  readonly id: string;
  readonly version: string;
  readonly name: string;
  readonly sha256: string;
  /** Of the manifests, which say how the graphs are used. */
  readonly manifestSha256: string;
  readonly operatingPoint: number;
  /** What it accepts of a series: this decides which images of a case it saw. */
  readonly accepts: SeriesLimits;
}
