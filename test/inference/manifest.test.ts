import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { ModelManifest, type DetectorManifest } from '../../src/inference/manifest.ts';
import { validateManifest } from '../../src/inference/validate-manifest.ts';

const detector: DetectorManifest = {
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
    expect(validateManifest(structuredClone(detector))).toEqual(detector);
  });

  it('names the wrong field', () => {
    expect(wrongField({ task: 'oracle' })).toBe('task');
    expect(wrongField({ sha256: 'abc' })).toBe('sha256');
    expect(wrongField({ file: '../model.onnx' })).toBe('file');
    expect(wrongField({ colour: 'red' })).toBe('colour');
    expect(wrongField({ output: { ...detector.output, stride: [4, 0, 4] } })).toBe('output.stride.1');
    expect(wrongField({ output: { ...detector.output, kind: 'boxes' } })).toBe('output.kind');
    expect(wrongField({ calibration: { kind: 'platt' } })).toBe('calibration');
    expect(wrongField({ input: { ...detector.input, clipHU: [400, -1000] } })).toBe('input.clipHU');
    expect(wrongField({ input: { ...detector.input, window: [62, 64, 64] } })).toBe('input.window.0');
    expect(wrongField({ input: { ...detector.input, overlap: [16, 4, 16] } })).toBe('input.overlap.1');
    expect(wrongField({ defaultOperatingPoint: 'bold' })).toBe('defaultOperatingPoint');
  });

  it('is what the published schema says', () => {
    const published: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../models/manifest.schema.json'), 'utf8'));
    expect(published).toEqual(JSON.parse(JSON.stringify(ModelManifest)));
  });
});
