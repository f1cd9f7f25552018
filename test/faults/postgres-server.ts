/** A PostgreSQL with all its durability, as an index must have it: it can be killed and started again with its data. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../helpers/ports.ts';
import { isThere, programs, unprivileged } from '../helpers/postgres.ts';
import { until } from '../helpers/until.ts';

export interface DurablePostgres {
  readonly url: string;
  /** kill -9 of the postmaster; its other processes notice and end. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Says the process id, and ends the server when whoever holds its standard input is gone, however that ended. */
const guard = '"$1" -D "$2" -p "$3" -h 127.0.0.1 -k "$2" >/dev/null 2>&1 & echo $!; cat; kill -QUIT $!; wait';

export async function startDurablePostgres(): Promise<DurablePostgres> {
  const bin = programs();
  if (bin === undefined) throw new Error('There is no PostgreSQL on this machine');
  const who = unprivileged();
  const folder = mkdtempSync(join(tmpdir(), 'phoi-faults-postgres-'));
  if (who.uid !== undefined && who.gid !== undefined) chownSync(folder, who.uid, who.gid);
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}`;
  execFileSync(join(bin, 'initdb'), ['-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale'], { ...who, stdio: 'ignore', cwd: folder });
  let holder: ChildProcess | undefined;

  async function spawnOnce(): Promise<boolean> {
    const started = spawn('sh', ['-c', guard, 'sh', join(bin!, 'postgres'), folder, String(port)], { ...who, cwd: '/', stdio: ['pipe', 'pipe', 'ignore'] });
    const [line] = await once(started.stdout, 'data') as [Buffer];
    const pid = Number(line.toString());
    // While processes of the killed one still end, it refuses to start.
    const isUp = await until('PostgreSQL up or ended', async () => (await isThere(url) ? 'up' : isRunning(pid) ? false : 'ended'));
    if (isUp === 'up') {
      holder = started;
      postmaster = pid;
      return true;
    }
    started.stdin.end();
    return false;
  }
  let postmaster = 0;
  const server: DurablePostgres = {
    url: `${url}/postgres`,
    start: async () => { await until('the start of PostgreSQL', spawnOnce); },
    async kill() {
      if (holder === undefined) return;
      process.kill(postmaster, 'SIGKILL');
      const ended = once(holder, 'exit');
      holder.stdin!.end();
      holder = undefined;
      await ended;
    },
    async stop() {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
