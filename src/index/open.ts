/** The index that the settings ask for: PostgreSQL when there is an address, otherwise a file beside the archive. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../log.ts';
import type { StudyIndex } from './port.ts';
import { openPostgresIndex } from './postgres-index.ts';
import { openSqliteIndex } from './sqlite-index.ts';

export interface IndexSettings {
  readonly databaseUrl?: string;
  readonly dataDir: string;
}

const fileOf = (dataDir: string): string => join(dataDir, 'index.sqlite');

/** False when opening would make a new file. */
export function hasIndex({ databaseUrl, dataDir }: IndexSettings): boolean {
  return databaseUrl !== undefined || existsSync(fileOf(dataDir));
}

export async function openIndex({ databaseUrl, dataDir }: IndexSettings, log: Log): Promise<StudyIndex> {
  return databaseUrl === undefined ? openSqliteIndex(fileOf(dataDir)) : openPostgresIndex(databaseUrl, { log });
}
