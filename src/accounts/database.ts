/** What accounts are kept in: an SQLite file beside the archive, or the PostgreSQL database that servers share. */
import type { IndexDatabase } from '../index/sql.ts';

/** As the index has it: work under one key never runs twice at the same time, and may be run again. */
export type AccountDatabase = Pick<IndexDatabase, 'read' | 'write' | 'close'>;
