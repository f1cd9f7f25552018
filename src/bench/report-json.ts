/**
 * `report.json`: every figure, and what made it. Cases have numbers; which series a number stands for is in `cases.csv`
 * beside it, so that the report itself can be given away.
 */
import { cpus } from 'node:os';
import { operatingRates } from '../evaluation/froc.ts';
import { machine } from '../evaluation/machine.ts';
import type { PairedComparison } from '../evaluation/paired-bootstrap.ts';
import { runtimeVersion } from '../inference/session.ts';
import { omit } from './omit.ts';
import { stageTimes, type ModelFigures } from './figures.ts';
import type { GalleryEntry } from './gallery.ts';
import type { BenchCase, Truth } from './types.ts';

/** How the bench was asked for. */
export interface BenchPlan {
  readonly softwareVersion: string;
  /** The words of the command line; they bring the same figures again. */
  readonly commandLine: readonly string[];
  readonly seed: number;
  readonly resamples: number;
  readonly maxMarks: number;
  readonly workers: number;
  readonly threadsPerWorker: number;
}

export interface BenchData {
  readonly plan: BenchPlan;
  readonly kind: 'folder' | 'phantoms';
  readonly cases: readonly BenchCase[];
  readonly truth: Truth;
  readonly figures: readonly ModelFigures[];
  readonly comparisons: readonly { readonly first: string; readonly second: string; readonly comparison: PairedComparison }[];
  readonly gallery: readonly GalleryEntry[];
  readonly unreadableFiles: number;
  readonly passedOver: { readonly shortSeries: number; readonly otherInstances: number };
}

function perRate<T>(value: (at: number) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(operatingRates.map((rate, at) => [String(rate), value(at)]));
}

export function countStatuses(figures: ModelFigures): Readonly<Record<'analysed' | 'not-analysed' | 'failed', number>> {
  const count = (status: string): number => figures.results.filter(({ outcome }) => outcome.status === status).length;
  return { 'analysed': count('analysed'), 'not-analysed': count('not-analysed'), 'failed': count('failed') };
}

function modelJson(figures: ModelFigures) {
  const { model, evaluation: { score, statistics, remarks }, atOperatingPoint, bySize, byType, byLocation, calibration, results } = figures;
  const bootstrap = score?.bootstrap;
  return {
    // Said by the manifest, whose hash stands here.
    ...omit(model, 'accepts'), scans: countStatuses(figures),
    cpm: score?.cpm ?? null, ...(bootstrap && { cpmCi: bootstrap.cpm }),
    sensitivities: perRate((at) => score?.sensitivities[at] ?? null),
    ...(bootstrap && { ci: perRate((at) => bootstrap.sensitivities[at]!) }),
    statistics, remarks, atOperatingPoint, bySize, byType, byLocation, calibration: calibration ?? null,
    timesMs: stageTimes(results), peakMemoryMiB: Math.max(0, ...results.map(({ peakMemoryMiB }) => peakMemoryMiB)),
  };
}

export function toReportJson(data: BenchData) {
  const { plan, kind, cases, truth, figures, comparisons, gallery, unreadableFiles, passedOver } = data;
  return {
    schemaVersion: 1 as const, kind: 'phoi-bench' as const,
    ...plan,
    machine: { ...machine, onnxRuntime: runtimeVersion, processor: cpus()[0]?.model.trim() ?? 'unknown', processors: cpus().length },
    dataset: {
      kind, scans: truth.series.scans, nodules: figures[0]?.evaluation.statistics.nodules ?? 0, excludedFindings: truth.excluded.count,
      tables: truth.files, ignoredRows: truth.ignoredRows, unreadableFiles, ...passedOver,
    },
    models: figures.map(modelJson),
    comparisons: comparisons.map(({ first, second, comparison: { resamples, seed, cpm, sensitivities } }) => ({
      first, second, resamples, seed, cpm, sensitivities: perRate((at) => sensitivities[at]!),
    })),
    cases: cases.map((one, n) => ({
      case: n + 1, source: one.source.kind,
      inputHash: figures.map(({ results }) => results[n]?.inputHash).find((hash) => hash !== undefined) ?? null,
      outcomes: figures.map(({ model, results }) => {
        const { outcome, marks, findings, warnings, quality, timingsMs, peakMemoryMiB } = results[n]!;
        return {
          // What an error says may name a file, and files are named after series or worse.
          model: model.id, ...(outcome.status === 'failed' ? omit(outcome, 'message') : outcome), marks: marks.length, findings, highestProbability: marks.reduce((most, mark) => Math.max(most, mark[3]), 0), warnings,
          slices: quality['slices'] ?? null, sliceSpacingMm: quality['sliceSpacingMm'] ?? null, totalMs: timingsMs['total'] ?? null, peakMemoryMiB,
        };
      }),
    })),
    gallery: gallery.map((entry) => ({ case: entry.series + 1, ...omit(entry, 'picture', 'series') })),
  };
}

export type ReportJson = ReturnType<typeof toReportJson>;
