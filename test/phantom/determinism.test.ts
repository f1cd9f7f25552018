import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { describePhantom } from '../../src/phantom/scene.ts';
import { phantomOptionsForSeed } from '../../src/phantom/kinds.ts';
import { drawRequests } from '../../src/phantom/nodules.ts';
import { createRandom } from '../../src/phantom/random.ts';
import { planBody } from '../../src/phantom/plan.ts';
import { renderPhantom } from '../../src/phantom/render.ts';
import { boxGrid } from './fixtures.ts';

const digest = (hu: Int16Array): string => createHash('sha256').update(new Uint8Array(hu.buffer)).digest('hex');

describe('a seed is a phantom', () => {
  const options = { seed: 21, nodules: 2 } as const;
  const first = describePhantom(options);
  const scanner = { kernel: 'sharp', noise: 30 } as const;
  const grid = boxGrid([40, 0, 0], 30, 1.5);

  test('the same seed gives the same bits and the same truth, another seed gives others', () => {
    const second = describePhantom(options);
    expect(second.nodules.map((n) => n.truth)).toEqual(first.nodules.map((n) => n.truth));
    expect(digest(renderPhantom(second, grid, scanner))).toBe(digest(renderPhantom(first, grid, scanner)));
    const other = planBody({ seed: 22 });
    expect(other.halfWidth).not.toBe(planBody({ seed: 21 }).halfWidth);
    expect(drawRequests({ seed: 22, nodules: 2 }, createRandom(22, 'nodules'))).not.toEqual(drawRequests(options, createRandom(21, 'nodules')));
  });

  test('the noise has its own seed', () => {
    const a = renderPhantom(first, grid, { ...scanner, noiseSeed: 1 });
    const b = renderPhantom(first, grid, { ...scanner, noiseSeed: 2 });
    expect(digest(a)).not.toBe(digest(b));
    const clean = renderPhantom(first, grid, { ...scanner, noise: 'none' });
    expect(digest(clean)).toBe(digest(renderPhantom(first, grid, { ...scanner, noise: 'none', noiseSeed: 2 })));
  });
});

describe('what the seeds draw', () => {
  test('diameters follow LUNA16: median between 6 and 8 mm, a long tail, within bounds', () => {
    const diameters = Array.from({ length: 500 }, (_, seed) => drawRequests({ seed, nodules: 4 }, createRandom(seed, 'nodules')))
      .flat().map((r) => r.diameterMm).sort((a, b) => a - b);
    expect(diameters[0]).toBeGreaterThanOrEqual(3);
    expect(diameters[diameters.length - 1]).toBeLessThanOrEqual(30);
    expect(diameters[1000]).toBeGreaterThan(6);
    expect(diameters[1000]).toBeLessThan(8);
    expect(diameters.filter((d) => d > 15).length / diameters.length).toBeGreaterThan(0.03);
  });

  test('every type, place and margin occurs', () => {
    const drawn = Array.from({ length: 200 }, (_, seed) => drawRequests({ seed, nodules: 4 }, createRandom(seed, 'nodules'))).flat();
    expect(new Set(drawn.map((r) => r.type)).size).toBe(4);
    expect(new Set(drawn.map((r) => r.location)).size).toBe(5);
    expect(new Set(drawn.map((r) => r.margin)).size).toBe(3);
  });

  test('kernels, thicknesses and positions all occur and a seed keeps its own', () => {
    const kinds = Array.from({ length: 300 }, (_, n) => phantomOptionsForSeed(100_000 + n));
    expect(new Set(kinds.map((k) => k.scanner.kernel)).size).toBe(3);
    expect(new Set(kinds.map((k) => k.patientPosition)).size).toBe(4);
    expect(Math.min(...kinds.map((k) => k.sliceThicknessMm))).toBeLessThan(1);
    expect(Math.max(...kinds.map((k) => k.sliceThicknessMm))).toBeGreaterThanOrEqual(2.5);
    expect(phantomOptionsForSeed(100_007)).toEqual(kinds[7]);
  });
});
