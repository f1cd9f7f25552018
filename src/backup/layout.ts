/**
 * A backup folder:
 *
 *     BACKUP/objects/ab/cd/…              the archive's blobs, shared by all snapshots, never changed
 *     BACKUP/snapshots/20260301T080000Z/  index.sqlite and the other databases, audit/, commitment/, manifest.json
 *
 * A snapshot without its manifest is one that did not finish.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { isMissing, unlessMissing } from '../system-error.ts';

export interface BackupManifest {
  readonly format: 1;
  readonly version: string;
  readonly createdAt: string;
  readonly instances: number;
  readonly studies: number;
  /** Blobs that the index refers to, and their bytes. */
  readonly blobs: number;
  readonly blobBytes: number;
  /** SHA-256 of each file of the snapshot, by its path within it. */
  readonly files: Readonly<Record<string, string>>;
}

export const indexName = 'index.sqlite';
/** Folders of small files that are copied whole. */
export const folders = ['audit', 'commitment'] as const;
export const manifestName = 'manifest.json';
export const objectsName = 'objects';

const snapshotName = /^\d{8}T\d{6}Z$/;

export function nameOfSnapshot(at: Date): string {
  return `${at.toISOString().replace(/[-:]/g, '').slice(0, 15)}Z`;
}

/** Finished snapshots, oldest first. */
export async function listSnapshots(backupDir: string): Promise<readonly { readonly name: string; readonly path: string; readonly manifest: BackupManifest }[]> {
  const root = join(backupDir, 'snapshots');
  const names = await unlessMissing(readdir(root)) ?? [];
  const found = [];
  for (const name of names.filter((each) => snapshotName.test(each)).sort()) {
    const path = join(root, name);
    try {
      found.push({ name, path, manifest: JSON.parse(await readFile(join(path, manifestName), 'utf8')) as BackupManifest });
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return found;
}

/** The snapshot of that name, or the newest. @throws AppError BACKUP_NOT_FOUND */
export async function chooseSnapshot(backupDir: string, name: string | undefined) {
  const snapshots = await listSnapshots(backupDir);
  const chosen = name === undefined ? snapshots.at(-1) : snapshots.find((snapshot) => snapshot.name === name);
  if (chosen === undefined) throw new AppError('BACKUP_NOT_FOUND', name === undefined ? 'There is no finished backup in this folder' : `There is no finished backup ${name} in this folder`);
  return chosen;
}
