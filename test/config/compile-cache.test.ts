/** Starts are quicker when what Node makes of the files is kept; that it cannot be kept must not matter. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { compileCacheDir } from '../../src/compile-cache.ts';
import { projectRoot } from '../../src/settings.ts';

let folder: string;
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'phoi-compiled-')); });
afterEach(() => rm(folder, { recursive: true, force: true }));

function start(script: string, cache: string): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script], {
    encoding: 'utf8', env: { ...process.env, NODE_COMPILE_CACHE: cache },
  });
  expect([stderr, status]).toEqual(['', 0]);
  return stdout;
}
const script = `
  const { keepCompiled } = await import(${JSON.stringify(join(projectRoot, 'src/compile-cache.ts'))});
  keepCompiled();
  const { version } = await import(${JSON.stringify(join(projectRoot, 'src/settings.ts'))});
  process.stdout.write(version);
`;

it('keeps what was compiled', async () => {
  start(script, folder);
  const [versioned] = await readdir(folder);
  expect((await readdir(join(folder, versioned!))).length).toBeGreaterThan(3);
});

it('starts as well where nothing can be kept', async () => {
  const file = join(folder, 'a-file');
  await writeFile(file, '');
  expect(start(script, join(file, 'below'))).toMatch(/^\d+\.\d+\.\d+$/u);
});

it('lies in the project, where nobody can write who could not change the code', () => {
  expect(compileCacheDir.startsWith(join(projectRoot, 'node_modules'))).toBe(true);
});
