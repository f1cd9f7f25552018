/** The free-response ROC curve, and its values at given rates of false positives. */

/** The rates of the LUNA16 score, in false positives per scan. */
export const operatingRates = [0.125, 0.25, 0.5, 1, 2, 4, 8] as const;

/** The curve from (0, 0) upwards: at `thresholds[i]` and above, `fps[i]` false positives per scan and sensitivity `sens[i]`. */
export interface FrocCurve {
  /** Infinity first. */
  readonly thresholds: Float64Array;
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
}

export function rankEntries(entries: readonly { readonly series: number; readonly probability: number; readonly isNodule: boolean }[]): RankedEntries {
  const sorted = [...entries].sort((a, b) => b.probability - a.probability);
  const ends = sorted.flatMap(({ probability }, at) => (sorted[at + 1]?.probability === probability ? [] : [at + 1]));
  return {
    series: Int32Array.from(sorted, ({ series }) => series),
    isNodule: Uint8Array.from(sorted, ({ isNodule }) => (isNodule ? 1 : 0)),
    groupEnd: Int32Array.from(ends),
    groupProbability: Float64Array.from(ends, (end) => sorted[end - 1]!.probability),
  };
}

/** Room for the longest curve of these entries, all zero. */
export function createFrocSpace({ groupEnd: { length } }: RankedEntries): FrocCurve {
  return { thresholds: new Float64Array(length + 1), fps: new Float64Array(length + 1), sens: new Float64Array(length + 1) };
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
  const { thresholds, fps, sens } = space;
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
    fps[points] = falsePositives / scans;
    sens[points] = truePositives / nodules;
    points += 1;
  }
  return { thresholds: thresholds.subarray(0, points), fps: fps.subarray(0, points), sens: sens.subarray(0, points) };
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
