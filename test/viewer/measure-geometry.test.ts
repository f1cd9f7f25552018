import fc from 'fast-check';
import { expect, test } from 'vitest';
import { carriedShort, firstShortAxis, lengthOf, withShortEnd } from '../../viewer/reader/measure-geometry.ts';
import type { PixelPoint, Segment } from '../../viewer/reader/measures.ts';

const size = fc.record({ columnMm: fc.double({ min: 0.3, max: 2, noNaN: true }), rowMm: fc.double({ min: 0.3, max: 2, noNaN: true }) });
const point = fc.tuple(fc.double({ min: 0, max: 511, noNaN: true }), fc.double({ min: 0, max: 511, noNaN: true }));
const long = fc.tuple(point, point).filter(([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]) > 2);

/** Cosine of the angle between two segments in millimetres. */
function cosine(a: Segment, b: Segment, { columnMm, rowMm }: { columnMm: number; rowMm: number }): number {
  const vector = ([from, to]: Segment): PixelPoint => [(to[0] - from[0]) * columnMm, (to[1] - from[1]) * rowMm];
  const [u, v] = [vector(a), vector(b)];
  const lengths = Math.hypot(...u) * Math.hypot(...v);
  return lengths < 1e-6 ? 0 : (u[0] * v[0] + u[1] * v[1]) / lengths;
}

test('a length is in millimetres, also where pixels are not square', () => {
  expect(lengthOf([[10, 10], [13, 14]], { columnMm: 1, rowMm: 1 })).toBe(5);
  expect(lengthOf([[10, 10], [16, 12]], { columnMm: 0.5, rowMm: 2 })).toBe(5);
});

test('the short axis stays at right angles whatever is dragged', () => {
  fc.assert(fc.property(long, size, point, fc.constantFrom(0 as const, 1 as const), long, (axis, pixel, to, end, later) => {
    const first = firstShortAxis(axis, pixel);
    expect(Math.abs(cosine(axis, first, pixel))).toBeLessThan(1e-6);
    expect(lengthOf(first, pixel)).toBeCloseTo(lengthOf(axis, pixel) / 2, 6);
    const dragged = withShortEnd(axis, first, end, to, pixel);
    expect(Math.abs(cosine(axis, dragged, pixel))).toBeLessThan(1e-5);
    const carried = carriedShort(axis, later, dragged, pixel);
    expect(Math.abs(cosine(later, carried, pixel))).toBeLessThan(1e-5);
    expect(lengthOf(carried, pixel)).toBeCloseTo(lengthOf(dragged, pixel), 5);
  }));
});
