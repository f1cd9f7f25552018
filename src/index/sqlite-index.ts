/** The index in one SQLite file, through Node's own driver: for one server. */
import type { StudyIndex } from './port.ts';
import { openSqliteDatabase } from './sqlite-database.ts';
import { createStudyIndex } from './study-index.ts';

export interface SqliteIndexOptions {
  /** The clock of `updatedAt` and of what is due. */
  readonly now?: () => Date;
}

/** Opens (creating or migrating) the index at `path`. */
export async function openSqliteIndex(path: string, options: SqliteIndexOptions = {}): Promise<StudyIndex> {
  const now = options.now ?? (() => new Date());
  return createStudyIndex(openSqliteDatabase(path, now), now);
}
