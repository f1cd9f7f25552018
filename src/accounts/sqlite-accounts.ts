/**
 * Accounts in an SQLite file, which the command line opens beside the service. Reads have a connection of their own, so
 * that they never see a transaction that is not over.
 */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { AppError } from '../errors.ts';
import type { Sql, SqlValue } from '../index/sql.ts';
import { inTransaction } from '../sqlite.ts';
import type { AccountDatabase } from './database.ts';

const busyTimeoutMs = 10_000;

/** Steps that only go forward; a released one is never edited. */
export const sqliteAccountSteps: readonly string[] = [
  `
CREATE TABLE IF NOT EXISTS accounts (
  username TEXT PRIMARY KEY, name TEXT NOT NULL, roles TEXT NOT NULL, password TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0,
  must_change INTEGER NOT NULL, created_at TEXT NOT NULL, last_login_at TEXT, failures INTEGER NOT NULL DEFAULT 0, locked_until INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
  hash TEXT PRIMARY KEY, username TEXT NOT NULL REFERENCES accounts (username), created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS sessions_by_account ON sessions (username);
CREATE TABLE IF NOT EXISTS tokens (
  id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, label TEXT NOT NULL, username TEXT NOT NULL REFERENCES accounts (username), scope TEXT NOT NULL,
  created_at TEXT NOT NULL, expires_at TEXT NOT NULL, last_used_at TEXT
) STRICT;
`,
  // Sites, accounts of an identity provider, and sessions with an end of their own.
  `
ALTER TABLE accounts ADD COLUMN sites TEXT;
ALTER TABLE accounts ADD COLUMN issuer TEXT;
ALTER TABLE accounts ADD COLUMN subject TEXT;
CREATE UNIQUE INDEX accounts_by_subject ON accounts (issuer, subject) WHERE issuer IS NOT NULL;
ALTER TABLE tokens ADD COLUMN sites TEXT;
ALTER TABLE sessions ADD COLUMN ends_at INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET ends_at = created_at + 12 * 3600000;
`,
  // Failures of any name, so that a lock does not tell which names exist; logins begun at a provider; changes for the audit trail.
  `
ALTER TABLE accounts DROP COLUMN failures;
ALTER TABLE accounts DROP COLUMN locked_until;
CREATE TABLE login_attempts (name_hash TEXT PRIMARY KEY, failures INTEGER NOT NULL, locked_until INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT;
CREATE TABLE pending_logins (hash TEXT PRIMARY KEY, login TEXT NOT NULL, begun_at INTEGER NOT NULL) STRICT;
CREATE TABLE account_changes (id INTEGER PRIMARY KEY AUTOINCREMENT, change TEXT NOT NULL) STRICT;
`,
];

function sqlOf(connection: DatabaseSync): Sql {
  const bound = (value: SqlValue): SQLInputValue => value as SQLInputValue;
  return {
    all: async (sql, ...values) => connection.prepare(sql).all(...values.map(bound)),
    get: async (sql, ...values) => connection.prepare(sql).get(...values.map(bound)),
    run: async (sql, ...values) => Number(connection.prepare(sql).run(...values.map(bound)).changes),
  };
}

function migrate(connection: DatabaseSync): void {
  const version = Number(connection.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > sqliteAccountSteps.length) {
    throw new AppError('CONFIG_INVALID', `The accounts were written by a later release (schema ${version}, this one knows ${sqliteAccountSteps.length})`);
  }
  for (const [at, step] of sqliteAccountSteps.entries()) {
    if (at >= version) inTransaction(connection, () => { connection.exec(`${step} PRAGMA user_version = ${at + 1};`); });
  }
}

/** Opens, making or migrating it. @throws AppError CONFIG_INVALID */
export function openSqliteAccounts(path: string): AccountDatabase {
  const writer = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: busyTimeoutMs });
  writer.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  migrate(writer);
  const reader = new DatabaseSync(path, { timeout: busyTimeoutMs });
  reader.exec('PRAGMA query_only = ON');
  const sql = sqlOf(writer);
  let tail: Promise<unknown> = Promise.resolve();

  async function transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    writer.exec('BEGIN IMMEDIATE');
    try {
      const result = await work(sql);
      writer.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk rolls back by itself.
      if (writer.isTransaction) writer.exec('ROLLBACK');
      throw error;
    }
  }

  return {
    read: sqlOf(reader),
    // One after the other, whatever the key.
    write(_key, work) {
      const result = tail.then(() => transaction(work));
      tail = result.catch(() => undefined);
      return result;
    },
    async close() {
      await tail;
      reader.close();
      writer.close();
    },
  };
}
