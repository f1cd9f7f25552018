/** The index in a PostgreSQL database, for servers that share one. */
import type { Log } from '../log.ts';
import type { StudyIndex } from './port.ts';
import { openPostgresDatabase } from './postgres-database.ts';
import { createStudyIndex } from './study-index.ts';

export interface PostgresIndexOptions {
  readonly log: Log;
  /** The clock of `updatedAt` and of what is due. */
  readonly now?: () => Date;
}

/** Opens (creating or migrating) the index at `url`, `postgres://…`. @throws AppError INDEX_UNAVAILABLE, CONFIG_INVALID */
export async function openPostgresIndex(url: string, options: PostgresIndexOptions): Promise<StudyIndex> {
  const now = options.now ?? (() => new Date());
  return createStudyIndex(await openPostgresDatabase({ url, now, log: options.log }), now);
}
