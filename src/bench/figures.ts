/** From the results of one model to its figures. */
import { countByClass, type NoduleClass } from '../evaluation/by-class.ts';
import { edgesMm, thresholdAtRate } from '../evaluation/by-size.ts';
import { calibrationOf, type Calibration } from '../evaluation/calibration.ts';
import { evaluate, type Evaluation } from '../evaluation/evaluate.ts';
import { rankEntries, type RankedEntries } from '../evaluation/froc.ts';
import { matchMarks, type EvaluationData, type Matching } from '../evaluation/match.ts';
import { createPointTable } from '../evaluation/point-table.ts';
import type { BenchModel, CaseResult, Truth } from './types.ts';

export interface ModelFigures {
  readonly model: BenchModel;
  /** By the place of the series in the list. */
  readonly results: readonly CaseResult[];
  readonly data: EvaluationData;
  readonly matching: Matching;
  readonly ranked: RankedEntries;
  readonly evaluation: Evaluation;
  /** At the operating point; sensitivity is null where there is no nodule. */
  readonly atOperatingPoint: { readonly sensitivity: number | null; readonly falsePositivesPerScan: number };
  readonly bySize: readonly NoduleClass[];
  readonly byType: readonly NoduleClass[];
  readonly byLocation: readonly NoduleClass[];
  readonly calibration?: Calibration;
}

const sizeLabels = edgesMm.map((from, at) => {
  const below = edgesMm[at + 1];
  return below === undefined ? `${from} mm and more` : from === 0 ? `below ${below} mm` : `${from} to below ${below} mm`;
});

function sizeLabel(diameterMm: number): string | undefined {
  return sizeLabels[edgesMm.findLastIndex((edge) => diameterMm >= edge)];
}

export interface FigureOptions {
  readonly maxMarks: number;
  readonly resamples: number;
  readonly seed: number;
}

/** A scan without an analysis has no marks: its nodules count as missed. */
export function figuresOf(truth: Truth, model: BenchModel, results: readonly CaseResult[], options: FigureOptions): ModelFigures {
  const marks = createPointTable(truth.series.ids.length);
  results.forEach((result, index) => {
    for (const [x, y, z, probability] of result.marks) marks.add(index, x, y, z, probability);
  });
  const data: EvaluationData = { series: truth.series, included: truth.included, excluded: truth.excluded, marks: marks.build() };
  const evaluation = evaluate(data, options);
  const matching = matchMarks(data, options.maxMarks);
  const curve = evaluation.score?.curve;
  const thresholds = { one: curve === undefined ? Infinity : thresholdAtRate(curve, 1, truth.series.scans), operatingPoint: model.operatingPoint };
  const byClass = (labelOf: (nodule: number) => string | undefined, labels?: readonly string[]): readonly NoduleClass[] => countByClass(data, matching, thresholds, labelOf, labels);
  const { occurrences, scans } = truth.series;
  const above = matching.entries.filter(({ probability }) => probability >= model.operatingPoint);
  const weigh = (isNodule: boolean): number => above.reduce((sum, entry) => sum + (entry.isNodule === isNodule ? occurrences[entry.series]! : 0), 0);
  const calibration = calibrationOf(matching.entries, occurrences);
  return {
    model, results, data, matching, ranked: rankEntries(matching.entries), evaluation,
    atOperatingPoint: {
      sensitivity: matching.statistics.nodules === 0 ? null : weigh(true) / matching.statistics.nodules,
      falsePositivesPerScan: weigh(false) / scans,
    },
    bySize: byClass((nodule) => sizeLabel(truth.included.value[nodule]!), sizeLabels),
    byType: byClass((nodule) => truth.labels.type[nodule]), byLocation: byClass((nodule) => truth.labels.location[nodule]),
    ...(calibration && { calibration }),
  };
}

export interface StageTimes {
  readonly stage: string;
  readonly medianMs: number;
  /** 90 % of the scans took no longer. */
  readonly ninetiethMs: number;
}

/** Times of the scans that were analysed. */
export function stageTimes(results: readonly CaseResult[]): readonly StageTimes[] {
  const analysed = results.filter(({ outcome }) => outcome.status === 'analysed');
  const stages = [...new Set(analysed.flatMap(({ timingsMs }) => Object.keys(timingsMs)))];
  return stages.map((stage) => {
    const sorted = analysed.map(({ timingsMs }) => timingsMs[stage] ?? 0).sort((a, b) => a - b);
    const middle = sorted.length / 2;
    return {
      stage, medianMs: (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2,
      ninetiethMs: sorted[Math.ceil(0.9 * sorted.length) - 1]!,
    };
  });
}
