/** Every way a model may answer, with real graphs, against decoders in numpy that share no code with the runtime. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findNodules, type ScoredCandidate } from '../../src/inference/find-nodules.ts';
import { loadPipeline } from '../../src/inference/registry.ts';
import type { Vec3, Volume, VolumeGeometry } from '../../src/volume/types.ts';
import { distance } from '../../src/volume/vec3.ts';
import { ballVolume, geometryOf, lungEverywhere } from '../findings/sphere-volume.ts';

const run = promisify(execFile);
const networks = join(import.meta.dirname, 'fixtures/networks');
const options = { signal: new AbortController().signal, onProgress: (): void => undefined };
const hasNumpy = existsSync('/usr/lib/python3/dist-packages/numpy');
if (!hasNumpy) process.stderr.write('SKIPPED: numpy of Debian is missing, the decoders are not compared\n');

async function find(id: string, volume: Volume): Promise<readonly ScoredCandidate[]> {
  const pipeline = await loadPipeline(networks, id, { threads: 1 });
  try {
    return await findNodules(volume, lungEverywhere(volume), pipeline, options);
  } finally {
    await pipeline.release();
  }
}

/** Lumpy noise, so that the random graphs mark here and there. */
function lumpy(geometry: VolumeGeometry, seed: number): Volume {
  const balls = Array.from({ length: 14 }, (_, n) => {
    const part = (k: number): number => ((Math.sin(seed * 71.3 + n * 12.9898 + k * 78.233) * 43758.5453) % 1 + 1) % 1;
    const at = (axis: 0 | 1 | 2, count: number): number => geometry.origin[axis] + part(axis) * count * geometry.spacingMm[axis];
    return { centre: [at(0, geometry.columns), at(1, geometry.rows), at(2, geometry.slices)] as const, diameterMm: 4 + 12 * part(3), hu: -700 + 1000 * part(4) };
  });
  return ballVolume(balls, geometry, 60);
}

describe.runIf(hasNumpy)('the decoders find what numpy finds', () => {
  let folder: string;
  beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'phoi-oracle-')); });
  afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

  async function oracle(name: string, { hu, geometry }: Volume): Promise<readonly (readonly number[])[]> {
    const path = join(folder, `${name}.raw`);
    writeFileSync(path, new Uint8Array(hu.buffer, hu.byteOffset, hu.byteLength));
    const { columns, rows, slices, spacingMm: [i, j, k], origin } = geometry;
    const numbers = [slices, rows, columns, k, j, i, ...origin].map(String);
    const { stdout } = await run('/usr/bin/python3', [join(import.meta.dirname, 'fixtures/decode_oracle.py'), name, path, ...numbers]);
    return JSON.parse(stdout) as readonly (readonly number[])[];
  }

  it.each<readonly [string, Partial<VolumeGeometry>, number]>([
    ['boxes', { columns: 32, rows: 32, slices: 16, spacingMm: [0.7, 0.8, 1.25] }, 5],
    ['grid', { columns: 32, rows: 32, slices: 24, spacingMm: [1, 1, 1] }, 5],
    ['slices', { columns: 50, rows: 40, slices: 14, spacingMm: [0.9, 0.8, 1.5] }, 2],
  ])('%s', async (name, geometry, least) => {
    for (const seed of [1, 2, 3]) {
      const volume = lumpy(geometryOf({ ...geometry, origin: [-11, 4, 7.5] }), seed);
      const [found, expected] = [await find(name, volume), await oracle(name, volume)];
      expect(expected.length).toBeGreaterThan(least);
      expect(found.map(({ probability }) => probability)).toHaveLength(expected.length);
      for (const [n, { worldPoint, probability, diameterMm }] of found.entries()) {
        const [x, y, z, score, diameter] = expected[n] ?? [];
        // Segmentation keeps probabilities in 65,535 steps.
        expect(probability).toBeCloseTo(score ?? NaN, 4);
        expect(distance(worldPoint, [x ?? NaN, y ?? NaN, z ?? NaN])).toBeLessThan(2e-3);
        expect(diameterMm).toBeCloseTo(diameter ?? NaN, 2);
      }
    }
  }, 60_000);
});

const centre: Vec3 = [6.4, -9.3, 11.7];
/** A cell of the dense networks is 2 voxels: where in it a ball lies is known to about half of it. */
const cellMm = 1.2;
const poses: readonly (readonly [string, Partial<VolumeGeometry>])[] = [
  ['head first, supine', {}],
  ['head first, prone', { columnDirection: [-1, 0, 0], rowDirection: [0, -1, 0], origin: [30, 28, -32] }],
  ['feet first, supine', { columnDirection: [-1, 0, 0], sliceDirection: [0, 0, -1], origin: [30, -28, 32] }],
];

describe('a ball is found where it is, however the patient lies', () => {
  it.each(poses.flatMap(([pose, change]) => ['dense', 'dense-native', 'slices'].map((id) => [id, pose, change] as const)))('%s: %s', async (id, _, change) => {
    const volume = ballVolume([{ centre, diameterMm: 9, hu: 60 }], geometryOf(change));
    const [best, ...others] = await find(id, volume);
    expect(best?.probability).toBeGreaterThan(0.7);
    expect(distance(best?.worldPoint ?? [99, 99, 99], centre)).toBeLessThan(cellMm);
    expect(others).toEqual([]);
    if (id === 'slices') expect(Math.abs((best?.diameterMm ?? 0) - 9)).toBeLessThan(1);
  });
});

describe('an ensemble with a chain of classifiers', () => {
  it('has the score that its manifest says, and what its classifiers state', async () => {
    const volume = ballVolume([{ centre, diameterMm: 12, hu: 100 }]);
    const [[dense], [native], [both]] = [await find('dense', volume), await find('dense-native', volume), await find('both', volume)];
    if (!dense || !native || !both) throw new Error('the ball was not found');
    expect(distance(both.worldPoint, centre)).toBeLessThan(cellMm);
    // The ball fills the middles of both patches: brightness 100 HU is 1100 / 1400 * 2 - 1; classes -8b, 8b, -30b.
    const b = (1100 / 1400) * 2 - 1;
    const second = Math.exp(8 * b) / (Math.exp(-8 * b) + Math.exp(8 * b) + Math.exp(-30 * b));
    const score = ((3 * dense.probability + native.probability) / 4) * second;
    const calibrated = score <= 0.5 ? score * 0.4 : 0.2 + ((score - 0.5) / 0.5) * 0.8;
    expect(both.probability).toBeCloseTo(calibrated, 3);
    expect(both.diameterMm).toBeCloseTo(7, 3);
    expect(both.scores?.['malignancy']).toBeCloseTo(1 / (1 + Math.exp(2 * b)), 3);
  });

  it('has one identity over all its graphs, in the order of its manifest', async () => {
    const pipeline = await loadPipeline(networks, 'both', { threads: 1 });
    expect(pipeline.finder.kind === 'ensemble' && pipeline.finder.members.map(({ finder }) => finder.manifest.id)).toEqual(['dense', 'dense-native']);
    expect(pipeline.identity).toMatchObject({ id: 'both', version: '1.0.0' });
    expect(pipeline.identity.sha256).toMatch(/^[0-9a-f]{64}$/u);
    await pipeline.release();
  });
});
