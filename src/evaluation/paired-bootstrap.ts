/** Two models on the same scans: scans are drawn with replacement, the same ones for both, and the difference is looked at. */
import type { Interval } from './running-intervals.ts';
import { computeFroc, createFrocSpace, meanOf, operatingRates, sensitivitiesOf, type RankedEntries } from './froc.ts';
import { createIntegerSource } from './random.ts';
import type { SeriesList } from './series-list.ts';

export interface Difference {
  /** First model less the second, over all scans. */
  readonly difference: number;
  /** 95 %. */
  readonly interval: Interval;
  /**
   * Two-sided: twice the smaller part of the resamples on one side of no difference, the observed one counted in, so that
   * it is never 0. 1 where the models are the same in every resample.
   */
  readonly pValue: number;
}

export interface PairedComparison {
  readonly resamples: number;
  readonly seed: number;
  readonly cpm: Difference;
  /** In the order of the operating rates. */
  readonly sensitivities: readonly Difference[];
}

/** Differences smaller than this are none: sums of the same numbers in another order. */
const nothing = 1e-12;

function summarise(observed: number, drawn: Float64Array): Difference {
  const notAbove = drawn.reduce((count, value) => count + (value <= nothing ? 1 : 0), 0);
  const notBelow = drawn.reduce((count, value) => count + (value >= -nothing ? 1 : 0), 0);
  drawn.sort();
  return {
    difference: observed,
    interval: [drawn[Math.floor(0.025 * drawn.length)]!, drawn[Math.floor(0.975 * drawn.length)]!],
    pValue: Math.min(1, 2 * (Math.min(notAbove, notBelow) + 1) / (drawn.length + 1)),
  };
}

/** At least one series must hold a nodule. The same seed gives the same draws as `bootstrapFroc`. */
export function comparePaired(
  first: RankedEntries, second: RankedEntries, series: SeriesList, nodulesOfSeries: Int32Array,
  options: { readonly resamples: number; readonly seed: number },
): PairedComparison {
  const { resamples, seed } = options;
  const draw = createIntegerSource(seed, series.scans);
  const spaces = [createFrocSpace(first), createFrocSpace(second)] as const;
  const weights = new Int32Array(series.ids.length);
  const until = operatingRates.at(-1);
  const differ = (nodules: number): { readonly cpm: number; readonly perRate: Float64Array } => {
    const a = sensitivitiesOf(computeFroc(first, weights, series.scans, nodules, until, spaces[0]));
    const b = sensitivitiesOf(computeFroc(second, weights, series.scans, nodules, until, spaces[1]));
    return { cpm: meanOf(a) - meanOf(b), perRate: a.map((value, at) => value - b[at]!) };
  };
  const nodulesIn = (): number => weights.reduce((sum, weight, index) => sum + weight * nodulesOfSeries[index]!, 0);
  weights.set(series.occurrences);
  const observed = differ(nodulesIn());
  const cpm = new Float64Array(resamples);
  const perRate = operatingRates.map(() => new Float64Array(resamples));
  for (let resample = 0; resample < resamples; resample += 1) {
    let nodules = 0;
    while (nodules === 0) {
      weights.fill(0);
      for (let line = 0; line < series.scans; line += 1) weights[series.lines[draw()]!]! += 1;
      for (let index = 0; index < weights.length; index += 1) weights[index]! *= series.occurrences[index]!;
      nodules = nodulesIn();
    }
    const drawn = differ(nodules);
    cpm[resample] = drawn.cpm;
    drawn.perRate.forEach((value, at) => { perRate[at]![resample] = value; });
  }
  return { resamples, seed, cpm: summarise(observed.cpm, cpm), sensitivities: perRate.map((values, at) => summarise(observed.perRate[at]!, values)) };
}
