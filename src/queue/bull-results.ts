/**
 * Results on Redis, beside BullMQ's jobs. BullMQ writes a job's returned value into the job and a second time into the stream of events,
 * which keeps thousands of them and is read by every server: so what is returned is only a reference, and the result itself lies in a
 * hash of its own until it is taken in. It goes there in pieces, so that the renewal of the lease never waits behind
 * all of it on the one connection.
 */
import type { Redis } from 'ioredis';

/** A little below a power of two, above which Redis takes a quarter more memory. */
const pieceBytes = 1_000_000;

/** What BullMQ holds in place of the result. */
export interface ResultReference {
  /** Of the attempt: what another one left behind in the same hash is not read. */
  readonly token: string;
  readonly pieces: number;
}

export interface BullResults {
  put(jobId: string, token: string, result: unknown): Promise<ResultReference>;
  /** As JSON; undefined once it was dropped. */
  get(jobId: string, reference: ResultReference): Promise<string | undefined>;
  /** Forgets the results of all attempts. */
  drop(jobId: string): Promise<void>;
}

export function createBullResults(redis: Redis, keyOf: (jobId: string) => string): BullResults {
  const field = (token: string, piece: number): string => `${token}:${piece}`;
  return {
    async put(jobId, token, result) {
      const bytes = Buffer.from(JSON.stringify(result));
      const pieces = Math.ceil(bytes.length / pieceBytes);
      for (let piece = 0; piece < pieces; piece += 1) {
        await redis.hset(keyOf(jobId), field(token, piece), bytes.subarray(piece * pieceBytes, (piece + 1) * pieceBytes));
      }
      return { token, pieces };
    },
    async get(jobId, { token, pieces }) {
      const found: Buffer[] = [];
      for (let piece = 0; piece < pieces; piece += 1) {
        const bytes = await redis.hgetBuffer(keyOf(jobId), field(token, piece));
        if (bytes === null) return undefined;
        found.push(bytes);
      }
      return Buffer.concat(found).toString('utf8');
    },
    async drop(jobId) {
      await redis.del(keyOf(jobId));
    },
  };
}
