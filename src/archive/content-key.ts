/** The key that a file's content has, whatever its name says. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

import { blobKey } from './blob-key.ts';

/** Reads the whole file. @throws of the file system */
export async function contentKey(path: string): Promise<string> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return blobKey(hash.digest('hex'), sizeBytes);
}
