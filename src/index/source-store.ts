/** Who sent the instances of a study. */
import type { ReceiveContext } from '../study/types.ts';
import type { StudyIndex } from './port.ts';
import type { IndexDatabase, Sql } from './sql.ts';
import { sourceOf } from './study-rows.ts';

export interface SourceStore {
  readonly port: Pick<StudyIndex, 'sources' | 'addSource'>;
  /** Inside a transaction. */
  write(sql: Sql, studyInstanceUID: string, sender: ReceiveContext): Promise<void>;
}

export function createSourceStore({ read, write }: IndexDatabase, at: () => string): SourceStore {
  const keyOf = (studyInstanceUID: string, { transport, callingAETitle, remoteAddress }: ReceiveContext): [string, string, string, string] =>
    [studyInstanceUID, transport, callingAETitle ?? '', remoteAddress ?? ''];
  const isKnown = async (sql: Sql, studyInstanceUID: string, sender: ReceiveContext): Promise<boolean> =>
    await sql.get('SELECT 1 FROM study_sources WHERE study_uid = ? AND transport = ? AND calling_ae = ? AND address = ?',
      ...keyOf(studyInstanceUID, sender)) !== undefined;

  async function add(sql: Sql, studyInstanceUID: string, sender: ReceiveContext): Promise<void> {
    if (sender.transport === 'internal' || await isKnown(sql, studyInstanceUID, sender)) return;
    await sql.run('INSERT INTO study_sources (study_uid, transport, calling_ae, address, first_at) VALUES (?, ?, ?, ?, ?)',
      ...keyOf(studyInstanceUID, sender), at());
  }

  return {
    write: add,
    port: {
      async sources(studyInstanceUID) {
        return (await read.all('SELECT * FROM study_sources WHERE study_uid = ? ORDER BY first_at, calling_ae, address', studyInstanceUID)).map(sourceOf);
      },
      async addSource(studyInstanceUID, sender) {
        // Every slice of a study that is sent again comes by here: no flush to disk for what is known.
        if (sender.transport === 'internal' || await isKnown(read, studyInstanceUID, sender)) return;
        await write(studyInstanceUID, (sql) => add(sql, studyInstanceUID, sender));
      },
    },
  };
}
