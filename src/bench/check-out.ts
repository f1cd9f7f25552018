/** A bench writes tables under the very names that a data set has for its own. */
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../errors.ts';
import { unlessMissing } from '../system-error.ts';

export interface BenchInputs {
  readonly dataset?: string;
  readonly annotations?: string | undefined;
  readonly excluded?: string | undefined;
  readonly seriesUIDs?: string | undefined;
}

/** Links followed; undefined where there is nothing. */
const realFolder = (path: string): Promise<string | undefined> => unlessMissing(realpath(path));

/** Nothing that the bench reads may lie where it writes. @throws AppError BENCH_OUT_IS_INPUT */
export async function checkOut(out: string, { dataset, annotations, excluded, seriesUIDs }: BenchInputs): Promise<void> {
  const real = await realFolder(out);
  if (real === undefined) return;
  const tables = [annotations, excluded, seriesUIDs].filter((table) => table !== undefined);
  for (const folder of [...(dataset === undefined ? [] : [dataset]), ...tables.map((table) => dirname(table))]) {
    if (await realFolder(folder) === real) {
      throw new AppError('BENCH_OUT_IS_INPUT', '--out is the folder of the data set or of one of its tables, and the report\'s own tables would overwrite them');
    }
  }
}
