/** A long queue of large jobs: what a look at it reads does not grow with what waits. Counted in bytes, where the system counts them (Linux). */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JobQueue } from '../../src/queue/port.ts';
import { openSqliteQueue } from '../../src/queue/sqlite-queue.ts';

const counter = '/proc/self/io';
const jobs = 60;
const data = { instances: 'x'.repeat(300_000) };

let folder: string;
let path: string;
let queue: JobQueue;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoi-backlog-'));
  path = join(folder, 'queue.sqlite');
  const filling = openSqliteQueue(path);
  for (let n = 0; n < jobs; n += 1) await filling.enqueue('analyze', data, { idempotencyKey: String(n) });
  await filling.close();
  queue = openSqliteQueue(path, { pollMs: 10 });
});
afterEach(async () => {
  await queue.close();
  await rm(folder, { recursive: true, force: true });
});

async function bytesRead(): Promise<number> {
  return Number(/^rchar: (\d+)$/mu.exec(await readFile(counter, 'utf8'))![1]);
}

it.runIf(existsSync(counter))('a claim reads the job that it takes', async () => {
  const before = await bytesRead();
  const claimed = await queue.claim('analyze', 'worker', AbortSignal.timeout(60_000));
  expect(claimed?.job.data).toEqual(data);
  expect(await bytesRead() - before).toBeLessThan((await stat(path)).size / 4);
});

it.runIf(existsSync(counter))('a page of the list reads its jobs', async () => {
  const before = await bytesRead();
  expect((await queue.list({ limit: 3, offset: 20 })).map(({ data: listed }) => listed)).toEqual([data, data, data]);
  expect(await bytesRead() - before).toBeLessThan((await stat(path)).size / 4);
});

it.runIf(existsSync(counter))('looking for changes reads what has changed', async () => {
  const [last] = await queue.list({ limit: 1 });
  const before = await bytesRead();
  const change = new Promise((resolve) => { queue.on('changed', resolve); });
  await queue.setPriority(last!.id, 'stat');
  await change;
  expect(await bytesRead() - before).toBeLessThan((await stat(path)).size / 4);
});
