/** A CSV table with a header: columns found by name, numbers checked, every complaint with file and line. */
import { basename } from 'node:path';
import { AppError, type ErrorCode } from '../errors.ts';
import { readCsvFile, type FileIdentity } from './csv-file.ts';

const decimal = /^[ \t]*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[ \t]*$/u;

/** So many bad rows are named before the reading ends. */
const mostNamed = 20;

/** One row, valid only during the call that hands it out. `column` counts in the order the columns were asked for. */
export interface Row {
  readonly line: number;
  text(column: number): string;
  /** A finite decimal number. Throws EVALUATION_VALUE_INVALID for anything else (empty, NaN, infinite, hexadecimal …). */
  number(column: number): number;
  /** The error for this row, to be thrown. */
  fault(code: ErrorCode, message: string): AppError;
}

function findColumns(header: readonly string[], wanted: readonly string[], name: string, optional: readonly string[] = []): number[] {
  const names = header.map((text) => text.trim());
  return [...wanted, ...optional].map((column) => {
    const at = names.indexOf(column);
    if (at < 0 && optional.includes(column)) return -1;
    if (at < 0) throw new AppError('EVALUATION_COLUMN_MISSING', `${name} has no column "${column}"; its first line must name the columns`, { details: { file: name, column } });
    if (names.indexOf(column, at + 1) >= 0) throw new AppError('EVALUATION_COLUMN_MISSING', `${name} has the column "${column}" twice`, { details: { file: name, column } });
    return at;
  });
}

/** One error for all of them, with the code of the first. */
function together(faults: readonly AppError[]): AppError {
  const [first] = faults;
  if (faults.length === 1) return first!;
  const lines = faults.map(({ details }) => details?.['line']);
  const more = faults.length >= mostNamed ? [`These are the first ${mostNamed} bad rows; what follows was not read.`] : [];
  return new AppError(first!.code, [...faults.map(({ message }) => message), ...more].join('\n'), { cause: first, details: { ...first!.details, lines } });
}

/**
 * Calls `onRow` for every row below the header. Columns stand in any order, other columns are left alone.
 * `optional` columns count on after the others and are empty where the file has none.
 * A row with fewer fields than the header, or with more that are not empty, is refused: its values may have moved.
 * What `onRow` throws of the row (`fault`) is gathered, so that up to twenty bad rows are named at once.
 *
 * @throws AppError EVALUATION_COLUMN_MISSING, EVALUATION_VALUE_INVALID and what {@link readCsvFile} throws
 */
export async function readTable(path: string, columns: readonly string[], onRow: (row: Row) => void, optional: readonly string[] = []): Promise<FileIdentity> {
  const name = basename(path);
  let positions: readonly number[] | undefined;
  let width = 0;
  let fields: readonly string[] = [];
  let line = 0;
  const fault = (code: ErrorCode, message: string): AppError => new AppError(code, `${name}, line ${line}: ${message}`, { details: { file: name, line } });
  const text = (column: number): string => fields[positions![column]!] ?? '';
  const row: Row = {
    get line() { return line; },
    text,
    number(column) {
      const value = text(column);
      const number = Number(value);
      if (!decimal.test(value) || !Number.isFinite(number)) throw fault('EVALUATION_VALUE_INVALID', `${columns[column]} is ${JSON.stringify(value.slice(0, 60))}, not a finite number`);
      return number;
    },
    fault,
  };
  const faults: AppError[] = [];
  const take = (record: readonly string[]): void => {
    if (record.length < width || record.slice(width).some((extra) => extra !== '')) {
      throw fault('EVALUATION_CSV_MALFORMED', `${record.length} fields where the header has ${width}`);
    }
    onRow(row);
  };
  let identity: FileIdentity;
  try {
    identity = await readCsvFile(path, (record, at) => {
      if (positions === undefined) {
        positions = findColumns(record, columns, name, optional);
        width = record.length;
        return;
      }
      fields = record;
      line = at;
      try {
        take(record);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        faults.push(error);
        if (faults.length === mostNamed) throw error;
      }
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw together(faults.includes(error) ? faults : [...faults, error]);
  }
  if (faults.length > 0) throw together(faults);
  if (positions === undefined) findColumns([], columns, name);
  return identity;
}
