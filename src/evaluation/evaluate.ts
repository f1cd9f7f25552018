/** The LUNA16 evaluation of a results file. */
import { countBySize, type SizeClass } from './by-size.ts';
import { bootstrapFroc, type Bootstrap } from './bootstrap.ts';
import type { FileIdentity } from './csv-file.ts';
import { computeFroc, meanOf, operatingRates, rankEntries, sensitivitiesOf, type FrocCurve } from './froc.ts';
import { officialMaxMarks } from './mark-cap.ts';
import { matchMarks, type CandidateStatistics, type EvaluationData } from './match.ts';
import { readMarks, readNodules } from './read-points.ts';
import { remarksOn, type Remark } from './remarks.ts';
import { readSeriesList } from './series-list.ts';

export interface EvaluationOptions {
  /** Limit of marks per scan, 0 for none; the official one is 100. */
  readonly maxMarks?: number;
  /** 0 for no confidence intervals; the official number is 1000. */
  readonly resamples?: number;
  readonly seed?: number;
  readonly onProgress?: (stage: string, fraction: number) => void;
}

/** What an evaluation without a single included nodule lacks. */
export interface Score {
  readonly curve: FrocCurve;
  /** In the order of the operating rates. */
  readonly sensitivities: Float64Array;
  readonly cpm: number;
  readonly bySize: readonly SizeClass[];
  readonly bootstrap?: Bootstrap;
}

export interface Evaluation {
  readonly statistics: CandidateStatistics;
  readonly maxMarks: number;
  /** Absent when there is no nodule to be found: every sensitivity is then undefined. */
  readonly score?: Score;
  readonly remarks: readonly Remark[];
}

/** Evaluates marks that are in memory. */
export function evaluate(data: EvaluationData, options: EvaluationOptions = {}): Evaluation {
  const { maxMarks = officialMaxMarks, resamples = 1000, seed = 1, onProgress } = options;
  const matching = matchMarks(data, maxMarks);
  const { statistics, entries, nodulesOfSeries } = matching;
  if (statistics.nodules === 0) return { statistics, maxMarks, remarks: remarksOn(data, statistics) };
  const ranked = rankEntries(entries);
  const curve = computeFroc(ranked, data.series.occurrences, statistics.scans, statistics.nodules);
  const sensitivities = sensitivitiesOf(curve);
  return {
    statistics, maxMarks,
    score: {
      curve, sensitivities, cpm: meanOf(sensitivities), bySize: countBySize(data, matching, curve),
      ...(resamples > 0 && { bootstrap: bootstrapFroc(ranked, data.series, nodulesOfSeries, {
        resamples, seed, onProgress: (fraction) => onProgress?.(`resample ${Math.round(fraction * resamples)} of ${resamples}`, fraction),
      }) }),
    },
    remarks: remarksOn(data, statistics, curve.fps.at(-1)! < operatingRates.at(-1)! ? curve.fps.at(-1) : undefined),
  };
}

export interface EvaluationPaths {
  readonly annotations: string;
  readonly excluded: string;
  readonly seriesUIDs: string;
  readonly results: string;
}

export interface FileEvaluation extends Evaluation {
  readonly files: Readonly<Record<keyof EvaluationPaths, FileIdentity>>;
  /** Rows of series that are not evaluated. */
  readonly ignoredRows: Readonly<Record<'annotations' | 'excluded' | 'results', number>>;
}

/**
 * Evaluates files, plain or gzip.
 *
 * @throws AppError EVALUATION_…: a file that cannot be read, a column that is missing, a bad value with file and line
 */
export async function evaluateFiles(paths: EvaluationPaths, options: EvaluationOptions = {}): Promise<FileEvaluation> {
  const { series, file: seriesUIDs } = await readSeriesList(paths.seriesUIDs);
  const included = await readNodules(paths.annotations, series);
  const excluded = await readNodules(paths.excluded, series);
  const results = await readMarks(paths.results, series);
  return {
    ...evaluate({ series, included: included.points, excluded: excluded.points, marks: results.points }, options),
    files: { annotations: included.file, excluded: excluded.file, seriesUIDs, results: results.file },
    ignoredRows: { annotations: included.ignoredRows, excluded: excluded.ignoredRows, results: results.ignoredRows },
  };
}
