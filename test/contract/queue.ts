/** What every job queue must do; each implementation runs it through its own factory. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { QueueOptions } from '../../src/queue/options.ts';
import type { ClaimedJob, Job, JobQueue } from '../../src/queue/port.ts';

export interface QueueFixture {
  open(options: Partial<QueueOptions>): Promise<JobQueue>;
  /** Arguments for test/queue/claim-and-hang.ts, which opens the same queue in another process. */
  readonly childArguments: readonly string[];
  dispose(): Promise<void>;
}

const quick: Partial<QueueOptions> = { leaseMs: 1_200, backoffMs: 30, pollMs: 20 };
const never = new AbortController().signal;

function nextEvent(queue: JobQueue, event: 'completed' | 'dead' | 'progress' | 'changed', until: (job: Job) => boolean = () => true): Promise<Job> {
  return new Promise((resolve) => queue.on(event, (job) => { if (until(job)) resolve(job); }));
}

export function testJobQueue(name: string, createFixture: () => Promise<QueueFixture>): void {
  describe(name, () => {
    let fixture: QueueFixture;
    let queue: JobQueue;
    const others: JobQueue[] = [];
    const children: ChildProcess[] = [];

    beforeEach(async () => {
      fixture = await createFixture();
      queue = await fixture.open(quick);
    });
    afterEach(async () => {
      for (const child of children.splice(0)) child.kill('SIGKILL');
      for (const other of [...others.splice(0), queue]) await other.close();
      await fixture.dispose();
    });
    async function another(options: Partial<QueueOptions> = quick): Promise<JobQueue> {
      const opened = await fixture.open(options);
      others.push(opened);
      return opened;
    }

    it('hands a job to one worker and keeps its result until it is taken in', async () => {
      const { job, created } = await queue.enqueue('analyze', { studyInstanceUID: '1.2.3' }, { idempotencyKey: 'a' });
      expect(created).toBe(true);
      expect(job.state).toBe('waiting');
      const worker = await another();
      const claimed = (await worker.claim<{ studyInstanceUID: string }>('analyze', 'w1', never))!;
      expect(claimed.job.data.studyInstanceUID).toBe('1.2.3');
      expect(claimed.job.attempt).toBe(1);
      expect((await queue.get(job.id))?.state).toBe('active');
      const completed = nextEvent(queue, 'completed');
      await claimed.complete({ findings: 3 });
      expect((await completed).id).toBe(job.id);
      expect((await queue.unhandled()).map((found) => found.result)).toEqual([{ findings: 3 }]);
      await queue.markHandled(job.id, { studyInstanceUID: '1.2.3', kept: true });
      expect(await queue.unhandled()).toEqual([]);
      const handled = (await queue.get(job.id))!;
      expect(handled).toMatchObject({ state: 'completed', data: { kept: true } });
      expect(handled.result).toBeUndefined();
      const again = await queue.enqueue('analyze', { studyInstanceUID: '1.2.3' }, { idempotencyKey: 'a' });
      expect(again).toMatchObject({ created: false, job: { id: job.id, state: 'completed' } });
    });

    it('keeps unhandled results over a restart', async () => {
      await queue.enqueue('analyze', {}, { idempotencyKey: 'a' });
      await (await queue.claim('analyze', 'w1', never))!.complete('kept');
      await queue.close();
      queue = await fixture.open(quick);
      expect((await queue.unhandled()).map((job) => job.result)).toEqual(['kept']);
    });

    it('makes one job of two enqueues with one key, also when they race', async () => {
      const other = await another();
      const results = await Promise.all([1, 2, 3, 4].map((n) => (n % 2 === 0 ? queue : other).enqueue('analyze', { n }, { idempotencyKey: 'same' })));
      expect(new Set(results.map(({ job }) => job.id)).size).toBe(1);
      expect((await queue.counts()).waiting).toBe(1);
      const again = await queue.enqueue('analyze', { n: 9 }, { idempotencyKey: 'same' });
      expect(again.created).toBe(false);
    });

    it('takes stat jobs before routine ones and otherwise the oldest', async () => {
      for (const [key, priority] of [['r1', 'routine'], ['r2', 'routine'], ['s1', 'stat']] as const) {
        await queue.enqueue('analyze', key, { idempotencyKey: key, priority });
      }
      const order: string[] = [];
      for (let n = 0; n < 3; n += 1) {
        const claimed = (await queue.claim<string>('analyze', 'w', never))!;
        order.push(claimed.job.data);
        await claimed.complete(null);
      }
      expect(order).toEqual(['s1', 'r1', 'r2']);
    });

    it('moves a waiting job to the stat lane', async () => {
      await queue.enqueue('analyze', 'first', { idempotencyKey: 'first' });
      const { job } = await queue.enqueue('analyze', 'urgent', { idempotencyKey: 'urgent' });
      expect(await queue.setPriority(job.id, 'stat')).toBe(true);
      const claimed = (await queue.claim<string>('analyze', 'w', never))!;
      expect(claimed.job).toMatchObject({ data: 'urgent', priority: 'stat' });
      expect(await queue.setPriority(job.id, 'routine')).toBe(false);
      await claimed.complete(null);
    });

    it('gives each of many jobs to exactly one of several workers', async () => {
      const workers = await Promise.all([another(), another(), another()]);
      for (let n = 0; n < 30; n += 1) await queue.enqueue('analyze', n, { idempotencyKey: `k${n}` });
      const taken: number[] = [];
      const stop = new AbortController();
      await Promise.all(workers.map(async (worker, index) => {
        for (;;) {
          const claimed = await worker.claim<number>('analyze', `w${index}`, stop.signal);
          if (claimed === undefined) return;
          taken.push(claimed.job.data);
          await claimed.complete(null);
          if (taken.length === 30) stop.abort();
        }
      }));
      expect(taken.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n));
    });

    it('retries with a growing wait, then keeps the job as dead with every reason', async () => {
      const { job } = await queue.enqueue('analyze', {}, { idempotencyKey: 'bad', maxAttempts: 3 });
      const dead = nextEvent(queue, 'dead');
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        const claimed = (await queue.claim('analyze', 'w', never))!;
        expect(claimed.job.attempt).toBe(attempt);
        await claimed.fail({ code: 'MODEL_FAILED', message: `try ${attempt}`, retry: true });
        if (attempt < 3) expect((await queue.get(job.id))?.state).toBe('delayed');
      }
      expect((await dead).failures.map(({ code, message, attempt }) => ({ code, message, attempt }))).toEqual(
        [1, 2, 3].map((attempt) => ({ code: 'MODEL_FAILED', message: `try ${attempt}`, attempt })));
      const first = Date.parse((await dead).failures[1]!.at) - Date.parse((await dead).failures[0]!.at);
      const second = Date.parse((await dead).failures[2]!.at) - Date.parse((await dead).failures[1]!.at);
      expect(first).toBeGreaterThanOrEqual(30);
      expect(second).toBeGreaterThanOrEqual(60);
      expect((await queue.counts()).dead).toBe(1);

      expect(await queue.resubmit(job.id)).toBe(true);
      const claimed = (await queue.claim('analyze', 'w', never))!;
      expect(claimed.job).toMatchObject({ id: job.id, attempt: 1 });
      await claimed.complete('at last');
    });

    it('sends a failure that cannot be retried to the dead letters at once', async () => {
      const { job } = await queue.enqueue('analyze', {}, { idempotencyKey: 'bad' });
      await (await queue.claim('analyze', 'w', never))!.fail({ code: 'DICOM_MALFORMED', message: 'no', retry: false });
      expect((await queue.get(job.id))?.state).toBe('dead');
    });

    it('shows progress to the other side', async () => {
      await queue.enqueue('analyze', {}, { idempotencyKey: 'p' });
      const claimed = (await (await another()).claim('analyze', 'w', never))!;
      const seen = nextEvent(queue, 'progress', (job) => job.progress?.fraction === 0.4);
      await claimed.progress({ stage: 'infer', fraction: 0.4 });
      expect((await seen).progress).toEqual({ stage: 'infer', fraction: 0.4 });
      await claimed.complete(null);
    });

    it('keeps a long job while its worker lives', async () => {
      await queue.enqueue('analyze', {}, { idempotencyKey: 'long' });
      const claimed = (await queue.claim('analyze', 'w1', never))!;
      const other = await another();
      const gaveUp = AbortSignal.timeout(3_000);
      expect(await other.claim('analyze', 'w2', gaveUp)).toBeUndefined();
      await claimed.complete('done');
      expect((await queue.unhandled()).length).toBe(1);
    });

    it('gives the job of a worker killed with -9 to another, and names the reason', async () => {
      const { job } = await queue.enqueue('analyze', {}, { idempotencyKey: 'killed' });
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../queue/claim-and-hang.ts'), ...fixture.childArguments], { stdio: ['ignore', 'pipe', 'inherit'] });
      children.push(child);
      await once(child.stdout, 'data');
      expect((await queue.get(job.id))?.state).toBe('active');
      child.kill('SIGKILL');
      const claimed = (await queue.claim('analyze', 'w2', never))!;
      expect(claimed.job).toMatchObject({ id: job.id, attempt: 2 });
      expect(claimed.job.failures.map(({ code }) => code)).toEqual(['WORKER_LOST']);
      await claimed.complete('rescued');
    });

    it.each([
      // No JSON can hold a bigint: the end of the job cannot be written down, as on a full disk.
      ['its result', (claimed: ClaimedJob) => claimed.complete({ count: 1n })],
      ['its failure', (claimed: ClaimedJob) => claimed.fail({ code: 'INTERNAL', message: 1n as unknown as string, retry: true })],
    ])('gives the job of a worker that could not write down %s to another', async (_, end) => {
      const { job } = await queue.enqueue('analyze', {}, { idempotencyKey: 'a' });
      const worker = await another();
      await expect(end((await worker.claim('analyze', 'w1', never))!)).rejects.toThrow(/BigInt/u);
      const again = (await queue.claim('analyze', 'w2', AbortSignal.timeout(20_000)))!;
      expect(again.job).toMatchObject({ id: job.id, attempt: 2 });
      expect(again.job.failures.map(({ code }) => code)).toEqual(['WORKER_LOST']);
      await again.complete({});
    });

    it('buries a job that kills every worker', async () => {
      const { job } = await queue.enqueue('analyze', {}, { idempotencyKey: 'poison', maxAttempts: 2 });
      const dead = nextEvent(queue, 'dead');
      const silent = await another({ ...quick, leaseMs: 300 });
      await silent.claim('analyze', 'w1', never);
      await silent.close();
      others.splice(0);
      const second = await another({ ...quick, leaseMs: 300 });
      expect((await second.claim('analyze', 'w2', never))?.job.attempt).toBe(2);
      await second.close();
      others.splice(0);
      expect(await queue.claim('analyze', 'w3', AbortSignal.any([AbortSignal.timeout(20_000), abortOn(dead)]))).toBeUndefined();
      expect((await queue.get(job.id))?.state).toBe('dead');
      expect((await queue.get(job.id))?.failures.at(-1)?.code).toBe('WORKER_LOST');
    });

    it('cancels a waiting job and one that runs', async () => {
      const waiting = await queue.enqueue('analyze', 'waiting', { idempotencyKey: 'c1' });
      expect(await queue.cancel(waiting.job.id)).toBe(true);
      expect((await queue.get(waiting.job.id))?.state).toBe('cancelled');
      const running = await queue.enqueue('analyze', 'running', { idempotencyKey: 'c2' });
      const claimed = (await queue.claim<string>('analyze', 'w', never))!;
      expect(claimed.job.data).toBe('running');
      const aborted = new Promise((resolve) => claimed.signal.addEventListener('abort', resolve, { once: true }));
      expect(await queue.cancel(running.job.id)).toBe(true);
      await aborted;
      await expect(claimed.complete('too late')).rejects.toMatchObject({ code: 'QUEUE_LEASE_LOST' });
      expect((await queue.counts())).toMatchObject({ cancelled: 2, waiting: 0, completed: 0 });
      expect(await queue.unhandled()).toEqual([]);
      expect(await queue.resubmit(waiting.job.id)).toBe(true);
      const again = (await queue.claim<string>('analyze', 'w', never))!;
      expect(again.job.data).toBe('waiting');
      await again.complete(null);
    });

    it('waits for the delay of an enqueue', async () => {
      const start = Date.now();
      await queue.enqueue('analyze', {}, { idempotencyKey: 'later', delayMs: 150 });
      await (await queue.claim('analyze', 'w', never))!.complete(null);
      expect(Date.now() - start).toBeGreaterThanOrEqual(150);
    });

    it('lists jobs by state, newest first', async () => {
      await queue.enqueue('analyze', 1, { idempotencyKey: 'l1' });
      await (await queue.claim('analyze', 'w', never))!.complete(null);
      await queue.enqueue('analyze', 2, { idempotencyKey: 'l2' });
      expect((await queue.list({ states: ['waiting'] })).map(({ data }) => data)).toEqual([2]);
      expect((await queue.list({})).map(({ data }) => data)).toEqual([2, 1]);
    });
  });
}

function abortOn(promise: Promise<unknown>): AbortSignal {
  const controller = new AbortController();
  void promise.then(() => controller.abort());
  return controller.signal;
}
