import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { weakCandidates } from '../../src/inference/weak-candidates.ts';
import { distance } from '../../src/volume/vec3.ts';
import { findings } from '../index/records.ts';

const finding = { ...findings('1.2.3', [[12, 0.9]]).findings[0]!, worldPoint: [0, 0, 0] as const };
const coordinate = fc.double({ min: -120, max: 120, noNaN: true });
const marks = fc.array(fc.record({
  worldPoint: fc.tuple(coordinate, coordinate, coordinate), score: fc.constant(0), probability: fc.double({ min: 0, max: 1, noNaN: true }),
  diameterMm: fc.double({ min: 1, max: 40, noNaN: true }),
}), { maxLength: 120 }).map((list) => list.sort((a, b) => b.probability - a.probability));

describe('marks below the operating point', () => {
  it('are few, below it, the most probable first, and none of a finding or of each other', () => {
    fc.assert(fc.property(marks, fc.double({ min: 0.05, max: 0.95, noNaN: true }), (candidates, operatingPoint) => {
      const weak = weakCandidates(candidates, [finding], operatingPoint);
      expect(weak.length).toBeLessThanOrEqual(50);
      expect(weak.map(({ probability }) => probability)).toEqual(weak.map(({ probability }) => probability).sort((a, b) => b - a));
      for (const [n, { worldPoint, probability }] of weak.entries()) {
        // Rounded to four digits.
        expect(probability).toBeLessThanOrEqual(operatingPoint + 5e-5);
        expect(distance(worldPoint, finding.worldPoint)).toBeGreaterThan(5.99);
        for (const other of weak.slice(0, n)) expect(distance(worldPoint, other.worldPoint)).toBeGreaterThan(3.99);
      }
    }));
  });

  it('leave out what says nothing, and give a size where the model has none', () => {
    const at = (x: number, probability: number) => ({ worldPoint: [x, 0, 0] as const, score: 0, probability });
    expect(weakCandidates([at(20, 0.5), at(40, 0.3), at(60, 0.001)], [finding], 0.5)).toEqual([{ worldPoint: [40, 0, 0], probability: 0.3, diameterMm: 5 }]);
  });
});
