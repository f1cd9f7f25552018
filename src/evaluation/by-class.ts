/** How many nodules of each kind were found. */
import type { EvaluationData, Matching } from './match.ts';

export interface NoduleClass {
  readonly label: string;
  readonly nodules: number;
  /** By any mark. */
  readonly detected: number;
  /** At the lowest threshold with no more than one false positive per scan. */
  readonly detectedAtOne: number;
  /** At the model's operating point. */
  readonly detectedAtOperatingPoint: number;
}

/**
 * Classes in the order of `labels`, then those that turn up beside them; a nodule without a label is in none.
 *
 * @param labelOf the class of an included nodule, by its place in the table
 */
export function countByClass(
  { series, included }: EvaluationData, { noduleProbability }: Matching, thresholds: { readonly one: number; readonly operatingPoint: number },
  labelOf: (nodule: number) => string | undefined, labels: readonly string[] = [],
): readonly NoduleClass[] {
  const classes = new Map(labels.map((label) => [label, { nodules: 0, detected: 0, detectedAtOne: 0, detectedAtOperatingPoint: 0 }]));
  for (let index = 0; index < series.ids.length; index += 1) {
    const times = series.occurrences[index]!;
    for (const nodule of included.order.subarray(included.start[index], included.start[index + 1])) {
      const label = labelOf(nodule);
      if (label === undefined || label === '') continue;
      const counts = classes.get(label) ?? { nodules: 0, detected: 0, detectedAtOne: 0, detectedAtOperatingPoint: 0 };
      classes.set(label, counts);
      const probability = noduleProbability[nodule]!;
      counts.nodules += times;
      // A missed nodule has no probability (NaN), which is below every threshold.
      if (!Number.isNaN(probability)) counts.detected += times;
      if (probability >= thresholds.one) counts.detectedAtOne += times;
      if (probability >= thresholds.operatingPoint) counts.detectedAtOperatingPoint += times;
    }
  }
  return [...classes].filter(([, { nodules }]) => nodules > 0).map(([label, counts]) => ({ label, ...counts }));
}
