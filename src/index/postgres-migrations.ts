/**
 * The schema in PostgreSQL, as steps that only go forward. A released step is never edited: a change is a new step.
 * Times are ISO 8601 in UTC and all texts compare byte by byte, so that text order is time order and the same as in
 * SQLite.
 */
import type { ClientBase } from 'pg';
import { AppError } from '../errors.ts';

interface Migration {
  readonly version: number;
  readonly sql: string;
}

/** Servers that start together migrate one after the other. "phoi" in ASCII. */
const migrationLock = 0x70686f69;

/** Compared byte by byte, whatever the database was created with. */
const bytewise = 'text COLLATE "C"';

export const postgresMigrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
CREATE TABLE studies (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  study_uid ${bytewise} NOT NULL UNIQUE,
  state ${bytewise} NOT NULL,
  priority_rank INTEGER NOT NULL DEFAULT 1,   -- 0 stat, 1 routine
  attention_rank INTEGER NOT NULL DEFAULT 1,  -- 0 refused or failed: a person has to look
  largest_diameter_mm DOUBLE PRECISION NOT NULL DEFAULT -1,
  top_probability DOUBLE PRECISION NOT NULL DEFAULT -1,
  finding_count INTEGER,
  attributes ${bytewise} NOT NULL,               -- patient and study level, DICOM JSON
  patient_name ${bytewise} NOT NULL,             -- groups joined with '=', lower case, NFC
  patient_id ${bytewise} NOT NULL,
  accession_number ${bytewise} NOT NULL,
  study_id ${bytewise} NOT NULL,
  study_date ${bytewise} NOT NULL,
  study_time ${bytewise} NOT NULL,               -- HHMMSS.FFFFFF
  study_description ${bytewise} NOT NULL,
  site ${bytewise} NOT NULL DEFAULT '',          -- Institution Name of the first image
  owner_site ${bytewise},                        -- see site-store.ts
  series_count INTEGER NOT NULL DEFAULT 0,
  instance_count INTEGER NOT NULL DEFAULT 0,
  conflict_count INTEGER NOT NULL DEFAULT 0,
  received_at ${bytewise} NOT NULL,
  updated_at ${bytewise} NOT NULL,
  reasons ${bytewise} NOT NULL DEFAULT '[]',
  warnings ${bytewise} NOT NULL DEFAULT '[]',
  progress ${bytewise},
  job_id ${bytewise},
  review_state ${bytewise} NOT NULL DEFAULT 'unread',
  review_rank INTEGER NOT NULL DEFAULT 0,     -- 1 signed, behind what is to be read
  review_summary ${bytewise}                     -- {signedBy, signedAt, lungRads}
);
CREATE INDEX studies_by_urgency ON studies (review_rank, priority_rank, attention_rank, largest_diameter_mm DESC, top_probability DESC, received_at, id) INCLUDE (state, review_state);
CREATE INDEX studies_by_state ON studies (state, review_rank, priority_rank, attention_rank, largest_diameter_mm DESC, top_probability DESC, received_at, id);
CREATE INDEX studies_by_review_state ON studies (review_state, review_rank, priority_rank, attention_rank, largest_diameter_mm DESC, top_probability DESC, received_at, id);
CREATE INDEX studies_by_owner_site ON studies (owner_site, review_rank, priority_rank, attention_rank, largest_diameter_mm DESC, top_probability DESC, received_at, id) INCLUDE (state, review_state);
CREATE INDEX studies_by_received ON studies (received_at DESC, id DESC) INCLUDE (state);
CREATE INDEX studies_by_patient_id ON studies (patient_id);
CREATE INDEX studies_by_accession_number ON studies (accession_number);
CREATE INDEX studies_by_study_date ON studies (study_date, study_time);
CREATE INDEX studies_by_study_id ON studies (study_id);
CREATE INDEX studies_by_site ON studies (review_state, site, state);
CREATE INDEX studies_by_state_time ON studies (state, updated_at);

-- The words under which the worklist's search and a fuzzy name find a study, folded by the server.
CREATE TABLE study_search (
  study_id BIGINT PRIMARY KEY REFERENCES studies (id),
  name tsvector NOT NULL,
  anywhere tsvector NOT NULL
);
CREATE INDEX study_search_by_name ON study_search USING gin (name);
CREATE INDEX study_search_by_word ON study_search USING gin (anywhere);

CREATE TABLE series (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  study_id BIGINT NOT NULL REFERENCES studies (id),
  series_uid ${bytewise} NOT NULL,
  modality ${bytewise} NOT NULL,
  series_number DOUBLE PRECISION,
  attributes ${bytewise} NOT NULL,               -- series level, DICOM JSON
  own INTEGER NOT NULL,
  instance_count INTEGER NOT NULL DEFAULT 0,
  UNIQUE (study_id, series_uid)
);
CREATE INDEX series_by_uid ON series (series_uid);
CREATE INDEX series_by_modality ON series (modality, study_id);

CREATE TABLE instances (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sop_uid ${bytewise} NOT NULL UNIQUE,
  sop_class_uid ${bytewise} NOT NULL,
  study_id BIGINT NOT NULL REFERENCES studies (id),
  series_id BIGINT NOT NULL REFERENCES series (id),
  transfer_syntax_uid ${bytewise} NOT NULL,
  instance_number DOUBLE PRECISION,
  blob_key ${bytewise} NOT NULL,
  size_bytes BIGINT NOT NULL,
  sha256 ${bytewise} NOT NULL,
  received_at ${bytewise} NOT NULL,
  own INTEGER NOT NULL,
  placement ${bytewise} NOT NULL
);
CREATE INDEX instances_by_series ON instances (series_id, instance_number NULLS FIRST, id);
CREATE INDEX instances_by_study ON instances (study_id, sop_class_uid);
CREATE INDEX instances_by_blob ON instances (blob_key);

-- Apart from instances, so that counting and sorting never walk over headers.
CREATE TABLE instance_headers (
  instance_id BIGINT PRIMARY KEY REFERENCES instances (id),
  header BYTEA NOT NULL                       -- deflated already
);
ALTER TABLE instance_headers ALTER COLUMN header SET STORAGE EXTERNAL;

CREATE TABLE conflicts (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind ${bytewise} NOT NULL,
  study_id BIGINT NOT NULL REFERENCES studies (id),
  sop_uid ${bytewise} NOT NULL,
  claimed_study_uid ${bytewise} NOT NULL,
  claimed_series_uid ${bytewise} NOT NULL,
  transfer_syntax_uid ${bytewise} NOT NULL,
  blob_key ${bytewise} NOT NULL,
  sha256 ${bytewise} NOT NULL,
  received_at ${bytewise} NOT NULL,
  UNIQUE (sop_uid, sha256)
);
CREATE INDEX conflicts_by_study ON conflicts (study_id);
CREATE INDEX conflicts_by_claimed_study ON conflicts (claimed_study_uid);
CREATE INDEX conflicts_by_blob ON conflicts (blob_key);

CREATE TABLE analyses (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  study_id BIGINT NOT NULL REFERENCES studies (id),
  version INTEGER NOT NULL,
  job_id ${bytewise} NOT NULL,
  findings ${bytewise} NOT NULL,
  objects ${bytewise} NOT NULL,
  created_at ${bytewise} NOT NULL,
  UNIQUE (study_id, version),
  UNIQUE (study_id, job_id)
);
CREATE INDEX analyses_by_time ON analyses (created_at, study_id, version);

CREATE TABLE study_sources (
  study_uid ${bytewise} NOT NULL,
  transport ${bytewise} NOT NULL,
  calling_ae ${bytewise} NOT NULL,               -- '' when the transport has none
  address ${bytewise} NOT NULL,
  first_at ${bytewise} NOT NULL,
  PRIMARY KEY (study_uid, transport, calling_ae, address)
);

CREATE TABLE deliveries (
  id ${bytewise} PRIMARY KEY,
  rowid BIGINT GENERATED ALWAYS AS IDENTITY,  -- the order in which they came
  study_uid ${bytewise} NOT NULL,
  sop_uid ${bytewise} NOT NULL,
  destination ${bytewise} NOT NULL,
  role ${bytewise},
  state ${bytewise} NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  refusals INTEGER NOT NULL DEFAULT 0,        -- among the attempts
  last_code ${bytewise},                         -- of src/errors.ts, of the last attempt
  last_error ${bytewise},
  created_at ${bytewise} NOT NULL,
  updated_at ${bytewise} NOT NULL,
  due_at ${bytewise} NOT NULL,
  started_at ${bytewise},                        -- from then on the object may be there, whatever became of the answer
  sent_at ${bytewise},
  confirmed_at ${bytewise},
  confirm_at ${bytewise},                        -- when the destination is asked (again) whether it keeps the object
  confirm_attempts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX deliveries_by_due ON deliveries (state, due_at);
CREATE INDEX deliveries_by_study ON deliveries (study_uid);
CREATE INDEX deliveries_by_destination ON deliveries (destination, state, due_at);
CREATE INDEX deliveries_by_confirmation ON deliveries (destination, confirm_at) WHERE confirm_at IS NOT NULL;

-- Storage commitment transactions of our own: a report may come long after the request, and after a restart.
CREATE TABLE delivery_transactions (
  transaction_uid ${bytewise} NOT NULL,
  delivery_id ${bytewise} NOT NULL,
  requested_at ${bytewise} NOT NULL,
  PRIMARY KEY (transaction_uid, delivery_id)
);

CREATE TABLE notes (name ${bytewise} PRIMARY KEY, value ${bytewise} NOT NULL);

CREATE TABLE reviews (
  study_uid ${bytewise} PRIMARY KEY,
  revision INTEGER NOT NULL,
  state ${bytewise} NOT NULL,
  draft ${bytewise} NOT NULL,
  analysis_version INTEGER,
  newer_analysis INTEGER NOT NULL,
  compare_with ${bytewise},
  lung_rads ${bytewise},
  updated_at ${bytewise} NOT NULL
);

CREATE TABLE review_locks (
  study_uid ${bytewise} PRIMARY KEY,
  reader_id ${bytewise} NOT NULL,
  reader_name ${bytewise} NOT NULL,
  since ${bytewise} NOT NULL,
  expires_at ${bytewise} NOT NULL
);

CREATE TABLE review_measurements (
  study_uid ${bytewise} NOT NULL,
  tracking_uid ${bytewise} NOT NULL,
  finding ${bytewise} NOT NULL,
  series_uid ${bytewise},
  mask_box ${bytewise},
  mask BYTEA,                                 -- deflated
  created_at ${bytewise} NOT NULL,
  PRIMARY KEY (study_uid, tracking_uid)
);

-- Given signatures whose objects are not all written yet.
CREATE TABLE signings (
  study_uid ${bytewise} PRIMARY KEY,
  signing ${bytewise} NOT NULL,
  begun_at ${bytewise} NOT NULL
);

CREATE TABLE signed_reviews (
  study_uid ${bytewise} NOT NULL,
  version INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  reader_name ${bytewise} NOT NULL,
  signed_at ${bytewise} NOT NULL,
  lung_rads ${bytewise},
  review ${bytewise} NOT NULL,
  PRIMARY KEY (study_uid, version)
);
CREATE INDEX signed_reviews_by_time ON signed_reviews (signed_at, study_uid);
CREATE FUNCTION signed_reviews_stay() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'a signed review never changes and never goes away'; END $$;
CREATE TRIGGER signed_reviews_stay BEFORE UPDATE OR DELETE ON signed_reviews FOR EACH ROW EXECUTE FUNCTION signed_reviews_stay();
CREATE TRIGGER signed_reviews_remain BEFORE TRUNCATE ON signed_reviews EXECUTE FUNCTION signed_reviews_stay();

CREATE TABLE review_events (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  study_uid ${bytewise} NOT NULL,
  kind ${bytewise} NOT NULL,
  reader_id ${bytewise} NOT NULL,
  reader_name ${bytewise} NOT NULL,
  from_reader ${bytewise},
  at ${bytewise} NOT NULL
);
CREATE INDEX review_events_by_study ON review_events (study_uid, id);
CREATE INDEX review_events_by_reader ON review_events (reader_id, study_uid);

CREATE TABLE shadow_results (
  study_uid ${bytewise} NOT NULL,
  job_id ${bytewise} NOT NULL,
  model ${bytewise} NOT NULL,                    -- {id, version, sha256}
  created_at ${bytewise} NOT NULL,
  failure_code ${bytewise},
  findings ${bytewise},
  compared ${bytewise},                          -- {championJobId, champion, agreement}
  champion ${bytewise},
  both_count INTEGER,
  only_champion INTEGER,
  only_shadow INTEGER,
  PRIMARY KEY (study_uid, job_id)
);
CREATE INDEX shadow_results_by_model ON shadow_results (champion, model);

CREATE TABLE activity (
  hour ${bytewise} NOT NULL,                     -- UTC, 2026-01-02T03
  site ${bytewise} NOT NULL,
  received INTEGER NOT NULL DEFAULT 0,        -- new studies
  results INTEGER NOT NULL DEFAULT 0,
  signed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (hour, site)
);

CREATE TABLE senders (
  calling_ae ${bytewise} NOT NULL,               -- '' when the images did not come by DIMSE
  station ${bytewise} NOT NULL,
  site ${bytewise} NOT NULL,
  modality ${bytewise} NOT NULL,
  first_at ${bytewise} NOT NULL,
  last_at ${bytewise} NOT NULL,
  arrivals INTEGER NOT NULL,                  -- series
  longest_gap_seconds DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (calling_ae, station, site, modality)
);
`,
  },
  {
    version: 2,
    sql: `
-- Of studies that were removed: files that still have to go, unless they are needed again.
CREATE TABLE retired_blobs (blob_key ${bytewise} PRIMARY KEY);
`,
  },
  {
    version: 3,
    sql: `
-- Of the newest result, see src/conclusions/baseline-category.ts.
ALTER TABLE studies ADD COLUMN baseline_category text;
`,
  },
];

/** One schema of the database, with the table that holds its version. */
interface Schema {
  readonly what: string;
  readonly versions: string;
  readonly lock: number;
  readonly steps: readonly Migration[];
}

const indexSchema: Schema = { what: 'index', versions: 'schema_version', lock: migrationLock, steps: postgresMigrations };

/** Brings the schema to its newest version, in one transaction; refuses one that a later release wrote. */
export async function migratePostgres(client: ClientBase, now: () => Date, { what, versions, lock, steps }: Schema = indexSchema): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(`SELECT pg_advisory_xact_lock(${lock})`);
    await client.query(`CREATE TABLE IF NOT EXISTS ${versions} (version INTEGER PRIMARY KEY, applied_at text NOT NULL)`);
    const { rows } = await client.query<{ version: number | null }>(`SELECT max(version) AS version FROM ${versions}`);
    const current = rows[0]?.version ?? 0;
    const newest = steps.at(-1)?.version ?? 0;
    if (current > newest) {
      throw new AppError('CONFIG_INVALID', `The ${what} was written by a later release (schema ${current}, this one knows ${newest})`);
    }
    for (const { version, sql } of steps) {
      if (version <= current) continue;
      await client.query(sql);
      await client.query(`INSERT INTO ${versions} (version, applied_at) VALUES ($1, $2)`, [version, now().toISOString()]);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
