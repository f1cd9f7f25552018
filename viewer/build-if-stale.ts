/**
 * Builds the viewer when its sources or the locked packages changed since the last build; otherwise says so and ends.
 * Runs before `npm start` and `npm test`. Several at once are safe: one builds, the others wait and find it done.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const viewer = import.meta.dirname;
const output = join(viewer, 'dist');
const workFolder = join(viewer, '.build');
const lockFile = join(workFolder, 'lock');
const hashFile = join(output, '.source-hash');
const waitDeadlineMs = 300_000;

/** SHA-256 over the names and contents of everything the bundle is made from. */
async function sourceHash(): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(viewer, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(output + sep) && !path.startsWith(workFolder + sep)).toSorted();
  for (const file of [...files, join(viewer, '../package-lock.json')]) {
    hash.update(relative(viewer, file)).update('\0').update(await readFile(file)).update('\0');
  }
  return hash.digest('hex');
}

async function isFresh(hash: string): Promise<boolean> {
  return existsSync(join(output, 'index.html')) && existsSync(hashFile) && (await readFile(hashFile, 'utf8')) === hash;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Takes the lock, or waits for the process that holds it; the lock of a dead process is taken over. */
async function lock(): Promise<void> {
  await mkdir(workFolder, { recursive: true });
  const deadline = Date.now() + waitDeadlineMs;
  while (Date.now() < deadline) {
    try {
      const handle = await open(lockFile, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const holder = Number(await readFile(lockFile, 'utf8').catch(() => ''));
    if (holder > 0 && !isAlive(holder)) await rm(lockFile, { force: true });
    else await delay(200);
  }
  throw new Error(`another build holds ${lockFile}`);
}

/** Builds beside the current output and swaps it in, so that a server never serves half a build. */
async function build(hash: string): Promise<void> {
  const fresh = join(workFolder, `out-${String(process.pid)}`);
  const old = join(workFolder, `old-${String(process.pid)}`);
  const { build: viteBuild } = await import('vite');
  await viteBuild({ configFile: join(viewer, 'vite.config.ts'), logLevel: 'warn', build: { outDir: fresh, emptyOutDir: true } });
  await writeFile(join(fresh, '.source-hash'), hash);
  if (existsSync(output)) await rename(output, old);
  await rename(fresh, output);
  await rm(old, { recursive: true, force: true });
}

async function main(): Promise<string> {
  const hash = await sourceHash();
  if (await isFresh(hash)) return 'viewer: up to date';
  await lock();
  try {
    if (await isFresh(hash)) return 'viewer: built meanwhile';
    const start = performance.now();
    await build(hash);
    return `viewer: built in ${((performance.now() - start) / 1000).toFixed(1)} s`;
  } finally {
    await rm(lockFile, { force: true });
  }
}

process.stdout.write(`${await main()}\n`);
