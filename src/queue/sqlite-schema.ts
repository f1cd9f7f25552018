/**
 * The embedded queue's one table. `revision` grows with every change, so that other processes can follow. A job's data
 * is long (every instance of a study), so that whoever looks at many jobs finds all that the look needs in an index.
 */
import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '../sqlite.ts';

const schema = `
CREATE TABLE IF NOT EXISTS jobs (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  data TEXT NOT NULL,
  priority INTEGER NOT NULL,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0,
  max_attempts INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  available_at INTEGER NOT NULL,
  finished_at INTEGER,
  lease_token TEXT,
  lease_until INTEGER,
  progress TEXT,
  result TEXT,
  failures TEXT NOT NULL DEFAULT '[]',
  handled INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL,
  UNIQUE (name, idempotency_key)
) STRICT;
DROP INDEX IF EXISTS jobs_claim;
CREATE INDEX IF NOT EXISTS jobs_ready ON jobs (name, state, priority, sequence, available_at);
CREATE INDEX IF NOT EXISTS jobs_times ON jobs (state, attempt, created_at, available_at, lease_until);
CREATE INDEX IF NOT EXISTS jobs_revision ON jobs (revision);
CREATE INDEX IF NOT EXISTS jobs_unhandled ON jobs (state, handled, finished_at);
CREATE TABLE IF NOT EXISTS revision (one INTEGER PRIMARY KEY CHECK (one = 1), value INTEGER NOT NULL) STRICT;
INSERT OR IGNORE INTO revision VALUES (1, 0);
`;

const schemaVersion = 1;

export function prepareQueueSchema(database: DatabaseSync): void {
  database.exec('PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  inTransaction(database, () => {
    const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
    if (version > schemaVersion) throw new Error(`The queue file has schema ${version}; this release knows ${schemaVersion}`);
    database.exec(schema);
    database.exec(`PRAGMA user_version = ${schemaVersion}`);
  });
}
