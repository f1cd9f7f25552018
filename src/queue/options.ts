/** Settings that both queues share, and their defaults. */
export interface QueueOptions {
  /** A worker that has not renewed its lease for so long is taken for dead. */
  readonly leaseMs: number;
  /** Wait before the second attempt; doubles with every further one. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** How often a process looks for new jobs and for changes made by others. */
  readonly pollMs: number;
}

export const defaultQueueOptions: QueueOptions = {
  leaseMs: 30_000,
  backoffMs: 2_000,
  maxBackoffMs: 300_000,
  pollMs: 200,
};

export const defaultMaxAttempts = 4;

/** Failure code of an attempt whose worker vanished. */
export const workerLost = 'WORKER_LOST';

/** Wait before the attempt after `attempt`, which counts from 1. */
export function backoffDelayMs(options: QueueOptions, attempt: number): number {
  return Math.min(options.maxBackoffMs, options.backoffMs * 2 ** (attempt - 1));
}
