/** `phoi bench` as it is called: every case is accounted for, a stopped run goes on, a report can be verified. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReportJson } from '../../src/bench/report-json.ts';
import { compareReports } from '../../src/bench/verify.ts';
import { evaluateFiles } from '../../src/evaluation/evaluate.ts';
import { run, type RunResult } from '../helpers/run.ts';
import { until } from '../helpers/until.ts';
import { launchBrowser, openPage } from '../viewer/helpers/browser.ts';
import { makeDataSet, makeModels, type DataSet } from './data-set.ts';

const program = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../../src/cli/main.ts'), 'bench'];
let env: NodeJS.ProcessEnv;
let folder: string;
let images: string;
let models: string;
let set: DataSet;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoi-bench-'));
  images = await mkdtemp(join(tmpdir(), 'phoi-data-'));
  models = await mkdtemp(join(tmpdir(), 'phoi-models-'));
  env = { ...process.env, PHOI_MODELS_DIR: models };
  await makeModels(models);
  set = await makeDataSet(images);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(images, { recursive: true, force: true });
  await rm(models, { recursive: true, force: true });
});

const argumentsFor = (out: string, more: readonly string[] = []): readonly string[] => [images, '--models', 'blob-detector', '--out', join(folder, out), '--bootstrap', '50', '--gallery', '2', ...more];
const bench = (out: string, ...more: readonly string[]): Promise<RunResult> => run(process.execPath, [...program, ...argumentsFor(out, more)], { env });
const verify = (path: string, ...more: readonly string[]): Promise<RunResult> => run(process.execPath, [...program, '--verify', path, ...more], { env });
const report = async (out: string): Promise<ReportJson> => JSON.parse(await readFile(join(folder, out, 'report.json'), 'utf8')) as ReportJson;

describe('phoi bench', () => {
  it('accounts for every scan, the ones that could not be analysed too', async () => {
    const { code, stdout } = await bench('first');
    expect(code).toBe(0);
    const { cases, models, dataset } = await report('first');
    expect(cases.map(({ outcomes: [outcome] }) => [outcome!.status, outcome!.code])).toEqual([
      ['analysed', undefined], ['analysed', undefined], ['failed', 'VOLUME_FILE_TRUNCATED'], ['not-analysed', 'few-slices'], ['failed', 'BENCH_IMAGES_MISSING'],
    ]);
    expect(stdout).toContain('case 4, blob-detector: not analysed: few-slices');
    expect(stdout).toContain('5 cases, 5 of them analysed now');
    expect(dataset).toMatchObject({ scans: 5, nodules: 7 });
    const [model] = models;
    expect(model!.scans).toEqual({ 'analysed': 2, 'not-analysed': 1, 'failed': 2 });
    // The nodule of the scan without images counts as missed, and the divisor holds all five scans.
    expect(model!.statistics).toMatchObject({ scans: 5, nodules: 7 });
    expect(model!.statistics.truePositives).toBeGreaterThanOrEqual(4);
    expect(model!.statistics.truePositives).toBeLessThanOrEqual(6);
    expect(model!.byType.map(({ label, nodules }) => [label, nodules])).toEqual([['solid', 2], ['ground-glass', 4]]);
    expect(model!.byLocation).toMatchObject([{ label: 'upper', nodules: 6 }]);
    expect(model!.timesMs.map(({ stage }) => stage)).toEqual(expect.arrayContaining(['read', 'infer', 'measure', 'total']));
    expect(model!.peakMemoryMiB).toBeGreaterThan(50);
  });

  it('gives the figures that phoi evaluate gives for its tables', async () => {
    const at = (name: string): string => join(folder, 'first', name);
    const evaluation = await evaluateFiles({ annotations: at('annotations.csv'), excluded: at('annotations_excluded.csv'), seriesUIDs: at('seriesuids.csv'), results: at('results-blob-detector.csv') }, { resamples: 50, seed: 1 });
    const [model] = (await report('first')).models;
    expect(model!.cpm).toBe(evaluation.score!.cpm);
    expect(model!.statistics).toEqual(evaluation.statistics);
    expect(model!.cpmCi).toEqual([...evaluation.score!.bootstrap!.cpm]);
  });

  it('the same scan as DICOM and as a volume file gives the same marks', async () => {
    const rows = (await readFile(join(folder, 'first', 'results-blob-detector.csv'), 'utf8')).trim().split('\n').slice(1).map((row) => row.split(','));
    const of = (id: string): number[][] => rows.filter(([uid]) => uid === id).map((row) => row.slice(1).map(Number));
    const [dicom, volume] = [of(set.ids.dicom), of(set.ids.volume)];
    expect(dicom.length).toBeGreaterThan(2);
    expect(volume).toHaveLength(dicom.length);
    dicom.forEach((mark, n) => mark.forEach((value, axis) => expect(Math.abs(value - volume[n]![axis]!)).toBeLessThan(0.01)));
  });

  it('the report names no series and no patient, and loads nothing', async () => {
    const html = await readFile(join(folder, 'first', 'report.html'), 'utf8');
    const json = await readFile(join(folder, 'first', 'report.json'), 'utf8');
    for (const text of [html, json]) {
      for (const id of [...Object.values(set.ids), set.truth.studyInstanceUID, 'PHANTOM', 'Phantom^']) expect(text).not.toContain(id);
    }
    expect(html).toContain('data:image/jpeg;base64,');
    expect([...html.matchAll(/(?:src|href)="(?!data:)/gu)]).toEqual([]);
    expect(html).toContain('2 failed');
    expect(await readFile(join(folder, 'first', 'cases.csv'), 'utf8')).toContain(set.ids.cut);
  });

  it('given again it analyses only what failed, and comes out the same', async () => {
    const before = await report('first');
    const { stdout } = await bench('first');
    expect(stdout).toContain('2 of them analysed now');
    expect(compareReports(before, await report('first'), 0)).toEqual([]);
  });

  it('goes on after a kill, and its workers do not stay behind', async () => {
    const child: ChildProcess = spawn(process.execPath, [...program, ...argumentsFor('killed', ['--workers', '2'])], { env, stdio: 'ignore' });
    const workers: number[] = [];
    await until('a case on disk', async () => {
      workers.push(...(await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).trim().split(' ').filter(Boolean).map(Number));
      return (await readdir(join(folder, 'killed', 'cases')).catch(() => [])).length > 0;
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const isGone = async (pid: number): Promise<boolean> => readFile(`/proc/${pid}/cmdline`, 'utf8').then((line) => !line.includes('workers/bench'), () => true);
    for (const pid of new Set(workers)) await until(`worker ${pid} to end`, () => isGone(pid));
    expect(await readdir(join(folder, 'killed'))).not.toContain('report.json');
    expect((await bench('killed')).code).toBe(0);
    expect(compareReports(await report('first'), await report('killed'), 0)).toEqual([]);
  });

  it('a worker that dies takes its case with it, not the bench', async () => {
    const child = spawn(process.execPath, [...program, ...argumentsFor('died')], { env, stdio: 'ignore' });
    let killed: number | undefined;
    await until('a worker', async () => {
      const [pid] = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).trim().split(' ').filter(Boolean).map(Number);
      if (pid === undefined || !(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes('workers/bench')) return false;
      process.kill(pid, 'SIGKILL');
      killed = pid;
      return true;
    });
    expect(killed).toBeDefined();
    const [code] = await once(child, 'exit') as [number];
    expect(code).toBe(0);
    const { cases } = await report('died');
    expect(cases[0]!.outcomes[0]).toMatchObject({ status: 'failed', code: 'BENCH_WORKER_DIED' });
    expect(cases[1]!.outcomes[0]).toMatchObject({ status: 'analysed' });
  });

  it('compares two models on the same scans, and shows the failures of both', async () => {
    // What the first model made of the scans is there already.
    await cp(join(folder, 'first', 'cases'), join(folder, 'two', 'cases'), { recursive: true });
    const { code, stdout, stderr } = await bench('two', '--models', 'blob-detector,two-marks');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { comparisons, models: [first, second], gallery } = await report('two');
    const [compared] = comparisons;
    expect(comparisons).toHaveLength(1);
    expect(compared).toMatchObject({ first: 'blob-detector', second: 'two-marks', resamples: 50, seed: 1 });
    const { difference, interval: [low, high], pValue } = compared!.cpm;
    expect(difference).toBeCloseTo(first!.cpm! - second!.cpm!, 12);
    expect(difference).toBeGreaterThan(0.02);
    expect(low).toBeLessThanOrEqual(difference);
    expect(high).toBeGreaterThanOrEqual(difference);
    expect(pValue > 0 && pValue <= 1).toBe(true);
    expect(stdout).toContain(`blob-detector less two-marks: CPM +${difference.toFixed(4)} (${low.toFixed(3)} to ${high.toFixed(3)}, p ${pValue.toFixed(3)})`);
    const html = await readFile(join(folder, 'two', 'report.html'), 'utf8');
    expect(html).toContain('<h3>blob-detector less two-marks</h3>');
    expect(html).toContain(`<td>CPM</td><td>+${difference.toFixed(3)} <small>${low.toFixed(3)} to ${high.toFixed(3)}, p `);
    // The ensemble has no images of its own that it accepts, and yet its failures are shown.
    expect(gallery.filter(({ modelId }) => modelId === 'two-marks').length).toBeGreaterThan(0);
    expect(html.match(/<img src="data:image\/jpeg/gu)).toHaveLength(gallery.length);
  });

  it('runs on a phantom', async () => {
    const plan = ['--phantoms', '1', '--slices', '40', '--spacing', '3', '--columns', '192', '--nodules', '3', '--models', 'blob-detector,two-marks', '--bootstrap', '20', '--gallery', '0'];
    expect(await run(process.execPath, [...program, ...plan, '--out', join(folder, 'phantom')], { env })).toMatchObject({ code: 0, stderr: '' });
    const { dataset, cases, machine } = await report('phantom');
    expect(dataset).toMatchObject({ kind: 'phantoms', scans: 1, nodules: 3 });
    expect(cases.map(({ source, outcomes }) => [source, ...outcomes.map(({ status }) => status)])).toEqual([['phantom', 'analysed', 'analysed']]);
    expect(machine.onnxRuntime).toMatch(/^\d+\.\d+\.\d+/u);
  });

  it('a report is verified', async () => {
    const { code, stdout } = await verify(join(folder, 'phantom', 'report.json'));
    expect(code).toBe(0);
    expect(stdout).toContain('The same: 1 cases, 2 models.');
  });

  it('every difference is named, in the comparison too', async () => {
    const stated = await report('phantom');
    const [model, other] = stated.models;
    const changed = join(folder, 'changed.json');
    // Four slices are not analysed, so what is run again ends soon and comes out otherwise.
    await writeFile(changed, JSON.stringify({ ...stated, commandLine: [...stated.commandLine, '--slices', '4'], models: [{ ...model!, sha256: 'ab'.repeat(32) }, other] }));
    const { code, stdout } = await verify(changed, '--out', join(folder, 'again'));
    expect(code).toBe(1);
    expect(stated.comparisons[0]!.cpm.pValue).toBeLessThan(1);
    for (const what of ['models › blob-detector › cpm', 'models › blob-detector › sha256', 'cases › case 1 › outcomes › two-marks › status', 'comparisons › blob-detector less two-marks › cpm › pValue', 'differences.']) expect(stdout).toContain(what);
  });

  it('a report is verified in an empty folder alone: where cases lie nothing would be run, where the report lies it would be lost', async () => {
    const stated = await report('phantom');
    for (const used of ['again', 'phantom']) expect(await verify(join(folder, 'phantom', 'report.json'), '--out', join(folder, used))).toMatchObject({ code: 2, stdout: '' });
    expect(await report('phantom')).toEqual(stated);
  });

  it('the reports open in a browser as they lie in the folder', async () => {
    const at = (name: string): string => join(folder, 'two', name);
    await run(process.execPath, [...program.slice(0, -1), 'evaluate', '--annotations', at('annotations.csv'), '--excluded', at('annotations_excluded.csv'), '--seriesuids', at('seriesuids.csv'), '--results', at('results-two-marks.csv'), '--out', join(folder, 'evaluation'), '--bootstrap', '20']);
    const browser = await launchBrowser({ gpu: false });
    try {
      for (const out of ['two', 'evaluation']) {
        for (const width of [1280, 390]) {
          const { page, troubles } = await openPage(browser, { width, height: 900 });
          await page.goto(pathToFileURL(join(folder, out, 'report.html')).href);
          const seen = await page.evaluate<{ readonly tooWide: number; readonly images: readonly number[]; readonly plots: readonly number[] }>(`({
            tooWide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
            images: [...document.images].map(({ naturalWidth }) => naturalWidth),
            plots: [...document.querySelectorAll('svg')].map((svg) => svg.getBoundingClientRect().width),
          })`);
          expect({ out, width, troubles, tooWide: seen.tooWide }).toEqual({ out, width, troubles: [], tooWide: 0 });
          expect(seen.images.length > 0).toBe(out === 'two');
          expect(seen.images.filter((naturalWidth) => naturalWidth === 0)).toEqual([]);
          expect(Math.min(...seen.plots)).toBeGreaterThan(200);
          await page.context().close();
        }
      }
    } finally {
      await browser.close();
    }
  });
});

describe('what it is told wrongly', () => {
  it.each([
    ['no data set', [], 2], ['both', ['x', '--phantoms', '2', '--out', 'y'], 2], ['no --out', ['x'], 2], ['options of phantoms', ['x', '--out', 'y', '--slices', '10'], 2],
    ['a folder that is not there', ['/nowhere', '--annotations', '/nowhere/a.csv', '--out', 'y'], 1], ['an unknown model', ['--phantoms', '1', '--out', 'y', '--models', 'nobody'], 1],
    ['a report that is none', ['--verify', import.meta.filename], 1],
  ] as const)('%s', async (_what, args, expected) => {
    const { code, stderr } = await run(process.execPath, [...program, ...args], { env, cwd: folder });
    expect(code).toBe(expected);
    expect(stderr).toMatch(/^phoi bench: /u);
  });

  it('its own input as the place to write', async () => {
    const before = await readFile(join(images, 'annotations.csv'), 'utf8');
    await symlink(images, join(folder, 'link'));
    for (const args of [[images, '--out', images], [images, '--out', join(folder, 'link')], [join(images, 'one'), '--annotations', join(images, 'annotations.csv'), '--out', images]]) {
      const { code, stderr } = await run(process.execPath, [...program, ...args, '--models', 'blob-detector'], { env });
      expect([code, stderr.slice(0, 31)]).toEqual([1, 'phoi bench: BENCH_OUT_IS_INPUT:']);
    }
    expect(await readFile(join(images, 'annotations.csv'), 'utf8')).toBe(before);
  });

  it('a data set without annotations', async () => {
    const { code, stderr } = await run(process.execPath, [...program, folder, '--models', 'blob-detector', '--out', join(folder, 'none')], { env });
    expect(code).toBe(1);
    expect(stderr).toContain('BENCH_TRUTH_MISSING');
  });
});
