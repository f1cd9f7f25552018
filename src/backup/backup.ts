/**
 * A backup of a service that may be running. The queue and the readings are copied before the index, since what they
 * say is done stands in the index by then (done twice is harmless, forgotten is not), and the blobs after it: they are
 * never changed, and whatever the index refers to was on disk before it was written down.
 */
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { backup as copyDatabase, DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { blobPath, blobSize } from '../archive/blob-key.ts';
import { writerLockName } from '../audit/writer-lock.ts';
import { flushPath, makePrivateFolder } from '../durable-files.ts';
import { AppError } from '../errors.ts';
import { unlessMissing } from '../system-error.ts';
import { takeCensus } from './blobs.ts';
import { copyDurably, sha256OfFile } from './files.ts';
import { folders, indexName, listSnapshots, manifestName, nameOfSnapshot, objectsName, type BackupManifest } from './layout.ts';

export interface BackupOptions {
  readonly dataDir: string;
  readonly backupDir: string;
  readonly version: string;
  readonly now?: () => Date;
  /** Older snapshots beyond so many are removed; their blobs stay, since others may refer to them. All are kept without. */
  readonly keep?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface BackupReport {
  readonly snapshot: string;
  readonly manifest: BackupManifest;
  /** Blobs copied by this run; the others were there from earlier ones. */
  readonly copied: number;
}

async function exists(path: string, sizeBytes?: number): Promise<boolean> {
  const found = await unlessMissing(stat(path));
  return found !== undefined && (sizeBytes === undefined || found.size === sizeBytes);
}

async function copyDatabaseTo(from: string, to: string): Promise<void> {
  const database = new DatabaseSync(from, { readOnly: true });
  try {
    await copyDatabase(database, to);
  } finally {
    database.close();
  }
  await flushPath(to);
}

async function copyFolder(from: string, to: string): Promise<readonly string[]> {
  if (!await exists(from)) return [];
  const names = (await readdir(from, { withFileTypes: true })).filter((entry) => entry.isFile() && entry.name !== writerLockName).map(({ name }) => name);
  for (const name of names) await copyDurably(join(from, name), join(to, name));
  return names;
}

/** @throws AppError BACKUP_INCOMPLETE when a blob that the index refers to is missing or cut: the snapshot then gets no manifest. */
export async function makeBackup(options: BackupOptions): Promise<BackupReport> {
  const { dataDir, backupDir } = options;
  const createdAt = (options.now ?? (() => new Date()))();
  const snapshot = nameOfSnapshot(createdAt);
  const path = join(backupDir, 'snapshots', snapshot);
  if (!await exists(join(dataDir, indexName))) throw new AppError('BACKUP_NOT_FOUND', 'There is no index in the data folder');
  if (await exists(join(path, manifestName))) throw new AppError('BACKUP_EXISTS', `There is a backup ${snapshot} already`);
  await rm(path, { recursive: true, force: true });
  await makePrivateFolder(path);
  const files: Record<string, string> = {};
  const others = (await readdir(dataDir)).filter((name) => name.endsWith('.sqlite') && name !== indexName);
  for (const name of [...others, indexName]) {
    await copyDatabaseTo(join(dataDir, name), join(path, name));
    files[name] = await sha256OfFile(join(path, name));
  }
  for (const folder of folders) {
    for (const name of await copyFolder(join(dataDir, folder), join(path, folder))) files[`${folder}/${name}`] = await sha256OfFile(join(path, folder, name));
  }
  const census = takeCensus(join(path, indexName));
  const [from, to] = [join(dataDir, 'archive', 'objects'), join(backupDir, objectsName)];
  let copied = 0;
  let blobBytes = 0;
  const missing: string[] = [];
  for (const [index, key] of census.keys.entries()) {
    const size = blobSize(key);
    blobBytes += size;
    if (!await exists(blobPath(to, key), size)) {
      if (await exists(blobPath(from, key), size)) {
        await copyDurably(blobPath(from, key), blobPath(to, key));
        copied += 1;
      } else {
        missing.push(key);
      }
    }
    options.onProgress?.(index + 1, census.keys.length);
  }
  if (missing.length > 0) {
    throw new AppError('BACKUP_INCOMPLETE', `${missing.length} files of the archive are missing or cut, the first is ${missing[0]}`, { details: { missing: missing.slice(0, 100) } });
  }
  const manifest: BackupManifest = {
    format: 1, version: options.version, createdAt: createdAt.toISOString(), instances: census.instances, studies: census.studies,
    blobs: census.keys.length, blobBytes, files,
  };
  await writeFile(join(path, `${manifestName}.new`), JSON.stringify(manifest, undefined, 2));
  await copyDurably(join(path, `${manifestName}.new`), join(path, manifestName));
  await rm(join(path, `${manifestName}.new`));
  await flushPath(path);
  if (options.keep !== undefined) {
    for (const old of (await listSnapshots(backupDir)).slice(0, -options.keep)) await rm(old.path, { recursive: true });
  }
  return { snapshot, manifest, copied };
}
