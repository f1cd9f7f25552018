import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { csvOfCases, csvOfMarks } from '../../src/bench/tables.ts';
import type { BenchCase, CaseResult } from '../../src/bench/types.ts';
import { csvLine } from '../../src/csv-text.ts';
import { readCsvFile } from '../../src/evaluation/csv-file.ts';

it.each([
  ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"\n`], ['+1+cmd', "'+1+cmd\n"], ['-2+3', "'-2+3\n"], ['@SUM(A1)', "'@SUM(A1)\n"], ['\t=1', "'\t=1\n"], ['\r=1', `"'\r=1"\n`],
  ['1.2.840.1', '1.2.840.1\n'], ["O'Neill", "O'Neill\n"], ['-12.5', '-12.5\n'], ['+1e-7', '+1e-7\n'], ['', '\n'],
])('%j in a cell is no formula, and a number stays one', (text, line) => {
  expect(csvLine([text])).toBe(line);
});

it('numbers are written as they are', () => {
  expect(csvLine([-1.5, 0, 1e-9])).toBe('-1.5,0,1e-9\n');
});

it('what is written comes back when it is read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-csv-'));
  const path = join(folder, 'table.csv');
  const text = fc.oneof(fc.string(), fc.stringMatching(/^'{0,2}[=+@\t\r-].{0,5}$/u));
  try {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 20 }), async (rows) => {
      // A line of nothing is none to the reader.
      const written = rows.map(([a, b]) => ['x', a, b]);
      await writeFile(path, written.map(csvLine).join(''));
      const read: (readonly string[])[] = [];
      await readCsvFile(path, (fields) => { read.push([...fields]); });
      expect(read).toEqual(written);
    }), { numRuns: 200 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it('the name of a scan is no formula in the tables of a benchmark', () => {
  const cases = [{ id: '=cmd|x' }] as unknown as readonly BenchCase[];
  const results = [{ marks: [[-1, 2, 3, 0.5]] }] as unknown as readonly CaseResult[];
  expect(csvOfCases(cases)).toBe("case,seriesuid\n1,'=cmd|x\n");
  expect(csvOfMarks(cases, results)).toBe("seriesuid,coordX,coordY,coordZ,probability\n'=cmd|x,-1,2,3,0.5\n");
});
