/** The DICOM files below a folder, for sending them. */
import { createReadStream } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from '../dicom/access.ts';
import { readFileHeader } from '../dicom/read-file-header.ts';
import { AppError, toAppError } from '../errors.ts';
import type { OutgoingInstance } from './send-instances.ts';

export interface SkippedFile {
  readonly path: string;
  readonly error: AppError;
}

const mediaStorageDirectory = '1.2.840.10008.1.3.10';

type Found = { readonly path: string } | SkippedFile;

/**
 * Every file below `path` (or the file itself) and every folder that cannot be read, in alphabetical order. Links to
 * folders are not followed and come as files.
 */
async function* walk(path: string): AsyncGenerator<Found> {
  if (!(await stat(path)).isDirectory()) {
    yield { path };
    return;
  }
  const entries: { readonly name: string; readonly folder: boolean }[] = [];
  try {
    for await (const entry of await opendir(path)) entries.push({ name: entry.name, folder: entry.isDirectory() });
  } catch (error) {
    yield { path, error: toAppError(error) };
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, folder } of entries) {
    if (folder) yield* walk(join(path, name));
    else yield { path: join(path, name) };
  }
}

/** The files of `walk` alone; a folder or link that cannot be read is an error. */
export async function* filesBelow(path: string): AsyncGenerator<string> {
  for await (const found of walk(path)) {
    if ('error' in found) throw found.error;
    if ((await stat(found.path)).isFile()) yield found.path;
  }
}

/** Reads just enough of a file to send it. Errors: those of `parseHeader`. */
export async function outgoingFile(path: string): Promise<OutgoingInstance> {
  // Pipes and devices would never end.
  if (!(await stat(path)).isFile()) throw new AppError('DICOM_NOT_PART10', 'Not a file');
  const { meta, dataset } = await readFileHeader(path);
  const sopClassUID = text(dataset, 'SOPClassUID') ?? meta.mediaStorageSOPClassUID;
  const sopInstanceUID = text(dataset, 'SOPInstanceUID') ?? meta.mediaStorageSOPInstanceUID;
  if (sopClassUID === undefined || sopInstanceUID === undefined) {
    throw new AppError('DICOM_MISSING_ATTRIBUTE', 'The file has no SOP Class UID or no SOP Instance UID');
  }
  if (sopClassUID === mediaStorageDirectory) throw new AppError('DICOM_NOT_PART10', 'A DICOMDIR is not an instance');
  return { sopClassUID, sopInstanceUID, transferSyntaxUID: meta.transferSyntaxUID, open: async () => createReadStream(path) };
}

/**
 * Splits what is below `path` into instances and files that are none (a DICOMDIR counts as none).
 * Errors: those of the file system when `path` itself is not there.
 */
export async function readFolder(path: string): Promise<{ readonly instances: readonly OutgoingInstance[]; readonly skipped: readonly SkippedFile[] }> {
  const instances: OutgoingInstance[] = [];
  const skipped: SkippedFile[] = [];
  for await (const file of walk(path)) {
    if ('error' in file) {
      skipped.push(file);
      continue;
    }
    try {
      instances.push(await outgoingFile(file.path));
    } catch (error) {
      skipped.push({ path: file.path, error: toAppError(error) });
    }
  }
  return { instances, skipped };
}
