/** Runs official_oracle.py beside ours on the same files. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOk } from '../helpers/run.ts';
import type { TablePaths } from './generate.ts';

export interface OracleAnswer {
  readonly sensitivities: readonly number[] | null;
  readonly cpm: number | null;
  readonly scans: number;
  readonly candidates: number;
  readonly nodules: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly ignoredOnExcluded: number;
  readonly ignoredDouble: number;
  /** Lower bounds, then upper bounds. */
  readonly ci?: readonly [readonly number[], readonly number[]];
  readonly cpmCi?: readonly [number, number];
  readonly band?: readonly [readonly number[], readonly number[]];
  readonly bandMean?: readonly number[];
}

const script = join(import.meta.dirname, 'official_oracle.py');

/** True when Debian's Python with numpy is there; says so on stderr, or fails with PHOI_PEERS=required, when not. */
export function hasOracle(): boolean {
  if (existsSync('/usr/lib/python3/dist-packages/numpy')) return true;
  if (process.env['PHOI_PEERS'] === 'required') throw new Error('python3-numpy is missing and PHOI_PEERS=required forbids skipping');
  process.stderr.write('SKIPPED: python3-numpy is missing, the comparison with the oracle does not run\n');
  return false;
}

export async function askOracle(
  paths: TablePaths,
  options: { readonly maxMarks?: number; readonly draws?: { readonly lines: Int32Array; readonly resamples: number; readonly path: string } } = {},
): Promise<OracleAnswer> {
  const { maxMarks = 100, draws } = options;
  const args = [script, paths.annotations, paths.excluded, paths.seriesUIDs, paths.results, String(maxMarks)];
  if (draws !== undefined) {
    await writeFile(draws.path, draws.lines);
    args.push(draws.path, String(draws.resamples));
  }
  return JSON.parse(await runOk('/usr/bin/python3', args)) as OracleAnswer;
}
