import type { FrocCurve } from './froc.ts';
import type { EvaluationData, Matching } from './match.ts';

/** Included nodules of one class of diameter, and how many of them were found. */
export interface SizeClass {
  /** Diameter in mm: from this … */
  readonly fromMm: number;
  /** … up to, not including, this; null above. */
  readonly belowMm: number | null;
  readonly nodules: number;
  /** By any mark. */
  readonly detected: number;
  /** At the lowest threshold with no more than one false positive per scan. */
  readonly detectedAtOne: number;
}

/** The lowest threshold at which there are no more than `rate` false positives per scan. */
export function thresholdAtRate(curve: FrocCurve, rate: number, scans: number): number {
  let threshold = Number.POSITIVE_INFINITY;
  curve.falsePositives.forEach((count, point) => { if (count <= rate * scans) threshold = curve.thresholds[point]!; });
  return threshold;
}

/** At the sizes where guidelines on follow-up change their advice. */
export const edgesMm = [0, 4, 6, 8, 10, 15, 20] as const;

/** What was found, by size. A nodule of unknown diameter (negative in the file) is in no class. */
export function countBySize({ series, included }: EvaluationData, { noduleProbability }: Matching, curve: FrocCurve): readonly SizeClass[] {
  const threshold = thresholdAtRate(curve, 1, series.scans);
  const classes = edgesMm.map((fromMm, at) => ({ fromMm, belowMm: edgesMm[at + 1] ?? null, nodules: 0, detected: 0, detectedAtOne: 0 }));
  for (let index = 0; index < series.ids.length; index += 1) {
    for (const nodule of included.order.subarray(included.start[index], included.start[index + 1])) {
      const diameterMm = included.value[nodule]!;
      const size = classes.findLast(({ fromMm }) => diameterMm >= fromMm);
      if (size === undefined) continue;
      const times = series.occurrences[index]!;
      const probability = noduleProbability[nodule]!;
      size.nodules += times;
      if (!Number.isNaN(probability)) size.detected += times;
      if (probability >= threshold) size.detectedAtOne += times;
    }
  }
  return classes.filter(({ nodules }) => nodules > 0);
}
