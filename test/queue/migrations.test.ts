/** A queue file of every release opens with the jobs that were in it, and one of a later release is refused. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqliteQueue } from '../../src/queue/sqlite-queue.ts';

/** As released, never to be edited. Both wrote version 1: they differ in their indexes alone. */
const table = `
CREATE TABLE jobs (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, idempotency_key TEXT NOT NULL, data TEXT NOT NULL,
  priority INTEGER NOT NULL, state TEXT NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, max_attempts INTEGER NOT NULL, created_at INTEGER NOT NULL,
  available_at INTEGER NOT NULL, finished_at INTEGER, lease_token TEXT, lease_until INTEGER, progress TEXT, result TEXT, failures TEXT NOT NULL DEFAULT '[]',
  handled INTEGER NOT NULL DEFAULT 0, revision INTEGER NOT NULL, UNIQUE (name, idempotency_key)
) STRICT;
CREATE INDEX jobs_revision ON jobs (revision);
CREATE INDEX jobs_unhandled ON jobs (state, handled, finished_at);
CREATE TABLE revision (one INTEGER PRIMARY KEY CHECK (one = 1), value INTEGER NOT NULL) STRICT;
INSERT INTO revision VALUES (1, 2);
PRAGMA user_version = 1;`;
const released = {
  first: `${table} CREATE INDEX jobs_claim ON jobs (name, state, priority, sequence);`,
  'with indexes for a long queue': `${table} CREATE INDEX jobs_ready ON jobs (name, state, priority, sequence, available_at);
    CREATE INDEX jobs_times ON jobs (state, attempt, created_at, available_at, lease_until);`,
};

let folder: string;
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'phoi-queue-')); });
afterEach(() => rm(folder, { recursive: true, force: true }));

it.each(Object.entries(released))('the %s schema', async (_name, schema) => {
  const path = join(folder, 'queue.sqlite');
  const old = new DatabaseSync(path);
  old.exec(`${schema}
    INSERT INTO jobs (id, name, idempotency_key, data, priority, state, max_attempts, created_at, available_at, revision) VALUES ('w', 'analyze', 'kw', '{"n":1}', 10, 'waiting', 4, 1, 1, 1);
    INSERT INTO jobs (id, name, idempotency_key, data, priority, state, max_attempts, created_at, available_at, finished_at, result, revision) VALUES ('c', 'analyze', 'kc', '{"n":2}', 10, 'completed', 4, 1, 1, 2, '{"r":3}', 2);`);
  old.close();
  for (let start = 1; start <= 2; start += 1) {
    const queue = openSqliteQueue(path, { pollMs: 10 });
    expect((await queue.unhandled()).map(({ id, result }) => [id, result])).toEqual([['c', { r: 3 }]]);
    expect((await queue.enqueue('analyze', {}, { idempotencyKey: 'kw' }))).toMatchObject({ created: false, job: { id: 'w', state: 'waiting' } });
    if (start === 2) {
      const claimed = await queue.claim('analyze', 'worker', AbortSignal.timeout(60_000));
      expect(claimed?.job).toMatchObject({ id: 'w', data: { n: 1 } });
      await claimed?.complete({});
    }
    await queue.close();
  }
  const later = new DatabaseSync(path);
  later.exec('PRAGMA user_version = 1000');
  later.close();
  expect(() => openSqliteQueue(path)).toThrow('schema 1000');
});
