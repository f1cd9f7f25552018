/** The files below a folder, links followed: data sets are often folders of links. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from './system-error.ts';

/** Every file, in alphabetical order; a folder that is reached twice (a link in a circle) is walked once. @throws of the file system */
export async function* walkFiles(path: string, seen = new Set<string>()): AsyncGenerator<string> {
  const real = await realpath(path);
  if (seen.has(real)) return;
  seen.add(real);
  for (const name of (await readdir(path)).sort()) {
    const child = join(path, name);
    // Missing: a link that leads nowhere.
    const kind = await unlessMissing(stat(child));
    if (kind?.isDirectory()) yield* walkFiles(child, seen);
    else if (kind?.isFile()) yield child;
  }
}
