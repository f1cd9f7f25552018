import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startDelivery, type Delivery, type DeliveryOptions } from '../../src/delivery/delivery.ts';
import type { Destination } from '../../src/delivery/destination.ts';
import { startDimseScp, type DimseScp } from '../../src/dimse/scp.ts';
import { AppError } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';
import type { DeliveryRecord } from '../../src/study/types.ts';
import { startOrthanc, type Orthanc } from '../helpers/orthanc.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { freePort } from '../helpers/ports.ts';
import { until } from '../helpers/until.ts';
import { ctInstance, type TestInstance } from '../dimse/helpers/instances.ts';
import { startProgram } from '../dimse/helpers/programs.ts';
import { startRealService, type RealService } from '../dimse/helpers/real-service.ts';
import { recordingStudy, type RecordingStudy } from '../dimse/helpers/recording-study.ts';

const studyInstanceUID = '1.2.826.0.1.77';
let service: RealService;
let objects: readonly TestInstance[];
const closers: (() => Promise<void>)[] = [];
const onEnd = (close: () => Promise<void>): void => { closers.unshift(close); };

async function* chunks(bytes: Uint8Array) {
  yield bytes;
}

beforeEach(async () => {
  service = await startRealService();
  objects = [1, 2, 3].map((instanceNumber) => ctInstance({ instanceNumber, studyInstanceUID }));
  for (const { bytes } of objects) await service.study.receive(chunks(bytes), { transport: 'internal' });
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await service.stop();
});

function deliver(destinations: readonly Destination[], options: Partial<DeliveryOptions> = {}): Delivery {
  const delivery = startDelivery({
    destinations, index: service.index, archive: service.archive, aeTitle: 'PHOI', log: silentLog(), pollMs: 100,
    dimseTimers: { connectMs: 3_000, associateMs: 3_000, responseMs: 3_000, stallMs: 3_000, releaseMs: 200 }, stowTimeoutMs: 3_000, slowestBytesPerSecond: 10_000_000, ...options,
    retry: { firstMs: 50, maxMs: 200, ...options.retry },
  });
  onEnd(() => delivery.close());
  return delivery;
}

async function queued(destination: string): Promise<void> {
  for (const { sopInstanceUID } of objects) {
    await service.index.addDelivery({ id: `${destination}-${sopInstanceUID}`, studyInstanceUID, sopInstanceUID, destination });
  }
}

const records = async (destination: string): Promise<readonly DeliveryRecord[]> =>
  (await service.index.deliveries(studyInstanceUID)).filter((delivery) => delivery.destination === destination);
const reach = (destination: string, state: DeliveryRecord['state']) => until(`${destination} ${state}`, async () => {
  const found = await records(destination);
  return found.length === 3 && found.every((delivery) => delivery.state === state) && found;
});

const dimse = (name: string, port: number, aeTitle = 'STORE'): Destination => ({ name, kind: 'dimse', host: '127.0.0.1', port, aeTitle });

async function ourStore(port = 0): Promise<{ readonly scp: DimseScp; readonly study: RecordingStudy }> {
  const study = recordingStudy();
  const scp = await startDimseScp({ host: '127.0.0.1', port, aeTitle: 'STORE', log: silentLog(), study });
  onEnd(() => scp.close());
  return { scp, study };
}

async function http(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onEnd(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/dicom-web`;
}

/** Accepts connections and never says a word. */
async function hung(): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onEnd(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

describe('by C-STORE', () => {
  it.runIf(hasPrograms('storescp'))('brings every object to storescp', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phoi-delivery-'));
    const storescp = await startProgram('storescp', (port) => ['-od', folder, String(port)]);
    onEnd(async () => {
      await storescp.stop();
      await rm(folder, { recursive: true, force: true });
    });
    await queued('pacs');
    deliver([dimse('pacs', storescp.port)]);
    const sent = await reach('pacs', 'sent');
    expect(sent.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
    expect((await readdir(folder)).sort()).toEqual(objects.map(({ sopInstanceUID }) => `CT.${sopInstanceUID}`).sort());
  });

  it('takes up what is added later when it is woken', async () => {
    const { scp, study } = await ourStore();
    const delivery = deliver([dimse('pacs', scp.port)]);
    await queued('pacs');
    delivery.wake();
    await reach('pacs', 'sent');
    expect(study.received).toHaveLength(3);
  });

  it('tries again while nobody listens, shows why, and delivers when somebody does', async () => {
    const port = await freePort();
    await queued('pacs');
    const states: string[] = [];
    deliver([dimse('pacs', port)], { onChanged: ({ state }) => states.push(state) });
    const waiting = await until('three attempts', async () => {
      const found = await records('pacs');
      return found.every(({ attempts }) => attempts >= 3) && found;
    });
    expect(waiting[0]).toMatchObject({ state: 'waiting', lastError: expect.stringContaining('DIMSE_PEER_UNREACHABLE') as string });
    const { study } = await ourStore(port);
    await reach('pacs', 'sent');
    expect(study.received.map(({ sopInstanceUID }) => sopInstanceUID).sort()).toEqual(objects.map(({ sopInstanceUID }) => sopInstanceUID).sort());
    expect(states.filter((state) => state === 'sent')).toHaveLength(3);
  });

  it('waits longer from attempt to attempt', async () => {
    await queued('pacs');
    const attempts: number[] = [];
    const port = await freePort();
    const startedAt = performance.now();
    deliver([dimse('pacs', port)], { retry: { firstMs: 40, maxMs: 10_000 }, onChanged: ({ id }) => { if (id.endsWith(objects[0]!.sopInstanceUID)) attempts.push(performance.now()); } });
    await until('five attempts', () => attempts.length >= 5);
    // From the start, not from one to the next: an attempt may be told of late, but none comes early (times are whole milliseconds).
    for (const [index, at] of attempts.slice(0, 5).entries()) expect(at - startedAt).toBeGreaterThan(0.9 * 40 * (2 ** index - 1));
  });

  it('a hung destination and a dead one do not delay a good one', async () => {
    const { scp } = await ourStore();
    const [hungPort, deadPort] = [await hung(), await freePort()];
    for (const name of ['hung', 'dead', 'good']) await queued(name);
    // Longer than any test may take: waiting for one of the two would end this one.
    deliver([dimse('hung', hungPort), dimse('dead', deadPort), dimse('good', scp.port)], { dimseTimers: { connectMs: 300_000, associateMs: 300_000 } });
    await reach('good', 'sent');
    expect((await records('hung')).map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting']);
  });

  it('goes on after a restart with what is left, and sends nothing twice', async () => {
    const { scp, study } = await ourStore();
    study.failWith = (uid) => (uid === objects[1]!.sopInstanceUID ? new AppError('ARCHIVE_OUT_OF_SPACE', 'full') : undefined);
    await queued('pacs');
    const first = deliver([dimse('pacs', scp.port)]);
    await until('two sent', async () => (await records('pacs')).filter(({ state }) => state === 'sent').length === 2);
    await first.close();
    study.failWith = undefined;
    deliver([dimse('pacs', scp.port)]);
    await reach('pacs', 'sent');
    expect(study.received.map(({ sopInstanceUID }) => sopInstanceUID).sort()).toEqual(objects.map(({ sopInstanceUID }) => sopInstanceUID).sort());
  });

  it('gives up what the destination keeps refusing, the others arrive, and sends it again when asked', async () => {
    const { scp, study } = await ourStore();
    const refused = objects[0]!.sopInstanceUID;
    study.failWith = (uid) => (uid === refused ? new AppError('DICOM_MALFORMED', 'no') : undefined);
    await queued('pacs');
    const delivery = deliver([dimse('pacs', scp.port)], { retry: { maxRefusals: 3 } });
    const failed = await until('a failed one', async () => (await records('pacs')).find(({ state }) => state === 'failed'));
    expect(failed).toMatchObject({ sopInstanceUID: refused, attempts: 3, lastError: expect.stringContaining('C000 (cannot understand)') as string });
    expect((await records('pacs')).filter(({ state }) => state === 'sent')).toHaveLength(2);
    study.failWith = undefined;
    expect(await delivery.resend({ id: failed.id })).toBe(1);
    await reach('pacs', 'sent');
    expect(await delivery.resend({ id: 'nothing' })).toBe(0);
  });

  it('keeps trying while the destination is out of space', async () => {
    const { scp, study } = await ourStore();
    study.failWith = () => new AppError('ARCHIVE_OUT_OF_SPACE', 'full');
    await queued('pacs');
    deliver([dimse('pacs', scp.port)], { retry: { maxRefusals: 2 } });
    await until('more attempts than refusals would get', async () => (await records('pacs')).every(({ attempts }) => attempts > 3));
    expect((await records('pacs')).map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting']);
  });

  it('goes on when the disk is too full to write down what was delivered: sent again, written down when there is room', async () => {
    const { scp, study } = await ourStore();
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    onEnd(async () => { process.off('unhandledRejection', unhandled); });
    let isFull = true;
    await queued('pacs');
    deliver([dimse('pacs', scp.port)], {
      index: {
        ...service.index,
        async updateDelivery(...change) {
          if (isFull) throw new AppError('ARCHIVE_OUT_OF_SPACE', 'The index has no space left');
          await service.index.updateDelivery(...change);
        },
      },
    });
    await until('all received', () => study.received.length >= objects.length);
    isFull = false;
    await reach('pacs', 'sent');
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('says of an object that is not there that it failed', async () => {
    const { scp } = await ourStore();
    await service.index.addDelivery({ id: 'ghost', studyInstanceUID, sopInstanceUID: '1.2.3.404', destination: 'pacs' });
    deliver([dimse('pacs', scp.port)]);
    const ghost = await until('the failure', async () => (await records('pacs')).find(({ state }) => state === 'failed'));
    expect(ghost.lastError).toContain('ARCHIVE_NOT_FOUND');
  });

  it('ends at once while a peer does not answer the association request', async () => {
    await queued('hung');
    const delivery = deliver([dimse('hung', await hung())], { dimseTimers: { connectMs: 300_000, associateMs: 300_000 } });
    await delivery.close();
    expect((await records('hung')).map(({ state, attempts }) => `${state} ${attempts}`)).toEqual(Array(3).fill('waiting 0'));
  });

  it('ends at once while a peer hangs, and what hung counts as no attempt', async () => {
    const { scp, study } = await ourStore();
    const gate = Promise.withResolvers<undefined>();
    let reached = false;
    study.onChunk = () => {
      reached = true;
      return gate.promise;
    };
    await queued('pacs');
    const delivery = deliver([dimse('pacs', scp.port)], { dimseTimers: { responseMs: 300_000 } });
    await until('the first object on its way', () => reached);
    await delivery.close();
    gate.resolve(undefined);
    expect((await records('pacs')).map(({ state, attempts }) => `${state} ${attempts}`)).toEqual(Array(3).fill('waiting 0'));
  });
});

describe('by STOW-RS', () => {
  const stow = (name: string, url: string): Destination => ({ name, kind: 'stow', url });
  const sequence = (uids: readonly string[], extra: Readonly<Record<string, unknown>> = {}) => ({
    vr: 'SQ', Value: uids.map((uid) => ({ '00081150': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] }, '00081155': { vr: 'UI', Value: [uid] }, ...extra })),
  });

  it('understands the list of failures: refused, duplicate, stored', async () => {
    const [refused, duplicate, good] = objects.map(({ sopInstanceUID }) => sopInstanceUID) as [string, string, string];
    const bodies: string[] = [];
    const url = await http((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (chunk: Buffer) => parts.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(parts).toString('latin1');
        bodies.push(body);
        response.writeHead(202, { 'content-type': 'application/dicom+json' });
        response.end(JSON.stringify({
          '00081199': sequence([good].filter((uid) => body.includes(uid))),
          '00081198': {
            vr: 'SQ',
            Value: [[refused, 0xa900], [duplicate, 0x0111]].filter(([uid]) => body.includes(String(uid))).map(([uid, reason]) => ({
              '00081155': { vr: 'UI', Value: [uid] }, '00081197': { vr: 'US', Value: [reason] },
            })),
          },
        }));
      });
    });
    await queued('web');
    deliver([stow('web', url)], { retry: { maxRefusals: 2 } });
    await until('all decided', async () => (await records('web')).every(({ state }) => state !== 'waiting'));
    const found = new Map((await records('web')).map((delivery) => [delivery.sopInstanceUID, delivery]));
    expect(found.get(good)).toMatchObject({ state: 'sent', attempts: 1 });
    expect(found.get(duplicate)).toMatchObject({ state: 'sent', attempts: 1 });
    expect(found.get(refused)).toMatchObject({ state: 'failed', attempts: 2, lastError: expect.stringContaining('A900') as string });
    expect(bodies).toHaveLength(2);
    expect(bodies[1]).not.toContain(good);
  });

  it('tries again after 503 and after a silence', async () => {
    let requests = 0;
    const url = await http((request, response) => {
      requests += 1;
      request.resume();
      if (requests === 1) response.writeHead(503).end();
      else if (requests > 2) request.on('end', () => response.writeHead(200).end());
    });
    await queued('web');
    deliver([stow('web', url)]);
    const sent = await reach('web', 'sent');
    expect(sent[0]!.attempts).toBe(3);
  });

  it('gives up a request of which the destination takes nothing more', async () => {
    const port = await hung();
    const large = ctInstance({ size: 3000, studyInstanceUID });
    await service.study.receive(chunks(large.bytes), { transport: 'internal' });
    await service.index.addDelivery({ id: 'large', studyInstanceUID, sopInstanceUID: large.sopInstanceUID, destination: 'web' });
    deliver([stow('web', `http://127.0.0.1:${port}/dicom-web`)], { retry: { firstMs: 60_000, maxMs: 60_000 } });
    const waiting = await until('an attempt', async () => (await records('web')).find(({ attempts }) => attempts === 1));
    expect(waiting).toMatchObject({ state: 'waiting', lastError: expect.stringContaining('took nothing') as string });
  });

  it('waits for a destination that takes a large object slowly', async () => {
    const url = await http((request, response) => {
      void (async () => {
        for await (const chunk of request as AsyncIterable<Buffer>) await pause(chunk.length / 400);
        response.writeHead(200).end();
      })();
    });
    const large = ctInstance({ size: 800, studyInstanceUID });
    await service.study.receive(chunks(large.bytes), { transport: 'internal' });
    await service.index.addDelivery({ id: 'large', studyInstanceUID, sopInstanceUID: large.sopInstanceUID, destination: 'web' });
    // 400 kB a second: more than three seconds, all of it in buffers.
    deliver([stow('web', url)], { stowTimeoutMs: 400, slowestBytesPerSecond: 100_000 });
    await until('the attempt', async () => (await records('web'))[0]!.attempts > 0);
    expect(await records('web')).toMatchObject([{ state: 'sent', attempts: 1 }]);
  });

  it('a destination that ends the connection inside the body, then is full, has every object once in the end', async () => {
    const stored: string[] = [];
    let requests = 0;
    const url = await http((request, response) => {
      requests += 1;
      if (requests === 1) {
        request.once('data', () => request.destroy());
        return;
      }
      const isFull = requests === 2;
      const parts: Buffer[] = [];
      request.on('data', (chunk: Buffer) => parts.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(parts).toString('latin1');
        const uids = objects.map(({ sopInstanceUID }) => sopInstanceUID).filter((uid) => body.includes(uid));
        if (!isFull) stored.push(...uids);
        response.writeHead(isFull ? 409 : 200, { 'content-type': 'application/dicom+json' });
        response.end(JSON.stringify(isFull ? { '00081198': sequence(uids, { '00081197': { vr: 'US', Value: [0xa700] } }) } : { '00081199': sequence(uids) }));
      });
    });
    await queued('web');
    deliver([stow('web', url)], { retry: { maxRefusals: 1 } });
    const sent = await reach('web', 'sent');
    expect(sent.map(({ attempts, refusals }) => [attempts, refusals])).toEqual(Array(3).fill([3, 0]));
    expect(stored.sort()).toEqual(objects.map(({ sopInstanceUID }) => sopInstanceUID).sort());
  });

  it('sends the others when one object cannot be read', async () => {
    const bodies: string[] = [];
    const url = await http((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (chunk: Buffer) => parts.push(chunk));
      request.on('end', () => {
        bodies.push(Buffer.concat(parts).toString('latin1'));
        response.writeHead(200).end();
      });
    });
    await queued('web');
    const missing = await service.index.instance(objects[1]!.sopInstanceUID);
    deliver([stow('web', url)], {
      retry: { maxRefusals: 1 },
      archive: { stream: async (key) => { if (key === missing!.blobKey) throw new AppError('ARCHIVE_NOT_FOUND', 'gone'); return service.archive.stream(key); } },
    });
    await until('all decided', async () => (await records('web')).every(({ state }) => state !== 'waiting'));
    expect((await records('web')).map(({ state }) => state)).toEqual(['sent', 'failed', 'sent']);
    expect(bodies).toHaveLength(1);
  });

  describe.runIf(hasPrograms('Orthanc'))('to Orthanc', () => {
    let orthanc: Orthanc;
    beforeEach(async () => {
      orthanc = await startOrthanc();
      onEnd(() => orthanc.stop());
    });

    it('arrives over both ways at once, byte for byte', async () => {
      await queued('web');
      await queued('pacs');
      deliver([stow('web', orthanc.dicomWebUrl), dimse('pacs', orthanc.dicomPort, 'ORTHANC')]);
      await reach('web', 'sent');
      await reach('pacs', 'sent');
      const ids = await orthanc.get<readonly string[]>('/instances');
      expect(ids).toHaveLength(3);
      for (const id of ids) {
        const { SOPInstanceUID: uid } = await orthanc.get<{ SOPInstanceUID: string }>(`/instances/${id}/simplified-tags`);
        expect(objects.map(({ sopInstanceUID }) => sopInstanceUID)).toContain(uid);
      }
    });
  });
});
