/** Whether a snapshot can be restored: every file and every blob is there with the bytes that it had. */
import { join } from 'node:path';
import { blobPath } from '../archive/blob-key.ts';
import { verifyTrail } from '../audit/verify.ts';
import { unlessMissing } from '../system-error.ts';
import { databaseFaults, takeCensus } from './blobs.ts';
import { sha256OfFile } from './files.ts';
import { chooseSnapshot, indexName, objectsName } from './layout.ts';

/** One line for each fault; none when the snapshot is whole. @throws AppError BACKUP_NOT_FOUND */
export async function verifyBackup(backupDir: string, name?: string): Promise<{ readonly snapshot: string; readonly blobs: number; readonly faults: readonly string[] }> {
  const { name: snapshot, path, manifest } = await chooseSnapshot(backupDir, name);
  const faults: string[] = [];
  for (const [file, sha256] of Object.entries(manifest.files)) {
    const found = await unlessMissing(sha256OfFile(join(path, file)));
    if (found !== sha256) faults.push(`${file} is ${found === undefined ? 'missing' : 'changed'}`);
  }
  if (faults.length > 0) return { snapshot, blobs: 0, faults };
  for (const file of Object.keys(manifest.files).filter((each) => each.endsWith('.sqlite'))) {
    faults.push(...databaseFaults(join(path, file)).map((fault) => `${file}: ${fault}`));
  }
  const { keys } = takeCensus(join(path, indexName));
  if (keys.length !== manifest.blobs) faults.push(`the index refers to ${keys.length} blobs, the manifest to ${manifest.blobs}`);
  for (const key of keys) {
    const found = await unlessMissing(sha256OfFile(blobPath(join(backupDir, objectsName), key)));
    if (found !== key.slice(0, 64)) faults.push(`blob ${key} is ${found === undefined ? 'missing' : 'changed'}`);
  }
  if (Object.keys(manifest.files).some((file) => file.startsWith('audit/'))) {
    const { broken } = await verifyTrail(join(path, 'audit'));
    // The last line may have been under way when it was copied; whole lines before it are proven.
    if (broken !== undefined && broken.why !== 'no-entry') faults.push(`audit trail: ${broken.why} at entry ${broken.sequence}`);
  }
  return { snapshot, blobs: keys.length, faults };
}
