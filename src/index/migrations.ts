/**
 * The schema, as steps that only go forward. A released step is never edited: a change is a new step.
 * Times are ISO 8601 in UTC, so that text order is time order.
 */
import type { DatabaseSync } from 'node:sqlite';

import { AppError } from '../errors.ts';

interface Migration {
  readonly version: number;
  readonly sql: string;
}

export const migrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
CREATE TABLE studies (
  id INTEGER PRIMARY KEY,
  study_uid TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  priority_rank INTEGER NOT NULL DEFAULT 1,   -- 0 stat, 1 routine
  attention_rank INTEGER NOT NULL DEFAULT 1,  -- 0 refused or failed: a person has to look
  largest_diameter_mm REAL NOT NULL DEFAULT -1,
  top_probability REAL NOT NULL DEFAULT -1,
  finding_count INTEGER,
  attributes TEXT NOT NULL,                   -- patient and study level, DICOM JSON
  patient_name TEXT NOT NULL,                 -- groups joined with '=', lower case, NFC
  patient_id TEXT NOT NULL,
  accession_number TEXT NOT NULL,
  study_id TEXT NOT NULL,
  study_date TEXT NOT NULL,
  study_time TEXT NOT NULL,                   -- HHMMSS.FFFFFF
  study_description TEXT NOT NULL,
  series_count INTEGER NOT NULL DEFAULT 0,
  instance_count INTEGER NOT NULL DEFAULT 0,
  conflict_count INTEGER NOT NULL DEFAULT 0,
  received_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  reasons TEXT NOT NULL DEFAULT '[]',
  warnings TEXT NOT NULL DEFAULT '[]',
  progress TEXT,
  job_id TEXT
) STRICT;
CREATE INDEX studies_by_urgency ON studies (priority_rank, attention_rank, largest_diameter_mm DESC, top_probability DESC, received_at, id, state);
CREATE INDEX studies_by_state ON studies (state, priority_rank, attention_rank, largest_diameter_mm DESC, top_probability DESC, received_at, id);
CREATE INDEX studies_by_received ON studies (received_at DESC, id DESC, state);
CREATE INDEX studies_by_patient_id ON studies (patient_id);
CREATE INDEX studies_by_accession_number ON studies (accession_number);
CREATE INDEX studies_by_study_date ON studies (study_date, study_time);
CREATE INDEX studies_by_study_id ON studies (study_id);

CREATE VIRTUAL TABLE study_search USING fts5 (
  name, other, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0', prefix = '1 2 3'
);

CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  study_id INTEGER NOT NULL REFERENCES studies (id),
  series_uid TEXT NOT NULL,
  modality TEXT NOT NULL,
  series_number REAL,
  attributes TEXT NOT NULL,                   -- series level, DICOM JSON
  own INTEGER NOT NULL,
  instance_count INTEGER NOT NULL DEFAULT 0,
  UNIQUE (study_id, series_uid)
) STRICT;
CREATE INDEX series_by_uid ON series (series_uid);
CREATE INDEX series_by_modality ON series (modality, study_id);

CREATE TABLE instances (
  id INTEGER PRIMARY KEY,
  sop_uid TEXT NOT NULL UNIQUE,
  sop_class_uid TEXT NOT NULL,
  study_id INTEGER NOT NULL REFERENCES studies (id),
  series_id INTEGER NOT NULL REFERENCES series (id),
  transfer_syntax_uid TEXT NOT NULL,
  instance_number REAL,
  blob_key TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  received_at TEXT NOT NULL,
  own INTEGER NOT NULL,
  placement TEXT NOT NULL
) STRICT;
CREATE INDEX instances_by_series ON instances (series_id, instance_number, id);
CREATE INDEX instances_by_study ON instances (study_id, sop_class_uid);
CREATE INDEX instances_by_blob ON instances (blob_key);

-- Apart from instances, so that counting and sorting never walk over headers.
CREATE TABLE instance_headers (
  instance_id INTEGER PRIMARY KEY REFERENCES instances (id),
  header BLOB NOT NULL
) STRICT;

CREATE TABLE conflicts (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  study_id INTEGER NOT NULL REFERENCES studies (id),
  sop_uid TEXT NOT NULL,
  claimed_study_uid TEXT NOT NULL,
  claimed_series_uid TEXT NOT NULL,
  transfer_syntax_uid TEXT NOT NULL,
  blob_key TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  received_at TEXT NOT NULL,
  UNIQUE (sop_uid, sha256)
) STRICT;
CREATE INDEX conflicts_by_study ON conflicts (study_id);
CREATE INDEX conflicts_by_claimed_study ON conflicts (claimed_study_uid);
CREATE INDEX conflicts_by_blob ON conflicts (blob_key);

CREATE TABLE analyses (
  id INTEGER PRIMARY KEY,
  study_id INTEGER NOT NULL REFERENCES studies (id),
  version INTEGER NOT NULL,
  job_id TEXT NOT NULL,
  findings TEXT NOT NULL,
  objects TEXT NOT NULL,
  created_at TEXT NOT NULL,
  UNIQUE (study_id, version),
  UNIQUE (study_id, job_id)
) STRICT;

CREATE TABLE deliveries (
  id TEXT PRIMARY KEY,
  study_uid TEXT NOT NULL,
  sop_uid TEXT NOT NULL,
  destination TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  due_at TEXT NOT NULL
) STRICT;
CREATE INDEX deliveries_by_due ON deliveries (state, due_at);
CREATE INDEX deliveries_by_study ON deliveries (study_uid);

CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`,
  },
];

/** Brings the database to the newest version; refuses one that a later release wrote. */
export function migrate(database: DatabaseSync, now: () => Date): void {
  database.exec('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL) STRICT');
  const row = database.prepare('SELECT max(version) AS version FROM schema_version').get();
  const current = typeof row?.['version'] === 'number' ? row['version'] : 0;
  const newest = migrations.at(-1)?.version ?? 0;
  if (current > newest) {
    throw new AppError('CONFIG_INVALID', `The index was written by a later release (schema ${current}, this one knows ${newest})`);
  }
  for (const { version, sql } of migrations) {
    if (version <= current) continue;
    database.exec('BEGIN IMMEDIATE');
    try {
      database.exec(sql);
      database.prepare('INSERT INTO schema_version (version, applied_at) VALUES (?, ?)').run(version, now().toISOString());
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  }
}
