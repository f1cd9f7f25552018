/** One results file of 750,000 marks on the 888 scans of LUNA16: ours beside a plain numpy program that gives the same figures. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createIntegerSource } from '../../src/evaluation/random.ts';
import type { ResultsJson } from '../../src/evaluation/results-json.ts';
import { createUniform, csvOf, drawMarks, writeTables, type Point, type Tables } from '../evaluation/generate.ts';
import { askOracle, hasOracle, type OracleAnswer } from '../evaluation/oracle.ts';
import { sharedData } from '../helpers/peers.ts';
import { runOk } from '../helpers/run.ts';
import { median, printTable } from './table.ts';

const rounds = 3;
const marks = 750_000;
const resamples = 1000;
const program = join(import.meta.dirname, '../../src/cli/main.ts');

function pointsOf(text: string): Point[] {
  return text.trim().split(/\r?\n/u).slice(1).map((line): Point => {
    const [uid, ...numbers] = line.split(',');
    const [x, y, z, value] = numbers.map(Number);
    return [uid!, x!, y!, z!, value!];
  });
}

/** The reference standard where it is there, otherwise as many scans and findings drawn at random. */
async function readReference(): Promise<Omit<Tables, 'marks'>> {
  const folder = join(sharedData, 'annotations/luna16');
  if (existsSync(folder)) {
    return {
      included: pointsOf(await readFile(join(folder, 'annotations.csv'), 'utf8')),
      excluded: pointsOf(gunzipSync(await readFile(join(folder, 'annotations_excluded.csv.gz'))).toString()),
      seriesUIDs: (await readFile(join(folder, 'seriesuids.csv'), 'utf8')).trim().split(/\r?\n/u),
    };
  }
  const uniform = createUniform(2);
  const seriesUIDs = Array.from({ length: 888 }, (_, at) => `1.2.3.${at}`);
  const draw = (count: number, size: () => number): Point[] => Array.from({ length: count }, (): Point => (
    [seriesUIDs[Math.floor(uniform() * 888)]!, (uniform() - 0.5) * 300, (uniform() - 0.5) * 300, -uniform() * 350, size()]
  ));
  return { seriesUIDs, included: draw(1186, () => 3 + uniform() * 20), excluded: draw(35_192, () => -1) };
}

async function secondsOf<T>(work: () => Promise<T>): Promise<readonly [number, T]> {
  const start = performance.now();
  const value = await work();
  return [(performance.now() - start) / 1000, value];
}

export async function benchEvaluate(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-bench-'));
  try {
    const reference = await readReference();
    const paths = await writeTables(folder, { ...reference, marks: [] });
    await writeFile(paths.results, csvOf(drawMarks(3, marks, reference.seriesUIDs, [...reference.included, ...reference.excluded]), 'probability'));
    const ours = async (drawn: number): Promise<ResultsJson> => JSON.parse(await runOk(process.execPath, [
      '--disable-warning=ExperimentalWarning', program, 'evaluate', '--annotations', paths.annotations, '--excluded', paths.excluded, '--seriesuids', paths.seriesUIDs,
      '--results', paths.results, '--out', join(folder, 'out'), '--bootstrap', String(drawn), '--json',
    ])) as ResultsJson;
    const withOracle = hasOracle();
    const seconds: { whole: number[]; plain: number[]; oracle: number[] } = { whole: [], plain: [], oracle: [] };
    let answer: OracleAnswer | undefined;
    let results: ResultsJson | undefined;
    for (let round = 0; round < rounds; round += 1) {
      const [plain] = await secondsOf(() => ours(0));
      const [whole, figures] = await secondsOf(() => ours(resamples));
      seconds.plain.push(plain);
      seconds.whole.push(whole);
      results = figures;
      if (!withOracle) continue;
      const [oracle, told] = await secondsOf(() => askOracle(paths));
      seconds.oracle.push(oracle);
      answer = told;
    }
    // One round: it takes about a minute.
    const draws = { lines: Int32Array.from({ length: resamples * reference.seriesUIDs.length }, createIntegerSource(1, reference.seriesUIDs.length)), resamples, path: join(folder, 'draws') };
    const [wholeOracle, toldWhole] = withOracle ? await secondsOf(() => askOracle(paths, { draws })) : [Number.NaN, undefined];
    const row = (name: string, values: readonly number[], peer: number): string[] => [name, median(values).toFixed(2), withOracle ? (peer / median(values)).toFixed(1) : '-'];
    printTable(['from start to end of the program', 'seconds', 'times as fast as numpy for the same'], [
      row('Phoi: figures, curve, plot, report', seconds.plain, median(seconds.oracle)),
      row('Phoi: the same and 1,000 resamples', seconds.whole, wholeOracle),
      ...(withOracle ? [row('numpy: figures alone', seconds.oracle, median(seconds.oracle)), row('numpy: figures and 1,000 resamples (1 round)', [wholeOracle], wholeOracle)] : []),
    ]);
    const apart = [[answer?.cpm, results!.cpm], [toldWhole?.cpmCi?.[0], results!.cpmCi?.[0]], [toldWhole?.cpmCi?.[1], results!.cpmCi?.[1]]]
      .some(([theirs, our]) => typeof theirs === 'number' && !(Math.abs(theirs - our!) < 1e-9));
    if (apart) throw new Error('the two programs do not agree');
    console.log(`\n${results!.scans} scans, ${marks} marks; CPM ${results!.cpm!.toFixed(6)}${answer === undefined ? '' : ', the same in both'}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
