/** The blobs that an index refers to. */
import { DatabaseSync } from 'node:sqlite';

export interface BlobCensus {
  readonly keys: readonly string[];
  readonly instances: number;
  readonly studies: number;
}

function count(database: DatabaseSync, table: 'instances' | 'studies'): number {
  return Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'] ?? 0);
}

/** Reads an index file that nobody writes to. */
export function takeCensus(indexPath: string): BlobCensus {
  const database = new DatabaseSync(indexPath, { readOnly: true });
  try {
    const keys = database.prepare('SELECT blob_key FROM instances UNION SELECT blob_key FROM conflicts').all().map((row) => String(row['blob_key']));
    return { keys, instances: count(database, 'instances'), studies: count(database, 'studies') };
  } finally {
    database.close();
  }
}

/** What SQLite finds wrong with the file; none when it is sound. */
export function databaseFaults(path: string): readonly string[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database.prepare('PRAGMA integrity_check').all().map((row) => String(row['integrity_check'])).filter((line) => line !== 'ok');
  } finally {
    database.close();
  }
}
