/**
 * The embedded job queue: one SQLite file that the server and its worker processes open together.
 * A claim is a lease with a token; whoever holds another token has lost the job.
 */
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { inTransaction, sqliteCode, sqliteCodes } from '../sqlite.ts';
import { backoffDelayMs, defaultMaxAttempts, defaultQueueOptions, workerLost, type QueueOptions } from './options.ts';
import type {
  ClaimedJob, EnqueueOptions, Job, JobFailure, JobLane, JobProgress, JobQueue, JobState, QueueEventMap,
} from './port.ts';
import { prepareQueueSchema } from './sqlite-schema.ts';

interface JobRow {
  readonly sequence: number; readonly id: string; readonly name: string; readonly data: string;
  readonly priority: number; readonly state: JobState; readonly attempt: number; readonly max_attempts: number;
  readonly created_at: number; readonly available_at: number; readonly finished_at: number | null;
  readonly lease_token: string | null; readonly progress: string | null; readonly result: string | null;
  readonly failures: string; readonly revision: number;
}

const priorities: Readonly<Record<JobLane, number>> = { stat: 0, routine: 10, background: 100 };
const priorityOf = (rank: number): JobLane => (rank <= priorities.stat ? 'stat' : rank >= priorities.background ? 'background' : 'routine');
const allStates: readonly JobState[] = ['waiting', 'active', 'delayed', 'completed', 'dead', 'cancelled'];

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function toJob<Data>(row: JobRow): Job<Data> {
  return {
    id: row.id,
    name: row.name,
    data: JSON.parse(row.data) as Data,
    priority: priorityOf(row.priority),
    state: row.state,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    failures: JSON.parse(row.failures) as JobFailure[],
    createdAt: isoTime(row.created_at),
    availableAt: isoTime(row.available_at),
    ...(row.progress === null ? {} : { progress: JSON.parse(row.progress) as JobProgress }),
    ...(row.result === null ? {} : { result: JSON.parse(row.result) as unknown }),
    ...(row.finished_at === null ? {} : { finishedAt: isoTime(row.finished_at) }),
  };
}

const passing: ReadonlySet<number> = new Set([sqliteCodes.busy, sqliteCodes.ioError, sqliteCodes.full]);

/** Work of a timer that comes again: what cannot be written now (the disk is full, say) must not end the process. */
function unlessBlocked(work: () => void): void {
  try {
    work();
  } catch (error) {
    const code = sqliteCode(error);
    if (code === undefined || !passing.has(code)) throw error;
  }
}

export function openSqliteQueue(path: string, overrides: Partial<QueueOptions> = {}): JobQueue {
  const options = { ...defaultQueueOptions, ...overrides };
  const database = new DatabaseSync(path);
  prepareQueueSchema(database);
  const emitter = new EventEmitter();
  const closing = new AbortController();
  const heartbeats = new Set<NodeJS.Timeout>();

  function row(sql: string, ...values: SQLInputValue[]): JobRow | undefined {
    return database.prepare(sql).get(...values) as JobRow | undefined;
  }
  function rows(sql: string, ...values: SQLInputValue[]): JobRow[] {
    return database.prepare(sql).all(...values) as unknown as JobRow[];
  }
  function transaction<T>(work: (revision: number) => T): T {
    return inTransaction(database, () => {
      database.exec('UPDATE revision SET value = value + 1');
      const { value } = database.prepare('SELECT value FROM revision').get() as { value: number };
      return work(value);
    });
  }

  /** Ends an attempt: the job waits for its next one, or is dead. */
  function endAttempt(job: JobRow, failure: { code: string; message: string; retry: boolean }, revision: number, now: number): void {
    const failures = [...(JSON.parse(job.failures) as JobFailure[]), {
      code: failure.code, message: failure.message, attempt: job.attempt, at: isoTime(now),
    }];
    const again = failure.retry && job.attempt < job.max_attempts;
    database.prepare(`UPDATE jobs SET state = ?, failures = ?, available_at = ?, finished_at = ?, progress = NULL,
      lease_token = NULL, lease_until = NULL, revision = ? WHERE id = ?`).run(
      again ? 'delayed' : 'dead', JSON.stringify(failures),
      again ? now + backoffDelayMs(options, job.attempt) : job.available_at,
      again ? null : now, revision, job.id,
    );
  }

  function recoverStalled(now: number): void {
    const stalled = 'FROM jobs WHERE state = \'active\' AND lease_until < ?';
    if (database.prepare(`SELECT 1 ${stalled}`).get(now) === undefined) return;
    transaction((revision) => {
      for (const job of rows(`SELECT * ${stalled}`, now)) {
        endAttempt(job, { code: workerLost, message: 'The worker stopped renewing its lease', retry: true }, revision, now);
      }
    });
  }

  /**
   * Times that were written while the clock ran ahead lie in the future now that it is right. Nothing waits for them:
   * a new job keeps its own delay, a failed one its pause, a lease the time of a lease.
   */
  function mendFutureTimes(now: number): void {
    const future = `FROM jobs WHERE (state IN ('waiting', 'delayed') AND attempt = 0 AND created_at > ?1)
      OR (state IN ('waiting', 'delayed') AND attempt > 0 AND available_at > ?1 + ?2) OR (state = 'active' AND lease_until > ?1 + ?3)`;
    const bounds = [now, options.maxBackoffMs, 2 * options.leaseMs];
    if (database.prepare(`SELECT 1 ${future}`).get(...bounds) === undefined) return;
    transaction((revision) => {
      const set = database.prepare('UPDATE jobs SET created_at = ?, available_at = ?, lease_until = ?, revision = ? WHERE id = ?');
      for (const job of rows(`SELECT * ${future}`, ...bounds)) {
        const delayMs = job.attempt === 0 ? job.available_at - job.created_at : backoffDelayMs(options, job.attempt);
        set.run(Math.min(job.created_at, now), job.state === 'active' ? job.available_at : now + delayMs, job.state === 'active' ? now + options.leaseMs : null, revision, job.id);
      }
    });
  }

  function tryClaim(name: string, token: string): JobRow | undefined {
    const now = Date.now();
    mendFutureTimes(now);
    recoverStalled(now);
    // One look for each state, so that each can follow its index instead of sorting all that waits.
    const firstIn = (state: JobState): string => `SELECT * FROM (SELECT sequence, priority FROM jobs
      WHERE name = ?1 AND state = '${state}' AND available_at <= ?2 ORDER BY priority, sequence LIMIT 1)`;
    const next = database.prepare(`${firstIn('waiting')} UNION ALL ${firstIn('delayed')} ORDER BY priority, sequence LIMIT 1`);
    // The look before the transaction keeps an idle worker from writing to the file at every poll.
    if (next.get(name, now) === undefined) return undefined;
    return transaction((revision) => {
      const found = next.get(name, now) as { readonly sequence: number } | undefined;
      if (found === undefined) return undefined;
      database.prepare(`UPDATE jobs SET state = 'active', attempt = attempt + 1, lease_token = ?, lease_until = ?,
        progress = NULL, revision = ? WHERE sequence = ?`).run(token, now + options.leaseMs, revision, found.sequence);
      return row('SELECT * FROM jobs WHERE sequence = ?', found.sequence);
    });
  }

  function claimed<Data>(start: JobRow, token: string): ClaimedJob<Data> {
    const lost = new AbortController();
    /** Runs `change` while the lease is still ours. */
    function whileHeld(change: (job: JobRow, revision: number) => void): void {
      const held = transaction((revision) => {
        const job = row('SELECT * FROM jobs WHERE id = ? AND lease_token = ? AND state = \'active\'', start.id, token);
        if (job === undefined) return false;
        change(job, revision);
        return true;
      });
      if (held) return;
      stop();
      const error = new AppError('QUEUE_LEASE_LOST', 'The job was cancelled or given to another worker', { details: { jobId: start.id } });
      lost.abort(error);
      throw error;
    }
    function renew(): void {
      const { changes } = database.prepare(`UPDATE jobs SET lease_until = ? WHERE id = ? AND lease_token = ? AND state = 'active'`)
        .run(Date.now() + options.leaseMs, start.id, token);
      if (changes !== 0) return;
      stop();
      lost.abort(new AppError('QUEUE_LEASE_LOST', 'The job was cancelled or given to another worker', { details: { jobId: start.id } }));
    }
    const heartbeat = setInterval(() => { unlessBlocked(renew); }, Math.min(1_000, Math.floor(options.leaseMs / 4)));
    heartbeats.add(heartbeat);
    function stop(): void {
      clearInterval(heartbeat);
      heartbeats.delete(heartbeat);
    }
    /** The worker is done with the job: if that cannot be written down, the lease runs out, and the job has another attempt. */
    function end(change: (job: JobRow, revision: number) => void): void {
      try {
        whileHeld(change);
      } finally {
        stop();
      }
    }
    return {
      job: toJob<Data>(start),
      signal: lost.signal,
      async progress(progress) {
        whileHeld((job, revision) => {
          database.prepare('UPDATE jobs SET progress = ?, lease_until = ?, revision = ? WHERE id = ?')
            .run(JSON.stringify(progress), Date.now() + options.leaseMs, revision, job.id);
        });
      },
      async complete(result) {
        end((job, revision) => {
          database.prepare(`UPDATE jobs SET state = 'completed', result = ?, progress = NULL, finished_at = ?, lease_token = NULL,
            lease_until = NULL, handled = 0, revision = ? WHERE id = ?`).run(JSON.stringify(result ?? null), Date.now(), revision, job.id);
        });
      },
      async fail(failure) {
        end((job, revision) => endAttempt(job, failure, revision, Date.now()));
      },
    };
  }

  let seenRevision = (database.prepare('SELECT value FROM revision').get() as { value: number }).value;
  /** Tells listeners of every change since the last look, whichever process made it. */
  function announceChanges(): void {
    if (emitter.eventNames().length === 0) return;
    mendFutureTimes(Date.now());
    recoverStalled(Date.now());
    for (const changed of rows('SELECT * FROM jobs WHERE revision > ? ORDER BY revision', seenRevision)) {
      seenRevision = Math.max(seenRevision, changed.revision);
      const job = toJob(changed);
      emitter.emit('changed', job);
      if (job.state === 'completed') emitter.emit('completed', job);
      else if (job.state === 'dead') emitter.emit('dead', job);
      else if (job.progress !== undefined) emitter.emit('progress', job);
    }
  }
  const poll = setInterval(() => { unlessBlocked(announceChanges); }, options.pollMs);

  return {
    async enqueue<Data>(name: string, data: Data, enqueueOptions: EnqueueOptions) {
      const now = Date.now();
      return transaction((revision) => {
        const { changes } = database.prepare(`INSERT INTO jobs (id, name, idempotency_key, data, priority, state, max_attempts,
          created_at, available_at, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`).run(
          randomUUID(), name, enqueueOptions.idempotencyKey, JSON.stringify(data),
          priorities[enqueueOptions.priority ?? 'routine'], (enqueueOptions.delayMs ?? 0) > 0 ? 'delayed' : 'waiting',
          enqueueOptions.maxAttempts ?? defaultMaxAttempts, now, now + (enqueueOptions.delayMs ?? 0), revision,
        );
        const kept = row('SELECT * FROM jobs WHERE name = ? AND idempotency_key = ?', name, enqueueOptions.idempotencyKey);
        return { job: toJob<Data>(kept!), created: changes !== 0 };
      });
    },
    async claim<Data>(name: string, workerId: string, signal: AbortSignal) {
      const token = `${workerId}:${randomUUID()}`;
      const ended = AbortSignal.any([signal, closing.signal]);
      while (!ended.aborted) {
        const found = tryClaim(name, token);
        if (found !== undefined) return claimed<Data>(found, token);
        await wait(options.pollMs, undefined, { signal: ended }).catch((error: unknown) => {
          if (!ended.aborted) throw error;
        });
      }
      return undefined;
    },
    async get(id) {
      const found = row('SELECT * FROM jobs WHERE id = ?', id);
      return found === undefined ? undefined : toJob(found);
    },
    async list(filter) {
      const states = filter.states ?? allStates;
      return rows(
        `SELECT * FROM jobs WHERE sequence IN (SELECT sequence FROM jobs WHERE state IN (${states.map(() => '?').join(', ')})
          ORDER BY sequence DESC LIMIT ? OFFSET ?) ORDER BY sequence DESC`,
        ...states, filter.limit ?? 100, filter.offset ?? 0,
      ).map((found) => toJob(found));
    },
    async counts() {
      const counts = Object.fromEntries(allStates.map((state) => [state, 0])) as Record<JobState, number>;
      const found = database.prepare('SELECT state, count(*) AS n FROM jobs GROUP BY state').all() as { state: JobState; n: number }[];
      for (const { state, n } of found) counts[state] = n;
      return counts;
    },
    async cancel(id) {
      return transaction((revision) => database.prepare(`UPDATE jobs SET state = 'cancelled', lease_token = NULL, lease_until = NULL,
        progress = NULL, finished_at = ?, revision = ? WHERE id = ? AND state IN ('waiting', 'delayed', 'active')`)
        .run(Date.now(), revision, id).changes !== 0);
    },
    async resubmit(id) {
      return transaction((revision) => database.prepare(`UPDATE jobs SET state = 'waiting', attempt = 0, available_at = ?,
        finished_at = NULL, progress = NULL, revision = ? WHERE id = ? AND state IN ('dead', 'cancelled')`)
        .run(Date.now(), revision, id).changes !== 0);
    },
    async setPriority(id, priority) {
      return transaction((revision) => database.prepare(`UPDATE jobs SET priority = ?, revision = ?
        WHERE id = ? AND state IN ('waiting', 'delayed')`).run(priorities[priority], revision, id).changes !== 0);
    },
    async unhandled() {
      return rows('SELECT * FROM jobs WHERE state = \'completed\' AND handled = 0 ORDER BY finished_at, sequence').map((found) => toJob(found));
    },
    async markHandled(id, keptData) {
      database.prepare('UPDATE jobs SET handled = 1, result = NULL, data = ? WHERE id = ? AND state = \'completed\'').run(JSON.stringify(keptData), id);
    },
    on<E extends keyof QueueEventMap>(event: E, listener: (...args: QueueEventMap[E]) => void) {
      emitter.on(event, listener as (...args: unknown[]) => void);
    },
    async close() {
      closing.abort();
      clearInterval(poll);
      for (const heartbeat of heartbeats) clearInterval(heartbeat);
      emitter.removeAllListeners();
      database.close();
    },
  };
}
