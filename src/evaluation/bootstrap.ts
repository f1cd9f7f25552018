/** Confidence by drawing scans with replacement. */
import { computeFroc, createFrocSpace, interpolate, meanOf, operatingRates, sensitivitiesOf, type RankedEntries } from './froc.ts';
import { createIntegerSource } from './random.ts';
import { createRunningIntervals, intervalOf, type Interval } from './running-intervals.ts';
import type { SeriesList } from './series-list.ts';

/** The band on the official grid of 10,000 rates from 1/8 to 8. */
export interface FrocBand {
  readonly rates: Float64Array;
  readonly mean: Float32Array;
  readonly low: Float32Array;
  readonly high: Float32Array;
}

export interface Bootstrap {
  readonly resamples: number;
  readonly seed: number;
  /** Resamples drawn again because they held no nodule: their sensitivity is undefined. */
  readonly redrawn: number;
  /** Of each sensitivity, in the order of the operating rates. */
  readonly sensitivities: readonly Interval[];
  readonly cpm: Interval;
  readonly band: FrocBand;
}

const gridPoints = 10_000;

function linspace(from: number, to: number, count: number): Float64Array {
  const step = (to - from) / (count - 1);
  const values = Float64Array.from({ length: count }, (_, index) => from + index * step);
  values[count - 1] = to;
  return values;
}

/**
 * Draws as many lines of the series list as it has, `resamples` times, and computes the curve of each draw.
 * At least one series must hold an included nodule.
 */
export function bootstrapFroc(
  ranked: RankedEntries, series: SeriesList, nodulesOfSeries: Int32Array,
  options: { readonly resamples: number; readonly seed: number; readonly onProgress?: (fraction: number) => void },
): Bootstrap {
  const { resamples, seed, onProgress } = options;
  const drawLine = createIntegerSource(seed, series.scans);
  const rates = linspace(operatingRates[0], operatingRates.at(-1)!, gridPoints);
  const atGrid = createRunningIntervals(gridPoints, resamples);
  const sums = new Float64Array(gridPoints);
  const atRates = new Float32Array(gridPoints);
  const perPoint = operatingRates.map(() => new Float64Array(resamples));
  const space = createFrocSpace(ranked);
  const scores = new Float64Array(resamples);
  const weights = new Int32Array(series.ids.length);
  let redrawn = 0;

  for (let resample = 0; resample < resamples; resample += 1) {
    let nodules = 0;
    for (;;) {
      weights.fill(0);
      for (let line = 0; line < series.scans; line += 1) weights[series.lines[drawLine()]!]! += 1;
      nodules = 0;
      for (let index = 0; index < weights.length; index += 1) {
        // Drawing one line of a series that is listed twice brings the entries of both lines.
        weights[index]! *= series.occurrences[index]!;
        nodules += weights[index]! * nodulesOfSeries[index]!;
      }
      if (nodules > 0) break;
      redrawn += 1;
    }
    const curve = computeFroc(ranked, weights, series.scans, nodules, operatingRates.at(-1), space);
    interpolate(curve, rates, atRates);
    atGrid.add(atRates);
    for (let rate = 0; rate < gridPoints; rate += 1) sums[rate]! += atRates[rate]!;
    const sensitivities = sensitivitiesOf(curve);
    sensitivities.forEach((value, point) => { perPoint[point]![resample] = value; });
    scores[resample] = meanOf(sensitivities);
    onProgress?.((resample + 1) / resamples);
  }

  const band = { rates, mean: new Float32Array(gridPoints), low: new Float32Array(gridPoints), high: new Float32Array(gridPoints) };
  for (let rate = 0; rate < gridPoints; rate += 1) {
    [band.low[rate], band.high[rate]] = atGrid.interval(rate);
    band.mean[rate] = sums[rate]! / resamples;
  }
  return { resamples, seed, redrawn, sensitivities: perPoint.map(intervalOf), cpm: intervalOf(scores), band };
}
