/**
 * Adding one instance, inside a transaction. What is there already under a SOP Instance UID is never replaced or moved:
 * the same content is a duplicate, anything else is set aside as a conflict and the study flagged
 * (docs/adr/0003-archive-and-duplicates.md).
 */
import { number } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { placementOf } from '../study/placement.ts';
import { onlyOwnObjects } from '../study/reasons.ts';
import type { InstanceRecord, Sender } from '../study/types.ts';
import { attributesOfLevel, filledIn } from './attribute-levels.ts';
import { siteOf, type ActivityStore } from './activity-store.ts';
import { encodeHeader, headerJson } from './header-codec.ts';
import { jsonColumn, numberColumn, textColumn, type Row } from './rows.ts';
import type { SiteStore } from './site-store.ts';
import type { Dialect, Sql } from './sql.ts';
import { columnText, searchWords, studyColumns } from './study-columns.ts';

export type AddOutcome = 'stored' | 'duplicate' | 'conflict';

export interface InstanceWriter {
  add(sql: Sql, record: InstanceRecord, now: string, sender?: Sender): Promise<AddOutcome>;
}

const idOf = (row: Row | undefined): number => numberColumn(row ?? {}, 'id');

export function createInstanceWriter(dialect: Dialect, activity: ActivityStore, sites: Pick<SiteStore, 'checkSender'>): InstanceWriter {
  async function writeStudyColumns(sql: Sql, studyId: number, attributes: Dataset): Promise<void> {
    const columns = studyColumns(attributes);
    await sql.run(`UPDATE studies SET attributes = ?, patient_name = ?, patient_id = ?, accession_number = ?, study_id = ?,
      study_date = ?, study_time = ?, study_description = ? WHERE id = ?`,
      headerJson(attributes), columns.patientName, columns.patientID, columns.accessionNumber, columns.studyID,
      columns.studyDate, columns.studyTime, columns.studyDescription, studyId);
    await dialect.writeSearch(sql, studyId, searchWords(attributes));
  }

  async function insertStudy(sql: Sql, record: InstanceRecord, now: string): Promise<number> {
    const studyId = idOf(await sql.get(`INSERT INTO studies (study_uid, state, reasons, attention_rank, attributes, patient_name, patient_id,
      accession_number, study_id, study_date, study_time, study_description, received_at, updated_at, conflict_count)
      VALUES (?1, ?2, ?3, ?4, '{}', '', '', '', '', '', '', '', ?5, ?6, (SELECT count(*) FROM conflicts WHERE claimed_study_uid = ?1)) RETURNING id`,
      record.studyInstanceUID, ...(record.own ? ['not-analysed', JSON.stringify([onlyOwnObjects()]), 0] : ['receiving', '[]', 1]), record.receivedAt, now));
    await writeStudyColumns(sql, studyId, attributesOfLevel(record.header, 'study'));
    if (!record.own) {
      await sql.run('UPDATE studies SET site = ? WHERE id = ?', siteOf(record.header), studyId);
      await activity.studyArrived(sql, record);
    }
    return studyId;
  }

  async function studyIdFor(sql: Sql, record: InstanceRecord, now: string): Promise<number> {
    const row = await sql.get('SELECT id FROM studies WHERE study_uid = ?', record.studyInstanceUID);
    return row === undefined ? insertStudy(sql, record, now) : numberColumn(row, 'id');
  }

  /** What the first series left empty (a description, a birth date) a later one may fill; nothing is overwritten. */
  async function fillInStudy(sql: Sql, studyId: number, header: Dataset): Promise<void> {
    const row = await sql.get('SELECT attributes FROM studies WHERE id = ?', studyId);
    if (row === undefined) return;
    const known = (jsonColumn(row, 'attributes') as Dataset);
    const filled = filledIn(known, attributesOfLevel(header, 'study'));
    if (filled !== known) await writeStudyColumns(sql, studyId, filled);
  }

  async function seriesIdFor(sql: Sql, record: InstanceRecord, studyId: number, sender: Sender | undefined): Promise<number> {
    const row = await sql.get('SELECT id FROM series WHERE study_id = ? AND series_uid = ?', studyId, record.seriesInstanceUID);
    if (row !== undefined) return numberColumn(row, 'id');
    await fillInStudy(sql, studyId, record.header);
    const attributes = attributesOfLevel(record.header, 'series');
    const seriesId = idOf(await sql.get(`INSERT INTO series (study_id, series_uid, modality, series_number, attributes, own)
      VALUES (?, ?, ?, ?, ?, ?) RETURNING id`, studyId, record.seriesInstanceUID, columnText(record.header, 'Modality'),
      number(record.header, 'SeriesNumber') ?? null, headerJson(attributes), record.own ? 1 : 0));
    await sql.run('UPDATE studies SET series_count = series_count + 1 WHERE id = ?', studyId);
    if (!record.own) await activity.seriesArrived(sql, record, sender);
    return seriesId;
  }

  async function insertInstance(sql: Sql, record: InstanceRecord, studyId: number, seriesId: number): Promise<void> {
    const instanceId = idOf(await sql.get(`INSERT INTO instances (sop_uid, sop_class_uid, study_id, series_id, transfer_syntax_uid,
      instance_number, blob_key, size_bytes, sha256, received_at, own, placement) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
      record.sopInstanceUID, record.sopClassUID, studyId, seriesId, record.transferSyntaxUID,
      number(record.header, 'InstanceNumber') ?? null, record.blobKey, record.sizeBytes, record.sha256, record.receivedAt,
      record.own ? 1 : 0, JSON.stringify(placementOf(record.header))));
    await sql.run('INSERT INTO instance_headers (instance_id, header) VALUES (?, ?)', instanceId, encodeHeader(record.header));
    await sql.run('UPDATE series SET instance_count = instance_count + 1, own = own * ? WHERE id = ?', record.own ? 1 : 0, seriesId);
  }

  /** Counts an instance, in one statement: each rewrites the study's entries in the worklist's indexes. Another's image opens the study again. */
  async function countInStudy(sql: Sql, studyId: number, own: boolean, now: string, site: string | undefined): Promise<void> {
    if (own) {
      await sql.run('UPDATE studies SET instance_count = instance_count + 1, updated_at = ? WHERE id = ?', now, studyId);
      return;
    }
    await sql.run(`UPDATE studies SET instance_count = instance_count + 1, state = 'receiving', attention_rank = 1, reasons = '[]', warnings = '[]',
      progress = NULL, job_id = NULL, updated_at = ?, owner_site = coalesce(owner_site, ?) WHERE id = ?`, now, site ?? null, studyId);
  }

  async function setAside(sql: Sql, record: InstanceRecord, current: { readonly studyId: number; readonly kind: 'content' | 'moved' }, now: string): Promise<void> {
    await sql.run(`INSERT INTO conflicts (kind, study_id, sop_uid, claimed_study_uid, claimed_series_uid, transfer_syntax_uid, blob_key,
      sha256, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sop_uid, sha256) DO NOTHING`,
      current.kind, current.studyId, record.sopInstanceUID, record.studyInstanceUID, record.seriesInstanceUID,
      record.transferSyntaxUID, record.blobKey, record.sha256, record.receivedAt);
    // The study that the set-aside instance claims is flagged too: there it is an image that is missing.
    await sql.run(`UPDATE studies SET updated_at = ?1, conflict_count =
        (SELECT count(*) FROM conflicts WHERE study_id = studies.id) +
        (SELECT count(*) FROM conflicts WHERE claimed_study_uid = studies.study_uid AND study_id <> studies.id)
      WHERE id = ?2 OR study_uid = ?3`, now, current.studyId, record.studyInstanceUID);
  }

  return {
    async add(sql, record, now, sender) {
      await sites.checkSender(sql, record.studyInstanceUID, sender);
      const there = await sql.get(`SELECT i.sha256, i.study_id, r.series_uid, s.study_uid FROM instances i
        JOIN series r ON r.id = i.series_id JOIN studies s ON s.id = i.study_id WHERE i.sop_uid = ?`, record.sopInstanceUID);
      if (there !== undefined) {
        await sites.checkSender(sql, textColumn(there, 'study_uid'), sender);
        if (textColumn(there, 'sha256') === record.sha256) return 'duplicate';
        const moved = textColumn(there, 'study_uid') !== record.studyInstanceUID || textColumn(there, 'series_uid') !== record.seriesInstanceUID;
        await setAside(sql, record, { studyId: numberColumn(there, 'study_id'), kind: moved ? 'moved' : 'content' }, now);
        return 'conflict';
      }
      const studyId = await studyIdFor(sql, record, now);
      await insertInstance(sql, record, studyId, await seriesIdFor(sql, record, studyId, sender));
      await countInStudy(sql, studyId, record.own, now, sender?.site);
      return 'stored';
    },
  };
}
