import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrapFroc } from '../../src/evaluation/bootstrap.ts';
import { computeFroc, interpolate, rankEntries, sensitivitiesOf } from '../../src/evaluation/froc.ts';
import { createIntegerSource } from '../../src/evaluation/random.ts';
import { createRunningIntervals, intervalOf } from '../../src/evaluation/running-intervals.ts';
import { createSeriesList } from '../../src/evaluation/series-list.ts';

const entry = fc.record({ series: fc.nat(4), probability: fc.integer({ min: 0, max: 6 }), isNodule: fc.boolean() });
const entries = fc.array(entry, { maxLength: 40 });

describe('FROC curve', () => {
  it('never falls, and a finer threshold never takes a detection away', () => {
    fc.assert(fc.property(entries, fc.nat(5), (list, missed) => {
      const nodules = list.filter(({ isNodule }) => isNodule).length + missed;
      fc.pre(nodules > 0);
      const curve = computeFroc(rankEntries(list), new Int32Array(5).fill(1), 5, nodules);
      for (let at = 1; at < curve.fps.length; at += 1) {
        expect(curve.thresholds[at]!).toBeLessThan(curve.thresholds[at - 1]!);
        expect(curve.fps[at]! + curve.sens[at]!).toBeGreaterThan(curve.fps[at - 1]! + curve.sens[at - 1]!);
        expect(curve.sens[at]!).toBeGreaterThanOrEqual(curve.sens[at - 1]!);
        expect(curve.sens[at]!).toBeLessThanOrEqual(1);
      }
    }));
  });

  it('does not depend on the order of the marks', () => {
    fc.assert(fc.property(entries, (list) => {
      const weights = new Int32Array([1, 2, 0, 1, 3]);
      expect(computeFroc(rankEntries(list.toReversed()), weights, 7, 9)).toEqual(computeFroc(rankEntries(list), weights, 7, 9));
    }));
  });

  it('a weight of k is the same as k copies', () => {
    fc.assert(fc.property(entries, fc.array(fc.nat(3), { minLength: 5, maxLength: 5 }), (list, weights) => {
      const copies = list.flatMap((item) => Array.from({ length: weights[item.series]! }, () => item));
      const weighted = computeFroc(rankEntries(list), Int32Array.from(weights), 5, 50);
      const copied = computeFroc(rankEntries(copies), new Int32Array(5).fill(1), 5, 50);
      expect([...sensitivitiesOf(weighted)]).toEqual([...sensitivitiesOf(copied)]);
      // A group of weight 0 repeats the point before it.
      expect(new Set(weighted.fps)).toEqual(new Set(copied.fps));
    }));
  });

  it('cut at a rate, it has the same values up to there', () => {
    fc.assert(fc.property(entries, fc.constantFrom(0, 0.5, 1, 2), (list, rate) => {
      const ranked = rankEntries(list);
      const [whole, cut] = [Infinity, rate].map((until) => {
        const values = new Float64Array(2);
        interpolate(computeFroc(ranked, new Int32Array(5).fill(1), 2, 40, until), [rate / 2, rate], values);
        return [...values];
      });
      expect(cut).toEqual(whole);
    }));
  });
});

describe('bootstrap', () => {
  const series = createSeriesList(Array.from({ length: 30 }, (_, at) => `s${at}`));
  const draw = createIntegerSource(3, 1000);
  const list = Array.from({ length: 200 }, () => ({ series: draw() % 30, probability: draw(), isNodule: draw() < 300 }));
  const nodulesOfSeries = new Int32Array(30);
  for (const { series: index, isNodule } of list) if (isNodule) nodulesOfSeries[index]! += 1;
  const run = (seed: number) => bootstrapFroc(rankEntries(list), series, nodulesOfSeries, { resamples: 300, seed });

  it('gives the same for the same seed, something else for another', () => {
    expect(run(1)).toEqual(run(1));
    expect(run(2).cpm).not.toEqual(run(1).cpm);
  });

  it('holds the curve between its bounds, which are not the same', () => {
    const { sensitivities, cpm, band } = run(1);
    const values = sensitivitiesOf(computeFroc(rankEntries(list), series.occurrences, 30, nodulesOfSeries.reduce((sum, count) => sum + count, 0)));
    values.forEach((value, at) => {
      expect(sensitivities[at]![0]).toBeLessThanOrEqual(value);
      expect(sensitivities[at]![1]).toBeGreaterThanOrEqual(value);
    });
    expect(cpm[0]).toBeLessThan(cpm[1]);
    expect(band.rates[0]).toBe(0.125);
    expect(band.rates.at(-1)).toBe(8);
    expect(band.low.every((low, at) => low <= band.high[at]! && (at === 0 || low >= band.low[at - 1]!))).toBe(true);
    expect(band.mean[5000]!).toBeGreaterThan(band.low[5000]!);
    expect(band.mean[5000]!).toBeLessThan(band.high[5000]!);
  });

  it('has the bounds of the whole sorted row although it holds the tails alone', () => {
    const column = fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(fc.property(fc.array(column, { minLength: 1, maxLength: 150 }), (columns) => {
      const running = createRunningIntervals(3, columns.length);
      for (const one of columns) running.add(Float32Array.from(one));
      for (let row = 0; row < 3; row += 1) expect(running.interval(row)).toEqual(intervalOf(Float64Array.from(columns, (one) => one[row]!)));
    }));
  });

  it('draws again where no nodule was drawn', () => {
    const one = new Int32Array(30);
    one[4] = 1;
    const { redrawn, sensitivities } = bootstrapFroc(rankEntries([{ series: 4, probability: 1, isNodule: true }]), series, one, { resamples: 100, seed: 1 });
    // (29/30)^30 = 0.36 of the draws lack that scan.
    expect(redrawn).toBeGreaterThan(20);
    expect(redrawn).toBeLessThan(120);
    expect(sensitivities.flat()).toEqual(Array.from({ length: 14 }, () => 1));
  });
});

describe('whole numbers', () => {
  it.each([1, 3, 888, 2 ** 31 + 7])('below %d are even over their range', (bound) => {
    const draw = createIntegerSource(9, bound);
    const bins = new Array<number>(Math.min(bound, 8)).fill(0);
    for (let at = 0; at < 8000; at += 1) {
      const value = draw();
      expect(Number.isInteger(value) && value >= 0 && value < bound).toBe(true);
      bins[Math.floor(value * bins.length / bound)]! += 1;
    }
    // Five standard deviations of a bin.
    const mean = 8000 / bins.length;
    for (const count of bins) expect(Math.abs(count - mean)).toBeLessThanOrEqual(5 * Math.sqrt(mean));
  });

  it('differ from seed to seed', () => {
    const first = (seed: number): string => Array.from({ length: 8 }, createIntegerSource(seed, 1000)).join();
    expect(new Set(Array.from({ length: 200 }, (_, seed) => first(seed))).size).toBe(200);
  });
});
