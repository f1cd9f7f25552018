/** Ours against an implementation that shares nothing with it, on result files of every awkward kind. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateFiles, type FileEvaluation } from '../../src/evaluation/evaluate.ts';
import { createIntegerSource } from '../../src/evaluation/random.ts';
import { hasSharedData, sharedData } from '../helpers/peers.ts';
import { createUniform, csvOf, drawMarks, writeTables, type Point, type TablePaths, type Tables } from './generate.ts';
import { runOk } from '../helpers/run.ts';
import { askOracle, hasOracle, type OracleAnswer } from './oracle.ts';

function expectSame(ours: FileEvaluation, oracle: OracleAnswer): void {
  const { candidates, nodules, truePositives, falsePositives, falseNegatives, ignoredOnExcluded, ignoredDouble, scans } = oracle;
  expect(ours.statistics).toMatchObject({ candidates, nodules, truePositives, falsePositives, falseNegatives, ignoredOnExcluded, ignoredDouble, scans });
  expect(ours.score === undefined).toBe(nodules === 0);
  if (oracle.sensitivities === null) {
    // Where the official script has NaN or ends with an error, ours says 0 as long as there is a nodule to be missed.
    expect(truePositives).toBe(0);
    expect(ours.score?.cpm ?? 0).toBe(0);
    return;
  }
  ours.score!.sensitivities.forEach((value, at) => expect(Math.abs(value - oracle.sensitivities![at]!)).toBeLessThan(1e-9));
  expect(Math.abs(ours.score!.cpm - oracle.cpm!)).toBeLessThan(1e-9);
}

/** Findings of 20 scans, some of them overlapping; the last five scans have none. */
function drawFindings(seed: number): Omit<Tables, 'marks'> {
  const uniform = createUniform(seed);
  const seriesUIDs = Array.from({ length: 20 }, (_, at) => `1.2.3.${at + 1}`);
  const draw = (count: number, unknown: number): Point[] => Array.from({ length: count }, (): Point => {
    const uid = seriesUIDs[Math.floor(uniform() * 15)]!;
    return [uid, (uniform() - 0.5) * 40, (uniform() - 0.5) * 40, -uniform() * 40, uniform() < unknown ? -1 : 3 + uniform() * 20];
  });
  return { seriesUIDs, included: draw(45, 0.05), excluded: draw(120, 0.7) };
}

const base = drawFindings(11);
const marksOf = (seed: number, count: number, decimals: number): Point[] => drawMarks(seed, count, base.seriesUIDs, [...base.included, ...base.excluded], decimals);
const withProbability = (marks: readonly Point[], change: (value: number, at: number) => number): Point[] => marks.map(([uid, x, y, z, value], at): Point => [uid, x, y, z, change(value, at)]);
const far: Point[] = base.seriesUIDs.map((uid, at): Point => [uid, 500, 500, 500 + at, at / 20]);
const centres: Point[] = base.included.map(([uid, x, y, z], at): Point => [uid, x, y, z, 1 / (1 + at)]);
const onSphere: Point[] = Array.from({ length: 30 }, (_, at): Point => [base.seriesUIDs[at % 20]!, 3, at % 2 === 0 ? 4 : 3.999, 0, (at % 7) / 7]);
/** Of 808 false positives in 888 scans the 111th stands a last digit beyond 1/8, and all nodules are scored right after it. */
const manyScans = Array.from({ length: 888 }, (_, at) => `1.2.4.${at}`);
const [atTheRate, scoredThere] = [
  manyScans.slice(0, 12).map((uid): Point => [uid, 0, 0, 0, 10]),
  [...Array.from({ length: 808 }, (_, at): Point => [manyScans[at]!, 300, 0, 0, 1 - at / 1000]), ...manyScans.slice(0, 12).map((uid, at): Point => [uid, 0, 0, 0, 0.8899 - at / 100_000])],
];

const kinds: Readonly<Record<string, Tables>> = {
  'few marks': { ...base, marks: marksOf(1, 150, 6) },
  'beyond the limit': { ...base, marks: marksOf(2, 4000, 6) },
  'beyond the limit, many ties': { ...base, marks: marksOf(3, 4000, 1) },
  'all ties, below the limit': { ...base, marks: withProbability(marksOf(4, 800, 6), () => 0.5) },
  'all ties, beyond the limit': { ...base, marks: withProbability(marksOf(4, 4000, 6), () => 0.5) },
  'some scans beyond the limit': { ...base, marks: marksOf(12, 1950, 2) },
  'every mark twice': { ...base, marks: marksOf(5, 300, 3).flatMap((mark) => [mark, mark]) },
  'overlapping nodules': { ...base, included: [...base.included, ...base.included.map(([uid, x, y, z, d]): Point => [uid, x + 2, y - 1, z, d + 1])], marks: marksOf(6, 400, 3) },
  'nodules both included and excluded': { ...base, excluded: [...base.excluded, ...base.included], marks: marksOf(7, 400, 3) },
  'empty scans': { ...base, seriesUIDs: [...base.seriesUIDs, ...Array.from({ length: 40 }, (_, at) => `9.${at}`)], marks: marksOf(8, 300, 3) },
  'all excluded': { ...base, included: [], excluded: [...base.excluded, ...base.included], marks: marksOf(9, 300, 3) },
  'on the sphere': { ...base, included: base.seriesUIDs.map((uid): Point => [uid, 0, 0, 0, 10]), excluded: [], marks: onSphere },
  'no false positive': { ...base, excluded: [], marks: centres },
  'no true positive': { ...base, marks: far },
  'no mark': { ...base, marks: [] },
  'no finding at all': { ...base, included: [], excluded: [], marks: far },
  'series listed more than once': { ...base, seriesUIDs: [...base.seriesUIDs, ...base.seriesUIDs.slice(0, 7), base.seriesUIDs[0]!], marks: marksOf(10, 600, 2) },
  'series not listed': { ...base, seriesUIDs: base.seriesUIDs.slice(5), marks: marksOf(11, 600, 2) },
  'probabilities outside 0 to 1': { ...base, marks: withProbability(marksOf(13, 2500, 4), (value, at) => (value - 0.6) * (at % 2 === 0 ? 1e5 : 40)) },
  'a rate that rounding does not reach': { seriesUIDs: manyScans, included: atTheRate, excluded: [], marks: scoredThere },
  'zero diameters': { ...base, included: base.included.map(([uid, x, y, z, d], at): Point => [uid, x, y, z, at % 4 === 0 ? 0 : d]), marks: [...centres, ...far] },
};

/** Where the official script lies, which is not given away with this project; its Python in PHOI_OFFICIAL_PYTHON. */
const officialScript = process.env['PHOI_OFFICIAL_LUNA16'] ?? '';

// Defined only where it is asked for, so that nothing counts as skipped.
if (officialScript !== '') describe('beside the official script', () => {
  let folder: string;
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'phoi-official-')); });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  // Of these it has no number, or ends with an error.
  const undefinedThere = new Set(['all excluded', 'no true positive', 'no mark', 'no finding at all', 'all ties, beyond the limit']);

  it.each(Object.keys(kinds).filter((kind) => !undefinedThere.has(kind)))('%s', async (kind) => {
    const paths = await writeTables(folder, kinds[kind]!);
    const answer = await runOk(process.env['PHOI_OFFICIAL_PYTHON'] ?? 'python3', [join(import.meta.dirname, 'official_script.py'), officialScript, paths.annotations, paths.excluded, paths.seriesUIDs, paths.results, folder]);
    const official = JSON.parse(answer.trim().split('\n').at(-1)!) as readonly number[];
    const { score } = await evaluateFiles(paths, { resamples: 0 });
    official.forEach((value, at) => expect(Math.abs(value - score!.sensitivities[at]!)).toBeLessThan(1e-9));
  });
});

describe.runIf(hasOracle())('beside the oracle', () => {
  let folder: string;
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'phoi-evaluation-')); });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(Object.keys(kinds))('%s', async (kind) => {
    const paths = await writeTables(folder, kinds[kind]!);
    expectSame(await evaluateFiles(paths, { resamples: 0 }), await askOracle(paths));
  });

  it('random tables', async () => {
    for (let seed = 100; seed < 106; seed += 1) {
      const findings = drawFindings(seed);
      const marks = drawMarks(seed, 40 * (seed - 98) ** 2, findings.seriesUIDs, [...findings.included, ...findings.excluded], seed % 2 === 0 ? 1 : 5);
      const paths = await writeTables(folder, { ...findings, marks });
      const maxMarks = [100, 10, 0][seed % 3]!;
      expectSame(await evaluateFiles(paths, { resamples: 0, maxMarks }), await askOracle(paths, { maxMarks }));
    }
  });

  it.each(['few marks', 'beyond the limit, many ties', 'series listed more than once', 'no false positive'])('intervals of the same draws: %s', async (kind) => {
    const tables = kinds[kind]!;
    const paths = await writeTables(folder, tables);
    const resamples = 200;
    const ours = await evaluateFiles(paths, { resamples, seed: 5 });
    const { bootstrap } = ours.score!;
    expect(bootstrap!.redrawn).toBe(0);
    const draw = createIntegerSource(5, tables.seriesUIDs.length);
    const lines = Int32Array.from({ length: resamples * tables.seriesUIDs.length }, draw);
    const oracle = await askOracle(paths, { draws: { lines, resamples, path: join(folder, 'draws.i32') } });
    expectSame(ours, oracle);
    bootstrap!.sensitivities.forEach(([low, high], at) => {
      expect(Math.abs(low - oracle.ci![0][at]!)).toBeLessThan(1e-9);
      expect(Math.abs(high - oracle.ci![1][at]!)).toBeLessThan(1e-9);
    });
    expect(Math.abs(bootstrap!.cpm[0] - oracle.cpmCi![0])).toBeLessThan(1e-9);
    expect(Math.abs(bootstrap!.cpm[1] - oracle.cpmCi![1])).toBeLessThan(1e-9);
    const { band } = bootstrap!;
    for (const [values, expected] of [[band.low, oracle.band![0]], [band.high, oracle.band![1]], [band.mean, oracle.bandMean!]] as const) {
      expect(Math.max(...expected.map((value, at) => Math.abs(value - values[10 * at]!)))).toBeLessThan(1e-6);
    }
  });

  describe.runIf(hasSharedData())('with the LUNA16 reference', () => {
    const of = (name: string): string => join(sharedData, 'annotations/luna16', name);
    const pointsOf = (text: string): Point[] => text.trim().split(/\r?\n/u).slice(1).map((line): Point => {
      const [uid, ...numbers] = line.split(',');
      const [x, y, z, value] = numbers.map(Number);
      return [uid!, x!, y!, z!, value!];
    });

    it('888 scans and 200,000 marks', async () => {
      const included = pointsOf(await readFile(of('annotations.csv'), 'utf8'));
      const excluded = pointsOf(gunzipSync(await readFile(of('annotations_excluded.csv.gz'))).toString());
      const seriesUIDs = (await readFile(of('seriesuids.csv'), 'utf8')).trim().split(/\r?\n/u);
      const results = join(folder, 'luna.csv');
      await writeFile(results, csvOf(drawMarks(3, 200_000, seriesUIDs, [...included, ...excluded]), 'probability'));
      const paths: TablePaths = { annotations: of('annotations.csv'), excluded: of('annotations_excluded.csv.gz'), seriesUIDs: of('seriesuids.csv'), results };
      const ours = await evaluateFiles(paths, { resamples: 0 });
      expect(ours.statistics).toMatchObject({ scans: 888, nodules: 1186, candidates: 88_800 });
      expect(ours.score!.cpm).toBeGreaterThan(0.3);
      expectSame(ours, await askOracle(paths));
    });
  });
});
