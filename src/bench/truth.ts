/** The truth about a data set, from tables as LUNA16 has them or from phantoms. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { createPointTable } from '../evaluation/point-table.ts';
import { readNodules } from '../evaluation/read-points.ts';
import { createSeriesList, readSeriesList, type SeriesList } from '../evaluation/series-list.ts';
import type { FileIdentity } from '../evaluation/csv-file.ts';
import type { PhantomTruth } from '../phantom/write-phantom.ts';
import type { Truth } from './types.ts';

export interface TruthPaths {
  readonly annotations?: string | undefined;
  readonly excluded?: string | undefined;
  readonly seriesUIDs?: string | undefined;
}

/** The tables that were named, or those of the usual names in the folder. @throws AppError BENCH_TRUTH_MISSING without annotations */
export function locateTruth(root: string, named: TruthPaths): TruthPaths & { readonly annotations: string } {
  const beside = (...names: readonly string[]): string | undefined => names.flatMap((name) => [name, `${name}.gz`]).map((name) => join(root, name)).find((path) => existsSync(path));
  const annotations = named.annotations ?? beside('annotations.csv');
  if (annotations === undefined) throw new AppError('BENCH_TRUTH_MISSING', 'the data set has no annotations.csv, and --annotations names none');
  return { annotations, excluded: named.excluded ?? beside('annotations_excluded.csv'), seriesUIDs: named.seriesUIDs ?? beside('seriesuids.csv') };
}

export async function readSeriesTable(path: string | undefined): Promise<{ readonly series: SeriesList; readonly file: FileIdentity } | undefined> {
  return path === undefined ? undefined : readSeriesList(path);
}

/** @throws AppError EVALUATION_… with file and line */
export async function readTruth(paths: TruthPaths & { readonly annotations: string }, listed: { readonly series: SeriesList; readonly file: FileIdentity } | undefined, ids: readonly string[]): Promise<Truth> {
  const series = listed?.series ?? createSeriesList(ids);
  const included = await readNodules(paths.annotations, series);
  const excluded = paths.excluded === undefined ? undefined : await readNodules(paths.excluded, series);
  return {
    series, included: included.points, excluded: excluded?.points ?? createPointTable(series.ids.length).build(), labels: included.labels,
    files: [
      { role: 'annotations', ...included.file }, ...(excluded === undefined ? [] : [{ role: 'excluded', ...excluded.file }]),
      ...(listed === undefined ? [] : [{ role: 'seriesuids', ...listed.file }]),
    ],
    ignoredRows: included.ignoredRows + (excluded?.ignoredRows ?? 0),
  };
}

/** Phantoms know their nodules. `ids`: of the cases, in the order of their truths. */
export function phantomTruth(ids: readonly string[], truths: readonly PhantomTruth[]): Truth {
  const series = createSeriesList(ids);
  const included = createPointTable(series.ids.length);
  const labels = { type: [] as string[], location: [] as string[] };
  truths.forEach(({ nodules }, n) => {
    for (const { worldPoint: [x, y, z], diameterMm, type, location } of nodules) {
      included.add(n, x, y, z, diameterMm);
      labels.type.push(type);
      labels.location.push(location);
    }
  });
  return { series, included: included.build(), excluded: createPointTable(series.ids.length).build(), labels, files: [], ignoredRows: 0 };
}
