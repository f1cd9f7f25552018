/** A CSV table with a header: columns found by name, numbers checked, every complaint with file and line. */
import { basename } from 'node:path';
import { AppError, type ErrorCode } from '../errors.ts';
import { readCsvFile, type FileIdentity } from './csv-file.ts';

const decimal = /^[ \t]*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[ \t]*$/u;

/** One row, valid only during the call that hands it out. `column` counts in the order the columns were asked for. */
export interface Row {
  readonly line: number;
  text(column: number): string;
  /** A finite decimal number. Throws EVALUATION_VALUE_INVALID for anything else (empty, NaN, infinite, hexadecimal …). */
  number(column: number): number;
  /** The error for this row, to be thrown. */
  fault(code: ErrorCode, message: string): AppError;
}

function findColumns(header: readonly string[], wanted: readonly string[], name: string): number[] {
  const names = header.map((text) => text.trim());
  return wanted.map((column) => {
    const at = names.indexOf(column);
    if (at < 0) throw new AppError('EVALUATION_COLUMN_MISSING', `${name} has no column "${column}"; its first line must name the columns`, { details: { file: name, column } });
    if (names.indexOf(column, at + 1) >= 0) throw new AppError('EVALUATION_COLUMN_MISSING', `${name} has the column "${column}" twice`, { details: { file: name, column } });
    return at;
  });
}

/**
 * Calls `onRow` for every row below the header. Columns stand in any order, other columns are left alone.
 * A row with fewer fields than the header, or with more that are not empty, is refused: its values may have moved.
 *
 * @throws AppError EVALUATION_COLUMN_MISSING, EVALUATION_VALUE_INVALID and what {@link readCsvFile} throws
 */
export async function readTable(path: string, columns: readonly string[], onRow: (row: Row) => void): Promise<FileIdentity> {
  const name = basename(path);
  let positions: readonly number[] | undefined;
  let width = 0;
  let fields: readonly string[] = [];
  let line = 0;
  const fault = (code: ErrorCode, message: string): AppError => new AppError(code, `${name}, line ${line}: ${message}`, { details: { file: name, line } });
  const text = (column: number): string => fields[positions![column]!]!;
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
  const identity = await readCsvFile(path, (record, at) => {
    if (positions === undefined) {
      positions = findColumns(record, columns, name);
      width = record.length;
      return;
    }
    fields = record;
    line = at;
    if (record.length < width || record.slice(width).some((extra) => extra !== '')) {
      throw fault('EVALUATION_CSV_MALFORMED', `${record.length} fields where the header has ${width}`);
    }
    onRow(row);
  });
  if (positions === undefined) findColumns([], columns, name);
  return identity;
}
