import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { ModelManifest } from '../../src/inference/manifest/manifest.ts';
import { upgradeManifest } from '../../src/inference/manifest/upgrade.ts';
import { ModelManifest1, type DetectorManifest1 } from '../../src/inference/manifest/version-1.ts';
import { validateManifest } from '../../src/inference/manifest/validate.ts';

const detector: DetectorManifest1 = {
  manifestVersion: '1',
  id: 'a-detector',
  version: '1.2.3',
  name: 'A detector',
  licence: 'Apache-2.0',
  intendedUse: 'Test',
  trainingData: ['none'],
  file: 'model.onnx',
  sha256: 'a'.repeat(64),
  calibration: { kind: 'none' },
  testVector: {
    input: { kind: 'gaussian-blob', background: 0, amplitude: 1, sigmaVoxels: 2, centre: [8, 8, 8] },
    expected: [{ output: 'heatmap', index: [0, 0, 2, 2, 2], value: 0.5 }],
    tolerance: 1e-3,
  },
  task: 'detector',
  accepts: { modality: 'CT', minSlices: 30, minCoverageMm: 50, maxSliceThicknessMm: 3 },
  input: {
    name: 'volume', spacingMm: [1, 1, 1], clipHU: [-1000, 400], scaleTo: [0, 1], padHU: -1000, batch: 1,
    window: [64, 64, 64], overlap: [16, 16, 16],
  },
  output: { kind: 'heatmap', name: 'heatmap', stride: [4, 4, 4], activation: 'sigmoid' },
  postprocess: { threshold: 0.1, nmsRadiusMm: 5, maxCandidates: 50, lungMask: { use: 'crop', marginMm: 5 } },
  operatingPoints: [{ name: 'balanced', threshold: 0.5, falsePositivesPerScan: 1, dataset: 'phantoms' }],
  defaultOperatingPoint: 'balanced',
};

function wrongField(change: Record<string, unknown>): unknown {
  try {
    validateManifest({ ...detector, ...change });
  } catch (error) {
    if (error instanceof AppError && error.code === 'MODEL_MANIFEST_INVALID') return error.details['field'];
    throw error;
  }
  return undefined;
}

describe('validateManifest', () => {
  it('takes a right manifest', () => {
    expect(validateManifest(structuredClone(detector))).toEqual(upgradeManifest(detector));
  });

  it('names the wrong field', () => {
    expect(wrongField({ task: 'oracle' })).toBe('task');
    expect(wrongField({ sha256: 'abc' })).toBe('sha256');
    expect(wrongField({ file: '../model.onnx' })).toBe('file');
    expect(wrongField({ colour: 'red' })).toBe('colour');
    expect(wrongField({ output: { ...detector.output, stride: [4, 0, 4] } })).toBe('output.stride.1');
    expect(wrongField({ output: { ...detector.output, kind: 'boxes' } })).toBe('output.kind');
    expect(wrongField({ calibration: { kind: 'platt' } })).toBe('calibration.a');
    expect(wrongField({ input: { ...detector.input, clipHU: [400, -1000] } })).toBe('input.intensity.clipHU');
    expect(wrongField({ input: { ...detector.input, window: [62, 64, 64] } })).toBe('input.window.0');
    expect(wrongField({ input: { ...detector.input, overlap: [16, 4, 16] } })).toBe('input.overlap.1');
    expect(wrongField({ defaultOperatingPoint: 'bold' })).toBe('defaultOperatingPoint');
  });

  it('names the wrong field of every kind of model', () => {
    const change = (name: string, edit: (manifest: Record<string, Record<string, unknown>>) => void): unknown => {
      const manifest = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/networks', name, 'model.json'), 'utf8')) as Record<string, Record<string, unknown>>;
      edit(manifest);
      try {
        validateManifest(manifest);
      } catch (error) {
        if (error instanceof AppError && error.code === 'MODEL_MANIFEST_INVALID') return error.details['field'];
        throw error;
      }
      return undefined;
    };
    expect(change('boxes', ({ output }) => { Object.assign(output ?? {}, { weights: [1, 1, 1] }); })).toBe('output.weights');
    expect(change('boxes', ({ output }) => { Object.assign(output ?? {}, { levels: [{ classification: 'cls0', regression: 'box0', stride: [5, 4, 2], anchors: [[1, 1, 1]] }] }); })).toBe('output.levels.0.stride.0');
    expect(change('boxes', ({ input }) => { Object.assign(input ?? {}, { axes: ['R', 'L', 'S'] }); })).toBe('input.axes');
    expect(change('boxes', ({ output }) => { Object.assign(output ?? {}, { activation: 'softmax' }); })).toBe('output.classes');
    expect(change('dense', ({ input }) => { Object.assign(input ?? {}, { windowMultiple: [16, 24, 16] }); })).toBe('input.window.1');
    expect(change('dense', ({ input }) => { Object.assign(input ?? {}, { windowMultiple: [16, 16, 1] }); })).toBe('input.windowMultiple.2');
    expect(change('grid', ({ output }) => { Object.assign(output ?? {}, { anchorsMm: [5, 0] }); })).toBe('output.anchorsMm.1');
    expect(change('grid', ({ input }) => { Object.assign(input ?? {}, { coordinates: { name: 'coord', stride: [5, 4, 4] } }); })).toBe('input.coordinates.stride.0');
    expect(change('slices', ({ output }) => { Object.assign(output ?? {}, { probability: { name: 'classes', activation: 'softmax', channels: 2, channel: 2 } }); })).toBe('output.probability.channel');
    expect(change('slices', ({ input }) => { Object.assign(input ?? {}, { fit: { kind: 'pad', size: [512] } }); })).toBe('input.fit.size');
    expect(change('slices', ({ input }) => { Object.assign(input ?? {}, { intensity: [input?.['intensity'], input?.['intensity']] }); })).toBe('input.intensity');
    expect(change('second-look', ({ output }) => { Object.assign(output ?? {}, { scores: { Malignant: 1 } }); })).toBe('output.scores.Malignant');
    expect(change('both', (manifest) => { Object.assign(manifest, { members: [{ model: '../dense' }] }); })).toBe('members.0.model');
    expect(change('both', (manifest) => { Object.assign(manifest, { calibration: { kind: 'isotonic', points: [[0, 0], [0.5, 0.4], [0.4, 0.5]] } }); })).toBe('calibration.points.2');
    expect(change('both', (manifest) => { Object.assign(manifest, { manifestVersion: '3' }); })).toBe('manifestVersion');
    expect(change('both', () => undefined)).toBeUndefined();
  });

  it('is what the published schema says', () => {
    const published = (name: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, '../../models', name), 'utf8'));
    expect(published('manifest.schema.json')).toEqual(JSON.parse(JSON.stringify(ModelManifest)));
    expect(published('manifest-v1.schema.json')).toEqual(JSON.parse(JSON.stringify(ModelManifest1)));
  });
});
