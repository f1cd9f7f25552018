import { describe, expect, test } from 'vitest';
import type { PlacedNodule } from '../../src/phantom/types.ts';
import { noduleDistance } from '../../src/phantom/nodule-shape.ts';
import { sampleField } from '../../src/phantom/lattice.ts';
import { renderPhantom } from '../../src/phantom/render.ts';
import { boxGrid, clean, isolatedSolid, mixture, sceneOf, withoutNodules } from './fixtures.ts';

/** Area, longest chord and the longest one across it, by turning calipers over every degree. */
function calipers(points: readonly (readonly [number, number])[], step: number): { readonly long: number; readonly short: number } {
  const project = (degrees: number): number[] => points.map(([x, y]) => x * Math.cos(degrees * Math.PI / 180) + y * Math.sin(degrees * Math.PI / 180));
  let long = 0;
  let at = 0;
  for (let degrees = 0; degrees < 180; degrees++) {
    const along = project(degrees);
    const width = Math.max(...along) - Math.min(...along) + step;
    if (width > long) [long, at] = [width, degrees];
  }
  const along = project(at);
  const across = project(at + 90);
  let short = 0;
  const bins = new Map<number, number[]>();
  along.forEach((a, n) => {
    const bin = Math.round(a / (1.5 * step));
    bins.set(bin, [...(bins.get(bin) ?? []), across[n]!]);
  });
  for (const values of bins.values()) short = Math.max(short, Math.max(...values) - Math.min(...values) + step);
  return { long, short };
}

function rasterise(nodule: PlacedNodule, scene: ReturnType<typeof sceneOf>, step: number) {
  const { shape } = nodule;
  const n = Math.ceil(shape.boundMm / step);
  let count = 0;
  const sum = [0, 0, 0];
  let widest: [number, number][] = [];
  for (let k = -n; k <= n; k++) {
    const slice: [number, number][] = [];
    for (let j = -n; j <= n; j++) {
      for (let i = -n; i <= n; i++) {
        // Off the grid that the truth was measured on.
        const p = [shape.centre[0] + (i + 0.37) * step, shape.centre[1] + (j - 0.21) * step, shape.centre[2] + (k + 0.11) * step] as const;
        if (noduleDistance(shape, ...p) <= 0) continue;
        if (shape.clippedByLung && sampleField(scene.lattice, scene.fields.lung, ...p) <= 0) continue;
        count++;
        p.forEach((v, axis) => { sum[axis]! += v; });
        slice.push([p[0], p[1]]);
      }
    }
    if (slice.length > widest.length) widest = slice;
  }
  const edge = widest.filter((_, index) => index % Math.max(1, Math.floor(widest.length / 6000)) === 0);
  return { volume: count * step ** 3, centre: sum.map((v) => v / count), ...calipers(edge, step) };
}

describe('the truth is what a fine rasterisation measures', () => {
  const scene = sceneOf(mixture);

  test('everything asked for was placed, as asked', () => {
    const got = scene.nodules.map(({ truth }) => `${truth.type} ${truth.location} ${truth.margin}`);
    expect(got).toEqual(mixture.nodules.map((n) => `${n.type} ${n.location} ${n.margin}`));
    scene.nodules.forEach(({ truth }, n) => {
      expect(Math.abs(truth.diameterMm - mixture.nodules[n]!.diameterMm)).toBeLessThan(0.06 * truth.diameterMm + 0.15);
    });
  });

  test.each(mixture.nodules.map((n, index) => [`${n.diameterMm} mm ${n.type} ${n.location}`, index] as const))('%s', (_, index) => {
    const nodule = scene.nodules[index]!;
    const { truth } = nodule;
    const measured = rasterise(nodule, scene, Math.max(truth.diameterMm / 70, 0.1));
    expect(measured.volume / truth.volumeMm3).toBeGreaterThan(0.98);
    expect(measured.volume / truth.volumeMm3).toBeLessThan(1.02);
    expect(Math.abs(measured.long - truth.longAxisMm)).toBeLessThan(0.3);
    expect(Math.abs(measured.short - truth.shortAxisMm)).toBeLessThan(0.3);
    measured.centre.forEach((v, axis) => expect(Math.abs(v - truth.worldPoint[axis]!)).toBeLessThan(0.1));
    expect(truth.equivalentDiameterMm).toBeCloseTo(2 * Math.cbrt((3 * truth.volumeMm3) / (4 * Math.PI)), 6);
    expect(truth.diameterMm).toBeCloseTo((truth.longAxisMm + truth.shortAxisMm) / 2, 9);
  });

  test('a solid part has a diameter, pure ground glass has none', () => {
    for (const { truth } of scene.nodules) {
      if (truth.type === 'ground-glass') expect(truth.solidDiameterMm).toBeUndefined();
      else expect(truth.solidDiameterMm).toBeGreaterThan(0);
      if (truth.type === 'part-solid') expect(truth.solidDiameterMm).toBeLessThan(truth.diameterMm);
    }
  });

  test('nodules keep apart', () => {
    for (const a of scene.nodules) {
      for (const b of scene.nodules) {
        if (a === b) continue;
        const apart = Math.hypot(...a.truth.worldPoint.map((v, axis) => v - b.truth.worldPoint[axis]!));
        expect(apart).toBeGreaterThan((a.truth.longAxisMm + b.truth.longAxisMm) / 2);
      }
    }
  });
});

describe('the picture shows the truth', () => {
  test('mass and centre of a rendered nodule', () => {
    const scene = sceneOf(isolatedSolid);
    const { truth, shape } = scene.nodules[0]!;
    const grid = boxGrid(truth.worldPoint, 12, 0.5);
    const withNodule = renderPhantom(scene, grid, clean);
    const without = renderPhantom(withoutNodules(scene), grid, clean);
    let mass = 0;
    const moment = [0, 0, 0];
    for (let p = 0; p < withNodule.length; p++) {
      // Share of the nodule in this voxel; what it covers was lung or a small vessel.
      const share = (withNodule[p]! - without[p]!) / (shape.hu - without[p]!);
      if (Math.abs(share) < 0.004) continue;
      mass += share;
      moment[0]! += share * (p % grid.columns);
      moment[1]! += share * (Math.floor(p / grid.columns) % grid.rows);
      moment[2]! += share * Math.floor(p / (grid.columns * grid.rows));
    }
    expect(mass * 0.125 / truth.volumeMm3).toBeGreaterThan(0.97);
    expect(mass * 0.125 / truth.volumeMm3).toBeLessThan(1.03);
    moment.forEach((v, axis) => expect(Math.abs(grid.origin[axis]! + 0.5 * (v / mass) - truth.worldPoint[axis]!)).toBeLessThan(0.1));
  });
});
