/**
 * One SQLite file, durable when a write resolves: WAL with synchronous=FULL flushes the log at every commit.
 * Writes that are asked for in the same turn of the event loop share one transaction and so one flush; while that
 * flush runs, the next ones gather. Each write has its savepoint: one that fails leaves its neighbours alone.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';

import { AppError } from '../errors.ts';
import { migrate } from './migrations.ts';

const busyTimeoutMs = 10_000;
/** Bounds how long one batch keeps the event loop. */
const largestBatch = 128;
const cachedStatements = 400;
/** SQLITE_FULL: the disk or the quota is used up. */
const sqliteFull = 13;

export interface IndexDatabase {
  readonly raw: DatabaseSync;
  /** A prepared statement, kept for the next call with the same text. The text holds no value of any data set. */
  readonly statement: (sql: string) => StatementSync;
  /** Runs the work in the next shared transaction; resolves once that is on disk. The work must be synchronous. */
  readonly write: <T>(work: () => T) => Promise<T>;
  /** Waits for the writes asked for so far, then closes. */
  close(): Promise<void>;
}

function translated(error: unknown): unknown {
  if (error instanceof Error && 'errcode' in error && error.errcode === sqliteFull) {
    return new AppError('ARCHIVE_OUT_OF_SPACE', 'The index has no space left', { cause: error });
  }
  return error;
}

interface PendingWrite {
  readonly run: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

function createStatementCache(raw: DatabaseSync): (sql: string) => StatementSync {
  const cache = new Map<string, StatementSync>();
  return (sql) => {
    const cached = cache.get(sql);
    if (cached !== undefined) return cached;
    if (cache.size >= cachedStatements) cache.clear();
    const prepared = raw.prepare(sql);
    cache.set(sql, prepared);
    return prepared;
  };
}

/** Runs the batch in one transaction and settles every member of it. */
function runBatch(raw: DatabaseSync, batch: readonly PendingWrite[]): void {
  const done: PendingWrite[] = [];
  const failed: { readonly write: PendingWrite; readonly error: unknown }[] = [];
  try {
    raw.exec('BEGIN IMMEDIATE');
    for (const write of batch) {
      raw.exec('SAVEPOINT one');
      try {
        write.run();
        raw.exec('RELEASE one');
        done.push(write);
      } catch (error) {
        // A full disk rolls the whole transaction back by itself: then nobody's write survived.
        if (!raw.isTransaction) throw error;
        raw.exec('ROLLBACK TO one');
        raw.exec('RELEASE one');
        failed.push({ write, error });
      }
    }
    raw.exec('COMMIT');
  } catch (error) {
    if (raw.isTransaction) raw.exec('ROLLBACK');
    for (const write of batch) write.reject(translated(error));
    return;
  }
  for (const write of done) write.resolve();
  for (const { write, error } of failed) write.reject(translated(error));
}

export function openDatabase(path: string, now: () => Date): IndexDatabase {
  const raw = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: busyTimeoutMs });
  raw.exec('PRAGMA journal_mode = WAL');
  raw.exec('PRAGMA synchronous = FULL');
  raw.exec('PRAGMA cache_size = -65536');
  raw.exec('PRAGMA temp_store = MEMORY');
  migrate(raw, now);

  let pending: PendingWrite[] = [];
  let scheduled = false;
  let closed = false;

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      const batch = pending.slice(0, largestBatch);
      pending = pending.slice(largestBatch);
      if (pending.length > 0) schedule();
      if (batch.length > 0) runBatch(raw, batch);
    });
  }

  function write<T>(work: () => T): Promise<T> {
    if (closed) return Promise.reject(new AppError('INTERNAL', 'The index is closed'));
    return new Promise<T>((resolve, reject) => {
      let result: { readonly value: T } | undefined;
      pending.push({
        run: () => {
          result = { value: work() };
        },
        resolve: () => {
          if (result === undefined) reject(new AppError('INTERNAL', 'A write of the index gave no result'));
          else resolve(result.value);
        },
        reject,
      });
      schedule();
    });
  }

  return {
    raw,
    statement: createStatementCache(raw),
    write,
    async close() {
      if (closed) return;
      const last = write(() => undefined);
      closed = true;
      await last;
      raw.close();
    },
  };
}
