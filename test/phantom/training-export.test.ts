import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'phoi-training-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const entry = resolve(import.meta.dirname, '../../src/phantom/export-training.ts');

/** Modules that a file and everything below it loads at run time. */
function loads(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const match of readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type)[^;]*? from '([^']+)'/gmu)) {
    const target = match[1]!;
    if (target.startsWith('.')) loads(resolve(dirname(file), target), seen);
    else seen.add(target);
  }
  return seen;
}

describe('training volumes', () => {
  test('need nothing but Node', () => {
    const outside = [...loads(entry)].filter((name) => !name.startsWith('/') && !name.startsWith('node:'));
    expect(outside).toEqual([]);
    expect([...loads(entry)].every((name) => name.startsWith('node:') || name.includes('/src/phantom/'))).toBe(true);
  });

  test('shape, origin and nodules agree with the pixels', () => {
    execFileSync(process.execPath, [
      '--disable-warning=ExperimentalWarning', entry, '--out', folder, '--first-seed', '41', '--count', '2', '--threads', '2',
      '--spacing', '2', '--nodules', '3', '--min-diameter', '8', '--max-diameter', '14', '--noise', 'none',
    ]);
    expect(readdirSync(folder).sort()).toEqual(['41.json', '41.raw', '42.json', '42.raw']);
    for (const seed of [41, 42]) {
      const header = JSON.parse(readFileSync(join(folder, `${seed}.json`), 'utf8')) as {
        shape: [number, number, number]; originLps: [number, number, number]; spacingMm: [number, number, number];
        nodules: { worldPoint: [number, number, number]; type: string; meanHU: number }[];
      };
      const bytes = readFileSync(join(folder, `${seed}.raw`));
      const hu = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
      const [nz, ny, nx] = header.shape;
      expect(hu.length).toBe(nz * ny * nx);
      expect(header.nodules.length).toBeGreaterThan(0);
      for (const nodule of header.nodules) {
        const [i, j, k] = nodule.worldPoint.map((v, axis) => Math.round((v - header.originLps[axis]!) / header.spacingMm[axis]!));
        const value = hu[(k! * ny + j!) * nx + i!]!;
        // In the middle of a nodule of 8 mm and more the picture shows it, never plain lung.
        expect(value).toBeGreaterThan(nodule.type === 'solid' || nodule.type === 'calcified' ? -250 : -760);
      }
    }
  });
});
