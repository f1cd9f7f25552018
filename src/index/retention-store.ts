/**
 * Studies that have done their service. What is asked of one is asked again in the transaction that removes it, so that
 * nothing that came in between is lost. Signed readings and the events of a reading stay: they never go away.
 */
import { setImmediate as othersTurn } from 'node:timers/promises';
import type { RetirableStudy, StudyIndex } from './port.ts';
import { signedReviewOf } from './review-rows.ts';
import { numberColumn, textColumn, type Row } from './rows.ts';
import type { IndexDatabase, Sql } from './sql.ts';
import { analysisOf } from './study-rows.ts';

/** Looked at in one go: SQLite answers on the thread that serves everybody. */
const studiesAtATime = 2000;

/**
 * On the alias s; bound are the time before which all must have happened and the present. Signed, and nothing has come
 * since; or not analysed, and nobody has begun to read it. Nothing of it is on its way, being read, signed or set aside.
 */
const isSettled = `s.updated_at < ?1 AND s.received_at < ?1 AND s.conflict_count = 0 AND s.state IN ('analysed', 'not-analysed')
  AND ((s.review_state = 'signed' AND s.review_rank = 1) OR (s.state = 'not-analysed' AND s.review_state = 'unread'))
  AND NOT EXISTS (SELECT 1 FROM instances i WHERE i.study_id = s.id AND i.received_at >= ?1)
  AND NOT EXISTS (SELECT 1 FROM conflicts c WHERE c.claimed_study_uid = s.study_uid)
  AND NOT EXISTS (SELECT 1 FROM signings g WHERE g.study_uid = s.study_uid)
  AND NOT EXISTS (SELECT 1 FROM review_locks l WHERE l.study_uid = s.study_uid AND l.expires_at > ?2)
  AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.study_uid = s.study_uid AND (d.updated_at >= ?1 OR d.state = 'waiting' OR (d.state = 'sent' AND d.confirm_at IS NOT NULL)
    OR (d.state = 'failed' AND d.last_code IS DISTINCT FROM 'DELIVERY_SUPERSEDED')))`;

const columns = `s.id, s.study_uid, s.updated_at, s.review_state, s.instance_count,
  (SELECT coalesce(sum(i.size_bytes), 0) FROM instances i WHERE i.study_id = s.id) AS bytes`;

/** Of the newest signed reading, or else of the newest result. */
async function newestObjects(sql: Sql, row: Row): Promise<readonly { readonly sopInstanceUID: string }[]> {
  if (textColumn(row, 'review_state') === 'signed') {
    const signed = await sql.get('SELECT * FROM signed_reviews WHERE study_uid = ? ORDER BY version DESC LIMIT 1', textColumn(row, 'study_uid'));
    return signed === undefined ? [] : signedReviewOf(signed).objects;
  }
  const analysis = await sql.get('SELECT * FROM analyses WHERE study_id = ? ORDER BY version DESC LIMIT 1', numberColumn(row, 'id'));
  return analysis === undefined ? [] : analysisOf(analysis).objects;
}

/** True when somebody has what the newest result says; what was only ever here does not go. */
async function isDelivered(sql: Sql, row: Row): Promise<boolean> {
  const delivered = await sql.all(`SELECT sop_uid FROM deliveries WHERE study_uid = ? AND state IN ('sent', 'confirmed')`, textColumn(row, 'study_uid'));
  const elsewhere = new Set(delivered.map((delivery) => textColumn(delivery, 'sop_uid')));
  return (await newestObjects(sql, row)).some(({ sopInstanceUID }) => elsewhere.has(sopInstanceUID));
}

const retirableOf = (row: Row): RetirableStudy => ({
  studyInstanceUID: textColumn(row, 'study_uid'), why: textColumn(row, 'review_state') === 'signed' ? 'signed' : 'not-analysed',
  lastChangeAt: textColumn(row, 'updated_at'), instances: numberColumn(row, 'instance_count'), bytes: numberColumn(row, 'bytes'),
});

/** Rows that hang on the row of a study, then those that name it. */
async function removeRows(sql: Sql, studyId: number, studyInstanceUID: string): Promise<void> {
  await sql.run('DELETE FROM instance_headers WHERE instance_id IN (SELECT id FROM instances WHERE study_id = ?)', studyId);
  for (const table of ['instances', 'series', 'analyses']) await sql.run(`DELETE FROM ${table} WHERE study_id = ?`, studyId);
  await sql.run('DELETE FROM delivery_transactions WHERE delivery_id IN (SELECT id FROM deliveries WHERE study_uid = ?)', studyInstanceUID);
  for (const table of ['deliveries', 'study_sources', 'reviews', 'review_locks', 'review_measurements', 'shadow_results']) await sql.run(`DELETE FROM ${table} WHERE study_uid = ?`, studyInstanceUID);
  await sql.run('DELETE FROM studies WHERE id = ?', studyId);
}

export function createRetentionStore({ dialect, read, write }: IndexDatabase, at: () => string): Pick<StudyIndex, 'retirableStudies' | 'removeStudy' | 'retiredBlobs' | 'forgetRetiredBlob'> {
  return {
    async* retirableStudies(before) {
      const newest = await read.get('SELECT coalesce(max(id), 0) AS id FROM studies');
      const end = newest === undefined ? 0 : numberColumn(newest, 'id');
      for (let from = 0; from < end; from += studiesAtATime) {
        const found = await read.all(`SELECT ${columns} FROM studies s WHERE ${isSettled} AND s.id > ?3 AND s.id <= ?4 ORDER BY s.id`, before, at(), from, from + studiesAtATime);
        for (const row of found) if (await isDelivered(read, row)) yield retirableOf(row);
        await othersTurn();
      }
    },
    removeStudy: (studyInstanceUID, before) => write(studyInstanceUID, async (sql) => {
      const row = await sql.get(`SELECT ${columns} FROM studies s WHERE ${isSettled} AND s.study_uid = ?3`, before, at(), studyInstanceUID);
      if (row === undefined || !await isDelivered(sql, row)) return false;
      const studyId = numberColumn(row, 'id');
      await sql.run('INSERT INTO retired_blobs (blob_key) SELECT DISTINCT blob_key FROM instances WHERE study_id = ? ON CONFLICT DO NOTHING', studyId);
      await dialect.removeSearch(sql, studyId);
      await removeRows(sql, studyId, studyInstanceUID);
      return true;
    }),
    retiredBlobs: async (limit) => (await read.all('SELECT blob_key FROM retired_blobs ORDER BY blob_key LIMIT ?', limit)).map((row) => textColumn(row, 'blob_key')),
    forgetRetiredBlob: (blobKey) => write(undefined, async (sql) => { await sql.run('DELETE FROM retired_blobs WHERE blob_key = ?', blobKey); }),
  };
}
