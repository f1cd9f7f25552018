/**
 * Adding one instance, inside a transaction. What is there already under a SOP Instance UID is never replaced or moved:
 * the same content is a duplicate, anything else is set aside as a conflict and the study flagged
 * (docs/adr/0003-archive-and-duplicates.md).
 */
import { number, text } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { placementOf } from '../study/placement.ts';
import { onlyOwnObjects } from '../study/reasons.ts';
import type { InstanceRecord } from '../study/types.ts';
import { attributesOfLevel, filledIn } from './attribute-levels.ts';
import type { IndexDatabase } from './database.ts';
import { encodeHeader, headerJson } from './header-codec.ts';
import { jsonColumn, numberColumn, textColumn } from './rows.ts';
import { searchWords, studyColumns } from './study-columns.ts';

export type AddOutcome = 'stored' | 'duplicate' | 'conflict';

export interface InstanceWriter {
  add(record: InstanceRecord, now: string): AddOutcome;
}

export function createInstanceWriter({ statement }: Pick<IndexDatabase, 'statement'>): InstanceWriter {
  function writeSearch(studyId: number, attributes: Dataset): void {
    const { name, other } = searchWords(attributes);
    statement('DELETE FROM study_search WHERE rowid = ?').run(studyId);
    statement('INSERT INTO study_search (rowid, name, other) VALUES (?, ?, ?)').run(studyId, name, other);
  }

  function writeStudyColumns(studyId: number, attributes: Dataset): void {
    const columns = studyColumns(attributes);
    statement(`UPDATE studies SET attributes = ?, patient_name = ?, patient_id = ?, accession_number = ?, study_id = ?,
      study_date = ?, study_time = ?, study_description = ? WHERE id = ?`).run(
      headerJson(attributes), columns.patientName, columns.patientID, columns.accessionNumber, columns.studyID,
      columns.studyDate, columns.studyTime, columns.studyDescription, studyId);
    writeSearch(studyId, attributes);
  }

  function insertStudy(record: InstanceRecord, now: string): number {
    const { lastInsertRowid } = statement(`INSERT INTO studies (study_uid, state, reasons, attention_rank, attributes, patient_name, patient_id,
      accession_number, study_id, study_date, study_time, study_description, received_at, updated_at, conflict_count)
      VALUES (?1, ?2, ?3, ?4, '{}', '', '', '', '', '', '', '', ?5, ?6, (SELECT count(*) FROM conflicts WHERE claimed_study_uid = ?1))`).run(
      record.studyInstanceUID, ...(record.own ? ['not-analysed', JSON.stringify([onlyOwnObjects()]), 0] : ['receiving', '[]', 1]), record.receivedAt, now);
    const studyId = Number(lastInsertRowid);
    writeStudyColumns(studyId, attributesOfLevel(record.header, 'study'));
    return studyId;
  }

  function studyIdFor(record: InstanceRecord, now: string): number {
    const row = statement('SELECT id FROM studies WHERE study_uid = ?').get(record.studyInstanceUID);
    return row === undefined ? insertStudy(record, now) : numberColumn(row, 'id');
  }

  /** What the first series left empty (a description, a birth date) a later one may fill; nothing is overwritten. */
  function fillInStudy(studyId: number, header: Dataset): void {
    const row = statement('SELECT attributes FROM studies WHERE id = ?').get(studyId);
    if (row === undefined) return;
    const known = (jsonColumn(row, 'attributes') as Dataset);
    const filled = filledIn(known, attributesOfLevel(header, 'study'));
    if (filled !== known) writeStudyColumns(studyId, filled);
  }

  function seriesIdFor(record: InstanceRecord, studyId: number): number {
    const row = statement('SELECT id FROM series WHERE study_id = ? AND series_uid = ?').get(studyId, record.seriesInstanceUID);
    if (row !== undefined) return numberColumn(row, 'id');
    fillInStudy(studyId, record.header);
    const attributes = attributesOfLevel(record.header, 'series');
    const { lastInsertRowid } = statement(`INSERT INTO series (study_id, series_uid, modality, series_number, attributes, own)
      VALUES (?, ?, ?, ?, ?, ?)`).run(studyId, record.seriesInstanceUID, text(record.header, 'Modality') ?? '',
      number(record.header, 'SeriesNumber') ?? null, headerJson(attributes), record.own ? 1 : 0);
    statement('UPDATE studies SET series_count = series_count + 1 WHERE id = ?').run(studyId);
    return Number(lastInsertRowid);
  }

  function insertInstance(record: InstanceRecord, studyId: number, seriesId: number): void {
    const { lastInsertRowid } = statement(`INSERT INTO instances (sop_uid, sop_class_uid, study_id, series_id, transfer_syntax_uid,
      instance_number, blob_key, size_bytes, sha256, received_at, own, placement) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`).run(
      record.sopInstanceUID, record.sopClassUID, studyId, seriesId, record.transferSyntaxUID,
      number(record.header, 'InstanceNumber') ?? null, record.blobKey, record.sizeBytes, record.sha256, record.receivedAt,
      record.own ? 1 : 0, JSON.stringify(placementOf(record.header)));
    statement('INSERT INTO instance_headers (instance_id, header) VALUES (?, ?)').run(lastInsertRowid, encodeHeader(record.header));
    statement('UPDATE series SET instance_count = instance_count + 1, own = own AND ? WHERE id = ?').run(record.own ? 1 : 0, seriesId);
    statement('UPDATE studies SET instance_count = instance_count + 1 WHERE id = ?').run(studyId);
  }

  function reopen(studyId: number, now: string): void {
    statement(`UPDATE studies SET state = 'receiving', attention_rank = 1, reasons = '[]', warnings = '[]', progress = NULL,
      job_id = NULL, updated_at = ? WHERE id = ?`).run(now, studyId);
  }

  function setAside(record: InstanceRecord, current: { readonly studyId: number; readonly kind: 'content' | 'moved' }, now: string): void {
    statement(`INSERT INTO conflicts (kind, study_id, sop_uid, claimed_study_uid, claimed_series_uid, transfer_syntax_uid, blob_key,
      sha256, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sop_uid, sha256) DO NOTHING`).run(
      current.kind, current.studyId, record.sopInstanceUID, record.studyInstanceUID, record.seriesInstanceUID,
      record.transferSyntaxUID, record.blobKey, record.sha256, record.receivedAt);
    // The study that the set-aside instance claims is flagged too: there it is an image that is missing.
    statement(`UPDATE studies SET updated_at = ?1, conflict_count =
        (SELECT count(*) FROM conflicts WHERE study_id = studies.id) +
        (SELECT count(*) FROM conflicts WHERE claimed_study_uid = studies.study_uid AND study_id <> studies.id)
      WHERE id = ?2 OR study_uid = ?3`).run(now, current.studyId, record.studyInstanceUID);
  }

  return {
    add(record, now) {
      const there = statement(`SELECT i.sha256, i.study_id, r.series_uid, s.study_uid FROM instances i
        JOIN series r ON r.id = i.series_id JOIN studies s ON s.id = i.study_id WHERE i.sop_uid = ?`).get(record.sopInstanceUID);
      if (there !== undefined) {
        if (textColumn(there, 'sha256') === record.sha256) return 'duplicate';
        const moved = textColumn(there, 'study_uid') !== record.studyInstanceUID || textColumn(there, 'series_uid') !== record.seriesInstanceUID;
        setAside(record, { studyId: numberColumn(there, 'study_id'), kind: moved ? 'moved' : 'content' }, now);
        return 'conflict';
      }
      const studyId = studyIdFor(record, now);
      insertInstance(record, studyId, seriesIdFor(record, studyId));
      if (record.own) statement('UPDATE studies SET updated_at = ? WHERE id = ?').run(now, studyId);
      else reopen(studyId, now);
      return 'stored';
    },
  };
}
