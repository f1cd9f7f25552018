/** The DICOM files below a folder, for sending them. */
import { createReadStream } from 'node:fs';
import { open, opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseHeader } from '../dicom/parse.ts';
import { text } from '../dicom/access.ts';
import { AppError, toAppError } from '../errors.ts';
import type { OutgoingInstance } from './send-instances.ts';

export interface SkippedFile {
  readonly path: string;
  readonly error: AppError;
}

const firstBytes = 64 * 1024;

/** Every file below `path` (or the file itself), folders in alphabetical order; symbolic links are not followed. */
export async function* filesBelow(path: string): AsyncGenerator<string> {
  if (!(await stat(path)).isDirectory()) {
    yield path;
    return;
  }
  const entries: { readonly name: string; readonly folder: boolean }[] = [];
  for await (const entry of await opendir(path)) {
    if (entry.isDirectory() || entry.isFile()) entries.push({ name: entry.name, folder: entry.isDirectory() });
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, folder } of entries) {
    if (folder) yield* filesBelow(join(path, name));
    else yield join(path, name);
  }
}

/** Reads just enough of a file to send it. Errors: those of `parseHeader`. */
export async function outgoingFile(path: string): Promise<OutgoingInstance> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    let wantedBytes = Math.min(firstBytes, size);
    for (;;) {
      const prefix = Buffer.alloc(wantedBytes);
      const { bytesRead } = await file.read(prefix, 0, wantedBytes, 0);
      const result = parseHeader(prefix.subarray(0, bytesRead), size);
      if (result.kind === 'need-more') {
        wantedBytes = result.bytes;
        continue;
      }
      const { meta, dataset } = result.instance;
      const sopClassUID = text(dataset, 'SOPClassUID') ?? meta.mediaStorageSOPClassUID;
      const sopInstanceUID = text(dataset, 'SOPInstanceUID') ?? meta.mediaStorageSOPInstanceUID;
      if (sopClassUID === undefined || sopInstanceUID === undefined) {
        throw new AppError('DICOM_MISSING_ATTRIBUTE', 'The file has no SOP Class UID or no SOP Instance UID');
      }
      return { sopClassUID, sopInstanceUID, transferSyntaxUID: meta.transferSyntaxUID, open: async () => createReadStream(path) };
    }
  } finally {
    await file.close();
  }
}

/** Splits what is below `path` into instances and files that are none (a DICOMDIR counts as none). */
export async function readFolder(path: string): Promise<{ readonly instances: readonly OutgoingInstance[]; readonly skipped: readonly SkippedFile[] }> {
  const instances: OutgoingInstance[] = [];
  const skipped: SkippedFile[] = [];
  for await (const file of filesBelow(path)) {
    try {
      instances.push(await outgoingFile(file));
    } catch (error) {
      skipped.push({ path: file, error: toAppError(error) });
    }
  }
  return { instances, skipped };
}
