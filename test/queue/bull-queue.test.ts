import { randomBytes, randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBullQueue } from '../../src/queue/bull-queue.ts';
import type { JobQueue } from '../../src/queue/port.ts';
import { testJobQueue } from '../contract/queue.ts';
import { startRedis } from '../helpers/redis.ts';
import { hasPrograms } from '../helpers/peers.ts';

const never = new AbortController().signal;

describe.runIf(hasPrograms('redis-server'))('with a real Redis', () => {
  testJobQueue('the queue on Redis', async () => {
    const redis = await startRedis();
    const prefix = `test-${randomUUID()}`;
    return {
      open: (options) => openBullQueue({ ...options, url: redis.url, prefix, names: ['analyze'] }),
      childArguments: ['redis', redis.url, prefix],
      dispose: () => redis.stop(),
    };
  });

  describe('a result of many megabytes', () => {
    const result = { findings: 'Nốt phổi', object: randomBytes(6_000_000).toString('base64') };
    let redis: Awaited<ReturnType<typeof startRedis>>;
    let client: Redis;
    let queue: JobQueue;
    beforeEach(async () => {
      redis = await startRedis();
      client = new Redis(redis.url);
      queue = await openBullQueue({ url: redis.url, prefix: 'test', names: ['analyze'], leaseMs: 1_200, pollMs: 20 });
    });
    afterEach(async () => {
      await queue.close();
      client.disconnect();
      await redis.stop();
    });
    /** Bytes of everything in Redis. */
    async function bytesHeld(): Promise<number> {
      let bytes = 0;
      for (const key of await client.keys('*')) bytes += await client.memory('USAGE', key, 'SAMPLES', 0) ?? 0;
      return bytes;
    }

    it('is held once, and no longer once it was taken in', async () => {
      const { job } = await queue.enqueue('analyze', {}, { idempotencyKey: 'a' });
      await (await queue.claim('analyze', 'w', never))!.complete(result);
      expect(await bytesHeld()).toBeLessThan(1.2 * result.object.length);
      expect((await queue.unhandled()).map((done) => done.result)).toEqual([result]);
      await queue.markHandled(job.id, {});
      expect(await bytesHeld()).toBeLessThan(100_000);
    });

    it('comes from the attempt that completed the job, whatever others left behind', async () => {
      const { job } = await queue.enqueue('analyze', {}, { idempotencyKey: 'a' });
      const first = (await queue.claim('analyze', 'w1', never))!;
      // As a worker that dies between handing over and completing.
      await client.hset(`test:phoi:result:${job.id}`, 'dead-worker:0', 'half');
      await first.complete(result);
      expect((await queue.get(job.id))?.result).toEqual(result);
      await queue.markHandled(job.id, {});
      expect(await client.keys('*:result:*')).toEqual([]);
    });
  });
});
