/** `phoi worker`: one worker process, beside the server or on a host of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { projectRoot } from '../settings.ts';
import { readArguments, type Command } from './command.ts';

export const worker: Command = {
  summary: 'starts one worker process that takes analysis jobs',
  usage: 'phoi worker\nSettings come from phoi.config.json (or PHOI_CONFIG) and the environment. On a host without the disk of the server: REDIS_URL and PHOI_ARCHIVE_URL.',
  async run(args) {
    readArguments(args, {});
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'workers/inference/main.ts')], { stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
    const [code] = await once(child, 'exit') as [number | null];
    return code === 0 ? 0 : 1;
  },
};
