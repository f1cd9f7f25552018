import { randomUUID } from 'node:crypto';
import { describe } from 'vitest';
import { openBullQueue } from '../../src/queue/bull-queue.ts';
import { testJobQueue } from '../contract/queue.ts';
import { startRedis } from '../helpers/redis.ts';
import { hasPrograms } from '../helpers/peers.ts';

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
});
