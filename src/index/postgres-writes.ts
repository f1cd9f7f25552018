/**
 * Writes as transactions of PostgreSQL. Those of one key that are asked for while a transaction of the key runs share
 * the next one, and so one flush; each has its savepoint: one that fails leaves its neighbours alone.
 */
import type pg from 'pg';
import { isConflict } from './postgres-errors.ts';
import { createPostgresSql, lockNumber } from './postgres-sql.ts';
import type { Sql } from './sql.ts';

/** Bounds how long a transaction takes. */
const largestBatch = 64;
/** Others can be in the way of one transaction only so often. */
const largestRuns = 8;

interface Pending {
  readonly work: (sql: Sql) => Promise<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface PostgresWritesDeps {
  /** A connection for the time of the work. */
  readonly withClient: <T>(work: (client: pg.PoolClient) => Promise<T>) => Promise<T>;
}

export function createPostgresWrites({ withClient }: PostgresWritesDeps): <T>(key: string | undefined, work: (sql: Sql) => Promise<T>) => Promise<T> {
  /** Settles nobody: gives what each came to, once that is committed. */
  async function runOnce(client: pg.PoolClient, key: string | undefined, batch: readonly Pending[]): Promise<readonly (() => void)[]> {
    await client.query(key === undefined ? 'BEGIN' : `BEGIN; SELECT pg_advisory_xact_lock(${lockNumber('study', key)})`);
    const sql = createPostgresSql(client);
    const settle: (() => void)[] = [];
    for (const { work, resolve, reject } of batch) {
      if (batch.length === 1) {
        const result = await work(sql);
        settle.push(() => resolve(result));
        continue;
      }
      await client.query('SAVEPOINT one');
      try {
        const result = await work(sql);
        settle.push(() => resolve(result));
      } catch (error) {
        if (isConflict(error)) throw error;
        await client.query('ROLLBACK TO SAVEPOINT one');
        settle.push(() => reject(error));
      }
      await client.query('RELEASE SAVEPOINT one');
    }
    await client.query('COMMIT');
    return settle;
  }

  function run(key: string | undefined, batch: readonly Pending[]): Promise<readonly (() => void)[]> {
    return withClient(async (client) => {
      for (let runs = 1; ; runs += 1) {
        try {
          return await runOnce(client, key, batch);
        } catch (error) {
          await client.query('ROLLBACK');
          if (!isConflict(error) || runs === largestRuns) throw error;
        }
      }
    });
  }

  async function settleBatch(key: string | undefined, batch: readonly Pending[]): Promise<void> {
    try {
      for (const settle of await run(key, batch)) settle();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  const gathering = new Map<string, Pending[]>();
  async function drain(key: string, waiting: Pending[]): Promise<void> {
    while (waiting.length > 0) await settleBatch(key, waiting.splice(0, largestBatch));
    gathering.delete(key);
  }

  return <T>(key: string | undefined, work: (sql: Sql) => Promise<T>) => new Promise<T>((resolve, reject) => {
    const pending: Pending = { work, resolve: (result) => resolve(result as T), reject };
    if (key === undefined) {
      void settleBatch(undefined, [pending]);
      return;
    }
    const waiting = gathering.get(key);
    if (waiting !== undefined) {
      waiting.push(pending);
      return;
    }
    const first = [pending];
    gathering.set(key, first);
    void drain(key, first);
  });
}
