/** What lies in the data folder, from outside: sizes and schema versions. Nothing is opened for writing. */
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface DatabaseFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Of the file itself (PRAGMA user_version). */
  readonly userVersion: number;
  /** The newest step of the index's schema; only the index has it. */
  readonly schemaVersion?: number;
}

function versionsOf(path: string): Pick<DatabaseFile, 'userVersion' | 'schemaVersion'> {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const userVersion = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    const hasSteps = database.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'schema_version'`).get() !== undefined;
    return { userVersion, ...(hasSteps && { schemaVersion: Number(database.prepare('SELECT max(version) AS version FROM schema_version').get()?.['version'] ?? 0) }) };
  } finally {
    database.close();
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The names of Phoi's own databases are fixed; a file of another name is not looked into. */
export async function databaseFiles(dataDir: string): Promise<readonly DatabaseFile[]> {
  const names = (await namesIn(dataDir)).filter((name) => /^[a-z]+\.sqlite$/u.test(name));
  return Promise.all(names.map(async (name) => {
    const path = join(dataDir, name);
    return { name, sizeBytes: (await stat(path)).size, ...versionsOf(path) };
  }));
}

export interface DiskFigures {
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly freeFiles: number;
  /** Files that are being received, or that a crash left for the next start. */
  readonly incomingFiles: number;
  readonly auditFiles: number;
  readonly commitmentFiles: number;
}

export async function diskFigures(dataDir: string): Promise<DiskFigures> {
  const [{ bavail, bsize, blocks, ffree }, incoming, audit, commitment] = await Promise.all([
    statfs(dataDir), ...['archive/incoming', 'audit', 'commitment'].map((folder) => namesIn(join(dataDir, folder))),
  ] as const);
  return {
    freeBytes: bavail * bsize, totalBytes: blocks * bsize, freeFiles: ffree,
    incomingFiles: incoming!.length, auditFiles: audit!.length, commitmentFiles: commitment!.length,
  };
}
