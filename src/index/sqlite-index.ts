/** The index in one SQLite file, through Node's own driver. */
import type { StudyDetail } from '../study/types.ts';
import { openDatabase, type IndexDatabase } from './database.ts';
import { createDeliveryStore } from './delivery-store.ts';
import { decodeHeader } from './header-codec.ts';
import { createInstanceWriter } from './instance-writer.ts';
import { matchesElement, matchesName } from './match-values.ts';
import { elementAt } from './element-at.ts';
import type { StudyIndex } from './port.ts';
import { runQuery } from './qido-query.ts';
import { textColumn } from './rows.ts';
import {
  analysisOf, conflictOf, instanceColumns, instanceOf, instanceSource, seriesSummaryOf, summaryOf, worklistColumns, worklistItemOf,
} from './study-rows.ts';
import { createStudyWriter } from './study-writer.ts';
import { runWorklist } from './worklist-query.ts';
import type { Dataset } from '../dicom/dataset.ts';

export interface SqliteIndexOptions {
  /** The clock of `updatedAt` and of what is due. */
  readonly now?: () => Date;
}

/** Matching that SQL cannot express, as functions whose arguments are bound values. */
function registerFunctions({ raw }: IndexDatabase): void {
  raw.function('phoi_matches_name', { deterministic: true }, (name, key) => (matchesName(String(name), String(key)) ? 1 : 0));
  raw.function('phoi_matches', { deterministic: true }, (holder, path, key, fuzzy) => {
    const header = holder instanceof Uint8Array ? decodeHeader(holder) : JSON.parse(String(holder)) as Dataset;
    return elementAt(header, String(path)).some((element) => matchesElement(element, String(key), fuzzy === 1)) ? 1 : 0;
  });
}

function readers({ statement }: IndexDatabase): Pick<StudyIndex, 'instance' | 'instances' | 'summaries' | 'conflicts' | 'refersToBlob' | 'studiesInState' | 'worklistItem' | 'note'> {
  return {
    async instance(sopInstanceUID) {
      const row = statement(`SELECT ${instanceColumns} FROM ${instanceSource} WHERE i.sop_uid = ?`).get(sopInstanceUID);
      return row === undefined ? undefined : instanceOf(row);
    },
    async instances({ studyInstanceUID, seriesInstanceUID, sopInstanceUID }) {
      const parameters = [studyInstanceUID, seriesInstanceUID, sopInstanceUID].filter((uid) => uid !== undefined);
      return statement(`SELECT ${instanceColumns} FROM ${instanceSource} WHERE s.study_uid = ?
        ${seriesInstanceUID === undefined ? '' : 'AND r.series_uid = ?'} ${sopInstanceUID === undefined ? '' : 'AND i.sop_uid = ?'}
        ORDER BY r.series_number, r.id, i.instance_number, i.id`).all(...parameters).map(instanceOf);
    },
    async summaries(studyInstanceUID) {
      return statement(`SELECT i.sop_uid, i.sop_class_uid, i.blob_key, i.sha256, i.own, i.received_at, i.placement, r.series_uid FROM studies s
        JOIN instances i ON i.study_id = s.id JOIN series r ON r.id = i.series_id WHERE s.study_uid = ? ORDER BY i.id`).all(studyInstanceUID).map(summaryOf);
    },
    async conflicts(studyInstanceUID) {
      return statement(`SELECT c.*, s.study_uid FROM conflicts c JOIN studies s ON s.id = c.study_id
        WHERE s.study_uid = ?1 OR c.claimed_study_uid = ?1 ORDER BY c.id`).all(studyInstanceUID).map(conflictOf);
    },
    async refersToBlob(blobKey) {
      return statement('SELECT 1 FROM instances WHERE blob_key = ?1 UNION ALL SELECT 1 FROM conflicts WHERE blob_key = ?1 LIMIT 1').get(blobKey) !== undefined;
    },
    async studiesInState(states) {
      return statement('SELECT study_uid FROM studies WHERE state IN (SELECT value FROM json_each(?)) ORDER BY received_at, id')
        .all(JSON.stringify(states)).map((row) => textColumn(row, 'study_uid'));
    },
    async worklistItem(studyInstanceUID) {
      const row = statement(`SELECT ${worklistColumns} FROM studies s WHERE s.study_uid = ?`).get(studyInstanceUID);
      return row === undefined ? undefined : worklistItemOf(row);
    },
    async note(name) {
      const row = statement('SELECT value FROM notes WHERE name = ?').get(name);
      return row === undefined ? undefined : textColumn(row, 'value');
    },
  };
}

/** Opens (creating or migrating) the index at `path`. */
export async function openSqliteIndex(path: string, options: SqliteIndexOptions = {}): Promise<StudyIndex> {
  const now = options.now ?? (() => new Date());
  const at = (): string => now().toISOString();
  const database = openDatabase(path, now);
  const { statement, write } = database;
  registerFunctions(database);
  const instanceWriter = createInstanceWriter(database);
  const studyWriter = createStudyWriter(database);
  const deliveryStore = createDeliveryStore(database, now);
  const reading = readers(database);

  async function study(studyInstanceUID: string): Promise<StudyDetail | undefined> {
    const item = await reading.worklistItem(studyInstanceUID);
    if (item === undefined) return undefined;
    const [analysis, ...earlierAnalyses] = statement(`SELECT a.* FROM analyses a JOIN studies s ON s.id = a.study_id
      WHERE s.study_uid = ? ORDER BY a.version DESC`).all(studyInstanceUID).map(analysisOf);
    return {
      ...item,
      series: statement(`SELECT r.* FROM series r JOIN studies s ON s.id = r.study_id WHERE s.study_uid = ?
        ORDER BY r.own, r.series_number, r.id`).all(studyInstanceUID).map(seriesSummaryOf),
      ...(analysis === undefined ? {} : { analysis }),
      earlierAnalyses,
      deliveries: await deliveryStore.deliveries(studyInstanceUID),
    };
  }

  return {
    ...reading,
    ...deliveryStore,
    study,
    addInstance: (record) => write(() => ({ kind: instanceWriter.add(record, at()) })),
    replaceBlob: (sopInstanceUID, { blobKey, sizeBytes }) => write(() => {
      statement('UPDATE instances SET blob_key = ?, size_bytes = ? WHERE sop_uid = ?').run(blobKey, sizeBytes, sopInstanceUID);
    }),
    queryStudies: async (query) => runQuery(database, 'study', query),
    querySeries: async (query) => runQuery(database, 'series', query),
    queryInstances: async (query) => runQuery(database, 'instance', query),
    worklist: async (query) => runWorklist(database, query),
    setState: (studyInstanceUID, state, change = {}) => write(() => studyWriter.setState(studyInstanceUID, state, change, at())),
    setPriority: (studyInstanceUID, priority) => write(() => studyWriter.setPriority(studyInstanceUID, priority, at())),
    addAnalysis: (studyInstanceUID, analysis) => write(() => studyWriter.addAnalysis(studyInstanceUID, analysis, at())),
    setNote: (name, value) => write(() => {
      statement('INSERT INTO notes (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value').run(name, value);
    }),
    close: () => database.close(),
  };
}
