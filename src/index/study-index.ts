/** The index over its database: one for SQLite and PostgreSQL (`sql.ts`). */
import { text } from '../dicom/access.ts';
import type { StudyDetail } from '../study/types.ts';
import { createActivityStore } from './activity-store.ts';
import { readDashboard } from './dashboard-query.ts';
import { createConfirmationStore } from './confirmation-store.ts';
import { createDeliveryStore } from './delivery-store.ts';
import { createInstanceWriter } from './instance-writer.ts';
import type { StudyIndex } from './port.ts';
import { runQuery } from './qido-query.ts';
import { createRetentionStore } from './retention-store.ts';
import { createReviewStore } from './review-store.ts';
import { jsonColumn, textColumn } from './rows.ts';
import {
  analysisOf, conflictOf, instanceColumns, instanceOf, instanceSource, lockJoin, seriesSummaryOf, summaryOf, worklistColumns, worklistItemOf,
} from './study-rows.ts';
import type { IndexDatabase } from './sql.ts';
import { createStudyWriter } from './study-writer.ts';
import { createShadowStore } from './shadow-store.ts';
import { createSiteStore } from './site-store.ts';
import { createSourceStore } from './source-store.ts';
import { runWorklist } from './worklist-query.ts';
import type { Dataset } from '../dicom/dataset.ts';

function readers({ dialect, read }: IndexDatabase, at: () => string): Pick<StudyIndex, 'instance' | 'instances' | 'summaries' | 'conflicts' | 'refersToBlob' | 'studiesInState' | 'studiesOfPatient' | 'worklistItem' | 'note'> {
  const columns = worklistColumns(dialect);
  return {
    async instance(sopInstanceUID) {
      const row = await read.get(`SELECT ${instanceColumns} FROM ${instanceSource} WHERE i.sop_uid = ?`, sopInstanceUID);
      return row === undefined ? undefined : instanceOf(row);
    },
    async instances({ studyInstanceUID, seriesInstanceUID, sopInstanceUID }) {
      const parameters = [studyInstanceUID, seriesInstanceUID, sopInstanceUID].filter((uid) => uid !== undefined);
      return (await read.all(`SELECT ${instanceColumns} FROM ${instanceSource} WHERE s.study_uid = ?
        ${seriesInstanceUID === undefined ? '' : 'AND r.series_uid = ?'} ${sopInstanceUID === undefined ? '' : 'AND i.sop_uid = ?'}
        ORDER BY r.series_number NULLS FIRST, r.id, i.instance_number NULLS FIRST, i.id`, ...parameters)).map(instanceOf);
    },
    async summaries(studyInstanceUID) {
      return (await read.all(`SELECT i.sop_uid, i.sop_class_uid, i.blob_key, i.sha256, i.own, i.received_at, i.placement, r.series_uid FROM studies s
        JOIN instances i ON i.study_id = s.id JOIN series r ON r.id = i.series_id WHERE s.study_uid = ? ORDER BY i.id`, studyInstanceUID)).map(summaryOf);
    },
    async conflicts(studyInstanceUID) {
      return (await read.all(`SELECT c.*, s.study_uid FROM conflicts c JOIN studies s ON s.id = c.study_id
        WHERE s.study_uid = ?1 OR c.claimed_study_uid = ?1 ORDER BY c.id`, studyInstanceUID)).map(conflictOf);
    },
    async refersToBlob(blobKey) {
      return await read.get('SELECT 1 AS one FROM instances WHERE blob_key = ?1 UNION ALL SELECT 1 FROM conflicts WHERE blob_key = ?1 LIMIT 1', blobKey) !== undefined;
    },
    async studiesInState(states) {
      return (await read.all(`SELECT study_uid FROM studies WHERE ${dialect.oneOf('state', 'text')} ORDER BY received_at, id`, states)).map((row) => textColumn(row, 'study_uid'));
    },
    async studiesOfPatient(patientID) {
      return (await read.all(`SELECT ${columns} FROM studies s ${lockJoin} WHERE s.patient_id = ?`, patientID)).map((row) => ({
        item: worklistItemOf(row, at()), issuer: (text(jsonColumn(row, 'attributes') as Dataset, 'IssuerOfPatientID') ?? '').trim(),
      }));
    },
    async worklistItem(studyInstanceUID) {
      const row = await read.get(`SELECT ${columns} FROM studies s ${lockJoin} WHERE s.study_uid = ?`, studyInstanceUID);
      return row === undefined ? undefined : worklistItemOf(row, at());
    },
    async note(name) {
      const row = await read.get('SELECT value FROM notes WHERE name = ?', name);
      return row === undefined ? undefined : textColumn(row, 'value');
    },
  };
}

export function createStudyIndex(database: IndexDatabase, now: () => Date): StudyIndex {
  const at = (): string => now().toISOString();
  const { dialect, read, write } = database;
  const activity = createActivityStore(dialect);
  const siteStore = createSiteStore(database);
  const instanceWriter = createInstanceWriter(dialect, activity, siteStore);
  const studyWriter = createStudyWriter(activity);
  const deliveryStore = createDeliveryStore(database, now);
  const sourceStore = createSourceStore(database, at);
  const reading = readers(database, at);

  async function study(studyInstanceUID: string): Promise<StudyDetail | undefined> {
    const item = await reading.worklistItem(studyInstanceUID);
    if (item === undefined) return undefined;
    const [analysis, ...earlierAnalyses] = (await read.all(`SELECT a.* FROM analyses a JOIN studies s ON s.id = a.study_id
      WHERE s.study_uid = ? ORDER BY a.version DESC`, studyInstanceUID)).map(analysisOf);
    return {
      ...item,
      series: (await read.all(`SELECT r.* FROM series r JOIN studies s ON s.id = r.study_id WHERE s.study_uid = ?
        ORDER BY r.own, r.series_number NULLS FIRST, r.id`, studyInstanceUID)).map(seriesSummaryOf),
      ...(analysis === undefined ? {} : { analysis }),
      earlierAnalyses,
      deliveries: await deliveryStore.deliveries(studyInstanceUID),
    };
  }

  return {
    reviews: createReviewStore(database, activity),
    ...reading,
    ...deliveryStore,
    ...createConfirmationStore(database, at),
    ...sourceStore.port,
    ...siteStore.port,
    ...createShadowStore(database),
    ...createRetentionStore(database, at),
    study,
    addInstance: (record, sender) => write(record.studyInstanceUID, async (sql) => {
      const kind = await instanceWriter.add(sql, record, at(), sender);
      if (kind !== 'conflict' && !record.own && sender !== undefined) await sourceStore.write(sql, record.studyInstanceUID, sender);
      return { kind };
    }),
    replaceBlob: (sopInstanceUID, { blobKey, sizeBytes }) => write(undefined, async (sql) => {
      await sql.run('UPDATE instances SET blob_key = ?, size_bytes = ? WHERE sop_uid = ?', blobKey, sizeBytes, sopInstanceUID);
    }),
    queryStudies: (query) => runQuery(database, 'study', query),
    querySeries: (query) => runQuery(database, 'series', query),
    queryInstances: (query) => runQuery(database, 'instance', query),
    dashboard: (sites) => readDashboard(database, now(), sites),
    worklist: (query) => runWorklist(database, query, at()),
    setState: (studyInstanceUID, state, change = {}) => write(studyInstanceUID, (sql) => studyWriter.setState(sql, studyInstanceUID, state, change, at())),
    setPriority: (studyInstanceUID, priority) => write(studyInstanceUID, (sql) => studyWriter.setPriority(sql, studyInstanceUID, priority, at())),
    addAnalysis: (studyInstanceUID, analysis) => write(studyInstanceUID, (sql) => studyWriter.addAnalysis(sql, studyInstanceUID, analysis, at())),
    setNote: (name, value) => write(undefined, async (sql) => {
      await sql.run('INSERT INTO notes (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value', name, value);
    }),
    exclusively: (name, work) => database.exclusively(name, work),
    close: () => database.close(),
  };
}
