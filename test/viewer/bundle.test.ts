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
/** Kilobytes after gzip. The worklist opens over a slow line; the reader is fetched once and cached. */
const budget = { worklist: 30, reader: 1350, css: 12 };

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

  test('the reader stays within its budget', async () => {
    const scripts = assets.filter((name) => name.startsWith('page-') && name.endsWith('.js'));
    const sizes = await Promise.all(scripts.map((name) => gzipKilobytes(join('assets', name))));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(budget.reader);
    expect(Math.max(...sizes), 'Cornerstone is in there').toBeGreaterThan(500);
  });

  test('the styles stay within their budget', async () => {
    const sizes = await Promise.all(assets.filter((name) => name.endsWith('.css')).map((name) => gzipKilobytes(join('assets', name))));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(budget.css);
  });
});
