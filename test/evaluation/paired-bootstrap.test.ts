/** Two models on the same scans: the difference beside one worked out scan by scan, and how often chance alone is called a difference. */
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/evaluation/evaluate.ts';
import { meanOf, operatingRates, rankEntries } from '../../src/evaluation/froc.ts';
import { matchMarks, type EvaluationData } from '../../src/evaluation/match.ts';
import { comparePaired, type PairedComparison } from '../../src/evaluation/paired-bootstrap.ts';
import { createPointTable } from '../../src/evaluation/point-table.ts';
import { createIntegerSource } from '../../src/evaluation/random.ts';
import { createSeriesList } from '../../src/evaluation/series-list.ts';
import { createUniform } from './generate.ts';

const series = createSeriesList(Array.from({ length: 24 }, (_, n) => `1.2.${n}`));

/** Two nodules a scan; a model marks each with chance `skill`, and `false` false marks a scan. */
function model(uniform: () => number, skill: number, falseMarks: number): EvaluationData {
  const included = createPointTable(24);
  const marks = createPointTable(24);
  for (let scan = 0; scan < 24; scan += 1) {
    for (const x of [0, 100]) {
      included.add(scan, x, 0, 0, 10);
      if (uniform() < skill) marks.add(scan, x, 1, 0, 0.3 + 0.7 * uniform());
    }
    for (let n = 0; n < falseMarks; n += 1) marks.add(scan, 500 + n, 0, 0, uniform());
  }
  return { series, included: included.build(), excluded: createPointTable(24).build(), marks: marks.build() };
}

function compare(a: EvaluationData, b: EvaluationData, resamples: number, seed = 1): PairedComparison {
  const [first, second] = [matchMarks(a, 100), matchMarks(b, 100)];
  return comparePaired(rankEntries(first.entries), rankEntries(second.entries), series, first.nodulesOfSeries, { resamples, seed });
}

describe('paired comparison', () => {
  it('differs by what the two evaluations differ, and its interval is that of the draws', () => {
    const uniform = createUniform(5);
    const [a, b] = [model(uniform, 0.95, 3), model(uniform, 0.4, 3)];
    const told = compare(a, b, 200, 9);
    const [scoreA, scoreB] = [evaluate(a, { resamples: 0 }).score!, evaluate(b, { resamples: 0 }).score!];
    expect(told.cpm.difference).toBeCloseTo(scoreA.cpm - scoreB.cpm, 12);
    operatingRates.forEach((_, at) => expect(told.sensitivities[at]!.difference).toBeCloseTo(scoreA.sensitivities[at]! - scoreB.sensitivities[at]!, 12));

    // The slow way: a data set of the drawn scans, evaluated by itself.
    const draw = createIntegerSource(9, 24);
    const drawn = Array.from({ length: 200 }, () => {
      const lines = Array.from({ length: 24 }, () => draw());
      const pick = (data: EvaluationData): number => {
        const [included, marks] = [createPointTable(24), createPointTable(24)];
        lines.forEach((scan, n) => {
          for (const [from, to] of [[data.included, included], [data.marks, marks]] as const) {
            for (const point of from.order.subarray(from.start[scan], from.start[scan + 1])) to.add(n, from.world[3 * point]!, from.world[3 * point + 1]!, from.world[3 * point + 2]!, from.value[point]!);
          }
        });
        return meanOf(evaluate({ series, included: included.build(), excluded: createPointTable(24).build(), marks: marks.build() }, { resamples: 0 }).score!.sensitivities);
      };
      return pick(a) - pick(b);
    }).sort((x, y) => x - y);
    expect(told.cpm.interval[0]).toBeCloseTo(drawn[5]!, 10);
    expect(told.cpm.interval[1]).toBeCloseTo(drawn[195]!, 10);
    const notAbove = drawn.filter((value) => value <= 1e-12).length;
    expect(told.cpm.pValue).toBeCloseTo(Math.min(1, 2 * (notAbove + 1) / 201), 12);
    expect(told.cpm.pValue).toBeLessThan(0.05);
  });

  it('a model beside itself shows no difference', () => {
    const one = model(createUniform(1), 0.7, 2);
    const told = compare(one, one, 100);
    for (const { difference, interval, pValue } of [told.cpm, ...told.sensitivities]) expect([difference, ...interval, pValue]).toEqual([0, 0, 0, 1]);
  });

  it('turned round it says the opposite', () => {
    const uniform = createUniform(8);
    const [a, b] = [model(uniform, 0.8, 2), model(uniform, 0.75, 4)];
    const [there, back] = [compare(a, b, 300), compare(b, a, 300)];
    expect(back.cpm.difference).toBeCloseTo(-there.cpm.difference, 12);
    expect(back.cpm.pValue).toBeCloseTo(there.cpm.pValue, 12);
  });

  it('models of equal skill are called different about as rarely as they should be', () => {
    const uniform = createUniform(77);
    const trials = 150;
    let called = 0;
    for (let trial = 0; trial < trials; trial += 1) if (compare(model(uniform, 0.75, 3), model(uniform, 0.75, 3), 200, trial).cpm.pValue < 0.05) called += 1;
    // 7.5 are expected; a bootstrap of 24 scans is a little generous. Three standard deviations of 0.08: 22.
    expect(called).toBeLessThan(23);
    expect(called).toBeGreaterThan(0);
  });
});
