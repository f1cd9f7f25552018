import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { openSqliteQueue } from '../../src/queue/sqlite-queue.ts';
import { createModelRegistry, type ModelRegistry } from '../../src/registry/model-registry.ts';

const fixtures = join(import.meta.dirname, '../inference/fixtures');
let folder: string;
let modelsDir: string;
let registry: ModelRegistry;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phoi-registry-'));
  modelsDir = join(folder, 'models');
  mkdirSync(join(folder, 'data'));
  mkdirSync(modelsDir);
  registry = createModelRegistry({ modelsDir, dataDir: join(folder, 'data'), defaultModel: 'dense', limits: { timeoutMs: 60_000, maxMemoryBytes: 4e9 } });
});
afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

async function code(work: Promise<unknown>): Promise<string> {
  return work.then(() => 'none', (error: unknown) => {
    if (error instanceof AppError) return error.code;
    throw error;
  });
}

const add = (name: string, from = 'networks'): ReturnType<ModelRegistry['add']> => registry.add({ folder: join(fixtures, from, name) });

/** A copy of a fixture with its manifest changed. */
function changed(name: string, change: Record<string, unknown>, from = 'networks'): string {
  const copy = join(folder, `copy-${readdirSync(folder).length}`);
  cpSync(join(fixtures, from, name), copy, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(copy, 'model.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(join(copy, 'model.json'), JSON.stringify({ ...manifest, ...change }));
  return copy;
}

describe('adding models', () => {
  it('installs a checked copy under its version, once', async () => {
    expect(await add('dense')).toMatchObject({ isNew: true, model: { manifest: { id: 'dense', version: '1.0.0' } } });
    expect(readdirSync(join(modelsDir, 'dense/1.0.0')).sort()).toEqual(['model.json', 'model.onnx']);
    expect(await add('dense')).toMatchObject({ isNew: false });
    expect(readdirSync(modelsDir)).toEqual(['dense']);
    expect(await code(registry.add({ folder: changed('dense', { name: 'Another' }) }))).toBe('MODEL_EXISTS');
    expect(await registry.add({ folder: changed('dense', { version: '1.1.0' }) })).toMatchObject({ isNew: true });
    expect((await registry.list()).map(({ id, version }) => `${id}@${version ?? ''}`)).toEqual(['dense@1.0.0', 'dense@1.1.0']);
    expect(await code(registry.check('dense'))).toBe('MODEL_NOT_FOUND');
    expect(await code(registry.check('dense@1.1.0'))).toBe('none');
  });

  it('takes a graph and a manifest that lie apart', async () => {
    const lonely = join(folder, 'elsewhere');
    mkdirSync(lonely);
    cpSync(join(fixtures, 'networks/dense/model.onnx'), join(lonely, 'net.onnx'));
    await registry.add({ folder: lonely, graphPath: join(lonely, 'net.onnx'), manifestPath: join(fixtures, 'networks/dense/model.json') });
    expect(await code(registry.check('dense@1.0.0'))).toBe('none');
  });

  it('leaves nothing behind of what is refused', async () => {
    expect(await code(add('absent'))).toBe('MODEL_NOT_FOUND');
    expect(await code(registry.add({ folder: changed('dense', { sha256: '0'.repeat(64) }) }))).toBe('MODEL_HASH_MISMATCH');
    expect(await code(registry.add({ folder: changed('dense', { output: { kind: 'oracle' } }) }))).toBe('MODEL_MANIFEST_INVALID');
    expect(await code(add('both'))).toBe('MODEL_NOT_FOUND');
    const linked = changed('dense', {});
    rmSync(join(linked, 'model.onnx'));
    symlinkSync(join(fixtures, 'networks/dense/model.onnx'), join(linked, 'model.onnx'));
    expect(await code(registry.add({ folder: linked }))).toBe('MODEL_NOT_FOUND');
    expect(readdirSync(modelsDir)).toEqual([]);
  });

  it.each([['outside', 'MODEL_MANIFEST_INVALID'], ['hangs', 'MODEL_TIMEOUT'], ['huge', 'MODEL_MEMORY_EXCEEDED'], ['throws', 'MODEL_FAILED'], ['not-a-number', 'MODEL_OUTPUT_INVALID']])(
    'survives a model that %s while it is checked', async (name, expected) => {
      // A test vector above 0 makes it misbehave at once.
      const bad = changed(name, { testVector: { input: { kind: 'gaussian-blob', background: 0.5, amplitude: 0, sigmaVoxels: 1, centre: [0, 0, 0] }, expected: [{ output: 'heat', index: [0, 0, 0, 0, 0], value: 0 }], tolerance: 1 } }, 'bad');
      const strict = createModelRegistry({ modelsDir, dataDir: join(folder, 'data'), defaultModel: 'dense', limits: { timeoutMs: name === 'hangs' ? 8_000 : 60_000, maxMemoryBytes: 1e9 } });
      expect(await code(strict.add({ folder: bad }))).toBe(expected);
      expect(readdirSync(modelsDir)).toEqual([]);
    }, 120_000);
});

describe('models in use', () => {
  beforeEach(async () => {
    for (const name of ['dense', 'dense-native', 'second-look', 'second-look-native', 'both']) await add(name);
  }, 60_000);

  it('are chosen durably, and cannot be removed', async () => {
    expect(await registry.active()).toEqual({ champion: { id: 'dense', version: '1.0.0' }, shadows: [] });
    await registry.activate({ champion: { id: 'both', version: '1.0.0' }, shadows: [{ id: 'dense', version: '1.0.0' }] });
    const again = createModelRegistry({ modelsDir, dataDir: join(folder, 'data'), defaultModel: 'dense', limits: { timeoutMs: 60_000, maxMemoryBytes: 4e9 } });
    expect((await again.list()).map(({ id, role }) => [id, role])).toEqual([['both', 'champion'], ['dense', 'shadow'], ['dense-native', 'part'], ['second-look', 'part'], ['second-look-native', 'part']]);
    expect((await again.champion()).id).toBe('both');
    expect((await again.shadows()).map(({ id }) => id)).toEqual(['dense']);
    for (const name of ['both', 'dense@1.0.0', 'dense-native', 'second-look']) expect(await code(again.remove(name))).toBe('MODEL_IN_USE');
    expect(await code(again.activate({ champion: { id: 'second-look', version: '1.0.0' }, shadows: [] }))).toBe('MODEL_MANIFEST_INVALID');
    expect(await code(again.activate({ champion: { id: 'dense', version: '9.0.0' }, shadows: [] }))).toBe('MODEL_NOT_FOUND');
    expect((await again.champion()).id).toBe('both');
  }, 60_000);

  it('nor while studies wait for them', async () => {
    const queue = openSqliteQueue(join(folder, 'data/queue.sqlite'));
    try {
      const withQueue = createModelRegistry({ modelsDir, dataDir: join(folder, 'data'), defaultModel: 'dense', limits: { timeoutMs: 60_000, maxMemoryBytes: 4e9 }, queue });
      const { job } = await queue.enqueue('analyze', { studyInstanceUID: '1.2', model: { id: 'both', version: '1.0.0', sha256: 'x' }, instances: [] }, { idempotencyKey: 'k' });
      expect(await code(withQueue.remove('both'))).toBe('MODEL_IN_USE');
      await queue.cancel(job.id);
      expect(await code(withQueue.remove('both'))).toBe('none');
      expect(await code(withQueue.remove('second-look'))).toBe('none');
      expect(readdirSync(modelsDir).sort()).toEqual(['both', 'dense', 'dense-native', 'second-look', 'second-look-native']);
      expect((await withQueue.list()).map(({ id }) => id)).toEqual(['dense', 'dense-native', 'second-look-native']);
    } finally {
      await queue.close();
    }
  }, 60_000);
});
