/** The free-response ROC curve, and its values at given rates of false positives. */

/** The rates of the LUNA16 score, in false positives per scan. */
export const operatingRates = [0.125, 0.25, 0.5, 1, 2, 4, 8] as const;

/** The curve from (0, 0) upwards: at `thresholds[i]` and above, `falsePositives[i]` in all scans and sensitivity `sens[i]`. */
export interface FrocCurve {
  /** Infinity first. */
  readonly thresholds: Float64Array;
  /** Exact counts, for questions of "no more than". */
  readonly falsePositives: Float64Array;
  /**
   * False positives per scan with the rounding of the official script, which has them as a part of all false positives
   * first: one may stand a last digit above its rate, and the curve at that rate is then below the step, not on it.
   */
  readonly fps: Float64Array;
  readonly sens: Float64Array;
}

/** Entries from the highest probability down, cut into groups of equal probability. */
export interface RankedEntries {
  readonly series: Int32Array;
  readonly isNodule: Uint8Array;
  /** End (not included) of each group. */
  readonly groupEnd: Int32Array;
  readonly groupProbability: Float64Array;
  /** Entries of each series that are no nodule. */
  readonly falsePositivesOfSeries: Int32Array;
}

export function rankEntries(entries: readonly { readonly series: number; readonly probability: number; readonly isNodule: boolean }[]): RankedEntries {
  const sorted = [...entries].sort((a, b) => b.probability - a.probability);
  const falsePositivesOfSeries = new Int32Array(1 + entries.reduce((last, { series }) => Math.max(last, series), -1));
  for (const { series, isNodule } of entries) if (!isNodule) falsePositivesOfSeries[series]! += 1;
  const ends = sorted.flatMap(({ probability }, at) => (sorted[at + 1]?.probability === probability ? [] : [at + 1]));
  return {
    series: Int32Array.from(sorted, ({ series }) => series),
    isNodule: Uint8Array.from(sorted, ({ isNodule }) => (isNodule ? 1 : 0)),
    groupEnd: Int32Array.from(ends),
    groupProbability: Float64Array.from(ends, (end) => sorted[end - 1]!.probability),
    falsePositivesOfSeries,
  };
}

/** Room for the longest curve of these entries, all zero. */
export function createFrocSpace({ groupEnd: { length } }: RankedEntries): FrocCurve {
  const zeros = (): Float64Array => new Float64Array(length + 1);
  return { thresholds: zeros(), falsePositives: zeros(), fps: zeros(), sens: zeros() };
}

/**
 * One point per distinct probability: marks of equal probability move together, as one step.
 *
 * @param weights how often each series counts
 * @param scans divisor of the false positives
 * @param nodules divisor of the detected nodules, the missed ones included; above 0
 * @param untilRate the curve may end at its first point beyond this rate
 * @param space arrays to lay the curve in, from {@link createFrocSpace}: the next call with them overwrites it
 */
export function computeFroc(
  ranked: RankedEntries, weights: Int32Array, scans: number, nodules: number, untilRate = Number.POSITIVE_INFINITY, space = createFrocSpace(ranked),
): FrocCurve {
  const groups = ranked.groupEnd.length;
  const { thresholds, falsePositives: counts, fps, sens } = space;
  const allFalsePositives = ranked.falsePositivesOfSeries.reduce((sum, count, series) => sum + count * weights[series]!, 0);
  thresholds[0] = Number.POSITIVE_INFINITY;
  let at = 0;
  let truePositives = 0;
  let falsePositives = 0;
  let points = 1;
  for (let group = 0; group < groups && fps[points - 1]! <= untilRate; group += 1) {
    for (; at < ranked.groupEnd[group]!; at += 1) {
      const weight = weights[ranked.series[at]!]!;
      if (ranked.isNodule[at] === 1) truePositives += weight;
      else falsePositives += weight;
    }
    thresholds[points] = ranked.groupProbability[group]!;
    counts[points] = falsePositives;
    fps[points] = falsePositives === 0 ? 0 : falsePositives / allFalsePositives * allFalsePositives / scans;
    sens[points] = truePositives / nodules;
    points += 1;
  }
  const filled = (values: Float64Array): Float64Array => values.subarray(0, points);
  return { thresholds: filled(thresholds), falsePositives: filled(counts), fps: filled(fps), sens: filled(sens) };
}

/**
 * Sensitivity at each of the ascending `rates`, as numpy.interp gives it: linear between points, at a rate where several
 * points stand the last of them, beyond the last point its sensitivity.
 */
export function interpolate({ fps, sens }: Pick<FrocCurve, 'fps' | 'sens'>, rates: ArrayLike<number>, out: Float64Array | Float32Array): void {
  const last = fps.length - 1;
  let point = 0;
  for (let index = 0; index < rates.length; index += 1) {
    const rate = rates[index]!;
    while (point < last && fps[point + 1]! <= rate) point += 1;
    out[index] = point === last
      ? sens[last]!
      : sens[point]! + (sens[point + 1]! - sens[point]!) / (fps[point + 1]! - fps[point]!) * (rate - fps[point]!);
  }
}

/** The seven sensitivities, in the order of {@link operatingRates}. */
export function sensitivitiesOf(curve: Pick<FrocCurve, 'fps' | 'sens'>): Float64Array {
  const values = new Float64Array(operatingRates.length);
  interpolate(curve, operatingRates, values);
  return values;
}

/** The LUNA16 score (competition performance metric): the mean of the seven sensitivities. */
export function meanOf(sensitivities: Float64Array): number {
  return sensitivities.reduce((sum, value) => sum + value, 0) / sensitivities.length;
}
