/** `phoi bench` from its options to the written report. */
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { comparePaired } from '../evaluation/paired-bootstrap.ts';
import { describePhantomStudy } from '../phantom/write-phantom.ts';
import { writeDurably } from '../durable-files.ts';
import { createCaseStore } from './case-store.ts';
import { checkOut } from './check-out.ts';
import { findCases, type FoundCases } from './dataset.ts';
import { figuresOf } from './figures.ts';
import { chooseGallery, pictureJobs, type GalleryEntry } from './gallery.ts';
import { checkModels } from './models.ts';
import { firstHeldOutSeed, phantomCases, phantomOptions } from './phantom-cases.ts';
import { benchReport } from './report-html.ts';
import { toReportJson, type BenchData, type ReportJson } from './report-json.ts';
import { runAll } from './run-all.ts';
import { csvOfCases, csvOfMarks, csvOfTruth } from './tables.ts';
import { locateTruth, phantomTruth, readSeriesTable, readTruth } from './truth.ts';
import type { BenchCase, BenchModel, CaseResult, PhantomRequest, Truth } from './types.ts';
import { createBenchPool } from './worker-pool.ts';

export interface BenchOptions {
  /** Folder of the data set; absent for phantoms. */
  readonly dataset?: string;
  readonly annotations?: string | undefined;
  readonly excluded?: string | undefined;
  readonly seriesUIDs?: string | undefined;
  readonly phantoms?: { readonly count: number; readonly request: Omit<PhantomRequest, 'seed'> & { readonly seed?: number } };
  readonly modelIds: readonly string[];
  readonly modelsDir: string;
  readonly out: string;
  readonly workers: number;
  readonly timeoutSeconds: number;
  readonly seed: number;
  readonly resamples: number;
  readonly maxMarks: number;
  /** Pictures of each kind for each model. */
  readonly gallery: number;
  readonly softwareVersion: string;
  readonly commandLine: readonly string[];
  readonly onProgress?: (label: string, fraction: number) => void;
}

export interface BenchOutcome {
  readonly report: ReportJson;
  /** Cases that were analysed now, not found analysed. */
  readonly analysedNow: number;
  readonly unreadable: readonly string[];
  /** Scans without an analysis, with what was said of them; names files, so it is for the terminal alone. */
  readonly problems: readonly string[];
}

function problemsOf(cases: readonly BenchCase[], models: readonly BenchModel[], results: readonly (readonly CaseResult[])[]): readonly string[] {
  return cases.flatMap((_, n) => models.flatMap(({ id }, at) => {
    const { status, code, message } = results[at]![n]!.outcome;
    return status === 'analysed' ? [] : [`case ${n + 1}, ${id}: ${status === 'failed' ? 'failed' : 'not analysed'}: ${code ?? ''} ${message ?? ''}`];
  }));
}

interface Prepared extends FoundCases {
  readonly kind: 'folder' | 'phantoms';
  /** Reads or makes the truth once the results are there. */
  truth(results: readonly (readonly CaseResult[])[]): Promise<Truth>;
}

async function prepare(options: BenchOptions): Promise<Prepared> {
  const { phantoms, dataset } = options;
  if (phantoms !== undefined) {
    const cases = phantomCases(phantoms.count, { seed: firstHeldOutSeed, ...phantoms.request });
    const requestOf = (one: BenchCase): PhantomRequest | undefined => (one.source.kind === 'phantom' ? one.source.phantom : undefined);
    return {
      kind: 'phantoms', cases, unreadable: [], passedOver: { shortSeries: 0, otherInstances: 0 },
      truth: async (results) => phantomTruth(cases.map(({ id }) => id), cases.map((one, n) => (
        results.map((ofModel) => ofModel[n]?.truth).find((truth) => truth !== undefined) ?? describePhantomStudy(phantomOptions(requestOf(one)!))
      ))),
    };
  }
  if (dataset === undefined) throw new AppError('BENCH_NO_CASES', 'neither a data set nor phantoms are named');
  const root = resolve(dataset);
  const paths = locateTruth(root, options);
  const listed = await readSeriesTable(paths.seriesUIDs);
  const found = await findCases(root, listed?.series.ids);
  // Broken tables are told before hours of analysis, not after.
  const truth = await readTruth(paths, listed, found.cases.map(({ id }) => id));
  return { kind: 'folder', ...found, truth: async () => truth };
}

/** Runs what has not been run, evaluates, compares and writes. @throws AppError BENCH_…, EVALUATION_…, MODEL_… */
export async function runBench(options: BenchOptions): Promise<BenchOutcome> {
  const { out, softwareVersion, workers, resamples, seed, maxMarks } = options;
  const progress = options.onProgress ?? (() => undefined);
  await checkOut(out, options);
  progress('checking the models', 0);
  const models = await checkModels(options.modelsDir, options.modelIds);
  progress('looking for cases', 0);
  const prepared = await prepare(options);
  const { cases } = prepared;
  const threads = Math.max(1, Math.floor(availableParallelism() / workers));
  const pool = createBenchPool({ workers, threads, modelsDir: options.modelsDir, timeoutMs: options.timeoutSeconds * 1000 });
  try {
    await mkdir(out, { recursive: true });
    const store = createCaseStore(out, softwareVersion);
    const { results, analysedNow } = await runAll(cases, models, store, pool, progress);
    const truth = await prepared.truth(results);
    progress('evaluating', 1);
    const figures = models.map((model, n) => figuresOf(truth, model, results[n]!, { resamples, seed, maxMarks }));
    const canCompare = resamples > 0 && (figures[0]?.evaluation.statistics.nodules ?? 0) > 0;
    const comparisons = !canCompare ? [] : figures.flatMap((first, n) => figures.slice(n + 1).map((second) => ({
      first: first.model.id, second: second.model.id, comparison: comparePaired(first.ranked, second.ranked, truth.series, first.matching.nodulesOfSeries, { resamples, seed }),
    })));
    const items = figures.flatMap((one) => chooseGallery(one, truth, options.gallery));
    const jobs = pictureJobs(items, cases, models);
    const gallery: GalleryEntry[] = [];
    await pool.run(jobs.map(({ job }) => job), {
      async onMessage(job, message) {
        if (message.kind === 'pictures') jobs[job]!.items.forEach((item, n) => gallery.push({ ...item, picture: message.pictures[n] ?? null }));
      },
      async onFailure(job) { for (const item of jobs[job]!.items) gallery.push({ ...item, picture: null }); },
      onDone: (done, total) => progress(`pictures of ${done} of ${total} cases`, done / total),
    });
    // Pictures come in the order in which workers end; the report has them in the order of the items.
    const order = (entry: GalleryEntry): number => items.findIndex((item) => item.modelId === entry.modelId && item.kind === entry.kind && item.series === entry.series && item.worldPoint.every((value, n) => value === entry.worldPoint[n]));
    const data: BenchData = {
      plan: { softwareVersion, commandLine: options.commandLine, seed, resamples, maxMarks, workers, threadsPerWorker: threads },
      kind: prepared.kind, cases, truth, figures, comparisons, gallery: gallery.sort((a, b) => order(a) - order(b)),
      unreadableFiles: prepared.unreadable.length, passedOver: prepared.passedOver,
    };
    await writeFile(join(out, 'cases.csv'), csvOfCases(cases));
    for (const one of figures) await writeFile(join(out, `results-${one.model.id}.csv`), csvOfMarks(cases, one.results));
    for (const [name, content] of Object.entries(csvOfTruth(truth))) await writeFile(join(out, name), content);
    await writeDurably(join(out, 'report.html'), benchReport(data));
    const report = toReportJson(data);
    // Last: where it stands, everything beside it is of the same run.
    await writeDurably(join(out, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`);
    return { report, analysedNow, unreadable: prepared.unreadable, problems: problemsOf(cases, models, results) };
  } finally {
    pool.close();
  }
}
