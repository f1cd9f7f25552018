/** Copying that is on disk when it is done. */
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { flushPath } from '../durable-files.ts';

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) hash.update(chunk);
  return hash.digest('hex');
}

/** Copies under another name first: a file that is there under its own name is whole. */
export async function copyDurably(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const partial = `${to}.part`;
  await rm(partial, { force: true });
  await copyFile(from, partial, constants.COPYFILE_FICLONE);
  await flushPath(partial);
  await rename(partial, to);
}
