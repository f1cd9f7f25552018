import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { classify } from '../../src/inference/classify.ts';
import { detect } from '../../src/inference/detect.ts';
import type { ClassifierManifest, DetectorManifest } from '../../src/inference/manifest/manifest.ts';
import type { Finder } from '../../src/inference/pipeline.ts';
import { loadPipeline, type ModelPipeline } from '../../src/inference/registry.ts';
import { patchGrid } from '../../src/inference/tensor/patch.ts';
import type { ModelSession, TensorData } from '../../src/inference/session.ts';
import { gridToWorld } from '../../src/volume/lps-grid.ts';
import type { Vec3, VolumeGeometry } from '../../src/volume/types.ts';
import { distance } from '../../src/volume/vec3.ts';
import { ballVolume, geometryOf, lungEverywhere } from '../findings/sphere-volume.ts';

const options = { signal: new AbortController().signal, onProgress: (): void => undefined };
const centre: Vec3 = [6.4, -9.3, 11.7];
let pipeline: ModelPipeline;
beforeAll(async () => { pipeline = await loadPipeline(join(import.meta.dirname, 'fixtures'), 'blob-detector', { threads: 1 }); });
afterAll(async () => { await pipeline.release(); });

function blob(): Extract<Finder, { kind: 'detector' }> {
  if (pipeline.finder.kind !== 'detector') throw new Error('blob-detector is a detector');
  return pipeline.finder;
}

function search(geometry: VolumeGeometry, change: (manifest: DetectorManifest) => DetectorManifest = (manifest) => manifest, session = blob().session) {
  const volume = ballVolume([{ centre, diameterMm: 9, hu: 20 }], geometry);
  return detect(volume, lungEverywhere(volume), change(blob().manifest), session, options);
}

describe('detect', () => {
  it.each([
    ['head first, supine', {}],
    ['head first, prone', { columnDirection: [-1, 0, 0], rowDirection: [0, -1, 0], origin: [30, 28, -32] }],
    ['feet first, supine', { columnDirection: [-1, 0, 0], sliceDirection: [0, 0, -1], origin: [30, -28, 32] }],
    ['feet first, prone', { rowDirection: [0, -1, 0], sliceDirection: [0, 0, -1], origin: [-30, 28, 32] }],
    ['oblique', { columnDirection: [Math.cos(0.2), 0, -Math.sin(0.2)], sliceDirection: [Math.sin(0.2), 0, Math.cos(0.2)], origin: [-38, -28, -26] }],
  ] as const)('finds a ball where it is: %s', async (_, change) => {
    const [best] = await search(geometryOf(change));
    expect(best?.score).toBeGreaterThan(0.9);
    expect(distance(best?.worldPoint ?? [99, 99, 99], centre)).toBeLessThan(1);
  });

  it('finds it alike wherever the windows lie', async () => {
    // The grid begins at the volume's corner: moving the corner moves the ball through windows and their borders.
    for (const shift of [0, 13, 26, 39]) {
      const geometry = geometryOf({ columns: 180, origin: [-60 - shift, -28, -32] });
      const [best] = await search(geometry);
      expect(distance(best?.worldPoint ?? [99, 99, 99], centre)).toBeLessThan(1);
    }
  });

  it('cuts windows no larger than the volume needs where the graph takes many shapes, and finds the same', async () => {
    const shapes: string[] = [];
    let voxels = 0;
    /** Each cell is its brightest voxel: nothing depends on where a window ends. */
    const brightest: ModelSession = {
      provider: 'cpu', inputs: [], outputs: [], release: () => Promise.resolve(),
      run: ({ volume: input }) => {
        const [, , nz = 0, ny = 0, nx = 0] = input?.dims ?? [];
        const cells = new Float32Array((nz * ny * nx) / 8).fill(-Infinity);
        for (let z = 0, n = 0; z < nz; z++) {
          for (let y = 0; y < ny; y++) {
            for (let x = 0; x < nx; x++, n++) {
              const cell = ((z >> 1) * (ny / 2) + (y >> 1)) * (nx / 2) + (x >> 1);
              cells[cell] = Math.max(cells[cell] ?? 0, 20 * ((input?.data[n] ?? 0) - 0.5));
            }
          }
        }
        shapes.push(`${nz} ${ny} ${nx}`);
        voxels += nz * ny * nx;
        return Promise.resolve(new Map([['heatmap', { data: cells, dims: [1, 1, nz / 2, ny / 2, nx / 2] }]]));
      },
    };
    const geometry = geometryOf({ columns: 180, origin: [-60, -28, -32] });
    const fixed = await search(geometry, undefined, brightest);
    const fixedVoxels = voxels;
    voxels = 0;
    shapes.length = 0;
    const fitted = await search(geometry, (manifest) => {
      if (manifest.input.kind !== 'windows') throw new Error('blob-detector reads windows');
      return { ...manifest, input: { ...manifest.input, windowMultiple: [8, 8, 8] } };
    }, brightest);
    expect(fitted).toEqual(fixed);
    expect(fixed.length).toBeGreaterThan(0);
    // 64 x 57 x 122 mm: along x two windows that share 32 voxels.
    expect(new Set(shapes)).toEqual(new Set(['64 64 80']));
    expect(voxels).toBeLessThan(fixedVoxels / 2);
  });

  it('refuses an output that is not a number, or has another shape', async () => {
    const broken = (result: TensorData): ModelSession => ({ provider: 'cpu', inputs: [], outputs: [], run: () => Promise.resolve(new Map([['heatmap', result]])), release: () => Promise.resolve() });
    const code = (session: ModelSession): Promise<unknown> => search(geometryOf(), undefined, session).then(() => 'none', (error: unknown) => (error instanceof AppError ? error.code : error));
    expect(await code(broken({ data: new Float32Array(48 ** 3).fill(NaN), dims: [1, 1, 48, 48, 48] }))).toBe('MODEL_OUTPUT_INVALID');
    expect(await code(broken({ data: new Float32Array(24 ** 3), dims: [1, 1, 24, 24, 24] }))).toBe('MODEL_OUTPUT_INVALID');
    expect(await code(broken({ data: new Float32Array(48 ** 3).fill(9), dims: [1, 1, 48, 48, 48] }))).toBe('none');
  });

  it('stops when it is told to', async () => {
    const volume = ballVolume([{ centre, diameterMm: 9, hu: 20 }]);
    const reason = new Error('enough');
    await expect(detect(volume, lungEverywhere(volume), blob().manifest, blob().session, { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('classify', () => {
  const manifest: ClassifierManifest = {
    manifestVersion: '2', id: 'second-look', version: '1.0.0', name: 'Second look', licence: 'Apache-2.0', intendedUse: 'Test', trainingData: ['none'],
    file: 'model.onnx', sha256: 'a'.repeat(64), calibration: { kind: 'platt', a: 2, b: 0 },
    testVector: { input: { kind: 'file', file: 'x' }, expected: [{ output: 'p', index: [0], value: 0 }], tolerance: 1 },
    task: 'candidate-classifier',
    input: { kind: 'patch', name: 'patch', spacingMm: [1, 1, 1], intensity: { kind: 'window', clipHU: [-1000, 400], scaleTo: [0, 1] }, padHU: -1000, batch: 2, patch: [9, 9, 9] },
    output: { kind: 'candidate', probability: { name: 'p', activation: 'sigmoid' }, diameter: { name: 'd', transform: 'log-mm' }, type: { name: 't', classes: ['solid', 'ground-glass'] } },
  };

  it('gives each candidate the answer for the patch around it', async () => {
    const volume = ballVolume([{ centre, diameterMm: 9, hu: 20 }]);
    const middles: number[] = [];
    const session: ModelSession = {
      provider: 'cpu', inputs: [], outputs: [],
      // Answers with the middle voxel of each patch, so that a mix-up of the batch shows.
      run: ({ patch }) => {
        const { data, dims: [count = 0] } = patch ?? { data: new Float32Array(), dims: [] };
        const values = Array.from({ length: count }, (__, n) => data[n * 729 + 364] ?? NaN);
        middles.push(...values);
        return Promise.resolve(new Map([
          ['p', { data: Float32Array.from(values), dims: [count, 1] }],
          ['d', { data: Float32Array.from(values, () => Math.log(9)), dims: [count, 1] }],
          ['t', { data: Float32Array.from(values.flatMap((value) => [value, 0])), dims: [count, 2] }],
        ]));
      },
      release: () => Promise.resolve(),
    };
    const candidates = [{ worldPoint: centre, score: 0.9 }, { worldPoint: [-20, 0, 0] as const, score: 0.8 }, { worldPoint: centre, score: 0.7 }];
    const classified = await classify(volume, candidates, manifest, session, options);
    expect(middles[0]).toBeCloseTo((20 + 1000) / 1400, 1);
    expect(middles[1]).toBeCloseTo(150 / 1400, 1);
    expect(classified[0]?.probability).toBeGreaterThan((classified[1]?.probability ?? 1) + 0.1);
    expect(classified[0]?.probability).toBe(classified[2]?.probability);
    expect(classified[0]?.diameterMm).toBeCloseTo(9, 4);
    expect((classified[0]?.typeProbabilities?.solid ?? 0) + (classified[0]?.typeProbabilities?.['ground-glass'] ?? 0)).toBeCloseTo(1, 6);
  });

  it('patches have the candidate in their middle', () => {
    const grid = patchGrid([1, 2, 3], [32, 33, 48], [0.7, 1, 0.5]);
    for (const [n, value] of gridToWorld(grid, [15.5, 16, 23.5]).entries()) expect(value).toBeCloseTo(n + 1, 9);
  });
});
