/** A redis-server with its append-only file, as a queue must have it: it can be killed and started again with its data. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { freePort } from '../helpers/ports.ts';

export interface DurableRedis {
  readonly url: string;
  kill(): Promise<void>;
  start(): Promise<void>;
}

export async function startDurableRedis(folder: string): Promise<DurableRedis> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  let child: ChildProcess | undefined;
  const redis: DurableRedis = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const started = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'], { stdio: ['ignore', 'pipe', 'inherit'] });
      child = started;
      let output = '';
      for await (const chunk of started.stdout) {
        output += String(chunk);
        if (output.includes('Ready to accept connections')) break;
      }
      started.stdout.resume();
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
  await redis.start();
  return redis;
}
