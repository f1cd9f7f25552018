/** Makes directory entries durable. A rename survives a power cut only once the directory itself was flushed. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { flushPath } from '../durable-files.ts';

export interface DirectorySync {
  /** Resolves after a flush of the directory that began after this call: callers that wait together share one. */
  sync(path: string): Promise<void>;
  /**
   * Creates the folder and those above it down to `root`. They are there when the promise resolves; `flushed` resolves when
   * their entries are on disk as well.
   */
  ensure(path: string, root: string): Promise<{ readonly flushed: Promise<unknown> }>;
}

export function createDirectorySync(): DirectorySync {
  const waiting = new Map<string, Promise<void>>();
  const running = new Map<string, Promise<void>>();
  const known = new Set<string>();

  function sync(path: string): Promise<void> {
    const joined = waiting.get(path);
    if (joined !== undefined) return joined;
    const start = (): Promise<void> => {
      waiting.delete(path);
      const flush = flushPath(path).finally(() => running.delete(path));
      running.set(path, flush);
      return flush;
    };
    // A flush that runs already may have begun before the caller's rename, so it does not count for the caller.
    const before = running.get(path);
    const next = before === undefined ? Promise.resolve().then(start) : before.then(start, start);
    waiting.set(path, next);
    return next;
  }

  async function ensure(path: string, root: string): Promise<{ readonly flushed: Promise<unknown> }> {
    if (path === root || known.has(path)) return { flushed: Promise.resolve() };
    const parent = dirname(path);
    const above = await ensure(parent, root);
    await mkdir(path, { recursive: true });
    // Also for a folder that was there: a process that died between mkdir and flush may have made it.
    const flushed = Promise.all([above.flushed, sync(parent).then(() => known.add(path))]);
    // Whoever asked may fail at something else first.
    flushed.catch(() => undefined);
    return { flushed };
  }

  return { sync, ensure };
}
