/**
 * The job queue on Redis, by BullMQ, for workers on other hosts. BullMQ knows no cancelled state and no "result not
 * taken in yet": both are kept beside it under the same prefix, written so that a crash between two commands
 * can only cause work to be done again, never a job or a result to be forgotten.
 */
import { createHash, randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { ErrorCode, Queue, QueueEvents, UnrecoverableError, Worker, type Job as BullJob } from 'bullmq';
import { Redis } from 'ioredis';
import { AppError } from '../errors.ts';
import { createBullResults, type ResultReference } from './bull-results.ts';
import { backoffDelayMs, defaultMaxAttempts, defaultQueueOptions, workerLost, type QueueOptions } from './options.ts';
import type {
  ClaimedJob, EnqueueOptions, Job, JobFailure, JobLane, JobProgress, JobQueue, JobState, QueueEventMap,
} from './port.ts';

const priorities: Readonly<Record<JobLane, number>> = { stat: 1, routine: 10, background: 100 };
const priorityOf = (rank: number): JobLane => (rank <= priorities.stat ? 'stat' : rank >= priorities.background ? 'background' : 'routine');
const allStates: readonly JobState[] = ['waiting', 'active', 'delayed', 'completed', 'dead', 'cancelled'];
const bullStates = { waiting: ['waiting', 'prioritized'], active: ['active'], delayed: ['delayed'], completed: ['completed'], dead: ['failed'] } as const;
/** Stalled jobs are counted by their attempts at the next claim, so BullMQ's own limit must not come first. */
const noStallLimit = 1_000_000;

export interface BullQueueOptions extends QueueOptions {
  readonly url: string;
  /** Key prefix in Redis; two services on one Redis need two. */
  readonly prefix: string;
  /** The job names there are; each is one BullMQ queue. */
  readonly names: readonly string[];
}

function stateOf(bullState: string, cancelled: boolean): JobState {
  if (cancelled) return 'cancelled';
  switch (bullState) {
    case 'active': case 'delayed': case 'completed': return bullState;
    case 'failed': return 'dead';
    default: return 'waiting';
  }
}

export async function openBullQueue(given: Partial<QueueOptions> & Pick<BullQueueOptions, 'url' | 'prefix' | 'names'>): Promise<JobQueue> {
  const options: BullQueueOptions = { ...defaultQueueOptions, ...given };
  const redis = new Redis(options.url, { maxRetriesPerRequest: null });
  // Without a listener ioredis prints to the console; reconnecting is its own business.
  redis.on('error', () => undefined);
  const connection = redis;
  const key = (name: string): string => `${options.prefix}:phoi:${name}`;
  const results = createBullResults(redis, (id) => key(`result:${id}`));
  const emitter = new EventEmitter();
  const closing = new AbortController();
  const queues = new Map(options.names.map((name) => [name, new Queue(name, { connection, prefix: options.prefix })]));
  // Nor does BullMQ then print what the connection has said already.
  for (const queue of queues.values()) queue.on('error', () => undefined);
  const workers = new Map<string, Worker>();
  const held = new Set<() => void>();

  function queueOf(name: string): Queue {
    const queue = queues.get(name);
    if (queue === undefined) throw new AppError('QUEUE_JOB_NOT_FOUND', `There is no job name ${name}`);
    return queue;
  }
  async function findBull(id: string): Promise<BullJob | undefined> {
    for (const queue of queues.values()) {
      const job = await queue.getJob(id) as BullJob | undefined;
      if (job !== undefined) return job;
    }
    return undefined;
  }
  async function toJob<Data>(job: BullJob, knownState?: string): Promise<Job<Data>> {
    const id = job.id!;
    const [bullState, cancelled, failures] = await Promise.all([
      knownState ?? job.getState(), redis.sismember(key('cancelled'), id), redis.hgetall(key(`failures:${id}`)),
    ]);
    const state = stateOf(bullState, cancelled === 1);
    const reference = state === 'completed' ? job.returnvalue as ResultReference | null | undefined : undefined;
    const result = reference === undefined || reference === null ? undefined : await results.get(id, reference);
    const finished = job.finishedOn !== undefined && (state === 'completed' || state === 'dead' || state === 'cancelled');
    return {
      id, name: job.queueName, data: job.data as Data, state,
      priority: priorityOf(job.priority),
      attempt: job.attemptsStarted,
      maxAttempts: job.opts.attempts ?? defaultMaxAttempts,
      failures: Object.keys(failures).sort((a, b) => Number(a) - Number(b)).map((attempt) => JSON.parse(failures[attempt]!) as JobFailure),
      createdAt: new Date(job.timestamp).toISOString(),
      availableAt: new Date(job.timestamp + (Number.isFinite(job.delay) ? job.delay : 0)).toISOString(),
      ...(state === 'active' && typeof job.progress === 'object' && 'stage' in job.progress ? { progress: job.progress as unknown as JobProgress } : {}),
      ...(result === undefined ? {} : { result: JSON.parse(result) as unknown }),
      ...(finished ? { finishedAt: new Date(job.finishedOn!).toISOString() } : {}),
    };
  }
  /** One entry for each attempt, so that two observers of one stall write it once. */
  async function recordFailure(id: string, attempt: number, failure: { code: string; message: string }): Promise<void> {
    await redis.hset(key(`failures:${id}`), attempt, JSON.stringify({ code: failure.code, message: failure.message, attempt, at: new Date().toISOString() } satisfies JobFailure));
  }

  /** An attempt before this one that left no failure was lost with its worker. By then it is certain, while an event of the stall may come at any time. */
  async function recordLostWorker({ id, attemptsStarted }: BullJob): Promise<void> {
    if (attemptsStarted < 2) return;
    const failure: JobFailure = { code: workerLost, message: 'The worker stopped renewing its lease', attempt: attemptsStarted - 1, at: new Date().toISOString() };
    await redis.hsetnx(key(`failures:${id!}`), String(failure.attempt), JSON.stringify(failure));
  }

  async function workerOf(name: string): Promise<Worker> {
    const existing = workers.get(name);
    if (existing !== undefined) return existing;
    const worker = new Worker(queueOf(name).name, null, {
      connection, prefix: options.prefix, autorun: false, lockDuration: options.leaseMs,
      stalledInterval: Math.max(200, Math.floor(options.leaseMs / 2)), maxStalledCount: noStallLimit,
      settings: { backoffStrategy: (attemptsMade: number) => backoffDelayMs(options, attemptsMade) },
    });
    worker.on('error', () => undefined);
    workers.set(name, worker);
    await worker.waitUntilReady();
    await worker.startStalledCheckTimer();
    return worker;
  }

  async function claimed<Data>(bull: BullJob, token: string): Promise<ClaimedJob<Data>> {
    const id = bull.id!;
    const lost = new AbortController();
    const leaseLost = (): AppError => new AppError('QUEUE_LEASE_LOST', 'The job was cancelled or given to another worker', { details: { jobId: id } });
    async function renew(): Promise<void> {
      const cancelled = await redis.sismember(key('cancelled'), id) === 1;
      if (cancelled) await bull.moveToFailed(new UnrecoverableError('CANCELLED'), token, false);
      const extended = cancelled ? 0 : await bull.extendLock(token, options.leaseMs);
      if (extended !== 0) return;
      stop();
      lost.abort(leaseLost());
    }
    const heartbeat = setInterval(() => {
      // While Redis is away the lease may run out; the next renewal then says so.
      renew().catch((error: unknown) => { if (isLockError(error)) { stop(); lost.abort(leaseLost()); } });
    }, Math.min(1_000, Math.floor(options.leaseMs / 4)));
    function stop(): void {
      clearInterval(heartbeat);
      held.delete(stop);
    }
    held.add(stop);
    async function whileHeld(change: () => Promise<unknown>): Promise<void> {
      if (!lost.signal.aborted && await redis.sismember(key('cancelled'), id) === 1) await renew();
      if (lost.signal.aborted) throw leaseLost();
      if (await bull.extendLock(token, options.leaseMs) === 0) {
        stop();
        lost.abort(leaseLost());
        throw leaseLost();
      }
      try {
        await change();
      } catch (error) {
        if (!isLockError(error)) throw error;
        stop();
        lost.abort(leaseLost());
        throw leaseLost();
      }
    }
    /** The worker is done with the job: if that cannot be written down, the lease runs out, and the job has another attempt. */
    const end = (change: () => Promise<unknown>): Promise<void> => whileHeld(change).finally(stop);
    return {
      job: await toJob<Data>(bull, 'active'),
      signal: lost.signal,
      progress: (progress) => whileHeld(() => bull.updateProgress({ ...progress })),
      async complete(result) {
        await end(async () => {
          // Before the completion: a crash in between leaves a result and a note of a job that is not completed, which are ignored.
          const reference = await results.put(id, token, result ?? null);
          await redis.zadd(key('unhandled'), Date.now(), id);
          await bull.moveToCompleted(reference, token, false);
        });
      },
      async fail(failure) {
        await end(async () => {
          await recordFailure(id, bull.attemptsStarted, failure);
          const again = failure.retry && bull.attemptsStarted < (bull.opts.attempts ?? defaultMaxAttempts);
          await bull.moveToFailed(again ? new Error(failure.code) : new UnrecoverableError(failure.code), token, false);
        });
      },
    };
  }

  const eventConnections: Redis[] = [];
  const eventStreams = options.names.map((name) => {
    const eventConnection = redis.duplicate();
    eventConnection.on('error', () => undefined);
    eventConnections.push(eventConnection);
    const events = new QueueEvents(name, { connection: eventConnection, prefix: options.prefix });
    events.on('error', () => undefined);
    const tell = (jobId: string, event?: 'completed' | 'dead' | 'progress'): void => {
      void (async () => {
        const bull = await queueOf(name).getJob(jobId) as BullJob | undefined;
        if (bull === undefined || closing.signal.aborted) return;
        const job = await toJob(bull);
        emitter.emit('changed', job);
        if (event !== undefined && !(event === 'dead' && job.state !== 'dead')) emitter.emit(event, job);
      })().catch((error: unknown) => { if (!closing.signal.aborted) emitter.emit('listenerError', error); });
    };
    events.on('added', ({ jobId }) => tell(jobId));
    events.on('waiting', ({ jobId }) => tell(jobId));
    events.on('active', ({ jobId }) => tell(jobId));
    events.on('delayed', ({ jobId }) => tell(jobId));
    events.on('progress', ({ jobId }) => tell(jobId, 'progress'));
    events.on('completed', ({ jobId }) => tell(jobId, 'completed'));
    events.on('failed', ({ jobId }) => tell(jobId, 'dead'));
    return events;
  });
  await Promise.all([...[...queues.values()].map((queue) => queue.waitUntilReady()), ...eventStreams.map((events) => events.waitUntilReady())]);

  return {
    async enqueue<Data>(name: string, data: Data, enqueueOptions: EnqueueOptions) {
      // BullMQ forbids ':' in ids and treats numeric ids specially; a digest of the key is neither.
      const id = `j${createHash('sha256').update(`${name}\n${enqueueOptions.idempotencyKey}`).digest('hex').slice(0, 40)}`;
      const queue = queueOf(name);
      const before = await queue.getJob(id) as BullJob | undefined;
      if (before !== undefined) return { job: await toJob<Data>(before), created: false };
      await queue.add(name, data, {
        jobId: id,
        attempts: enqueueOptions.maxAttempts ?? defaultMaxAttempts,
        priority: priorities[enqueueOptions.priority ?? 'routine'],
        backoff: { type: 'custom' },
        ...(enqueueOptions.delayMs === undefined ? {} : { delay: enqueueOptions.delayMs }),
        removeOnFail: false,
        removeOnComplete: false,
      });
      // `add` answers with what it was given; what Redis holds may be another racer's.
      const job = await queue.getJob(id) as BullJob | undefined;
      if (job === undefined) throw new AppError('QUEUE_UNAVAILABLE', 'Redis did not keep the job');
      return { job: await toJob<Data>(job), created: true };
    },
    async claim<Data>(name: string, workerId: string, signal: AbortSignal) {
      const ended = AbortSignal.any([signal, closing.signal]);
      const worker = await untilEnded(workerOf(name), ended);
      if (worker === undefined) return undefined;
      while (!ended.aborted) {
        const token = `${workerId}:${randomUUID()}`;
        // Where Redis is away the command waits until it is back; a job that it then takes for nobody has another attempt.
        const bull = await untilEnded(worker.getNextJob(token, { block: false }) as Promise<BullJob | undefined>, ended);
        if (bull !== undefined) {
          if (await redis.sismember(key('cancelled'), bull.id!) === 1) {
            await bull.moveToFailed(new UnrecoverableError('CANCELLED'), token, false);
            continue;
          }
          await recordLostWorker(bull);
          if (bull.attemptsStarted <= (bull.opts.attempts ?? defaultMaxAttempts)) return claimed<Data>(bull, token);
          await bull.moveToFailed(new UnrecoverableError(workerLost), token, false);
          continue;
        }
        await wait(options.pollMs, undefined, { signal: ended }).catch((error: unknown) => {
          if (!ended.aborted) throw error;
        });
      }
      return undefined;
    },
    async get(id) {
      const bull = await findBull(id);
      return bull === undefined ? undefined : toJob(bull);
    },
    async list(filter) {
      const wanted = new Set(filter.states ?? allStates);
      const types = [...new Set(Object.values(bullStates).flat())];
      const found = (await Promise.all([...queues.values()].map(async (queue) => queue.getJobs([...types]) as Promise<BullJob[]>))).flat();
      const jobs = (await Promise.all(found.map((bull) => toJob(bull)))).filter((job) => wanted.has(job.state));
      jobs.sort((a, b) => b.createdAt.localeCompare(a.createdAt));
      return jobs.slice(filter.offset ?? 0, (filter.offset ?? 0) + (filter.limit ?? 100));
    },
    async counts() {
      const counts = Object.fromEntries(allStates.map((state) => [state, 0])) as Record<JobState, number>;
      for (const queue of queues.values()) {
        for (const [state, types] of Object.entries(bullStates)) {
          const found = await queue.getJobCounts(...types);
          counts[state as JobState] += Object.values(found).reduce((sum, n) => sum + n, 0);
        }
      }
      for (const id of await redis.smembers(key('cancelled'))) {
        const bull = await findBull(id);
        if (bull === undefined) continue;
        counts[stateOf(await bull.getState(), false)] -= 1;
        counts.cancelled += 1;
      }
      return counts;
    },
    async cancel(id) {
      const bull = await findBull(id);
      if (bull === undefined || await bull.isCompleted() || await bull.isFailed()) return false;
      if (await redis.sadd(key('cancelled'), id) === 0) return false;
      emitter.emit('changed', await toJob(bull));
      return true;
    },
    async resubmit(id) {
      const bull = await findBull(id);
      if (bull === undefined) return false;
      const wasCancelled = await redis.sismember(key('cancelled'), id) === 1;
      const failed = await bull.isFailed();
      if (!failed && !wasCancelled) return false;
      await redis.srem(key('cancelled'), id);
      if (failed) await bull.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
      return true;
    },
    async setPriority(id, priority) {
      const bull = await findBull(id);
      if (bull === undefined || !['waiting', 'prioritized', 'delayed'].includes(await bull.getState())) return false;
      await bull.changePriority({ priority: priorities[priority] });
      return true;
    },
    async unhandled() {
      const jobs: Job[] = [];
      for (const id of await redis.zrange(key('unhandled'), 0, '-1')) {
        const bull = await findBull(id);
        if (bull === undefined || !await bull.isCompleted()) continue;
        const job = await toJob(bull, 'completed');
        // Without a result: another server has just taken it in.
        if (job.result !== undefined) jobs.push(job);
      }
      return jobs;
    },
    async markHandled(id, keptData) {
      await redis.zrem(key('unhandled'), id);
      const bull = await findBull(id);
      if (bull === undefined) return;
      await bull.updateData(keptData);
      // In this order: a reference never points to what is gone.
      await redis.hdel(`${options.prefix}:${bull.queueName}:${id}`, 'returnvalue');
      await results.drop(id);
    },
    on<E extends keyof QueueEventMap>(event: E, listener: (...args: QueueEventMap[E]) => void) {
      emitter.on(event, listener as (...args: unknown[]) => void);
    },
    async close() {
      closing.abort();
      for (const stop of [...held]) stop();
      emitter.removeAllListeners();
      // What jobs have come to is written down long before; this is politeness towards Redis.
      await withinGrace(Promise.all([...workers.values()].map((worker) => worker.close(true))));
      await withinGrace(Promise.all(eventStreams.map((events) => events.close())));
      await withinGrace(Promise.all([...queues.values()].map((queue) => queue.close())));
      // BullMQ leaves connections open that it was given.
      for (const eventConnection of eventConnections) eventConnection.disconnect();
      redis.disconnect();
    },
  };
}

const closeGraceMs = 2_000;

/** What `work` gives, or undefined soon after `ended` where it does not come. */
async function untilEnded<T>(work: Promise<T>, ended: AbortSignal): Promise<T | undefined> {
  const done = new AbortController();
  const over = new Promise<undefined>((resolve) => {
    const onEnd = (): void => {
      wait(closeGraceMs, undefined, { signal: done.signal }).then(() => { resolve(undefined); }, () => { resolve(undefined); });
    };
    if (ended.aborted) onEnd();
    else ended.addEventListener('abort', onEnd, { once: true, signal: done.signal });
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    done.abort();
  }
}

/** BullMQ waits for the end of a connection that ioredis, between two attempts to connect, never tells of. */
async function withinGrace(closing: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  try {
    await Promise.race([closing, wait(closeGraceMs, undefined, { signal: done.signal })]);
  } finally {
    done.abort();
  }
}

const lockErrorCodes: ReadonlySet<unknown> = new Set([
  ErrorCode.JobNotExist, ErrorCode.JobLockNotExist, ErrorCode.JobNotInState, ErrorCode.JobLockMismatch,
]);

/** True when BullMQ says that the lock is gone or somebody else's. */
function isLockError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && lockErrorCodes.has(error.code);
}
