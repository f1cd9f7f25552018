import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPointTable } from '../../src/evaluation/point-table.ts';

describe('point table', () => {
  it('keeps every point, grouped by series in the order of adding, beyond its first size too', () => {
    fc.assert(fc.property(fc.array(fc.nat(6), { maxLength: 3000, size: 'max' }), (series) => {
      const builder = createPointTable(7);
      series.forEach((index, at) => builder.add(index, at, 0 - at, at / 2, at + 0.5));
      const { count, order, start, world, value } = builder.build();
      expect(count).toBe(series.length);
      for (let index = 0; index < 7; index += 1) {
        const expected = series.flatMap((at, point) => (at === index ? [point] : []));
        expect([...order.subarray(start[index], start[index + 1])]).toEqual(expected);
      }
      for (let at = 0; at < count; at += 1) {
        if (world[3 * at] !== at || world[3 * at + 1] !== 0 - at || world[3 * at + 2] !== at / 2 || value[at] !== at + 0.5) throw new Error(`point ${at} differs`);
      }
    }), { numRuns: 30 });
  });
});
