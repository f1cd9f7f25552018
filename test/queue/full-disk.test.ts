/** The queue's file on a disk that is full: the error says so, and once there is room again the queue goes on. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { JobQueue } from '../../src/queue/port.ts';
import { openSqliteQueue } from '../../src/queue/sqlite-queue.ts';
import { mountSmallDisk, type SmallDisk } from '../archive/small-disk.ts';

/** https://sqlite.org/rescode.html#full */
const sqliteFull = 13;

const pollMs = 20;
let disk: SmallDisk | undefined;
let queue: JobQueue | undefined;

beforeEach(async () => {
  disk = await mountSmallDisk('4m');
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  queue = disk && openSqliteQueue(join(disk.path, 'queue.sqlite'), { pollMs });
});
afterEach(async () => {
  vi.useRealTimers();
  await queue?.close();
  await disk?.unmount();
});

async function fill({ path }: SmallDisk): Promise<() => Promise<void>> {
  const ballast = join(path, 'ballast');
  await expect(writeFile(ballast, Buffer.alloc(4 * 1024 ** 2))).rejects.toMatchObject({ code: 'ENOSPC' });
  return () => rm(ballast);
}

it('a job that does not fit on the disk is refused with the reason, and the next one is queued', async () => {
  if (disk === undefined || queue === undefined) return;
  const { job } = await queue.enqueue('analyze', {}, { idempotencyKey: 'small' });
  const empty = await fill(disk);
  const large = 'x'.repeat(1024 ** 2);
  await expect(queue.enqueue('analyze', { large }, { idempotencyKey: 'large' })).rejects.toMatchObject({ errcode: sqliteFull });
  await empty();
  expect((await queue.enqueue('analyze', { large }, { idempotencyKey: 'large' })).job.state).toBe('waiting');
  expect((await queue.get(job.id))?.state).toBe('waiting');
});

it('a look that cannot write down a lost worker ends nothing, and a later one does it', async () => {
  if (disk === undefined || queue === undefined) return;
  queue.on('dead', () => undefined);
  const { job } = await queue.enqueue('analyze', { large: 'x'.repeat(100_000) }, { idempotencyKey: 'a', maxAttempts: 3 });
  const another = new DatabaseSync(join(disk.path, 'queue.sqlite'));
  another.exec(`UPDATE jobs SET state = 'active', attempt = 1, lease_token = 'gone', lease_until = 1`);
  another.close();
  const empty = await fill(disk);
  expect(() => vi.advanceTimersByTime(3 * pollMs)).not.toThrow();
  expect((await queue.get(job.id))?.state).toBe('active');
  await empty();
  vi.advanceTimersByTime(pollMs);
  expect((await queue.get(job.id))?.state).toBe('delayed');
});
