import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrate } from '../../src/inference/activation.ts';
import { suppress } from '../../src/inference/suppress.ts';
import { intensityTable } from '../../src/inference/tensor/intensity.ts';
import { axisWindows, fillWindow, fittedWindow } from '../../src/inference/windows.ts';

describe('axisWindows', () => {
  it('tiles the axis without a gap, aligned with the cells, and with context around every inner part', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 700 }), fc.constantFrom(2, 4), fc.integer({ min: 8, max: 24 }), fc.integer({ min: 0, max: 3 }), (size, stride, cells, quarter) => {
      const window = cells * stride;
      const overlap = 2 * stride * quarter;
      const windows = axisWindows(size, window, overlap, stride);
      let reached = 0;
      for (const [n, { start, from, to }] of windows.entries()) {
        expect(from).toBe(reached);
        expect(to).toBeGreaterThan(from);
        expect(start % stride).toBe(0);
        expect(from % stride).toBe(0);
        expect(from).toBeGreaterThanOrEqual(start + (n === 0 ? 0 : overlap / 2));
        expect(to).toBeLessThanOrEqual(start + window - (n === windows.length - 1 ? 0 : overlap / 2));
        reached = to;
      }
      expect(reached).toBeGreaterThanOrEqual(size);
      expect(reached).toBeLessThan(size + window);
    }));
  });
});

it('fittedWindow is the smallest that needs no more windows than the largest', () => {
  const axis = fc.record({
    size: fc.integer({ min: 1, max: 700 }), multiple: fc.constantFrom(8, 16), multiples: fc.integer({ min: 4, max: 24 }), quarter: fc.integer({ min: 0, max: 3 }), padEnds: fc.boolean(),
  });
  fc.assert(fc.property(axis, ({ size, multiple, multiples, quarter, padEnds }) => {
    const [window, overlap, stride] = [multiple * multiples, 8 * quarter, 4];
    const fitted = fittedWindow(size, { window, overlap, multiple, padEnds });
    const count = (side: number): number => axisWindows(size, side, overlap, stride, padEnds).length;
    expect(fitted % multiple).toBe(0);
    expect(fitted).toBeGreaterThan(overlap);
    expect(fitted).toBeLessThanOrEqual(window);
    expect(count(fitted)).toBeLessThanOrEqual(count(window));
    if (fitted - multiple > overlap) expect(count(fitted - multiple)).toBeGreaterThan(count(fitted));
  }));
});

it('fillWindow copies, maps and pads', () => {
  const volume = { frame: { size: [2, 2, 3] as const, origin: [0, 0, 0] as const, steps: [[0, 0, 1], [0, 1, 0], [1, 0, 0]] as const }, hu: Int16Array.from([-1000, -300, 400, 0, 0, 0, 5000, 0, 0, 0, 0, 0]) };
  const out = new Float32Array(8).fill(9);
  const value = intensityTable({ kind: 'window', clipHU: [-1000, 400], scaleTo: [-1, 1] });
  fillWindow(volume, [0, 0, 1], [2, 2, 2], { value, pad: -7, flips: [] }, out, 0);
  expect([...out].map((value) => Math.round(value * 1000) / 1000)).toEqual([0, 1, 0.429, 0.429, 0.429, 0.429, 0.429, 0.429]);
  fillWindow(volume, [1, 1, 2], [2, 2, 2], { value, pad: -7, flips: [] }, out, 0);
  expect([...out].slice(1)).toEqual(Array.from({ length: 7 }, () => -7));
});

it('suppress keeps the best of each neighbourhood, in an order that does not depend on the input', () => {
  const point = fc.record({ worldPoint: fc.tuple(fc.integer({ min: -30, max: 30 }), fc.integer({ min: -30, max: 30 }), fc.integer({ min: -30, max: 30 })), score: fc.integer({ min: 1, max: 50 }) });
  fc.assert(fc.property(fc.array(point, { maxLength: 60 }), (points) => {
    const kept = suppress(points, 7, 1000);
    expect(suppress([...points].reverse(), 7, 1000)).toEqual(kept);
    for (const [n, a] of kept.entries()) for (const b of kept.slice(n + 1)) expect(Math.hypot(...a.worldPoint.map((value, axis) => value - (b.worldPoint[axis] ?? 0)))).toBeGreaterThan(7);
    for (const { worldPoint, score } of points) {
      expect(kept.some((other) => other.score >= score && Math.hypot(...other.worldPoint.map((value, axis) => value - (worldPoint[axis] ?? 0))) <= 7)).toBe(true);
    }
  }));
});

it('Platt scaling', () => {
  expect(calibrate(0.7, { kind: 'none' })).toBe(0.7);
  expect(calibrate(0.7, { kind: 'platt', a: 1, b: 0 })).toBeCloseTo(0.7, 9);
  expect(calibrate(0.5, { kind: 'platt', a: 3, b: 1 })).toBeCloseTo(1 / (1 + Math.exp(-1)), 9);
  expect(calibrate(1, { kind: 'platt', a: 1, b: 0 })).toBeLessThan(1);
});
