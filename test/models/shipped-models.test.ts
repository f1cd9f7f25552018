import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { listModels, loadPipeline } from '../../src/inference/registry.ts';
import { hasDebianPython, hasPrograms } from '../helpers/peers.ts';

const modelsDir = join(import.meta.dirname, '../../models');
const run = promisify(execFile);

describe('the shipped models', () => {
  it('load with hash, graph and test vector checked', async () => {
    const pipeline = await loadPipeline(modelsDir, 'lung-nodule-detector', { threads: 1 });
    expect(pipeline.finder.stages[0]?.classifiers[0]?.model.manifest.id).toBe('lung-nodule-classifier');
    await pipeline.release();
  }, 60_000);

  it('have valid manifests and are under 8 MB together', async () => {
    const models = await listModels(modelsDir);
    expect(models.flatMap((model) => 'error' in model ? [model.error.message] : [])).toEqual([]);
    const sizes = await Promise.all(models.map(async (model) => 'manifest' in model && 'file' in model.manifest ? (await stat(join(model.folder, model.manifest.file))).size : 0));
    expect(sizes.reduce((total, size) => total + size, 0)).toBeLessThan(8_000_000);
  });
});

describe.runIf(hasDebianPython() && hasPrograms('make'))('the training code', () => {
  it('passes its own checks', async () => {
    const { stderr } = await run('/usr/bin/python3', ['-m', 'unittest', '-q', 'test_training'], { cwd: join(modelsDir, 'training') });
    expect(stderr).toMatch(/Ran \d{2} tests[\s\S]*OK/);
  }, 120_000);

  it('goes from phantoms to packaged models that the service loads', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phoi-smoke-'));
    try {
      const { stdout } = await run('make', ['-C', join(modelsDir, 'training'), 'smoke', `WORK=${folder}`]);
      expect(stdout).toMatch(/lung-nodule-detector [\d.]+: loads, and answers its test vectors/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 900_000);
});
