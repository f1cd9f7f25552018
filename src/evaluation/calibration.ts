/** Whether probabilities mean what they say: of the marks given 0.7, are seven in ten nodules? */
import type { ScoredEntry } from './match.ts';

export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly marks: number;
  /** Null in an empty bin. */
  readonly meanProbability: number | null;
  readonly nodules: number;
  /** Part of the marks that are nodules; null in an empty bin. */
  readonly observed: number | null;
}

export interface Calibration {
  readonly marks: number;
  readonly nodules: number;
  readonly bins: readonly ReliabilityBin[];
  /** Expected calibration error: mean distance between stated and observed, weighted by the marks of the bins. */
  readonly expectedError: number;
  /** The largest distance of a bin with marks. */
  readonly largestError: number;
  /** Mean of (probability - outcome)². */
  readonly brier: number;
}

/**
 * Marks that count neither way (excluded findings, second marks on a nodule) are left out, and so are missed nodules, which
 * have no probability. Undefined without marks, or where scores are no probabilities (outside 0..1).
 *
 * @param weights how often each series counts
 */
export function calibrationOf(entries: readonly ScoredEntry[], weights: Int32Array, binCount = 10): Calibration | undefined {
  const bins = Array.from({ length: binCount }, () => ({ marks: 0, sum: 0, nodules: 0 }));
  let [marks, nodules, squares] = [0, 0, 0];
  for (const { series, probability, isNodule } of entries) {
    if (!(probability >= 0 && probability <= 1)) return undefined;
    const weight = weights[series]!;
    const bin = bins[Math.min(binCount - 1, Math.floor(probability * binCount))]!;
    bin.marks += weight;
    bin.sum += weight * probability;
    bin.nodules += isNodule ? weight : 0;
    marks += weight;
    nodules += isNodule ? weight : 0;
    squares += weight * (probability - (isNodule ? 1 : 0)) ** 2;
  }
  if (marks === 0) return undefined;
  const errors = bins.map((bin) => (bin.marks === 0 ? 0 : Math.abs(bin.sum - bin.nodules) / bin.marks));
  return {
    marks, nodules, brier: squares / marks,
    expectedError: errors.reduce((sum, error, n) => sum + error * bins[n]!.marks, 0) / marks,
    largestError: Math.max(...errors),
    bins: bins.map((bin, n) => ({
      from: n / binCount, to: (n + 1) / binCount, marks: bin.marks, nodules: bin.nodules,
      meanProbability: bin.marks === 0 ? null : bin.sum / bin.marks, observed: bin.marks === 0 ? null : bin.nodules / bin.marks,
    })),
  };
}
