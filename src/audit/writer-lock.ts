/**
 * The right to write an audit trail, for one process at a time. SQLite takes the lock of the operating system on an
 * empty file beside the trail: it ends with the process, however that ends (kill -9, a loss of power), so nothing stale
 * is ever left behind and no process number has to be believed. Not for folders on network file systems without locks.
 *
 * Nothing else may open that file in the process that holds the lock: closing it would give the lock away (POSIX).
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../errors.ts';
import { sqliteCode, sqliteCodes } from '../sqlite.ts';

export const writerLockName = 'writer.lock';

/** Another process may just be writing its one entry. */
const patienceMs = 1000;

/** Gives what releases the lock. @throws AppError AUDIT_IN_USE when another writer has it, AUDIT_UNAVAILABLE when it cannot be taken at all. */
export function takeWriterLock(folder: string): () => void {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(folder, writerLockName), { timeout: patienceMs });
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (sqliteCode(error) === sqliteCodes.busy) {
      throw new AppError('AUDIT_IN_USE', 'Another process writes the audit trail of this data folder: a service that runs on it', { cause: error });
    }
    throw new AppError('AUDIT_UNAVAILABLE', 'The audit trail cannot be locked for writing', { cause: error });
  }
  const held = database;
  return () => { held.close(); };
}
