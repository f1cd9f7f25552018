/** `phoi bench`: models over a data set, evaluated, timed and compared. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBench, type BenchOptions, type BenchOutcome } from '../bench/bench.ts';
import { compareReports, readReport } from '../bench/verify.ts';
import { officialMaxMarks } from '../evaluation/mark-cap.ts';
import { readSettings, version } from '../settings.ts';
import { unlessMissing } from '../system-error.ts';
import { UsageError, readArguments, readNumber, type Command, type ExitCode } from './command.ts';
import { createProgressBar } from './progress-bar.ts';

const options = {
  'models': { type: 'string' }, 'out': { type: 'string' }, 'annotations': { type: 'string' }, 'excluded': { type: 'string' }, 'seriesuids': { type: 'string' },
  'phantoms': { type: 'string' }, 'first-seed': { type: 'string' }, 'nodules': { type: 'string' }, 'slices': { type: 'string' }, 'spacing': { type: 'string' }, 'columns': { type: 'string' },
  'workers': { type: 'string', default: '1' }, 'timeout': { type: 'string', default: '1800' }, 'bootstrap': { type: 'string', default: '1000' }, 'seed': { type: 'string', default: '1' },
  'max-marks': { type: 'string', default: String(officialMaxMarks) }, 'gallery': { type: 'string', default: '8' }, 'verify': { type: 'string' }, 'tolerance': { type: 'string', default: '0.000001' },
} as const;

type Values = ReturnType<typeof readArguments<typeof options>>['values'];

function whole(name: string, text: string | undefined, min: number, max: number): number | undefined {
  return readNumber(name, text, { min, max, integer: true });
}

function phantomsOf(values: Values): BenchOptions['phantoms'] | undefined {
  const count = whole('phantoms', values.phantoms, 1, 10_000);
  const request = {
    seed: whole('first-seed', values['first-seed'], 0, 2 ** 31 - 10_001), nodules: whole('nodules', values.nodules, 0, 40), slices: whole('slices', values.slices, 4, 2000),
    columns: whole('columns', values.columns, 64, 1024), sliceSpacingMm: readNumber('spacing', values.spacing, { min: 0.2, max: 20 }),
  };
  const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  if (count === undefined) {
    if (Object.keys(given).length > 0) throw new UsageError('--first-seed, --nodules, --slices, --spacing and --columns belong to --phantoms');
    return undefined;
  }
  return { count, request: given };
}

/** @param out overrides --out: a bench that is run again writes elsewhere */
function readOptions(args: readonly string[], out?: string): { readonly bench: Omit<BenchOptions, 'onProgress'>; readonly values: Values } {
  const { values, positionals } = readArguments(args, options);
  const [dataset, ...more] = positionals;
  const phantoms = phantomsOf(values);
  if (more.length > 0) throw new UsageError('one DATASET at a time');
  if ((dataset === undefined) === (phantoms === undefined)) throw new UsageError('name a DATASET, or say --phantoms N');
  const folder = out ?? values.out;
  if (folder === undefined) throw new UsageError('--out is missing');
  const settings = readSettings(process.env);
  const modelIds = [...new Set((values.models ?? settings.model).split(',').map((id) => id.trim()))];
  if (modelIds.includes('')) throw new UsageError('--models must be names, parted by commas');
  return {
    values,
    bench: {
      ...(dataset !== undefined && { dataset }), ...(phantoms !== undefined && { phantoms }),
      annotations: values.annotations, excluded: values.excluded, seriesUIDs: values.seriesuids, modelIds, modelsDir: settings.modelsDir, out: folder,
      workers: whole('workers', values.workers, 1, Math.max(64, availableParallelism()))!, timeoutSeconds: readNumber('timeout', values.timeout, { min: 1, max: 1e6 })!,
      seed: whole('seed', values.seed, 0, 2 ** 31 - 1)!, resamples: whole('bootstrap', values.bootstrap, 0, 10_000)!, maxMarks: whole('max-marks', values['max-marks'], 0, 2 ** 31 - 1)!,
      gallery: whole('gallery', values.gallery, 0, 100)!, softwareVersion: version, commandLine: ['phoi', 'bench', ...args],
    },
  };
}

function summary({ report, analysedNow, unreadable, problems }: BenchOutcome, out: string): string {
  return [
    ...report.models.map(({ id, version: modelVersion, cpm, cpmCi, atOperatingPoint: at, scans }) => [
      `${id} ${modelVersion}: CPM ${cpm === null ? 'undefined' : cpm.toFixed(4)}`, ...(cpmCi ? [`(${cpmCi[0].toFixed(3)} to ${cpmCi[1].toFixed(3)})`] : []),
      `; at its operating point ${at.sensitivity === null ? '-' : `${(100 * at.sensitivity).toFixed(1)} %`} with ${at.falsePositivesPerScan.toFixed(2)} false marks a scan`,
      scans['not-analysed'] + scans.failed === 0 ? '' : `; ${scans['not-analysed']} scans not analysed, ${scans.failed} failed`,
    ].filter((part) => part !== '').join(' ').replaceAll(' ;', ';')),
    ...report.comparisons.map(({ first, second, cpm }) => `${first} less ${second}: CPM ${cpm.difference >= 0 ? '+' : ''}${cpm.difference.toFixed(4)} (${cpm.interval[0].toFixed(3)} to ${cpm.interval[1].toFixed(3)}, p ${cpm.pValue.toFixed(3)})`),
    ...problems,
    ...unreadable.map((name) => `not readable as DICOM: ${name}`),
    `${report.cases.length} cases, ${analysedNow} of them analysed now. Written to ${out}.`,
  ].join('\n');
}

async function run(bench: Omit<BenchOptions, 'onProgress'>): Promise<BenchOutcome> {
  const bar = createProgressBar();
  try {
    return await runBench({ ...bench, onProgress: (label, fraction) => bar.update(label, fraction) });
  } finally {
    bar.done();
  }
}

/** Results that lie there already would be compared with themselves, and the report that is verified could be written over. */
async function checkIsEmpty(out: string): Promise<void> {
  const there = await unlessMissing(readdir(out)) ?? [];
  if (there.length > 0) throw new UsageError('--verify needs an empty folder for --out: everything is run again');
}

async function verify(path: string, args: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  if (positionals.length > 0) throw new UsageError('--verify takes the data set from the report');
  const tolerance = readNumber('tolerance', values.tolerance, { min: 0, max: 1 })!;
  if (values.out !== undefined) await checkIsEmpty(values.out);
  const stated = await readReport(path);
  const out = values.out ?? await mkdtemp(join(tmpdir(), 'phoi-bench-'));
  try {
    const workers = args.includes('--workers') ? ['--workers', values.workers] : [];
    const { report } = await run(readOptions([...stated.commandLine.slice(2), ...workers], out).bench);
    const differences = compareReports(stated, report, tolerance);
    if (values.json) console.log(JSON.stringify({ same: differences.length === 0, differences }, undefined, 2));
    else {
      for (const { what, stated: then, found } of differences) console.log(`${what}: the report says ${then}, now ${found}`);
      console.log(differences.length === 0 ? `The same: ${report.cases.length} cases, ${report.models.length} models.` : `${differences.length} differences.`);
    }
    return differences.length === 0 ? 0 : 1;
  } finally {
    if (values.out === undefined) await rm(out, { recursive: true, force: true });
  }
}

export const bench: Command = {
  summary: 'runs models over a data set, evaluates, times and compares them',
  usage: [
    'phoi bench DATASET --out DIR [--models A,B] [options]',
    'phoi bench --phantoms N --out DIR [--models A,B] [options]',
    'phoi bench --verify report.json [--out DIR] [--tolerance T]',
    '  DATASET           folder of DICOM series, .mhd, .nii, .nii.gz or .nrrd files, with annotations.csv and, if there are, annotations_excluded.csv and seriesuids.csv',
    '  --annotations, --excluded, --seriesuids   tables that lie elsewhere; columns type and location are optional',
    '  --phantoms N      synthetic thoraces with known nodules instead; --first-seed, --nodules, --slices, --spacing, --columns change them',
    '  --models A,B      models to run, on the same scans (default: the configured one)',
    '  --workers N       processes at a time (default 1); the machine\'s threads are shared among them',
    '  --timeout S       seconds after which a case is given up (default 1800)',
    '  --bootstrap N, --seed N, --max-marks N   as for phoi evaluate',
    '  --gallery N       pictures of false marks and of missed nodules, N of each for each model (default 8)',
    '  --verify FILE     runs the bench of a report again, from the first case on, and names every difference; exit code 1 when there is one.',
    '                    --out must be an empty folder, and is thrown away when it is not named',
    'Writes report.html, report.json, cases.csv (which series a case is), results-MODEL.csv, the tables of the truth, and cases/.',
    'A bench that was stopped goes on where it was when the same command is given again; what failed is tried again.',
    'A scan that is not analysed is listed with its reason and counted as a scan without marks. PHOI_MODELS_DIR names the folder of models.',
  ].join('\n'),
  async run(args) {
    const path = readArguments(args, options).values.verify;
    if (path !== undefined) return verify(path, args);
    const { bench: plan, values } = readOptions(args);
    const outcome = await run(plan);
    console.log(values.json ? JSON.stringify(outcome.report, undefined, 2) : summary(outcome, plan.out));
    return 0;
  },
};
