/** Accounts in the PostgreSQL database of the index: servers behind one address share logins, sessions, tokens and locks. */
import { openPostgresDatabase } from '../index/postgres-database.ts';
import { migratePostgres } from '../index/postgres-migrations.ts';
import type { Log } from '../log.ts';
import type { AccountDatabase } from './database.ts';

/** Requests of people wait for one short statement: a few connections are enough. */
const connections = 4;
/** "accs" in ASCII. */
const migrationLock = 0x61636373;

/** Steps that only go forward; a released one is never edited. Names compare byte by byte, as in SQLite. */
export const postgresAccountSteps = [{
  version: 1,
  sql: `
CREATE TABLE accounts (
  username text COLLATE "C" PRIMARY KEY, name text NOT NULL, roles text NOT NULL, password text NOT NULL, disabled INTEGER NOT NULL DEFAULT 0,
  must_change INTEGER NOT NULL, created_at text NOT NULL, last_login_at text, sites text, issuer text, subject text
);
CREATE UNIQUE INDEX accounts_by_subject ON accounts (issuer, subject) WHERE issuer IS NOT NULL;
CREATE TABLE sessions (
  hash text PRIMARY KEY, username text COLLATE "C" NOT NULL REFERENCES accounts (username), created_at BIGINT NOT NULL, seen_at BIGINT NOT NULL, ends_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (username);
CREATE TABLE tokens (
  id text PRIMARY KEY, hash text NOT NULL UNIQUE, label text NOT NULL, username text COLLATE "C" NOT NULL REFERENCES accounts (username), scope text NOT NULL,
  sites text, created_at text COLLATE "C" NOT NULL, expires_at text NOT NULL, last_used_at text
);
CREATE TABLE login_attempts (name_hash text PRIMARY KEY, failures INTEGER NOT NULL, locked_until BIGINT NOT NULL, last_at BIGINT NOT NULL);
CREATE TABLE pending_logins (hash text PRIMARY KEY, login text NOT NULL, begun_at BIGINT NOT NULL);
CREATE TABLE account_changes (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, change text NOT NULL);
`,
}];

/** Opens, making or migrating it. @throws AppError INDEX_UNAVAILABLE, CONFIG_INVALID */
export function openPostgresAccounts(url: string, log: Log): Promise<AccountDatabase> {
  const now = (): Date => new Date();
  return openPostgresDatabase({
    url, now, log, connections,
    migrate: (client) => migratePostgres(client, now, { what: 'accounts', versions: 'accounts_schema_version', lock: migrationLock, steps: postgresAccountSteps }),
  });
}
