/** A machine's clock may be set back (a wrong date corrected, a dead battery): nothing may then wait for the old time to come. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { JobQueue } from '../../src/queue/port.ts';
import { openSqliteQueue } from '../../src/queue/sqlite-queue.ts';

const present = new Date('2026-03-01T08:00:00Z').getTime();
const tomorrow = present + 26 * 3_600_000;
let folder = '';
let queue: JobQueue;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoi-queue-clock-'));
  vi.useFakeTimers({ toFake: ['Date'], now: tomorrow });
  queue = openSqliteQueue(join(folder, 'queue.sqlite'), { pollMs: 10, leaseMs: 400, backoffMs: 5, maxBackoffMs: 50 });
});
afterEach(async () => {
  await queue.close();
  vi.useRealTimers();
  await rm(folder, { recursive: true, force: true });
});

const claim = () => queue.claim('analyze', 'w', AbortSignal.timeout(50_000));

it('a job that was queued by a clock that ran ahead is taken at once', async () => {
  const { job } = await queue.enqueue('analyze', {}, { idempotencyKey: 'a' });
  vi.setSystemTime(present);
  expect((await claim())?.job.id).toBe(job.id);
});

it('a job that failed by a clock that ran ahead is tried again after its pause', async () => {
  const { job } = await queue.enqueue('analyze', {}, { idempotencyKey: 'a' });
  await (await claim())!.fail({ code: 'MODEL_FAILED', message: '', retry: true });
  vi.setSystemTime(present);
  expect((await queue.get(job.id))?.state).toBe('delayed');
  const again = claim();
  await vi.waitFor(() => { vi.setSystemTime(Date.now() + 10); });
  vi.setSystemTime(present + 60);
  expect((await again)?.job.id).toBe(job.id);
});

it('a lease that a dead worker took by a clock that ran ahead ends within the time of a lease', async () => {
  const other = openSqliteQueue(join(folder, 'queue.sqlite'), { pollMs: 10, leaseMs: 400 });
  const { job } = await other.enqueue('analyze', {}, { idempotencyKey: 'a' });
  await other.claim('analyze', 'dead', AbortSignal.timeout(50_000));
  // Closed without a word, as a killed process: nobody renews the lease.
  await other.close();
  vi.setSystemTime(present);
  const again = claim();
  await vi.waitFor(async () => {
    vi.setSystemTime(Date.now() + 100);
    expect((await queue.get(job.id))?.failures.map(({ code }) => code)).toEqual(['WORKER_LOST']);
  }, { timeout: 10_000, interval: 30 });
  expect((await again)?.job.id).toBe(job.id);
});

it('a delay that was asked for is kept when the clock is right', async () => {
  await queue.enqueue('analyze', {}, { idempotencyKey: 'a', delayMs: 3_600_000 });
  expect(await queue.claim('analyze', 'w', AbortSignal.timeout(200))).toBeUndefined();
});
