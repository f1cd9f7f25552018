/** The readings, as rows beside the studies that they are of. */
import type { ReviewEvent, ReviewStore, Signing, StoredReview } from '../review/store.ts';
import type { SignedReview } from '../review/types.ts';
import { lungRadsCategory } from '../conclusions/lung-rads-category.ts';
import type { ActivityStore } from './activity-store.ts';
import { lockOf, measuredOf, packMask, packSigning, reviewEventOf, signedReviewOf, signingOf, storedReviewOf } from './review-rows.ts';
import { numberColumn } from './rows.ts';
import type { IndexDatabase, Sql } from './sql.ts';

function signedFrom({ version, kind, reader, signedAt, draft, conclusions, comparisons, analysisVersion, objects }: Signing): SignedReview {
  return {
    version, kind, reader, signedAt, draft, conclusions, comparisons, ...(analysisVersion === undefined ? {} : { analysisVersion }),
    objects: objects.map(({ role, sopInstanceUID, sopClassUID }) => ({ role, sopInstanceUID, sopClassUID })),
  };
}

export function createReviewStore({ read, write }: IndexDatabase, activity: Pick<ActivityStore, 'count'>): ReviewStore {
  async function addEvent(sql: Sql, studyInstanceUID: string, { kind, reader, from, at }: ReviewEvent): Promise<void> {
    await sql.run('INSERT INTO review_events (study_uid, kind, reader_id, reader_name, from_reader, at) VALUES (?, ?, ?, ?, ?, ?)',
      studyInstanceUID, kind, reader.id, reader.name, from === undefined ? null : JSON.stringify(from), at);
  }

  /** What the worklist shows, in the row that it reads. */
  async function summarize(sql: Sql, studyInstanceUID: string, state: StoredReview['state'], lungRads: string | undefined, now: string): Promise<void> {
    const newest = await sql.get('SELECT * FROM signed_reviews WHERE study_uid = ? ORDER BY version DESC LIMIT 1', studyInstanceUID);
    const signed = newest === undefined ? undefined : signedReviewOf(newest);
    const category = lungRads ?? (signed === undefined ? undefined : lungRadsCategory(signed.conclusions));
    const summary = {
      ...(signed === undefined ? {} : { signedBy: signed.reader.name, signedAt: signed.signedAt }),
      ...(category === undefined ? {} : { lungRads: category }),
    };
    await sql.run('UPDATE studies SET review_state = ?, review_rank = ?, review_summary = ?, updated_at = ? WHERE study_uid = ?',
      state, state === 'signed' ? 1 : 0, JSON.stringify(summary), now, studyInstanceUID);
  }

  const revisionOf = async (sql: Sql, studyInstanceUID: string): Promise<number> => {
    const row = await sql.get('SELECT revision FROM reviews WHERE study_uid = ?', studyInstanceUID);
    return row === undefined ? 0 : numberColumn(row, 'revision');
  };
  const isBeingSigned = async (sql: Sql, studyInstanceUID: string): Promise<boolean> => await sql.get('SELECT 1 FROM signings WHERE study_uid = ?', studyInstanceUID) !== undefined;

  async function put(sql: Sql, review: StoredReview): Promise<void> {
    await sql.run(`INSERT INTO reviews (study_uid, revision, state, draft, analysis_version, newer_analysis, compare_with, lung_rads, updated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (study_uid) DO UPDATE SET revision = excluded.revision, state = excluded.state,
      draft = excluded.draft, analysis_version = excluded.analysis_version, newer_analysis = excluded.newer_analysis,
      compare_with = excluded.compare_with, lung_rads = excluded.lung_rads, updated_at = excluded.updated_at`,
      review.studyInstanceUID, review.revision, review.state, JSON.stringify(review.draft), review.analysisVersion ?? null,
      review.newerAnalysis ? 1 : 0, review.compareWith ?? null, review.lungRads ?? null, review.updatedAt);
    await summarize(sql, review.studyInstanceUID, review.state, review.lungRads, review.updatedAt);
  }

  async function reviewNow(sql: Sql, studyInstanceUID: string): Promise<StoredReview | undefined> {
    const row = await sql.get('SELECT * FROM reviews WHERE study_uid = ?', studyInstanceUID);
    return row === undefined ? undefined : storedReviewOf(row);
  }

  async function signingNow(sql: Sql, studyInstanceUID: string): Promise<Signing | undefined> {
    const row = await sql.get('SELECT * FROM signings WHERE study_uid = ?', studyInstanceUID);
    return row === undefined ? undefined : signingOf(row);
  }

  return {
    review: (studyInstanceUID) => reviewNow(read, studyInstanceUID),
    write: (review, expectedRevision, event) => write(review.studyInstanceUID, async (sql) => {
      if (await revisionOf(sql, review.studyInstanceUID) !== expectedRevision || await isBeingSigned(sql, review.studyInstanceUID)) return false;
      await put(sql, review);
      if (event !== undefined) await addEvent(sql, review.studyInstanceUID, event);
      return true;
    }),

    async lock(studyInstanceUID) {
      const row = await read.get('SELECT * FROM review_locks WHERE study_uid = ?', studyInstanceUID);
      return row === undefined ? undefined : lockOf(row);
    },
    takeLock: (studyInstanceUID, { reader, at, expiresAt, takeOver }) => write(studyInstanceUID, async (sql) => {
      const row = await sql.get('SELECT * FROM review_locks WHERE study_uid = ?', studyInstanceUID);
      const held = row === undefined ? undefined : lockOf(row);
      const isLive = held !== undefined && held.expiresAt > at;
      const isOwn = held?.reader.id === reader.id;
      if (isLive && !isOwn && !takeOver) return { granted: false, lock: held };
      const lock = { reader, since: isLive && isOwn ? held.since : at, expiresAt };
      await sql.run(`INSERT INTO review_locks (study_uid, reader_id, reader_name, since, expires_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (study_uid) DO UPDATE SET reader_id = excluded.reader_id, reader_name = excluded.reader_name, since = excluded.since,
        expires_at = excluded.expires_at`, studyInstanceUID, reader.id, reader.name, lock.since, expiresAt);
      if (isLive && !isOwn) await addEvent(sql, studyInstanceUID, { kind: 'taken-over', reader, from: held.reader, at });
      return { granted: true, lock };
    }),
    releaseLock: (studyInstanceUID, readerId) => write(studyInstanceUID, async (sql) => (
      await sql.run('DELETE FROM review_locks WHERE study_uid = ? AND reader_id = ?', studyInstanceUID, readerId) > 0
    )),

    addMeasured: (studyInstanceUID, { finding, mask, seriesInstanceUID }, at) => write(studyInstanceUID, async (sql) => {
      const [box, data] = packMask(mask);
      await sql.run(`INSERT INTO review_measurements (study_uid, tracking_uid, finding, series_uid, mask_box, mask, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        studyInstanceUID, finding.trackingUID, JSON.stringify(finding), seriesInstanceUID ?? null, box, data, at);
    }),
    async measured(studyInstanceUID) {
      return (await read.all('SELECT * FROM review_measurements WHERE study_uid = ? ORDER BY created_at, tracking_uid', studyInstanceUID)).map(measuredOf);
    },

    beginSigning: (signing) => write(signing.studyInstanceUID, async (sql) => {
      const { studyInstanceUID } = signing;
      if (await revisionOf(sql, studyInstanceUID) !== signing.revision || await isBeingSigned(sql, studyInstanceUID)) return false;
      await sql.run('INSERT INTO signings (study_uid, signing, begun_at) VALUES (?, ?, ?)', studyInstanceUID, packSigning(signing), signing.signedAt);
      return true;
    }),
    signing: (studyInstanceUID) => signingNow(read, studyInstanceUID),
    async signings() {
      return (await read.all('SELECT * FROM signings ORDER BY begun_at, study_uid')).map(signingOf);
    },
    dropSigning: (studyInstanceUID) => write(studyInstanceUID, async (sql) => {
      await sql.run('DELETE FROM signings WHERE study_uid = ?', studyInstanceUID);
    }),
    finishSigning: (studyInstanceUID, at) => write(studyInstanceUID, async (sql) => {
      const signing = await signingNow(sql, studyInstanceUID);
      if (signing === undefined) return;
      const { revision } = signing;
      const signed = signedFrom(signing);
      const category = lungRadsCategory(signed.conclusions);
      await sql.run('INSERT INTO signed_reviews (study_uid, version, revision, reader_name, signed_at, lung_rads, review) VALUES (?, ?, ?, ?, ?, ?, ?)',
        studyInstanceUID, signed.version, revision, signed.reader.name, signed.signedAt, category ?? null, JSON.stringify(signed));
      await sql.run('DELETE FROM signings WHERE study_uid = ?', studyInstanceUID);
      await sql.run('DELETE FROM review_locks WHERE study_uid = ?', studyInstanceUID);
      const review = await reviewNow(sql, studyInstanceUID);
      await put(sql, {
        studyInstanceUID, revision: revision + 1, state: 'signed', draft: signing.draft, newerAnalysis: false,
        ...(review?.compareWith === undefined ? {} : { compareWith: review.compareWith }),
        ...(signing.analysisVersion === undefined ? {} : { analysisVersion: signing.analysisVersion }),
        ...(category === undefined ? {} : { lungRads: category }), updatedAt: at,
      });
      await activity.count(sql, studyInstanceUID, 'signed', signing.signedAt);
      await addEvent(sql, studyInstanceUID, { kind: 'signed', reader: signing.reader, at: signing.signedAt });
    }),
    async signed(studyInstanceUID) {
      return (await read.all('SELECT * FROM signed_reviews WHERE study_uid = ? ORDER BY version DESC', studyInstanceUID)).map(signedReviewOf);
    },
    async events(studyInstanceUID) {
      return (await read.all('SELECT * FROM review_events WHERE study_uid = ? ORDER BY id', studyInstanceUID)).map(reviewEventOf);
    },
  };
}
