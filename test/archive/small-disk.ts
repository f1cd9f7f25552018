/** A disk of a few megabytes, where the tests run as root: the real thing answers ENOSPC. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface SmallDisk {
  readonly path: string;
  unmount(): Promise<void>;
}

/** Undefined, with a line on stderr, where it cannot be mounted. */
export async function mountSmallDisk(size: string): Promise<SmallDisk | undefined> {
  const path = await mkdtemp(join(tmpdir(), 'phoi-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'phoi-test', path]);
  } catch (error) {
    await rm(path, { recursive: true });
    if (process.env['PHOI_PEERS'] === 'required') throw error;
    process.stderr.write('SKIPPED: a small disk cannot be mounted here, a full disk is not tried\n');
    return undefined;
  }
  return {
    path,
    async unmount() {
      await run('umount', ['-l', path]);
      await rm(path, { recursive: true });
    },
  };
}
