/** Makes a data folder from a snapshot. The folder must be empty: nothing that is there is ever overwritten. */
import { readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { blobPath } from '../archive/blob-key.ts';
import { flushPath, makePrivateFolder } from '../durable-files.ts';
import { AppError } from '../errors.ts';
import { unlessMissing } from '../system-error.ts';
import { takeCensus } from './blobs.ts';
import { copyDurably } from './files.ts';
import { chooseSnapshot, indexName, objectsName } from './layout.ts';
import { verifyBackup } from './verify.ts';

export interface RestoreOptions {
  readonly backupDir: string;
  readonly dataDir: string;
  readonly snapshot?: string;
  readonly onProgress?: (done: number, total: number) => void;
}

async function isEmpty(path: string): Promise<boolean> {
  return (await unlessMissing(readdir(path)) ?? []).length === 0;
}

/**
 * Proves the snapshot first. The folder gets its name when all is in it, so that a service never starts on half of it.
 * @throws AppError BACKUP_NOT_FOUND, BACKUP_BROKEN with the faults, BACKUP_TARGET_NOT_EMPTY
 */
export async function restoreBackup(options: RestoreOptions): Promise<{ readonly snapshot: string; readonly blobs: number }> {
  const { backupDir, dataDir } = options;
  if (!await isEmpty(dataDir)) throw new AppError('BACKUP_TARGET_NOT_EMPTY', 'The data folder is not empty: nothing is overwritten');
  const { path, name, manifest } = await chooseSnapshot(backupDir, options.snapshot);
  const { faults } = await verifyBackup(backupDir, name);
  if (faults.length > 0) throw new AppError('BACKUP_BROKEN', `The backup ${name} is not whole: ${faults[0]}`, { details: { faults: faults.slice(0, 100) } });
  const building = `${dataDir}.restoring`;
  if (!await isEmpty(building)) throw new AppError('BACKUP_TARGET_NOT_EMPTY', `An earlier attempt left ${building}: remove it first`);
  await makePrivateFolder(building);
  for (const file of Object.keys(manifest.files)) await copyDurably(join(path, file), join(building, file));
  const { keys } = takeCensus(join(path, indexName));
  for (const [index, key] of keys.entries()) {
    await copyDurably(blobPath(join(backupDir, objectsName), key), blobPath(join(building, 'archive', 'objects'), key));
    options.onProgress?.(index + 1, keys.length);
  }
  await rename(building, dataDir);
  await flushPath(dirname(dataDir));
  return { snapshot: name, blobs: keys.length };
}
