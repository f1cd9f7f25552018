/** A worker as a process with a data folder of its own, as on another host: Redis and an address are all that it shares with the server. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../src/settings.ts';
import type { LogLine } from './service.ts';

export interface WorkerHostOptions {
  readonly redisUrl: string;
  /** What goes into phoi.config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** A program that runs the worker, e.g. `ip netns exec NAME`. */
  readonly through?: readonly string[];
}

export interface WorkerHost {
  readonly dataDir: string;
  readonly log: readonly LogLine[];
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGTERM, and its folder is removed. Gives the exit code. */
  stop(): Promise<number | null>;
}

export async function startWorkerHost({ redisUrl, config, env, through = [] }: WorkerHostOptions): Promise<WorkerHost> {
  const home = await mkdtemp(join(tmpdir(), 'phoi-worker-'));
  const dataDir = join(home, 'data');
  await mkdir(dataDir);
  await writeFile(join(home, 'phoi.config.json'), JSON.stringify(config));
  const [program, ...args] = [...through, process.execPath, '--disable-warning=ExperimentalWarning', join(projectRoot, 'workers/inference/main.ts')];
  const child = spawn(program, args, {
    cwd: home, stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PHOI_CONFIG: join(home, 'phoi.config.json'), PHOI_DATA_DIR: dataDir, REDIS_URL: redisUrl, ...env },
  });
  const log: LogLine[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => { log.push(JSON.parse(line) as LogLine); });
  const exited = once(child, 'exit');
  return {
    dataDir, log,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exited as [number | null];
      await rm(home, { recursive: true, force: true });
      return code;
    },
  };
}
