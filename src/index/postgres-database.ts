/**
 * A PostgreSQL database that several servers share. READ COMMITTED with an advisory lock for each key: writes of one
 * study queue up behind one another on every server, those of others run beside them. What two keys can still both
 * write (the same SOP Instance UID under two studies) ends in a unique violation or a deadlock, and is run again.
 *
 * A commit is durable (synchronous_commit is on whatever the database says). A connection that breaks during a commit
 * leaves its outcome unknown: the caller gets INDEX_UNAVAILABLE, and every write of the index may be repeated.
 */
import pg from 'pg';

import { AppError } from '../errors.ts';
import type { Log } from '../log.ts';
import { createPostgresExclusion } from './postgres-exclusion.ts';
import { postgresDialect } from './postgres-dialect.ts';
import { translated } from './postgres-errors.ts';
import { migratePostgres } from './postgres-migrations.ts';
import { createPostgresSql } from './postgres-sql.ts';
import { createPostgresWrites } from './postgres-writes.ts';
import type { IndexDatabase } from './sql.ts';
import { createTurnstile } from './turnstile.ts';

const defaultConnections = 10;
const connectTimeoutMs = 5_000;
/** A statement that takes so long has lost its server, or its plan. */
const statementTimeoutMs = 60_000;

/** Counts and sums come as numbers: none of the index's is beyond 2^53. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);
types.setTypeParser(pg.types.builtins.NUMERIC, Number);

export interface PostgresOptions {
  readonly url: string;
  readonly now: () => Date;
  readonly log: Log;
  /** At a time. */
  readonly connections?: number;
  /** Makes or migrates the schema; that of the index when left out. */
  readonly migrate?: (client: pg.ClientBase) => Promise<void>;
}

/** Opens and migrates. @throws AppError INDEX_UNAVAILABLE, CONFIG_INVALID */
export async function openPostgresDatabase({ url, now, log, connections = defaultConnections, migrate = (client) => migratePostgres(client, now) }: PostgresOptions): Promise<IndexDatabase> {
  const settings: pg.ClientConfig = {
    connectionString: url, application_name: 'phoi', connectionTimeoutMillis: connectTimeoutMs, keepAlive: true,
    statement_timeout: statementTimeoutMs, query_timeout: statementTimeoutMs + connectTimeoutMs,
    options: '-c synchronous_commit=on -c jit=off', types,
  };
  const pool = new pg.Pool({ ...settings, max: connections });
  // A connection that breaks while nobody uses it: the pool drops it and makes another when one is needed.
  pool.on('error', (error) => log.warn({ code: 'INDEX_UNAVAILABLE', reason: error.message }, 'A connection to the database of the index was lost'));
  // One that breaks between two statements of a write: the next statement fails, and with it the write.
  pool.on('connect', (client) => client.on('error', () => undefined));

  // Here and not in the pool, whose time-out for a new connection would end the wait for a used one as well.
  const turn = createTurnstile(connections);
  /** A connection for the work; one that the work failed on is not used again, since it may be broken. */
  const withClient = <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> => turn(async () => {
    const client = await pool.connect();
    let failed = true;
    try {
      const result = await work(client);
      failed = false;
      return result;
    } finally {
      client.release(failed);
    }
  });

  try {
    await withClient(migrate);
  } catch (error) {
    await pool.end();
    throw translated(error);
  }

  const underWay = new Set<Promise<void>>();
  let closed = false;
  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    if (closed) throw new AppError('INTERNAL', 'The index is closed');
    const running = work();
    const settled = running.then(() => undefined, () => undefined);
    underWay.add(settled);
    try {
      return await running;
    } catch (error) {
      throw translated(error);
    } finally {
      underWay.delete(settled);
    }
  }

  const pooled = createPostgresSql(pool);
  const writes = createPostgresWrites({ withClient });
  const exclusion = createPostgresExclusion(settings);
  return {
    dialect: postgresDialect,
    read: {
      all: (...statement) => guarded(() => turn(() => pooled.all(...statement))),
      get: (...statement) => guarded(() => turn(() => pooled.get(...statement))),
      run: (...statement) => guarded(() => turn(() => pooled.run(...statement))),
    },
    write: (key, work) => guarded(() => writes(key, work)),
    exclusively: (name, work) => exclusion.run(name, work),
    async close() {
      if (closed) return;
      closed = true;
      while (underWay.size > 0) await Promise.all(underWay);
      await exclusion.close();
      await pool.end();
    },
  };
}
