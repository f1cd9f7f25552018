/** The tables beside a report, as LUNA16 has them: `phoi evaluate` takes them as they are. */
import { csvLine } from '../csv-text.ts';
import type { PointTable } from '../evaluation/point-table.ts';
import type { BenchCase, CaseResult, Truth } from './types.ts';

const csv = (rows: readonly (readonly (string | number)[])[]): string => rows.map(csvLine).join('');

/** Which series a case is: for whoever has the data, no part of the report. */
export function csvOfCases(cases: readonly BenchCase[]): string {
  return csv([['case', 'seriesuid'], ...cases.map(({ id }, n) => [n + 1, id])]);
}

export function csvOfMarks(cases: readonly BenchCase[], results: readonly CaseResult[]): string {
  return csv([['seriesuid', 'coordX', 'coordY', 'coordZ', 'probability'], ...results.flatMap(({ marks }, n) => marks.map(([x, y, z, probability]) => [cases[n]!.id, x, y, z, probability]))]);
}

function pointRows(series: readonly string[], table: PointTable, labels?: Truth['labels']): (string | number)[][] {
  return series.flatMap((id, index) => [...table.order.subarray(table.start[index], table.start[index + 1])].map((point) => [
    id, table.world[3 * point]!, table.world[3 * point + 1]!, table.world[3 * point + 2]!, table.value[point]!,
    ...(labels === undefined ? [] : [labels.type[point] ?? '', labels.location[point] ?? '']),
  ]));
}

/** The truth that was evaluated against. */
export function csvOfTruth({ series, included, excluded, labels }: Truth): Readonly<Record<string, string>> {
  const head = ['seriesuid', 'coordX', 'coordY', 'coordZ', 'diameter_mm'];
  return {
    'annotations.csv': csv([[...head, 'type', 'location'], ...pointRows(series.ids, included, labels)]),
    'annotations_excluded.csv': csv([head, ...pointRows(series.ids, excluded)]),
    'seriesuids.csv': csv([...series.lines].map((line) => [series.ids[line]!])),
  };
}
