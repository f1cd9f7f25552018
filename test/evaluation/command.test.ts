/** `phoi evaluate` as it is called, and what it leaves. */
import { appendFile, copyFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResultsJson } from '../../src/evaluation/results-json.ts';
import { run, type RunResult } from '../helpers/run.ts';
import { createUniform, drawMarks, writeTables, type Point, type TablePaths } from './generate.ts';

const program = join(import.meta.dirname, '../../src/cli/main.ts');

describe('phoi evaluate', () => {
  let folder: string;
  let paths: TablePaths;
  const seriesUIDs = Array.from({ length: 12 }, (_, at) => `1.2.${at}`);
  const uniform = createUniform(4);
  const included = Array.from({ length: 30 }, (_, at): Point => [seriesUIDs[at % 10]!, uniform() * 200, uniform() * 200, uniform() * 200, 4 + uniform() * 20]);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-evaluation-'));
    paths = await writeTables(folder, { included, excluded: [], seriesUIDs, marks: drawMarks(8, 120, seriesUIDs, included) });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const evaluateWith = (node: readonly string[], results: string, out: string, ...more: readonly string[]): Promise<RunResult> => run(process.execPath, [
    '--disable-warning=ExperimentalWarning', ...node, program, 'evaluate', '--annotations', paths.annotations, '--excluded', paths.excluded, '--seriesuids', paths.seriesUIDs,
    '--results', results, '--out', join(folder, out), ...more,
  ]);
  const evaluate = (out: string, ...more: readonly string[]): Promise<RunResult> => evaluateWith([], paths.results, out, ...more);
  const read = (out: string, name: string): Promise<string> => readFile(join(folder, out, name), 'utf8');

  it('prints the table and writes the files', async () => {
    const { code, stdout, stderr } = await evaluate('full', '--bootstrap', '200', '--seed', '7');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const results = JSON.parse(await read('full', 'results.json')) as ResultsJson;
    expect(stdout).toContain(`CPM   ${results.cpm!.toFixed(4).padStart(11)}`);
    expect((await readdir(join(folder, 'full'))).sort()).toEqual(['froc-bootstrap.csv', 'froc.csv', 'froc.png', 'froc.svg', 'report.html', 'results.json']);

    expect(Object.keys(results.sensitivities)).toEqual(['1', '2', '4', '8', '0.125', '0.25', '0.5']);
    expect(results.cpm).toBeCloseTo(Object.values(results.sensitivities).reduce((sum, value) => sum! + value!, 0)! / 7, 12);
    for (const [rate, [low, high]] of Object.entries(results.ci!)) {
      expect(low).toBeLessThanOrEqual(results.sensitivities[rate]!);
      expect(high).toBeGreaterThanOrEqual(results.sensitivities[rate]!);
    }
    expect(results.cpmCi![0]).toBeLessThan(results.cpmCi![1]);
    expect(results).toMatchObject({ nodules: 30, scans: 12, maxMarks: 100, bootstrap: { resamples: 200, seed: 7 } });
    expect(results.truePositives + results.falseNegatives).toBe(30);
    expect(results.commandLine.slice(0, 2)).toEqual(['phoi', 'evaluate']);
    expect(results.files.results.sha256).toMatch(/^[0-9a-f]{64}$/u);
    expect(results.machine).toEqual({ node: process.version, platform: `${process.platform} ${process.arch}` });

    const [head, ...points] = (await read('full', 'froc.csv')).trim().split('\n');
    expect(head).toBe('fps,sens,threshold');
    expect(points[0]).toBe('0,0,inf');
    expect(Number(points.at(-1)!.split(',')[1])).toBe(results.truePositives / 30);
    const band = (await read('full', 'froc-bootstrap.csv')).trim().split('\n');
    expect(band).toHaveLength(10_001);
    expect(band[0]).toBe('FPrate,Sensivity[Mean],Sensivity[Lower bound],Sensivity[Upper bound]');
  });

  it('draws the curve as SVG and PNG', async () => {
    const { width, height, format } = await sharp(join(folder, 'full/froc.png')).metadata();
    expect({ width, height, format }).toEqual({ width: 1760, height: 1120, format: 'png' });
    const svg = await read('full', 'froc.svg');
    expect(svg).toContain('<polygon');
    expect(svg.match(/<circle/gu)).toHaveLength(7);
    // Curve and band are really in the picture: both colours fill some of it.
    const { data } = await sharp(join(folder, 'full/froc.png')).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    let curve = 0;
    let filled = 0;
    for (let at = 0; at < data.length; at += 3) {
      if (data[at] === 0x0b && data[at + 1] === 0x5f && data[at + 2] === 0xa5) curve += 1;
      if (data[at]! > 0xc0 && data[at]! < 0xd0 && data[at + 2]! > 0xe8 && data[at + 2]! < 0xf8) filled += 1;
    }
    expect(curve).toBeGreaterThan(3000);
    expect(filled).toBeGreaterThan(10_000);
  });

  it('puts everything in one page without a script', async () => {
    const html = await read('full', 'report.html');
    expect(html).toContain('<svg');
    expect(html).not.toMatch(/<script|<link|\bon\w+=|(?:src|href)=/iu);
    expect(html).toContain('not a certified medical device');
  });

  it('gives the same bytes again', async () => {
    await evaluate('again', '--bootstrap', '200', '--seed', '7');
    for (const name of ['froc.csv', 'froc-bootstrap.csv', 'froc.svg']) expect(await read('again', name)).toBe(await read('full', name));
    const [first, second] = await Promise.all(['full', 'again'].map(async (out) => ({ ...JSON.parse(await read(out, 'results.json')) as ResultsJson, commandLine: [] })));
    expect(second).toEqual(first);
  });

  it('--json prints results.json; --bootstrap 0 leaves the intervals out, in a used folder too', async () => {
    const { code, stdout } = await evaluate('again', '--bootstrap', '0', '--json');
    expect(code).toBe(0);
    expect(stdout).toBe(await read('again', 'results.json'));
    expect(JSON.parse(stdout)).not.toHaveProperty('ci');
    expect(await readdir(join(folder, 'again'))).not.toContain('froc-bootstrap.csv');
  });

  it('holds neither the rows of other series nor every resample in memory', async () => {
    const block = '1.3.6.1.4.1.14519.5.2.1.6279.6001.222365663678666836860137727747,-128.6994211,-175.3192718,-298.3875064,0.9876543\n'.repeat(1000);
    const large = { ...paths, results: join(folder, 'large.csv') };
    await copyFile(paths.results, large.results);
    await appendFile(large.results, '\n');
    for (let at = 0; at < 750; at += 1) await appendFile(large.results, block);
    const tellPeak = `data:text/javascript,${encodeURIComponent("process.on('exit', () => { process.stderr.write('peak ' + process.resourceUsage().maxRSS); });")}`;
    const peakMiB = async ({ results }: TablePaths, ...more: readonly string[]): Promise<number> => {
      // A small heap, so that rows that are held end the program, and rubbish that nobody has collected yet counts for little.
      const { code, stderr } = await evaluateWith(['--import', tellPeak, '--max-old-space-size=48', '--max-semi-space-size=2'], results, 'peak', ...more);
      expect(code).toBe(0);
      return Number(/^peak (\d+)$/u.exec(stderr)![1]) / 1024;
    };
    const small = await peakMiB(paths, '--bootstrap', '0');
    const resampled = await peakMiB(paths, '--bootstrap', '10000');
    const streamed = await peakMiB(large, '--bootstrap', '0');
    // The file has 86 MB; every resample at every rate would be 400 MB.
    expect({ small, streamed, resampled, isBounded: streamed < small + 70 && resampled < 2 * small }).toEqual({ small, streamed, resampled, isBounded: true });
    expect(JSON.parse(await read('peak', 'results.json'))).toMatchObject({ ignoredRows: { results: 750_000 } });
  });

  it('writes null and a reason where sensitivity is undefined', async () => {
    await writeFile(paths.annotations, 'seriesuid,coordX,coordY,coordZ,diameter_mm\n');
    const { code, stdout } = await evaluate('undefined', '--json');
    expect(code).toBe(0);
    const results = JSON.parse(stdout) as ResultsJson;
    expect(results.cpm).toBeNull();
    expect(new Set(Object.values(results.sensitivities))).toEqual(new Set([null]));
    expect(results.reason).toContain('no nodule');
    expect(await read('undefined', 'report.html')).toContain('sensitivity is undefined');
  });

  it('is code 1 with file and line for a bad row, and writes nothing', async () => {
    await writeFile(paths.results, 'seriesuid,coordX,coordY,coordZ,probability\n1.2.0,x,0,0,1\n');
    const { code, stderr } = await evaluate('bad');
    expect(code).toBe(1);
    expect(stderr).toContain('EVALUATION_VALUE_INVALID: results.csv, line 2: coordX is "x"');
    expect(await readdir(folder)).not.toContain('bad');
  });

  it.each([[['--bootstrap', '-1']], [['--bootstrap', '10001']], [['--seed', 'x']], [['--max-marks', '1.5']], [['--nonsense']], [['stray']]])('is code 2 for %j', async (more) => {
    expect((await evaluate('wrong', ...more)).code).toBe(2);
  });
});
