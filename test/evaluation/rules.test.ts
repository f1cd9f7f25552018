/** The rules of the LUNA16 evaluation one by one, on tables small enough to count by hand. */
import { describe, expect, it } from 'vitest';
import { evaluate, type EvaluationOptions } from '../../src/evaluation/evaluate.ts';
import { createPointTable, type PointTable } from '../../src/evaluation/point-table.ts';
import { createSeriesList, type SeriesList } from '../../src/evaluation/series-list.ts';
import type { Point } from './generate.ts';

function tableOf(series: SeriesList, points: readonly Point[]): PointTable {
  const table = createPointTable(series.ids.length);
  for (const [uid, x, y, z, value] of points) table.add(series.indexOf.get(uid)!, x, y, z, value);
  return table.build();
}

function evaluatePoints(uids: readonly string[], included: readonly Point[], excluded: readonly Point[], marks: readonly Point[], options: EvaluationOptions = {}) {
  const series = createSeriesList(uids);
  return evaluate({ series, included: tableOf(series, included), excluded: tableOf(series, excluded), marks: tableOf(series, marks) }, { resamples: 0, ...options });
}

const nodule: Point = ['a', 0, 0, 0, 10];

describe('limit of marks per scan', () => {
  const marks = (count: number, probability: (at: number) => number): Point[] => Array.from({ length: count }, (_, at): Point => ['a', 100, 100, at, probability(at)]);

  it('drops all ties at the cut: of 121 marks with 80 tied there, 41 are left', () => {
    const { statistics } = evaluatePoints(['a'], [nodule], [], marks(121, (at) => (at % 3 === 0 ? 0.9 : 0.5)));
    expect(statistics).toMatchObject({ candidates: 41, falsePositives: 41, droppedByLimit: 80 });
  });

  it('keeps 100 of 121 distinct ones, and all of 100 equal ones, and none of 101 equal ones', () => {
    expect(evaluatePoints(['a'], [nodule], [], marks(121, (at) => at)).statistics.candidates).toBe(100);
    expect(evaluatePoints(['a'], [nodule], [], marks(100, () => 0.5)).statistics.candidates).toBe(100);
    expect(evaluatePoints(['a'], [nodule], [], marks(101, () => 0.5)).statistics.candidates).toBe(0);
  });

  it('is set by maxMarks, and is off at 0', () => {
    expect(evaluatePoints(['a'], [nodule], [], marks(101, () => 0.5), { maxMarks: 0 }).statistics.candidates).toBe(101);
    expect(evaluatePoints(['a'], [nodule], [], marks(9, (at) => at), { maxMarks: 4 }).statistics.candidates).toBe(4);
  });
});

describe('hits', () => {
  it('a mark exactly on the sphere misses, one within hits', () => {
    expect(evaluatePoints(['a'], [nodule], [], [['a', 3, 4, 0, 1]]).statistics).toMatchObject({ truePositives: 0, falseNegatives: 1, falsePositives: 1 });
    expect(evaluatePoints(['a'], [nodule], [], [['a', 3, 3.999, 0, 1]]).statistics).toMatchObject({ truePositives: 1, falseNegatives: 0, falsePositives: 0 });
  });

  it('an unknown diameter counts as 10 mm; diameter 0 is never hit', () => {
    expect(evaluatePoints(['a'], [nodule], [['a', 50, 0, 0, -1]], [['a', 54.9, 0, 0, 1], ['a', 55, 0, 0, 1]]).statistics).toMatchObject({ ignoredOnExcluded: 1, falsePositives: 1 });
    const zero = evaluatePoints(['a'], [['a', 0, 0, 0, 0]], [], [['a', 0, 0, 0, 1]]);
    expect(zero.statistics.truePositives).toBe(0);
    expect(zero.remarks.map(({ code }) => code)).toContain('NODULES_WITHOUT_SIZE');
  });

  it('a second mark on a nodule is neither right nor wrong, and the best one scores', () => {
    const { statistics, score } = evaluatePoints(['a'], [nodule], [], [['a', 0, 0, 0, 0.2], ['a', 1, 0, 0, 0.8], ['a', 2, 0, 0, 0.5], ['a', 90, 0, 0, 0.6]]);
    expect(statistics).toMatchObject({ truePositives: 1, falsePositives: 1, ignoredDouble: 2 });
    expect([...score!.curve.thresholds]).toEqual([Infinity, 0.8, 0.6]);
    expect([...score!.curve.sens]).toEqual([0, 1, 1]);
  });

  it('a mark inside two nodules detects both', () => {
    const { statistics, remarks } = evaluatePoints(['a'], [nodule, ['a', 4, 0, 0, 10]], [], [['a', 2, 0, 0, 0.5]]);
    expect(statistics).toMatchObject({ truePositives: 2, falsePositives: 0, ignoredDouble: 0, marksOnSeveralNodules: 1, candidates: 1 });
    expect(remarks.map(({ code }) => code)).toContain('MARKS_ON_SEVERAL_NODULES');
  });

  it('an included nodule goes before an excluded finding, which never counts as missed', () => {
    const { statistics } = evaluatePoints(['a'], [nodule], [['a', 1, 0, 0, 10], ['a', 70, 0, 0, 10]], [['a', 0, 0, 0, 0.5], ['a', 5.5, 0, 0, 0.4]]);
    expect(statistics).toMatchObject({ nodules: 1, truePositives: 1, falseNegatives: 0, ignoredOnExcluded: 1, falsePositives: 0 });
  });

  it('a mark counts only in its own scan', () => {
    expect(evaluatePoints(['a', 'b'], [nodule], [], [['b', 0, 0, 0, 1]]).statistics).toMatchObject({ truePositives: 0, falsePositives: 1 });
  });
});

describe('scans', () => {
  it('one without rows counts in the divisor; one listed twice counts twice', () => {
    const marks: Point[] = [['a', 90, 0, 0, 0.9], ['a', 0, 0, 0, 0.5]];
    expect([...evaluatePoints(['a', 'b', 'c', 'd'], [nodule], [], marks).score!.curve.fps]).toEqual([0, 0.25, 0.25]);
    const twice = evaluatePoints(['a', 'a', 'b', 'c'], [nodule], [], marks);
    expect([...twice.score!.curve.fps]).toEqual([0, 0.5, 0.5]);
    expect(twice.statistics).toMatchObject({ scans: 4, nodules: 2, truePositives: 2, falsePositives: 2, candidates: 4 });
    expect(twice.remarks.map(({ code }) => code)).toContain('SERIES_REPEATED');
  });
});

describe('curve', () => {
  it('takes equal probabilities as one step, linear between points', () => {
    const { score } = evaluatePoints(['a'], [nodule, ['a', 50, 0, 0, 10]], [], [['a', 0, 0, 0, 0.5], ['a', 200, 0, 0, 0.5], ['a', 50, 0, 0, 0.5]]);
    expect([...score!.curve.fps]).toEqual([0, 1]);
    expect([...score!.sensitivities]).toEqual([0.125, 0.25, 0.5, 1, 1, 1, 1]);
    expect(score!.cpm).toBeCloseTo(4.875 / 7, 12);
  });

  it('takes the highest sensitivity where the rate stands still', () => {
    const { score } = evaluatePoints(['a'], [nodule, ['a', 50, 0, 0, 10]], [], [['a', 200, 0, 0, 0.9], ['a', 0, 0, 0, 0.5], ['a', 50, 0, 0, 0.4], ['a', 300, 0, 0, 0.3]]);
    expect(score!.sensitivities[3]).toBe(1);
    expect(score!.sensitivities[0]).toBe(0);
  });

  it('rounds as the official script does: 7 of 25 false positives in 7 scans stand a last digit beyond 1', () => {
    const uids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const alarms = Array.from({ length: 25 }, (_, at): Point => [uids[at % 7]!, 300, 0, at, 1 - at / 100]);
    const { score } = evaluatePoints(uids, [nodule], [], [...alarms, ['a', 0, 0, 0, 0.935]]);
    expect(7 / 25 * 25 / 7).toBeGreaterThan(1);
    expect(score!.sensitivities[3]).toBeLessThan(1e-12);
    expect(score!.sensitivities[4]).toBe(1);
    // "No more than one false positive per scan" is a question of counts.
    expect(score!.bySize).toMatchObject([{ nodules: 1, detectedAtOne: 1 }]);
  });
});

describe('edges', () => {
  it('no false positive: the same sensitivity everywhere', () => {
    const { score, remarks } = evaluatePoints(['a'], [nodule, ['a', 50, 0, 0, 10]], [], [['a', 0, 0, 0, 0.5]]);
    expect([...score!.sensitivities]).toEqual(Array.from({ length: 7 }, () => 0.5));
    expect(remarks.map(({ code }) => code)).toEqual(['NO_FALSE_POSITIVES']);
  });

  it('no true positive, or no mark: 0, and said so', () => {
    const none = evaluatePoints(['a'], [nodule], [], [['a', 50, 0, 0, 1]]);
    expect([...none.score!.sensitivities]).toEqual(Array.from({ length: 7 }, () => 0));
    expect(none.remarks.map(({ code }) => code)).toEqual(['NO_TRUE_POSITIVES', 'RATES_NOT_REACHED']);
    const empty = evaluatePoints(['a'], [nodule], [], []);
    expect(empty.score!.cpm).toBe(0);
    expect(empty.remarks.map(({ code }) => code)).toEqual(['NO_MARKS']);
  });

  it('no nodule: undefined, not 0 and not 1', () => {
    const { score, remarks, statistics } = evaluatePoints(['a'], [], [nodule], [['a', 0, 0, 0, 1]]);
    expect(score).toBeUndefined();
    expect(statistics).toMatchObject({ nodules: 0, ignoredOnExcluded: 1, falsePositives: 0 });
    expect(remarks.map(({ code }) => code)).toEqual(['NO_NODULES']);
  });

  it('probabilities of any size are only compared', () => {
    const shift = (by: (value: number) => number) => [...evaluatePoints(['a'], [nodule], [], [['a', 0, 0, 0, by(0.5)], ['a', 90, 0, 0, by(0.7)], ['a', 95, 0, 0, by(0.2)]]).score!.sensitivities];
    expect(shift((value) => value * 1e6 - 5e5)).toEqual(shift((value) => value));
  });
});

describe('sizes', () => {
  it('counts what was found by diameter', () => {
    const { score } = evaluatePoints(['a'], [nodule, ['a', 50, 0, 0, 5], ['a', 80, 0, 0, 5.9]], [], [['a', 0, 0, 0, 0.9], ['a', 200, 0, 0, 0.8], ['a', 201, 0, 0, 0.7], ['a', 50, 0, 0, 0.6]]);
    expect(score!.bySize).toEqual([
      { fromMm: 4, belowMm: 6, nodules: 2, detected: 1, detectedAtOne: 0 }, { fromMm: 10, belowMm: 15, nodules: 1, detected: 1, detectedAtOne: 1 },
    ]);
  });
});
