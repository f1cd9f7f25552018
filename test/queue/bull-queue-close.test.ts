/** A worker that is told to end must end, also where nobody answers at the other end of the cable. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { expect, it, describe } from 'vitest';
import { openBullQueue } from '../../src/queue/bull-queue.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { startRedis } from '../helpers/redis.ts';
import { until } from '../helpers/until.ts';

/** Hands on what either side says until `freeze`; from then on bytes and new connections are taken, and nothing comes of them. */
async function startFreezingRelay(targetPort: number): Promise<{ readonly port: number; freeze(): void; dropAll(): void; turnAway(): void; turnedAway(): number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  let frozen = false;
  let turnsAway = false;
  let turnedAway = 0;
  const server = createServer((from) => {
    sockets.add(from);
    from.on('error', () => undefined);
    if (turnsAway) {
      turnedAway += 1;
      from.destroy();
      return;
    }
    from.on('close', () => sockets.delete(from));
    if (frozen) {
      from.resume();
      return;
    }
    const to = connect(targetPort, '127.0.0.1');
    sockets.add(to);
    to.on('error', () => undefined);
    from.on('data', (bytes) => { if (!frozen) to.write(bytes); });
    to.on('data', (bytes) => { if (!frozen) from.write(bytes); });
    to.on('close', () => { sockets.delete(to); from.destroy(); });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    freeze() { frozen = true; },
    dropAll() { for (const socket of sockets) socket.destroy(); },
    turnAway() {
      turnsAway = true;
      for (const socket of sockets) socket.destroy();
    },
    turnedAway: () => turnedAway,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe.runIf(hasPrograms('redis-server'))('the queue on Redis ends', () => {
  it.each(['stops answering', 'stops answering and is connected to anew', 'turns everybody away'])('when Redis %s', async (how) => {
    const redis = await startRedis();
    const relay = await startFreezingRelay(Number(new URL(redis.url).port));
    try {
      const queue = await openBullQueue({ url: `redis://127.0.0.1:${relay.port}`, prefix: 'test', names: ['analyze'], pollMs: 20 });
      await queue.enqueue('analyze', {}, { idempotencyKey: 'a' });
      const stop = new AbortController();
      const claimed = await queue.claim('analyze', 'w', stop.signal);
      expect(claimed).toBeDefined();
      relay.freeze();
      if (how.includes('anew')) relay.dropAll();
      if (how === 'turns everybody away') {
        relay.turnAway();
        await until('connections that are tried anew', () => relay.turnedAway() >= 12);
      }
      await queue.close();
    } finally {
      await relay.close();
      await redis.stop();
    }
  }, 30_000);

  it('when it is told to while it asks for a job and Redis is away', async () => {
    const redis = await startRedis();
    const relay = await startFreezingRelay(Number(new URL(redis.url).port));
    try {
      const queue = await openBullQueue({ url: `redis://127.0.0.1:${relay.port}`, prefix: 'test', names: ['analyze'], pollMs: 20 });
      const stop = new AbortController();
      const claim = queue.claim('analyze', 'w', stop.signal);
      relay.turnAway();
      await until('connections that are tried anew', () => relay.turnedAway() >= 12);
      stop.abort();
      expect(await claim).toBeUndefined();
      await queue.close();
    } finally {
      await relay.close();
      await redis.stop();
    }
  }, 30_000);
});
