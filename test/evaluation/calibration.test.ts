import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrationOf } from '../../src/evaluation/calibration.ts';

const mark = (probability: number, isNodule: boolean, series = 0) => ({ series, probability, isNodule, point: 0 });

describe('calibration', () => {
  it('of marks worked out by hand', () => {
    const calibration = calibrationOf([mark(0.1, false), mark(0.15, true), mark(0.9, true), mark(1, true), mark(0.95, false)], Int32Array.of(1))!;
    // Bins: [0.1, 0.2) two marks, mean 0.125, half are nodules; [0.9, 1] three, mean 0.95, two thirds are.
    expect(calibration.expectedError).toBeCloseTo((2 * Math.abs(0.125 - 0.5) + 3 * Math.abs(0.95 - 2 / 3)) / 5, 12);
    expect(calibration.largestError).toBeCloseTo(0.375, 12);
    expect(calibration.brier).toBeCloseTo((0.01 + 0.85 ** 2 + 0.01 + 0 + 0.95 ** 2) / 5, 12);
    expect(calibration.bins.map(({ marks, nodules }) => [marks, nodules])).toEqual([[0, 0], [2, 1], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [3, 2]]);
    expect(calibration).toMatchObject({ marks: 5, nodules: 3 });
  });

  it('a series that counts twice counts twice', () => {
    const list = [mark(0.3, true, 0), mark(0.6, false, 1), mark(0.8, true, 1)];
    expect(calibrationOf(list, Int32Array.of(1, 2))).toEqual(calibrationOf([list[0]!, list[1]!, list[1]!, list[2]!, list[2]!], Int32Array.of(1, 1)));
  });

  it('is not stated for scores that are no probabilities, nor without marks', () => {
    expect(calibrationOf([mark(1.5, true)], Int32Array.of(1))).toBeUndefined();
    expect(calibrationOf([mark(-3, true)], Int32Array.of(1))).toBeUndefined();
    expect(calibrationOf([], Int32Array.of(1))).toBeUndefined();
  });

  it('errors lie between 0 and 1 and the bins hold every mark', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()), { minLength: 1, maxLength: 60 }), (list) => {
      const calibration = calibrationOf(list.map(([probability, isNodule]) => mark(probability, isNodule)), Int32Array.of(1))!;
      expect(calibration.bins.reduce((sum, { marks }) => sum + marks, 0)).toBe(list.length);
      expect(calibration.expectedError).toBeLessThanOrEqual(calibration.largestError + 1e-12);
      expect(calibration.largestError).toBeLessThanOrEqual(1);
      expect(calibration.brier).toBeLessThanOrEqual(1);
    }));
  });
});
