import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measureAxes, type Point2 } from '../../src/findings/axes.ts';
import { labelComponents } from '../../src/findings/components.ts';
import { contours, signedArea } from '../../src/findings/contour.ts';
import { close, distanceTo } from '../../src/findings/distance-transform.ts';
import { solveSymmetric } from '../../src/findings/solve.ts';
import type { Triple } from '../../src/volume/lps-grid.ts';

describe('distanceTo', () => {
  it('is the distance to the nearest voxel, by brute force', () => {
    const size: Triple = [4, 5, 6];
    const spacing: Triple = [2.5, 1, 0.7];
    fc.assert(fc.property(fc.array(fc.boolean(), { minLength: 120, maxLength: 120 }), (bits) => {
      const mask = Uint8Array.from(bits, Number);
      const found = distanceTo(mask, size, spacing, 1);
      for (let n = 0; n < mask.length; n++) {
        let best = Infinity;
        for (let m = 0; m < mask.length; m++) {
          if (mask[m] !== 1) continue;
          const [dz, dy, dx] = [Math.floor(n / 30) - Math.floor(m / 30), Math.floor(n / 6) % 5 - Math.floor(m / 6) % 5, (n % 6) - (m % 6)];
          best = Math.min(best, Math.hypot(dz * 2.5, dy, dx * 0.7));
        }
        if (best === Infinity) expect(found[n]).toBeGreaterThan(1e6);
        else expect(found[n]).toBeCloseTo(best, 4);
      }
    }), { numRuns: 30 });
  });

  it('closing fills a gap and leaves the outside', () => {
    const mask = new Uint8Array(30 * 30);
    for (let y = 0; y < 30; y++) for (let x = 0; x < 30; x++) if (x >= 5 && x < 25 && y >= 5 && y < 25 && !(x >= 14 && x < 17)) mask[y * 30 + x] = 1;
    const closed = close(mask, [1, 30, 30], [1, 1, 1], 3);
    expect(closed[15 * 30 + 15]).toBe(1);
    expect(closed[2 * 30 + 15]).toBe(0);
  });
});

describe('contours', () => {
  const disc = (radius: number, cx: number, cy: number, hole = 0): Float32Array => Float32Array.from({ length: 40 * 40 }, (_, n) => {
    const away = Math.hypot((n % 40) - cx, Math.floor(n / 40) - cy);
    return Math.min(radius - away, hole === 0 ? Infinity : away - hole);
  });

  it('follow a circle at sub-pixel accuracy', () => {
    const [polygon, ...others] = contours(disc(9.3, 19.4, 20.7), 40, 40);
    expect(others).toEqual([]);
    if (!polygon) throw new Error('no contour');
    for (let n = 0; n < polygon.length; n += 2) expect(Math.hypot((polygon[n] ?? 0) - 19.4, (polygon[n + 1] ?? 0) - 20.7)).toBeCloseTo(9.3, 1);
    expect(Math.abs(signedArea(polygon)) / (Math.PI * 9.3 ** 2)).toBeCloseTo(1, 2);
  });

  it('give holes the opposite sense', () => {
    const areas = contours(disc(12, 20, 20, 5), 40, 40).map(signedArea).sort((a, b) => Math.abs(b) - Math.abs(a));
    expect(areas).toHaveLength(2);
    expect(Math.sign(areas[0] ?? 0)).toBe(-Math.sign(areas[1] ?? 0));
  });

  it('keep diagonal neighbours apart and close at the border', () => {
    const field = new Float32Array(9).fill(-1);
    field[0] = 1;
    field[4] = 1;
    expect(contours(field, 3, 3)).toHaveLength(2);
    expect(contours(new Float32Array(9).fill(1), 3, 3)).toHaveLength(1);
  });

  it('are closed rings that enclose every positive pixel', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -3, max: 3 }).map((value) => (value === 0 ? -1 : value)), { minLength: 48, maxLength: 48 }), (values) => {
      const field = Float32Array.from(values);
      const polygons = contours(field, 8, 6);
      const winding = (x: number, y: number): number => polygons.reduce((sum, polygon) => {
        let inside = false;
        for (let n = 0; n < polygon.length; n += 2) {
          const [ax = 0, ay = 0] = polygon.slice(n, n + 2);
          const [bx = 0, by = 0] = [polygon[(n + 2) % polygon.length], polygon[(n + 3) % polygon.length]];
          if (ay > y !== by > y && x < ax + ((bx - ax) * (y - ay)) / (by - ay)) inside = !inside;
        }
        return sum + (inside ? 1 : 0);
      }, 0);
      for (let n = 0; n < 48; n++) expect(winding((n % 8) + 1e-4, Math.floor(n / 8) + 1e-4) % 2).toBe((field[n] ?? 0) > 0 ? 1 : 0);
    }), { numRuns: 60 });
  });
});

describe('measureAxes', () => {
  it.each([0, 0.4, 1.1, 2.6])('of an ellipse turned by %f', (angle) => {
    const outline = Array.from({ length: 200 }, (_, n): Point2 => {
      const [x, y] = [8 * Math.cos((n / 100) * Math.PI), 5 * Math.sin((n / 100) * Math.PI)];
      return [3 + x * Math.cos(angle) - y * Math.sin(angle), -7 + x * Math.sin(angle) + y * Math.cos(angle)];
    });
    const axes = measureAxes(outline);
    expect(axes.longMm).toBeCloseTo(16, 1);
    expect(axes.shortMm).toBeCloseTo(10, 1);
  });

  it('of a square has its diagonals', () => {
    const { longMm, shortMm } = measureAxes([[0, 0], [4, 0], [4, 4], [0, 4]]);
    expect(longMm).toBeCloseTo(Math.SQRT2 * 4, 9);
    expect(shortMm).toBeCloseTo(Math.SQRT2 * 4, 0);
  });
});

it('components are ordered by size', () => {
  const { components } = labelComponents(Uint8Array.from([1, 0, 1, 1, 0, 1, 1, 1]), [1, 1, 8]);
  expect(components.map(({ voxels }) => voxels)).toEqual([3, 2, 1]);
});

it('solveSymmetric solves, and says when it cannot', () => {
  expect(solveSymmetric([[0, 2], [2, 1]], [4, 4])?.map((value) => Math.round(value * 1e9) / 1e9)).toEqual([1, 2]);
  expect(solveSymmetric([[1, 1], [1, 1]], [1, 2])).toBeUndefined();
});
