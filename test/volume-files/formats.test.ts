/** Whatever the format, the type, the order of bytes and the direction of the axes: every voxel stays at its place in the patient. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ElementType } from '../../src/volume-files/element-type.ts';
import { readVolumeFile, type VolumeFile } from '../../src/volume-files/read-volume-file.ts';
import { worldToIndex } from '../../src/volume/geometry.ts';
import type { Vec3 } from '../../src/volume/types.ts';
import { add, cross, determinant, dot, normalize, scale, type Columns3 } from '../../src/volume/vec3.ts';
import { bytesOfType, writeMetaImage, writeNifti, writeNrrd, type Stored } from './writers.ts';

let folder: string;
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'phoi-volume-')); });
afterAll(async () => { await rm(folder, { recursive: true, force: true }); });

const types = Object.keys(bytesOfType) as ElementType[];
const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] as const;

/** Axes exchanged, turned round, then turned in space by up to 25°. */
const steps = fc.record({
  order: fc.constantFrom(...orders), signs: fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(1, -1))),
  spacing: fc.tuple(...[0, 1, 2].map(() => fc.double({ min: 0.3, max: 3, noNaN: true }))),
  turn: fc.tuple(...[0, 1, 2].map(() => fc.double({ min: -0.25, max: 0.25, noNaN: true }))),
}).map(({ order, signs, spacing, turn }): Columns3 => {
  const [a = 0, b = 0, c = 0] = turn;
  const x = normalize([1, a, b]);
  const z = normalize(cross(x, normalize([-a, 1, c])));
  const frame: Columns3 = [x, cross(z, x), z];
  const step = (n: 0 | 1 | 2): Vec3 => scale(frame[order[n]], signs[n]! * spacing[n]!);
  return [step(0), step(1), step(2)];
});

const stored: fc.Arbitrary<Stored> = fc.record({
  size: fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 1, max: 5 }))), steps,
  origin: fc.tuple(...[0, 1, 2].map(() => fc.double({ min: -400, max: 400, noNaN: true }))),
  type: fc.constantFrom(...types), littleEndian: fc.boolean(), compressed: fc.boolean(), seed: fc.integer({ min: 0, max: 100 }),
}).map(({ size, seed, type, origin, ...rest }) => {
  const [ni = 1, nj = 1, nk = 1] = size;
  const values = Array.from({ length: ni * nj * nk }, (_, n) => {
    const value = (n * 37 + seed) % 120;
    return type.startsWith('u') || type === 'int8' ? value : value * 20 - 1000;
  });
  return { size: [ni, nj, nk], origin: [origin[0]!, origin[1]!, origin[2]!], type, values, ...rest };
});

function expectSame({ volume: { geometry, hu, slices } }: VolumeFile, source: Stored, scaleValue: (value: number) => number = (value) => value): void {
  const [ni, nj, nk] = source.size;
  expect(geometry.columns * geometry.rows * geometry.slices).toBe(ni * nj * nk);
  expect(slices).toHaveLength(geometry.slices);
  for (const [name, direction, axis] of [['columns', geometry.columnDirection, 0], ['rows', geometry.rowDirection, 1], ['slices', geometry.sliceDirection, 2]] as const) {
    expect(direction[axis], name).toBeGreaterThan(0.5);
  }
  // A mirrored patient would show here: the stored axes may be left-handed, those given out never are.
  expect(determinant([geometry.columnDirection, geometry.rowDirection, geometry.sliceDirection])).toBeGreaterThan(0.9);
  source.values.forEach((value, n) => {
    const [i, j, k] = [n % ni, Math.floor(n / ni) % nj, Math.floor(n / (ni * nj))];
    const world = add(source.origin, add(scale(source.steps[0], i), add(scale(source.steps[1], j), scale(source.steps[2], k))));
    const at = worldToIndex(geometry, world);
    const [ci = 0, cj = 0, ck = 0] = at.map(Math.round);
    expect(Math.max(Math.abs(at[0] - ci), Math.abs(at[1] - cj), Math.abs(at[2] - ck))).toBeLessThan(0.01);
    expect(hu[(ck * geometry.rows + cj) * geometry.columns + ci]).toBe(Math.min(3071, Math.max(-1024, Math.round(scaleValue(value)))));
  });
}

const runs = { numRuns: 60 };

describe('every voxel of a volume file keeps its place and value', () => {
  it('MetaImage', async () => {
    await fc.assert(fc.asyncProperty(stored, fc.boolean(), async (source, local) => {
      const read = await readVolumeFile(await writeMetaImage(folder, source, local));
      expect(read.format).toBe('MetaImage');
      expectSame(read, source);
    }), runs);
  });

  it('NIfTI-1 and NIfTI-2, with and without scaling', async () => {
    await fc.assert(fc.asyncProperty(stored, fc.constantFrom(1 as const, 2 as const), fc.boolean(), async (source, version, scaled) => {
      const read = await readVolumeFile(await writeNifti(folder, source, version, scaled ? { slope: 2, intercept: -500 } : {}));
      expect(read.format).toBe(`NIfTI-${version}`);
      expectSame(read, source, scaled ? (value) => 2 * value - 500 : undefined);
    }), runs);
  });

  it('NRRD in three spaces', async () => {
    await fc.assert(fc.asyncProperty(stored, fc.constantFrom('left-posterior-superior' as const, 'RAS' as const, 'left-anterior-superior' as const), fc.boolean(), async (source, space, detached) => {
      const read = await readVolumeFile(await writeNrrd(folder, source, space, detached));
      expect(read.format).toBe('NRRD');
      expectSame(read, source);
    }), runs);
  });
});

describe('what files may hold', () => {
  const plain: Stored = { size: [3, 2, 2], steps: [[0.7, 0, 0], [0, 0.7, 0], [0, 0, 2]], origin: [-1, 2, 3], type: 'float32', littleEndian: true, compressed: false, values: Array.from({ length: 12 }, (_, n) => n) };

  it('samples that are no numbers stand for no data, values beyond Hounsfield units are clamped', async () => {
    const values = [NaN, Infinity, -Infinity, -3024, 40_000, -1024.4, 0.5, 1.4, -0.5, 3071, 3072, 7];
    const { volume } = await readVolumeFile(await writeMetaImage(folder, { ...plain, values }, true));
    expect([...volume.hu]).toEqual([-1024, 3071, -1024, -1024, 3071, -1024, 1, 1, 0, 3071, 3071, 7]);
  });

  it('the same content gives the same hash and slice UIDs, another one others', async () => {
    const first = await readVolumeFile(await writeMetaImage(folder, plain, false));
    const again = await readVolumeFile(await writeMetaImage(folder, plain, false));
    const other = await readVolumeFile(await writeMetaImage(folder, { ...plain, values: plain.values.map((value) => value + 1) }, false));
    expect(again.sha256).toBe(first.sha256);
    expect(again.volume.slices).toEqual(first.volume.slices);
    expect(other.sha256).not.toBe(first.sha256);
    expect(first.files).toEqual(['v.mhd', 'v.raw']);
    expect(new Set(first.volume.slices.map(({ sopInstanceUID }) => sopInstanceUID)).size).toBe(2);
  });

  it('a tilted stack keeps its tilt', async () => {
    const tilted: Stored = { ...plain, steps: [[0.7, 0, 0], [0, 0.7, 0], [0, -0.5, 2]] };
    const read = await readVolumeFile(await writeMetaImage(folder, tilted, true));
    expectSame(read, tilted);
    expect(dot(read.volume.geometry.rowDirection, read.volume.geometry.sliceDirection)).toBeLessThan(-0.2);
  });
});
