/** The scans of an evaluation: seriesuids.csv, which has no header. */
import { basename } from 'node:path';
import { AppError } from '../errors.ts';
import { readCsvFile, type FileIdentity } from './csv-file.ts';

export interface SeriesList {
  /** Number of lines: the divisor of false positives per scan. A series listed twice counts twice. */
  readonly scans: number;
  /** Each series once, in the order of its first line. */
  readonly ids: readonly string[];
  /** Place of a series in `ids`. Identifiers compare as exact strings. */
  readonly indexOf: ReadonlyMap<string, number>;
  /** How many lines name the series, in the order of `ids`. */
  readonly occurrences: Int32Array;
  /** For each line the place of its series in `ids`. */
  readonly lines: Int32Array;
}

/** @throws AppError EVALUATION_NO_SERIES for an empty list */
export function createSeriesList(uids: readonly string[]): SeriesList {
  if (uids.length === 0) throw new AppError('EVALUATION_NO_SERIES', 'There is no series to evaluate');
  const indexOf = new Map<string, number>();
  const lines = Int32Array.from(uids, (uid) => {
    const known = indexOf.get(uid);
    if (known !== undefined) return known;
    indexOf.set(uid, indexOf.size);
    return indexOf.size - 1;
  });
  const occurrences = new Int32Array(indexOf.size);
  for (const index of lines) occurrences[index]! += 1;
  return { scans: uids.length, ids: [...indexOf.keys()], indexOf, occurrences, lines };
}

/** @throws AppError EVALUATION_NO_SERIES, EVALUATION_VALUE_INVALID and what {@link readCsvFile} throws */
export async function readSeriesList(path: string): Promise<{ readonly series: SeriesList; readonly file: FileIdentity }> {
  const uids: string[] = [];
  const name = basename(path);
  const file = await readCsvFile(path, ([uid], line) => {
    const fault = (message: string): AppError => new AppError('EVALUATION_VALUE_INVALID', `${name}, line ${line}: ${message}`, { details: { file: name, line } });
    if (uid === undefined || uid.trim() === '') throw fault('the series is empty');
    // Taken for a scan, a header would lower every rate of false positives.
    if (uids.length === 0 && uid.trim().toLowerCase() === 'seriesuid') throw fault('a header; this file has none, each line is a scan');
    uids.push(uid);
  });
  if (uids.length === 0) throw new AppError('EVALUATION_NO_SERIES', `${name} names no series`, { details: { file: name } });
  return { series: createSeriesList(uids), file };
}
