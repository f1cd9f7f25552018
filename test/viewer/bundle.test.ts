import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../src/settings.ts';

const run = promisify(execFile);
const dist = join(projectRoot, 'viewer/dist');
const buildScript = join(projectRoot, 'viewer/build-if-stale.ts');
/** Kilobytes after gzip. The worklist opens over a slow line, and nothing but `first` stands before the first image; the rest is fetched once and cached. */
const budget = { worklist: 36, first: 100, webgl: 1150, css: 12 };

async function gzipKilobytes(file: string): Promise<number> {
  return gzipSync(await readFile(join(dist, file))).length / 1024;
}

function build(): Promise<{ stdout: string }> {
  return run(process.execPath, ['--disable-warning=ExperimentalWarning', buildScript], { timeout: 240_000 });
}

describe('the built viewer', () => {
  let html: string;
  let assets: readonly string[];
  beforeAll(async () => {
    await Promise.all([build(), build()]);
    html = await readFile(join(dist, 'index.html'), 'utf8');
    assets = await readdir(join(dist, 'assets'));
  });

  test('is not built again, and says so in one line', async () => {
    expect((await build()).stdout).toBe('viewer: up to date\n');
  });

  test('has no script and no style within the page', () => {
    expect(html).toMatch(/<script type="module"[^>]* src="\/assets\/[^"]+"><\/script>/);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/<style| style=| on\w+=/);
  });

  test('the worklist comes without Cornerstone and within its budget', async () => {
    const entry = /src="\/(assets\/[^"]+\.js)"/.exec(html)![1]!;
    expect(await readFile(join(dist, entry), 'utf8')).not.toMatch(/vtk|cornerstone/i);
    expect(await gzipKilobytes(entry)).toBeLessThan(budget.worklist);
  });

  test('what the first image needs without a graphics card is small, and Cornerstone is apart from it', async () => {
    const scripts = assets.filter((name) => name.endsWith('.js') && !name.startsWith('pdf'));
    const sizes = new Map(await Promise.all(scripts.map(async (name) => [name, await gzipKilobytes(join('assets', name))] as const)));
    const webgl = [...sizes].filter(([, size]) => size > 500);
    expect(webgl.map(([name]) => name)).toEqual([expect.stringMatching(/^rendering-/)]);
    expect(webgl[0]![1]).toBeLessThan(budget.webgl);
    expect([...sizes.values()].reduce((sum, size) => sum + size, 0) - webgl[0]![1]).toBeLessThan(budget.first);
  });

  test('the styles stay within their budget', async () => {
    const sizes = await Promise.all(assets.filter((name) => name.endsWith('.css')).map((name) => gzipKilobytes(join('assets', name))));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(budget.css);
  });
});
