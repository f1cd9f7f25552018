/**
 * The job queue as the rest of the service sees it. Two implementations (SQLite file, BullMQ on Redis)
 * pass one contract suite. Delivery is at least once; every job must be idempotent.
 */
export type JobPriority = 'stat' | 'routine';
/** 'background' is work that nobody waits for: it runs when nothing else does. */
export type JobLane = JobPriority | 'background';
export type JobState = 'waiting' | 'active' | 'delayed' | 'completed' | 'dead' | 'cancelled';

export interface JobProgress {
  readonly stage: string;
  /** 0..1 over the whole job. */
  readonly fraction: number;
}

export interface JobFailure {
  readonly code: string;
  readonly message: string;
  readonly attempt: number;
  readonly at: string;
}

export interface Job<Data = unknown, Result = unknown> {
  readonly id: string;
  readonly name: string;
  readonly data: Data;
  readonly priority: JobLane;
  readonly state: JobState;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly progress?: JobProgress;
  readonly result?: Result;
  readonly failures: readonly JobFailure[];
  readonly createdAt: string;
  readonly availableAt: string;
  readonly finishedAt?: string;
}

export interface EnqueueOptions {
  /** Two enqueues with the same key are one job, while that job is kept. */
  readonly idempotencyKey: string;
  readonly priority?: JobLane;
  readonly maxAttempts?: number;
  readonly delayMs?: number;
}

/** A job held by one worker under a lease; every call fails with QUEUE_LEASE_LOST once the lease is gone. */
export interface ClaimedJob<Data = unknown> {
  readonly job: Job<Data>;
  /** Aborted when the job was cancelled or the lease lost. */
  readonly signal: AbortSignal;
  progress(progress: JobProgress): Promise<void>;
  complete(result: unknown): Promise<void>;
  /** Retries with exponential backoff until `maxAttempts`, then dead letter; `retry: false` goes there at once. */
  fail(failure: { code: string; message: string; retry: boolean }): Promise<void>;
}

export interface QueueEventMap {
  progress: [job: Job];
  completed: [job: Job];
  dead: [job: Job];
  changed: [job: Job];
}

export interface JobQueue {
  enqueue<Data>(name: string, data: Data, options: EnqueueOptions): Promise<{ readonly job: Job<Data>; readonly created: boolean }>;
  /** Waits for a job; resolves undefined when `signal` aborts. */
  claim<Data>(name: string, workerId: string, signal: AbortSignal): Promise<ClaimedJob<Data> | undefined>;
  get(id: string): Promise<Job | undefined>;
  list(filter: { readonly states?: readonly JobState[]; readonly limit?: number; readonly offset?: number }): Promise<readonly Job[]>;
  counts(): Promise<Readonly<Record<JobState, number>>>;
  cancel(id: string): Promise<boolean>;
  /** A dead or cancelled job waits again with its attempts reset. */
  resubmit(id: string): Promise<boolean>;
  /** Moves a job that waits to another lane; false when it no longer waits. */
  setPriority(id: string, priority: JobPriority): Promise<boolean>;
  /** Completed jobs whose result nobody has taken in yet, oldest first; survives a restart. */
  unhandled(): Promise<readonly Job[]>;
  /** The result is stored elsewhere now. What is kept of the data replaces it, so that years of jobs stay small. */
  markHandled(id: string, keptData: unknown): Promise<void>;
  on<E extends keyof QueueEventMap>(event: E, listener: (...args: QueueEventMap[E]) => void): void;
  close(): Promise<void>;
}
