/** annotations.csv, annotations_excluded.csv and a results file as tables of points. */
import type { FileIdentity } from './csv-file.ts';
import { createPointTable, type PointTable } from './point-table.ts';
import type { SeriesList } from './series-list.ts';
import { readTable } from './table.ts';

/** A probability at or below this stands for "not detected" in the official script. */
const lowestProbability = -1e9;

export interface PointFile {
  readonly points: PointTable;
  /** Rows whose series is not evaluated: passed over unread, as the official script does. */
  readonly ignoredRows: number;
  readonly file: FileIdentity;
  /** What the optional columns `type` and `location` say of each point, in its place in the table; empty where nothing is said. */
  readonly labels: { readonly type: readonly string[]; readonly location: readonly string[] };
}

async function readPoints(path: string, series: SeriesList, valueColumn: 'diameter_mm' | 'probability'): Promise<PointFile> {
  const table = createPointTable(series.ids.length);
  const labels = { type: [] as string[], location: [] as string[] };
  let ignoredRows = 0;
  const file = await readTable(path, ['seriesuid', 'coordX', 'coordY', 'coordZ', valueColumn], (row) => {
    const index = series.indexOf.get(row.text(0));
    if (index === undefined) {
      ignoredRows += 1;
      return;
    }
    const value = row.number(4);
    if (valueColumn === 'probability' && value <= lowestProbability) throw row.fault('EVALUATION_VALUE_INVALID', `probability must be above ${lowestProbability}`);
    table.add(index, row.number(1), row.number(2), row.number(3), value);
    if (valueColumn !== 'diameter_mm') return;
    labels.type.push(row.text(5).trim());
    labels.location.push(row.text(6).trim());
  }, valueColumn === 'diameter_mm' ? ['type', 'location'] : []);
  return { points: table.build(), ignoredRows, file, labels };
}

/** Nodules with their diameter in mm; a negative diameter says that it is unknown. Throws as {@link readTable}. */
export function readNodules(path: string, series: SeriesList): Promise<PointFile> {
  return readPoints(path, series, 'diameter_mm');
}

/** Marks with their probability: any finite number above -1e9, only their order counts. Throws as {@link readTable}. */
export function readMarks(path: string, series: SeriesList): Promise<PointFile> {
  return readPoints(path, series, 'probability');
}
