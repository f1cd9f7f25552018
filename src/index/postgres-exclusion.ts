/**
 * Work of one name at a time among all servers on a database. One connection of each server holds its advisory locks: a
 * server that dies, or loses that connection, gives them back. Work under way when the connection is lost goes on, so
 * it may overlap with the same work elsewhere: whatever is done under a name must be safe to do twice.
 */
import pg from 'pg';
import { createInProcessExclusion } from './in-process-exclusion.ts';
import { translated } from './postgres-errors.ts';
import { lockNumber } from './postgres-sql.ts';

export interface PostgresExclusion {
  run<T>(name: string, work: () => Promise<T>): Promise<T | undefined>;
  close(): Promise<void>;
}

export function createPostgresExclusion(settings: pg.ClientConfig): PostgresExclusion {
  const here = createInProcessExclusion();
  let holder: Promise<pg.Client> | undefined;

  async function connect(): Promise<pg.Client> {
    const client = new pg.Client(settings);
    const forget = (): void => { holder = undefined; };
    client.on('error', forget);
    client.on('end', forget);
    try {
      await client.connect();
    } catch (error) {
      forget();
      throw error;
    }
    return client;
  }

  /** The connection that holds the lock now; undefined when another server has it. */
  async function take(lock: string): Promise<pg.Client | undefined> {
    try {
      holder ??= connect();
      const client = await holder;
      const { rows } = await client.query<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${lock}) AS taken`);
      return rows[0]?.taken === true ? client : undefined;
    } catch (error) {
      throw translated(error);
    }
  }

  return {
    run: (name, work) => here(name, async () => {
      const lock = lockNumber('work', name);
      const client = await take(lock);
      if (client === undefined) return undefined;
      try {
        return await work();
      } finally {
        // A connection that broke meanwhile has given the lock back itself.
        await client.query(`SELECT pg_advisory_unlock(${lock})`).catch(() => undefined);
      }
    }),
    async close() {
      const client = await holder?.catch(() => undefined);
      await client?.end().catch(() => undefined);
    },
  };
}
