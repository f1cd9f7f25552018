import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteQueue } from '../../src/queue/sqlite-queue.ts';
import { testJobQueue } from '../contract/queue.ts';

testJobQueue('the queue in an SQLite file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-queue-'));
  const path = join(folder, 'queue.sqlite');
  return {
    open: async (options) => openSqliteQueue(path, options),
    childArguments: ['sqlite', path],
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
});
