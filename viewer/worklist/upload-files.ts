import { RequestError } from '../api/problem.ts';

/** A file with the path it has inside the chosen or dropped folder. */
export interface PathFile {
  readonly path: string;
  readonly file: File;
}

/** The files of a file input, with their folder path where a folder was chosen. */
export function filesOfInput(input: HTMLInputElement): readonly PathFile[] {
  return [...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath, file }));
}

function readBatch(reader: FileSystemDirectoryReader): Promise<readonly FileSystemEntry[]> {
  return new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => { entry.file(resolve, reject); });
}

async function walk(entry: FileSystemEntry, found: PathFile[], progress: (count: number) => void, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw new RequestError('CANCELLED', 0, '');
  if (entry.isFile) {
    found.push({ path: entry.fullPath.replace(/^\//, ''), file: await fileOf(entry as FileSystemFileEntry) });
    progress(found.length);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A reader gives at most a hundred entries a time; an empty answer is the end.
  for (let batch = await readBatch(reader); batch.length > 0; batch = await readBatch(reader)) {
    for (const child of batch) await walk(child, found, progress, signal);
  }
}

/** Everything in a drop, folders walked through. The entries must be taken before the event ends, so call it at once. */
export function filesOfDrop(transfer: DataTransfer, progress: (count: number) => void, signal: AbortSignal): Promise<readonly PathFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const plain = [...transfer.files].map((file) => ({ path: file.name, file }));
  const collect = async (): Promise<readonly PathFile[]> => {
    if (entries.length === 0) return plain;
    const found: PathFile[] = [];
    for (const entry of entries) await walk(entry, found, progress, signal);
    return found;
  };
  return collect();
}

/** Parts of at most `maxFiles` files and about `maxBytes`, so that answers come while the rest is still being sent. */
export function inBatches(files: readonly PathFile[], maxFiles: number, maxBytes: number): readonly (readonly PathFile[])[] {
  const batches: PathFile[][] = [];
  let bytes = 0;
  for (const each of files) {
    const current = batches.at(-1);
    if (current === undefined || current.length >= maxFiles || bytes + each.file.size > maxBytes) {
      batches.push([each]);
      bytes = each.file.size;
    } else {
      current.push(each);
      bytes += each.file.size;
    }
  }
  return batches;
}
