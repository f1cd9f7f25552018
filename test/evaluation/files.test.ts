/** Reading the four files: what is tolerated, and what is refused with file and line. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { evaluateFiles, type FileEvaluation } from '../../src/evaluation/evaluate.ts';

interface Texts {
  readonly annotations: string | Uint8Array;
  readonly excluded: string | Uint8Array;
  readonly seriesUIDs: string | Uint8Array;
  readonly results: string | Uint8Array;
}

const good: Texts = {
  annotations: 'seriesuid,coordX,coordY,coordZ,diameter_mm\na,0,0,0,10\n',
  excluded: 'seriesuid,coordX,coordY,coordZ,diameter_mm\na,50,0,0,-1\n',
  seriesUIDs: 'a\nb\n',
  results: 'seriesuid,coordX,coordY,coordZ,probability\na,0,0,1,0.9\na,51,0,0,0.8\nb,1,1,1,0.7\n',
};

describe('files of an evaluation', () => {
  let folder: string;
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'phoi-evaluation-')); });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function evaluateTexts(change: Partial<Texts> = {}): Promise<FileEvaluation> {
    const texts = { ...good, ...change };
    const paths = { annotations: join(folder, 'annotations.csv'), excluded: join(folder, 'excluded.csv'), seriesUIDs: join(folder, 'seriesuids.csv'), results: join(folder, 'results.csv') };
    for (const role of Object.keys(paths) as (keyof typeof paths)[]) await writeFile(paths[role], texts[role]);
    return evaluateFiles(paths, { resamples: 0 });
  }

  async function failure(change: Partial<Texts>): Promise<AppError> {
    const error: unknown = await evaluateTexts(change).then(() => undefined, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(AppError);
    return error as AppError;
  }

  it('counts the plain case', async () => {
    const { statistics, ignoredRows, files } = await evaluateTexts();
    expect(statistics).toMatchObject({ scans: 2, nodules: 1, candidates: 3, truePositives: 1, ignoredOnExcluded: 1, falsePositives: 1 });
    expect(ignoredRows).toEqual({ annotations: 0, excluded: 0, results: 0 });
    expect(files.seriesUIDs).toEqual({ name: 'seriesuids.csv', bytes: 4, sha256: '911169ddaaf146aff539f58c26c489af3b892dff0fe283c1c264c65ae5aa59a2' });
  });

  it.each<[string, Partial<Texts>]>([
    ['columns in another order, more columns, quotes, CRLF and a byte order mark', { results: '\uFEFF"probability",note,coordZ,coordY,"coordX",seriesuid\r\n0.9,"x, y",1,0,0,"a"\r\n"0.8",,0,0,51,a\r\n\r\n0.7,z,1,1,1,b' }],
    ['gzip', { results: gzipSync(good.results), excluded: gzipSync(good.excluded) }],
    ['gzip of two members', { results: Buffer.concat([gzipSync('seriesuid,coordX,coordY,coordZ,probability\na,0,0,1,0.9\n'), gzipSync('a,51,0,0,0.8\nb,1,1,1,0.7\n')]) }],
    ['numbers as Python writes them', { results: 'seriesuid,coordX,coordY,coordZ,probability\na,0.,+0,1e0,9e-1\na, 5.1E+1 ,-0,.0,0.8\nb,1,1,1,7e-1\n' }],
    ['more columns in the series list', { seriesUIDs: 'a,first\nb,second\n' }],
    ['empty fields behind the last column', { results: 'seriesuid,coordX,coordY,coordZ,probability\na,0,0,1,0.9,,\na,51,0,0,0.8,\nb,1,1,1,0.7\n' }],
  ])('reads %s as the plain case', async (_, change) => {
    const plain = await evaluateTexts();
    const { statistics, score } = await evaluateTexts(change);
    expect(statistics).toEqual(plain.statistics);
    expect(score!.curve).toEqual(plain.score!.curve);
  });

  it('passes over rows of series that are not evaluated, unread, and counts them', async () => {
    const { statistics, ignoredRows } = await evaluateTexts({ results: `${good.results as string}other,nan,,,\nA,0,0,0,1\n`, annotations: `${good.annotations as string}other,1,1,1,5\n` });
    expect(statistics).toMatchObject({ candidates: 3, nodules: 1 });
    expect(ignoredRows).toEqual({ annotations: 1, excluded: 0, results: 2 });
  });

  const head = 'seriesuid,coordX,coordY,coordZ,probability';
  it.each<[string, Partial<Texts>, string, string]>([
    ['a NaN coordinate', { results: `${head}\na,0,0,0,1\na,nan,0,0,1\n` }, 'EVALUATION_VALUE_INVALID', 'results.csv, line 3: coordX is "nan"'],
    ['an infinite coordinate', { results: `${head}\na,0,0,1e999,1\n` }, 'EVALUATION_VALUE_INVALID', 'results.csv, line 2: coordZ'],
    ['an empty probability', { results: `${head}\na,0,0,0,\n` }, 'EVALUATION_VALUE_INVALID', 'results.csv, line 2: probability is ""'],
    ['a hexadecimal number', { results: `${head}\na,0x10,0,0,1\n` }, 'EVALUATION_VALUE_INVALID', 'results.csv, line 2: coordX'],
    ['a probability that stands for a miss', { results: `${head}\na,0,0,0,-1e9\n` }, 'EVALUATION_VALUE_INVALID', 'line 2: probability must be above'],
    ['a bad diameter after a field of two lines', { annotations: 'seriesuid,coordX,coordY,coordZ,diameter_mm,note\na,0,0,0,10,"x\ny"\na,0,0,0,ten,\n' }, 'EVALUATION_VALUE_INVALID', 'annotations.csv, line 4: diameter_mm is "ten"'],
    ['a bad value in the excluded findings', { excluded: 'seriesuid,coordX,coordY,coordZ,diameter_mm\na,50,zero,0,-1\n' }, 'EVALUATION_VALUE_INVALID', 'excluded.csv, line 2: coordY'],
    ['a short row', { results: `${head}\na,0,0,1\n` }, 'EVALUATION_CSV_MALFORMED', 'results.csv, line 2: 4 fields where the header has 5'],
    ['a decimal comma', { results: `${head}\na,0,5,0,0,1\n` }, 'EVALUATION_CSV_MALFORMED', 'results.csv, line 2: 6 fields where the header has 5'],
    ['an unclosed quote', { results: `${head}\na,0,0,0,1\n"a,0,0,0,1\n` }, 'EVALUATION_CSV_MALFORMED', 'results.csv, line 3: a quoted field is not closed'],
    ['semicolons', { results: 'seriesuid;coordX;coordY;coordZ;probability\na;0;0;0;1\n' }, 'EVALUATION_COLUMN_MISSING', 'results.csv has no column "seriesuid"'],
    ['a missing column', { annotations: 'seriesuid,coordX,coordY,coordZ\na,0,0,0\n' }, 'EVALUATION_COLUMN_MISSING', 'annotations.csv has no column "diameter_mm"'],
    ['a column that stands there twice', { results: `${head},probability\na,0,0,0,1,1\n` }, 'EVALUATION_COLUMN_MISSING', 'results.csv has the column "probability" twice'],
    ['an empty file', { results: '' }, 'EVALUATION_COLUMN_MISSING', 'results.csv has no column'],
    ['an empty series list', { seriesUIDs: '\n\n' }, 'EVALUATION_NO_SERIES', 'seriesuids.csv names no series'],
    ['a series list with a header', { seriesUIDs: 'seriesuid\na\nb\n' }, 'EVALUATION_VALUE_INVALID', 'seriesuids.csv, line 1: a header'],
    ['an empty series', { seriesUIDs: 'a\n,b\n' }, 'EVALUATION_VALUE_INVALID', 'seriesuids.csv, line 2: the series is empty'],
    ['a cut gzip file', { results: gzipSync(good.results).subarray(0, 40) }, 'EVALUATION_FILE_UNREADABLE', 'results.csv cannot be read'],
    ['text that is not UTF-8', { results: Buffer.from(`${head}\na,0,0,0,1\n\xe9,0,0,0,1\n`, 'latin1') }, 'EVALUATION_FILE_UNREADABLE', 'results.csv, line 3: text that is not UTF-8'],
    ['compressed text whose last line is cut within a character', { results: gzipSync(Buffer.concat([Buffer.from(`${head}\né,0,0,0,1\nb`), Buffer.from([0xc3])])) }, 'EVALUATION_FILE_UNREADABLE', 'results.csv, line 3: text that is not UTF-8'],
    ['a bad row before a break in the file', { results: `${head}\na,x,0,0,1\n"a,0,0,0,1\n` }, 'EVALUATION_VALUE_INVALID', 'results.csv, line 3: a quoted field is not closed'],
  ])('refuses %s', async (_, change, code, words) => {
    const { code: found, message } = await failure(change);
    expect(found).toBe(code);
    expect(message).toContain(words);
  });

  it('names every bad row, up to twenty', async () => {
    const rows = (count: number): string => Array.from({ length: count }, (_, n) => `a,0,0,0,1\na,bad${n},0,0,1`).join('\n');
    const three = await failure({ results: `${head}\n${rows(2)}\na,0,0,1\n` });
    expect(three.code).toBe('EVALUATION_VALUE_INVALID');
    expect(three.message.split('\n')).toEqual([
      'results.csv, line 3: coordX is "bad0", not a finite number', 'results.csv, line 5: coordX is "bad1", not a finite number', 'results.csv, line 6: 4 fields where the header has 5',
    ]);
    expect(three.details).toEqual({ file: 'results.csv', line: 3, lines: [3, 5, 6] });
    const many = (await failure({ results: `${head}\n${rows(30)}\n` })).message.split('\n');
    expect(many).toHaveLength(21);
    expect(many[19]).toContain('line 41: coordX is "bad19"');
    expect(many[20]).toContain('first 20 bad rows');
  });

  it('names a file that is not there', async () => {
    const error: unknown = await evaluateFiles({ annotations: 'no', excluded: 'no', seriesUIDs: join(folder, 'absent.csv'), results: 'no' }).then(() => undefined, (reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'EVALUATION_FILE_UNREADABLE' });
    expect((error as AppError).message).toContain('absent.csv cannot be read');
  });
});
