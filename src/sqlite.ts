/** What every SQLite file of the service needs: transactions, and the codes of its errors. */
import type { DatabaseSync } from 'node:sqlite';

/** https://sqlite.org/rescode.html */
export const sqliteCodes = { busy: 5, ioError: 10, full: 13 } as const;

/** The primary code of an error of SQLite, undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined;
}

/** Runs the work as one transaction. @throws what the work or SQLite throws, with nothing written */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk rolls back by itself; a second time would hide why.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
