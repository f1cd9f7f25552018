/**
 * PostgreSQL for the tests: the server that answers at PHOI_TEST_POSTGRES (default postgres://postgres@127.0.0.1:5432),
 * or one of the tests' own from the programs of /usr/lib/postgresql, in a temporary folder and as an unprivileged user.
 * Each suite gets a database of its own.
 */
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { absent } from './peers.ts';
import { freePort } from './ports.ts';
import { until } from './until.ts';

const given = process.env['PHOI_TEST_POSTGRES'] ?? 'postgres://postgres@127.0.0.1:5432';
const versions = '/usr/lib/postgresql';

/** True when a server answers there. */
export async function isThere(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: `${url}/postgres`, connectionTimeoutMillis: 3000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The folder of the newest server's programs. */
export function programs(): string | undefined {
  const newest = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a))[0] : undefined;
  return newest === undefined ? undefined : join(versions, newest, 'bin');
}

/** Whom to run it as: initdb and postgres refuse to run as root. */
export function unprivileged(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (kind: string): number => Number(execFileSync('id', [kind, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Ends the server and takes its folder away when whoever holds the other end of its standard input is gone, however that ended. */
const guard = '"$1" -D "$2" -p "$3" -h 127.0.0.1 -k "$2" -c fsync=off & cat; kill -QUIT $!; wait; rm -rf "$2"';

/** A server without durability, gone with this process. */
async function startServer(bin: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'phoi-postgres-'));
  const who = unprivileged();
  if (who.uid !== undefined && who.gid !== undefined) chownSync(folder, who.uid, who.gid);
  const port = await freePort();
  execFileSync(join(bin, 'initdb'), ['-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'], { ...who, stdio: 'ignore', cwd: folder });
  const child = spawn('sh', ['-c', guard, 'sh', join(bin, 'postgres'), folder, String(port)], { ...who, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'] });
  const url = `postgres://postgres@127.0.0.1:${port}`;
  await until('the start of PostgreSQL', () => {
    if (child.exitCode !== null) throw new Error('PostgreSQL ended at its start');
    return isThere(url);
  });
  child.unref();
  return url;
}

let server: Promise<string | undefined> | undefined;
function serverUrl(): Promise<string | undefined> {
  server ??= (async () => {
    if (await isThere(given)) return given;
    const bin = programs();
    return bin === undefined ? undefined : startServer(bin);
  })();
  return server;
}

/** True when there is a server or one can be started: `describe.runIf(await hasPostgres())`. */
export async function hasPostgres(): Promise<boolean> {
  return await serverUrl() !== undefined || absent('PostgreSQL');
}

export interface TestDatabase {
  readonly url: string;
  /** As an administrator, outside of the pool of whoever uses the database. */
  query(sql: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** Takes every row out of it and leaves the schema: much quicker than another database. */
  empty(): Promise<void>;
  /** Ends every connection to it, as a restart of the server would. */
  disconnectAll(): Promise<void>;
  /** Ends every connection and lets nobody in. */
  shut(): Promise<void>;
  open(): Promise<void>;
  drop(): Promise<void>;
}

let made = 0;

/** A new, empty database. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const base = await serverUrl();
  if (base === undefined) throw new Error('There is no PostgreSQL');
  made += 1;
  const name = `phoi_test_${process.pid}_${Date.now()}_${made}`;
  async function ask(database: string, sql: string, values: readonly unknown[] = []): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: `${base}/${database}` });
    await client.connect();
    try {
      return (await (values.length === 0 ? client.query<Record<string, unknown>>(sql) : client.query<Record<string, unknown>>(sql, [...values]))).rows;
    } finally {
      await client.end();
    }
  }
  async function disconnectAll(): Promise<void> {
    await ask('postgres', 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  }
  await ask('postgres', `CREATE DATABASE ${name}`);
  return {
    url: `${base}/${name}`,
    query: (sql, values) => ask(name, sql, values),
    async empty() {
      const tables = await ask(name, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%schema_version'");
      // As a replica: neither references nor the trigger that keeps signed readings are asked.
      await ask(name, `SET session_replication_role = replica; ${tables.map(({ tablename }) => `DELETE FROM ${String(tablename)}`).join('; ')}`);
    },
    disconnectAll,
    async shut() {
      await ask('postgres', `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await disconnectAll();
    },
    async open() {
      await ask('postgres', `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    },
    async drop() {
      await ask('postgres', `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}
