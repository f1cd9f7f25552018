/**
 * One SQLite file, durable when a write resolves: WAL with synchronous=FULL flushes the log at every commit.
 * Writes that are asked for in the same turn of the event loop share one transaction and so one flush; while that
 * flush runs, the next ones gather. Each write has its savepoint: one that fails leaves its neighbours alone.
 * Reads have a connection of their own, so that they never see a transaction that is not over.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

import { AppError } from '../errors.ts';
import { sqliteCode, sqliteCodes } from '../sqlite.ts';
import { createInProcessExclusion } from './in-process-exclusion.ts';
import type { IndexDatabase, Sql, SqlValue } from './sql.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { migrate } from './sqlite-migrations.ts';

const busyTimeoutMs = 10_000;
/** Bounds how long one batch keeps the event loop. */
const largestBatch = 128;
const cachedStatements = 400;

function translated(error: unknown): unknown {
  if (sqliteCode(error) === sqliteCodes.full) {
    return new AppError('ARCHIVE_OUT_OF_SPACE', 'The index has no space left', { cause: error });
  }
  return error;
}

interface PendingWrite {
  readonly run: (sql: Sql) => Promise<void>;
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

/** A list is bound as JSON, see the dialect. */
function bound(value: SqlValue): SQLInputValue {
  return Array.isArray(value) ? JSON.stringify(value) : value as SQLInputValue;
}

/** The statements of one connection, each prepared once. */
function createSql(raw: DatabaseSync): Sql {
  const statement = createStatementCache(raw);
  return {
    all: async (sql, ...values) => statement(sql).all(...values.map(bound)),
    get: async (sql, ...values) => statement(sql).get(...values.map(bound)),
    run: async (sql, ...values) => Number(statement(sql).run(...values.map(bound)).changes),
  };
}

/** Runs the batch in one transaction and settles every member of it. Never rejects: the batches to come hang on it. */
async function runBatch(raw: DatabaseSync, sql: Sql, batch: readonly PendingWrite[]): Promise<void> {
  const done: PendingWrite[] = [];
  const failed: { readonly write: PendingWrite; readonly error: unknown }[] = [];
  try {
    // Of a batch before that could not even be rolled back.
    if (raw.isTransaction) raw.exec('ROLLBACK');
    raw.exec('BEGIN IMMEDIATE');
    for (const write of batch) {
      raw.exec('SAVEPOINT one');
      try {
        await write.run(sql);
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
    try {
      if (raw.isTransaction) raw.exec('ROLLBACK');
    } catch {
      // The next batch tries it again; why this one failed is what its callers need to know.
    }
    for (const write of batch) write.reject(translated(error));
    return;
  }
  for (const write of done) write.resolve();
  for (const { write, error } of failed) write.reject(translated(error));
}

function openConnection(path: string): DatabaseSync {
  const raw = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: busyTimeoutMs });
  raw.exec('PRAGMA journal_mode = WAL');
  raw.exec('PRAGMA synchronous = FULL');
  raw.exec('PRAGMA cache_size = -65536');
  raw.exec('PRAGMA temp_store = MEMORY');
  return raw;
}

export function openSqliteDatabase(path: string, now: () => Date): IndexDatabase {
  const writer = openConnection(path);
  migrate(writer, now);
  const reader = openConnection(path);
  reader.exec('PRAGMA query_only = ON');
  const writerSql = createSql(writer);

  let pending: PendingWrite[] = [];
  let scheduled = false;
  let closed = false;

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      const batch = pending.slice(0, largestBatch);
      pending = pending.slice(largestBatch);
      void runBatch(writer, writerSql, batch).then(() => {
        scheduled = false;
        if (pending.length > 0) schedule();
      });
    });
  }

  function write<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    if (closed) return Promise.reject(new AppError('INTERNAL', 'The index is closed'));
    return new Promise<T>((resolve, reject) => {
      let result: { readonly value: T } | undefined;
      pending.push({
        run: async (sql) => {
          result = { value: await work(sql) };
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
    dialect: sqliteDialect,
    read: createSql(reader),
    // One after the other, whatever the key.
    write: (_key, work) => write(work),
    exclusively: createInProcessExclusion(),
    async close() {
      if (closed) return;
      const last = write(async () => undefined);
      closed = true;
      await last;
      reader.close();
      writer.close();
    },
  };
}
