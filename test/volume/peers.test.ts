/** The volume against what other DICOM software makes of the same files. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasDebianPython, hasPrograms, hasSharedData, sharedData } from '../helpers/peers.ts';
import { assemble, fieldError, seriesDatasets, sourcesOf, toyLimits } from './synthetic-series.ts';

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'phoi-volume-')); });
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

describe.runIf(hasPrograms('dcmconv', 'dcmcrle', 'dcmcjpls', 'dcmcjpeg'))('a series written by DCMTK', () => {
  it.each([
    ['big endian', 'dcmconv', ['+tb']],
    ['implicit VR', 'dcmconv', ['+ti']],
    ['deflated', 'dcmconv', ['+td']],
    ['RLE', 'dcmcrle', []],
    ['JPEG-LS', 'dcmcjpls', []],
    ['JPEG lossless', 'dcmcjpeg', []],
  ] as const)('%s', async (name, program, options) => {
    const sources = sourcesOf(seriesDatasets({ name, slices: 24, signed: true, intercept: () => 0 }));
    const rewritten = await Promise.all(sources.map(async (source, k) => {
      const [from, to] = [join(folder, `${name}-${k}-in`), join(folder, `${name}-${k}-out`)];
      writeFileSync(from, await source.read());
      execFileSync(program, [...options, from, to], { stdio: ['ignore', 'ignore', 'pipe'] });
      const bytes = readFileSync(to);
      return { read: () => Promise.resolve(bytes) };
    }));
    expect(fieldError(await assemble(rewritten))).toBe(0);
  });
});

describe.runIf(hasSharedData() && hasPrograms('dcmdjpls') && hasDebianPython())('real CT', () => {
  it('as JPEG-LS is bit for bit what DCMTK and pydicom make of it', async () => {
    const series = join(sharedData, 'ct/ncia-0117');
    const names = readdirSync(series).filter((name) => name.endsWith('.dcm')).sort().slice(0, 40);
    const volume = await assemble(names.map((name) => ({ read: () => readFile(join(series, name)) })), toyLimits);
    expect(volume.geometry).toMatchObject({ columns: 512, rows: 512, slices: 40 });
    const plain = mkdtempSync(join(folder, 'plain-'));
    for (const name of names) execFileSync('dcmdjpls', [join(series, name), join(plain, name)]);
    const expected = execFileSync('/usr/bin/python3', [join(import.meta.dirname, 'hounsfield_volume.py'), plain], { encoding: 'utf8' }).trim();
    expect(createHash('sha256').update(new Uint8Array(volume.hu.buffer)).digest('hex')).toBe(expected);
  });
});
