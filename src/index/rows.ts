/** Typed reading of rows: a column of another type is a defect of the schema, not a value to guess at. */
import { AppError } from '../errors.ts';

export type Row = Readonly<Record<string, unknown>>;

function wrong(column: string): AppError {
  return new AppError('INTERNAL', `The index holds an unexpected value in column ${column}`);
}

export function textColumn(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw wrong(column);
  return value;
}

export function numberColumn(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw wrong(column);
  return value;
}

export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : textColumn(row, column);
}

export function optionalNumber(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : numberColumn(row, column);
}

export function bytesColumn(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw wrong(column);
  return value;
}

/** JSON that this index wrote itself; the caller says as what the writer wrote it. */
export function jsonColumn(row: Row, column: string): unknown {
  return JSON.parse(textColumn(row, column));
}
