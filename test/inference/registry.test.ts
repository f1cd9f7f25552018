import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import type { DetectorManifest } from '../../src/inference/manifest/manifest.ts';
import { upgradeManifest } from '../../src/inference/manifest/upgrade.ts';
import type { DetectorManifest1 } from '../../src/inference/manifest/version-1.ts';
import { listModels, loadPipeline, readManifest } from '../../src/inference/registry.ts';

let models: string;
beforeEach(() => {
  models = mkdtempSync(join(tmpdir(), 'phoi-models-'));
  cpSync(join(import.meta.dirname, 'fixtures/blob-detector'), join(models, 'blob-detector'), { recursive: true });
});
afterEach(() => { rmSync(models, { recursive: true, force: true }); });

type Edit = (manifest: Record<string, Record<string, unknown>>) => void;

function change(edit: Edit): void {
  const path = join(models, 'blob-detector/model.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, unknown>>;
  edit(manifest);
  writeFileSync(path, JSON.stringify(manifest));
}

async function problem(promise: Promise<unknown>): Promise<{ readonly code: string; readonly field: unknown }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, field: error.details['field'] };
    throw error;
  }
  return { code: 'none', field: undefined };
}

describe('loadPipeline', () => {
  it('runs on the CPU, with the reason, where the runtime has no other provider', async () => {
    for (const provider of ['cuda', 'webgpu'] as const) {
      const pipeline = await loadPipeline(models, 'blob-detector', { provider, threads: 1 });
      const { execution } = pipeline;
      expect(execution.threads).toBe(1);
      if (execution.provider === provider) expect(execution.fallback).toBeUndefined();
      else expect([execution.provider, execution.fallback]).toEqual(['cpu', expect.stringContaining(provider)]);
      await pipeline.release();
    }
  });

  it('loads a model whose hash, graph and test vector are right', async () => {
    const pipeline = await loadPipeline(models, 'blob-detector');
    expect(pipeline.identity).toMatchObject({ id: 'blob-detector', version: '1.0.0' });
    await pipeline.release();
  });

  it.each<readonly [string, string, string | undefined, Edit]>([
    ['another file', 'MODEL_HASH_MISMATCH', undefined, (manifest) => { Object.assign(manifest, { sha256: 'f'.repeat(64) }); }],
    ['an output that the graph lacks', 'MODEL_MANIFEST_INVALID', 'output.probability.name', (manifest) => { Object.assign(manifest['output'] ?? {}, { name: 'warmth' }); }],
    ['an input that the graph lacks', 'MODEL_MANIFEST_INVALID', 'input.name', (manifest) => { Object.assign(manifest['input'] ?? {}, { name: 'image' }); }],
    ['another window', 'MODEL_MANIFEST_INVALID', 'input.name', (manifest) => { Object.assign(manifest['input'] ?? {}, { window: [64, 64, 64] }); }],
    ['smaller windows than the graph takes', 'MODEL_MANIFEST_INVALID', 'input.windowMultiple', (manifest) => {
      const { input, ...rest } = upgradeManifest(manifest as unknown as DetectorManifest1) as DetectorManifest;
      Object.assign(manifest, rest, { input: { ...input, windowMultiple: [32, 32, 32] } });
    }],
    ['another stride', 'MODEL_MANIFEST_INVALID', 'output.probability.name', (manifest) => { Object.assign(manifest['output'] ?? {}, { stride: [4, 4, 4] }); }],
    ['a test vector that comes out otherwise', 'MODEL_OUTPUT_INVALID', undefined, (manifest) => { Object.assign(manifest['testVector'] ?? {}, { expected: [{ output: 'heatmap', index: [0, 0, 24, 24, 24], value: -50 }] }); }],
    ['the id of another folder', 'MODEL_MANIFEST_INVALID', 'id', (manifest) => { Object.assign(manifest, { id: 'other' }); }],
  ])('refuses %s', async (_, code, field, edit) => {
    change(edit);
    expect(await problem(loadPipeline(models, 'blob-detector'))).toEqual({ code, field });
  });

  it('refuses what is no graph, no JSON, or no model', async () => {
    expect((await problem(loadPipeline(models, 'absent'))).code).toBe('MODEL_NOT_FOUND');
    expect((await problem(readManifest(models, '../blob-detector'))).code).toBe('MODEL_NOT_FOUND');
    writeFileSync(join(models, 'blob-detector/model.json'), '{');
    expect((await problem(loadPipeline(models, 'blob-detector'))).code).toBe('MODEL_MANIFEST_INVALID');
  });

  it('is listed, broken or not', async () => {
    cpSync(join(models, 'blob-detector'), join(models, 'broken'), { recursive: true });
    const listings = await listModels(models);
    expect(listings.map(({ id }) => id)).toEqual(['blob-detector', 'broken']);
    expect(listings.map((listing) => 'error' in listing)).toEqual([false, true]);
  });
});
