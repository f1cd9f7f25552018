/** A database of every schema that was ever released opens, keeps what it held, and is refused by an older release. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StudyIndex } from '../../src/index/port.ts';
import { openPostgresIndex } from '../../src/index/postgres-index.ts';
import { postgresMigrations } from '../../src/index/postgres-migrations.ts';
import { encodeHeader } from '../../src/index/header-codec.ts';
import { migrations as sqliteMigrations } from '../../src/index/sqlite-migrations.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { silentLog } from '../../src/log.ts';
import { createTestDatabase, hasPostgres, type TestDatabase } from '../helpers/postgres.ts';
import { record } from './records.ts';

/** What the first schema could hold, written as its release wrote it: columns that every later one still has. */
function oldRows(): readonly (readonly [sql: string, ...values: (string | number | Uint8Array)[]])[] {
  const { header, sopInstanceUID, sopClassUID, transferSyntaxUID } = record();
  return [
    [`INSERT INTO studies (study_uid, state, attributes, patient_name, patient_id, accession_number, study_id, study_date, study_time, study_description,
      series_count, instance_count, received_at, updated_at) VALUES ('1.2.3', 'analysed', '{}', '', 'P1', '', '', '20260102', '', '', 1, 1, '2026-01-02T03:04:05.000Z', '2026-01-02T03:04:05.000Z')`],
    [`INSERT INTO series (study_id, series_uid, modality, attributes, own, instance_count) SELECT id, '1.2.3.1', 'CT', '{}', 0, 1 FROM studies`],
    [`INSERT INTO instances (sop_uid, sop_class_uid, study_id, series_id, transfer_syntax_uid, blob_key, size_bytes, sha256, received_at, own, placement)
      SELECT '${sopInstanceUID}', '${sopClassUID}', study_id, id, '${transferSyntaxUID}', 'b', 1, 'h', '2026-01-02T03:04:05.000Z', 0, '{}' FROM series`],
    ['INSERT INTO instance_headers (instance_id, header) SELECT id, ? FROM instances', encodeHeader(header)],
    [`INSERT INTO deliveries (id, study_uid, sop_uid, destination, state, attempts, created_at, updated_at, due_at)
      VALUES ('d1', '1.2.3', '1.2.3.1.1', 'pacs', 'waiting', 2, '2026-01-02T03:04:05.000Z', '2026-01-02T03:04:06.000Z', '2026-01-02T03:04:07.000Z')`],
  ];
}

async function expectWhole(index: StudyIndex): Promise<void> {
  expect(await index.instance('1.2.3.1.1')).toMatchObject({ studyInstanceUID: '1.2.3', header: record().header });
  expect(await index.study('1.2.3')).toMatchObject({ state: 'analysed', instanceCount: 1, review: { state: 'unread' }, deliveries: [{ id: 'd1', attempts: 2, refusals: 0 }] });
  expect((await index.worklist({ limit: 10, offset: 0 })).total).toBe(1);
  expect(await index.addInstance(record({ instance: '1.2.3.1.2' }))).toEqual({ kind: 'stored' });
  expect((await index.dashboard()).states).toEqual({ receiving: 1 });
}

describe('SQLite', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-migrations-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it.each(sqliteMigrations.map(({ version }) => version))('from schema %i', async (from) => {
    const path = join(folder, 'index.sqlite');
    const old = new DatabaseSync(path);
    old.exec('CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL) STRICT');
    for (const { version, sql } of sqliteMigrations.filter((step) => step.version <= from)) {
      old.exec(sql);
      old.prepare('INSERT INTO schema_version VALUES (?, ?)').run(version, '2026-01-01T00:00:00.000Z');
    }
    for (const [sql, ...values] of oldRows()) old.prepare(sql).run(...values);
    old.close();
    for (let start = 1; start <= 2; start += 1) {
      const index = await openSqliteIndex(path);
      if (start === 1) await expectWhole(index);
      await index.close();
    }
  });

  it('refuses one that a later release wrote', async () => {
    const path = join(folder, 'index.sqlite');
    await (await openSqliteIndex(path)).close();
    const later = new DatabaseSync(path);
    later.exec(`INSERT INTO schema_version VALUES (1000, '2099-01-01T00:00:00.000Z')`);
    later.close();
    await expect(openSqliteIndex(path)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe.runIf(await hasPostgres())('PostgreSQL', () => {
  let database: TestDatabase;
  const open = (): Promise<StudyIndex> => openPostgresIndex(database.url, { log: silentLog() });
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  it.each(postgresMigrations.map(({ version }) => version))('from schema %i', async (from) => {
    await database.query('CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at text NOT NULL)');
    for (const { version, sql } of postgresMigrations.filter((step) => step.version <= from)) {
      await database.query(sql);
      await database.query('INSERT INTO schema_version VALUES ($1, $2)', [version, '2026-01-01T00:00:00.000Z']);
    }
    for (const [sql, ...values] of oldRows()) await database.query(sql.replace('?', '$1'), values);
    const index = await open();
    await expectWhole(index);
    await index.close();
  });

  it('migrates once when servers start together, and refuses what a later release wrote', async () => {
    const together = await Promise.all([open(), open(), open()]);
    await together[0].addInstance(record());
    expect((await together[2].worklist({ limit: 1, offset: 0 })).total).toBe(1);
    for (const index of together) await index.close();
    expect(await database.query('SELECT version FROM schema_version')).toEqual(postgresMigrations.map(({ version }) => ({ version })));
    await database.query(`INSERT INTO schema_version VALUES (1000, '2099-01-01T00:00:00.000Z')`);
    await expect(open()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
