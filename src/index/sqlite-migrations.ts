/**
 * The schema, as steps that only go forward. A released step is never edited: a change is a new step.
 * Times are ISO 8601 in UTC, so that text order is time order.
 */
import type { DatabaseSync } from 'node:sqlite';

import { AppError } from '../errors.ts';
import { inTransaction } from '../sqlite.ts';

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
  {
    version: 2,
    sql: `
-- Who sent the study's instances, for results that go back to the sender and for routing.
CREATE TABLE study_sources (
  study_uid TEXT NOT NULL,
  transport TEXT NOT NULL,
  calling_ae TEXT NOT NULL,                   -- '' when the transport has none
  address TEXT NOT NULL,
  first_at TEXT NOT NULL,
  PRIMARY KEY (study_uid, transport, calling_ae, address)
) STRICT, WITHOUT ROWID;

ALTER TABLE deliveries ADD COLUMN role TEXT;
ALTER TABLE deliveries ADD COLUMN last_code TEXT;         -- of src/errors.ts, of the last attempt
ALTER TABLE deliveries ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0; -- among the attempts
ALTER TABLE deliveries ADD COLUMN sent_at TEXT;
ALTER TABLE deliveries ADD COLUMN confirmed_at TEXT;
ALTER TABLE deliveries ADD COLUMN confirm_at TEXT;        -- when the destination is asked (again) whether it keeps the object
ALTER TABLE deliveries ADD COLUMN confirm_attempts INTEGER NOT NULL DEFAULT 0;
CREATE INDEX deliveries_by_destination ON deliveries (destination, state, due_at);
CREATE INDEX deliveries_by_confirmation ON deliveries (destination, confirm_at) WHERE confirm_at IS NOT NULL;

-- Storage commitment transactions of our own: a report may come long after the request, and after a restart.
CREATE TABLE delivery_transactions (
  transaction_uid TEXT NOT NULL,
  delivery_id TEXT NOT NULL,
  requested_at TEXT NOT NULL,
  PRIMARY KEY (transaction_uid, delivery_id)
) STRICT, WITHOUT ROWID;
`,
  },
  {
    version: 3,
    sql: `
ALTER TABLE studies ADD COLUMN review_state TEXT NOT NULL DEFAULT 'unread';
ALTER TABLE studies ADD COLUMN review_rank INTEGER NOT NULL DEFAULT 0;  -- 1 signed, behind what is to be read
ALTER TABLE studies ADD COLUMN review_summary TEXT;                     -- {signedBy, signedAt, lungRads}
DROP INDEX studies_by_urgency;
DROP INDEX studies_by_state;
CREATE INDEX studies_by_urgency ON studies (review_rank, priority_rank, attention_rank, largest_diameter_mm DESC, top_probability DESC, received_at, id, state, review_state);
CREATE INDEX studies_by_state ON studies (state, review_rank, priority_rank, attention_rank, largest_diameter_mm DESC, top_probability DESC, received_at, id);
CREATE INDEX studies_by_review_state ON studies (review_state, review_rank, priority_rank, attention_rank, largest_diameter_mm DESC, top_probability DESC, received_at, id);

CREATE TABLE reviews (
  study_uid TEXT PRIMARY KEY,
  revision INTEGER NOT NULL,
  state TEXT NOT NULL,
  draft TEXT NOT NULL,
  analysis_version INTEGER,
  newer_analysis INTEGER NOT NULL,
  compare_with TEXT,
  lung_rads TEXT,
  updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE review_locks (
  study_uid TEXT PRIMARY KEY,
  reader_id TEXT NOT NULL,
  reader_name TEXT NOT NULL,
  since TEXT NOT NULL,
  expires_at TEXT NOT NULL
) STRICT;

CREATE TABLE review_measurements (
  study_uid TEXT NOT NULL,
  tracking_uid TEXT NOT NULL,
  finding TEXT NOT NULL,
  series_uid TEXT,
  mask_box TEXT,
  mask BLOB,                                   -- deflated
  created_at TEXT NOT NULL,
  PRIMARY KEY (study_uid, tracking_uid)
) STRICT;

-- Given signatures whose objects are not all written yet.
CREATE TABLE signings (
  study_uid TEXT PRIMARY KEY,
  signing TEXT NOT NULL,
  begun_at TEXT NOT NULL
) STRICT;

CREATE TABLE signed_reviews (
  study_uid TEXT NOT NULL,
  version INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  reader_name TEXT NOT NULL,
  signed_at TEXT NOT NULL,
  lung_rads TEXT,
  review TEXT NOT NULL,
  PRIMARY KEY (study_uid, version)
) STRICT;
CREATE INDEX signed_reviews_by_time ON signed_reviews (signed_at, study_uid);
CREATE TRIGGER signed_reviews_stay BEFORE UPDATE ON signed_reviews BEGIN SELECT raise(ABORT, 'a signed review never changes'); END;
CREATE TRIGGER signed_reviews_remain BEFORE DELETE ON signed_reviews BEGIN SELECT raise(ABORT, 'a signed review never goes away'); END;

CREATE TABLE review_events (
  id INTEGER PRIMARY KEY,
  study_uid TEXT NOT NULL,
  kind TEXT NOT NULL,
  reader_id TEXT NOT NULL,
  reader_name TEXT NOT NULL,
  from_reader TEXT,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX review_events_by_study ON review_events (study_uid, id);
`,
  },
  {
    version: 4,
    sql: `
CREATE TABLE shadow_results (
  study_uid TEXT NOT NULL,
  job_id TEXT NOT NULL,
  model TEXT NOT NULL,                        -- {id, version, sha256}
  created_at TEXT NOT NULL,
  failure_code TEXT,
  findings TEXT,
  compared TEXT,                              -- {championJobId, champion, agreement}
  champion TEXT,
  both_count INTEGER,
  only_champion INTEGER,
  only_shadow INTEGER,
  PRIMARY KEY (study_uid, job_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX shadow_results_by_model ON shadow_results (champion, model);
`,
  },
  {
    version: 5,
    sql: `
ALTER TABLE studies ADD COLUMN site TEXT NOT NULL DEFAULT '';   -- Institution Name of the first image
CREATE INDEX studies_by_site ON studies (review_state, site, state);
CREATE INDEX studies_by_state_time ON studies (state, updated_at);
CREATE INDEX analyses_by_time ON analyses (created_at, study_id, version);

CREATE TABLE activity (
  hour TEXT NOT NULL,                          -- UTC, 2026-01-02T03
  site TEXT NOT NULL,
  received INTEGER NOT NULL DEFAULT 0,         -- new studies
  results INTEGER NOT NULL DEFAULT 0,
  signed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (hour, site)
) STRICT, WITHOUT ROWID;

CREATE TABLE senders (
  calling_ae TEXT NOT NULL,                    -- '' when the images did not come by DIMSE
  station TEXT NOT NULL,
  site TEXT NOT NULL,
  modality TEXT NOT NULL,
  first_at TEXT NOT NULL,
  last_at TEXT NOT NULL,
  arrivals INTEGER NOT NULL,                   -- series
  longest_gap_seconds REAL NOT NULL,
  PRIMARY KEY (calling_ae, station, site, modality)
) STRICT, WITHOUT ROWID;

INSERT INTO activity (hour, site, received) SELECT substr(received_at, 1, 13), '', count(*) FROM studies GROUP BY 1;
INSERT INTO activity (hour, site, results) SELECT substr(created_at, 1, 13), '', count(*) FROM analyses WHERE true GROUP BY 1
  ON CONFLICT (hour, site) DO UPDATE SET results = excluded.results;
INSERT INTO activity (hour, site, signed) SELECT substr(signed_at, 1, 13), '', count(*) FROM signed_reviews WHERE true GROUP BY 1
  ON CONFLICT (hour, site) DO UPDATE SET signed = excluded.signed;
`,
  },
  {
    version: 6,
    sql: `
-- When the first attempt began: from then on the object may be there, whatever became of the answer.
ALTER TABLE deliveries ADD COLUMN started_at TEXT;
UPDATE deliveries SET started_at = updated_at WHERE attempts > 0;
`,
  },
  {
    version: 7,
    sql: `
ALTER TABLE studies ADD COLUMN owner_site TEXT;
CREATE INDEX studies_by_owner_site ON studies (owner_site, review_rank, priority_rank, attention_rank, largest_diameter_mm DESC, top_probability DESC, received_at, id, state, review_state);
`,
  },
  {
    version: 8,
    sql: `
-- Of studies that were removed: files that still have to go, unless they are needed again.
CREATE TABLE retired_blobs (blob_key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
`,
  },
  {
    version: 9,
    sql: `
-- Of the newest result, see src/conclusions/baseline-category.ts.
ALTER TABLE studies ADD COLUMN baseline_category TEXT;
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
    inTransaction(database, () => {
      database.exec(sql);
      database.prepare('INSERT INTO schema_version (version, applied_at) VALUES (?, ?)').run(version, now().toISOString());
    });
  }
}
