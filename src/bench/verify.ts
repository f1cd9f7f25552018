/** Whether a bench comes out the same again: the report made now beside the one made then. */
import { readFile } from 'node:fs/promises';
import { AppError } from '../errors.ts';
import { omit } from './omit.ts';
import type { ReportJson } from './report-json.ts';

/** What was stated, and what came out now. */
export interface Discrepancy {
  readonly what: string;
  readonly stated: string;
  readonly found: string;
}

/** @throws AppError BENCH_REPORT_INVALID */
export async function readReport(path: string): Promise<ReportJson> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new AppError('BENCH_REPORT_INVALID', 'the report cannot be read as JSON', { cause: error });
  }
  const isReport = typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'phoi-bench' && 'schemaVersion' in value && value.schemaVersion === 1
    && 'models' in value && Array.isArray(value.models) && 'cases' in value && Array.isArray(value.cases)
    && 'commandLine' in value && Array.isArray(value.commandLine) && value.commandLine.every((word) => typeof word === 'string');
  if (!isReport) throw new AppError('BENCH_REPORT_INVALID', 'the file is no report.json of phoi bench');
  return value as ReportJson;
}

/** Times, memory and the machine are of one run; everything else must come again. */
function withoutRun(report: ReportJson): unknown {
  return {
    ...omit(report, 'machine', 'commandLine', 'workers', 'threadsPerWorker', 'gallery'),
    models: report.models.map((model) => omit(model, 'timesMs', 'peakMemoryMiB')),
    cases: report.cases.map((one) => ({ ...one, outcomes: one.outcomes.map((outcome) => omit(outcome, 'totalMs', 'peakMemoryMiB')) })),
  };
}

function describe(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 120);
}

/** Names of models and comparisons and numbers of cases say where, not places in lists. */
function nameOf(path: string, value: unknown, at: string): string {
  if (path === '') return at;
  const { case: number, first, second, model, id } = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Partial<Record<'case' | 'first' | 'second' | 'model' | 'id', string | number>>>;
  const comparison = first === undefined || second === undefined ? undefined : `${first} less ${second}`;
  return `${path} › ${number === undefined ? comparison ?? model ?? id ?? at : `case ${number}`}`;
}

function compare(path: string, stated: unknown, found: unknown, tolerance: number, out: Discrepancy[]): void {
  if (typeof stated === 'number' && typeof found === 'number') {
    if (!(Math.abs(stated - found) <= tolerance)) out.push({ what: path, stated: describe(stated), found: describe(found) });
    return;
  }
  if (typeof stated === 'object' && stated !== null && typeof found === 'object' && found !== null && Array.isArray(stated) === Array.isArray(found)) {
    const [a, b] = [stated as Record<string, unknown>, found as Record<string, unknown>];
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) compare(nameOf(path, a[key] ?? b[key], key), a[key], b[key], tolerance, out);
    return;
  }
  if (stated !== found) out.push({ what: path, stated: describe(stated), found: describe(found) });
}

/** @param tolerance for every number: other processors round sums otherwise */
export function compareReports(stated: ReportJson, found: ReportJson, tolerance: number): readonly Discrepancy[] {
  const out: Discrepancy[] = [];
  compare('', withoutRun(stated), withoutRun(found), tolerance, out);
  return out;
}
