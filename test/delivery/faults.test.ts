import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAnalysisService } from '../../src/analysis/analysis-service.ts';
import { analyzeJobName, packObject, type AnalyzeJobData, type AnalyzeJobResult } from '../../src/analysis/job.ts';
import { startDelivery, type Delivery, type DeliveryOptions } from '../../src/delivery/delivery.ts';
import type { Destination } from '../../src/delivery/destination.ts';
import { createRejectionRouter } from '../../src/delivery/route-rejection.ts';
import { createRouter } from '../../src/delivery/router.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { silentLog } from '../../src/log.ts';
import { openSqliteQueue } from '../../src/queue/sqlite-queue.ts';
import type { DeliveryRecord } from '../../src/study/types.ts';
import { openFileArchive } from '../../src/archive/file-archive.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { createStudyService } from '../../src/study/study-service.ts';
import { startOrthanc } from '../helpers/orthanc.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { freePort } from '../helpers/ports.ts';
import { until } from '../helpers/until.ts';
import { findings } from '../index/records.ts';
import { ctInstance, type TestInstance } from '../dimse/helpers/instances.ts';
import { startProgram, type Server } from '../dimse/helpers/programs.ts';
import { startRealService, type RealService } from '../dimse/helpers/real-service.ts';
import { scriptedScp, type Script, type ScriptedScp } from './scripted-scp.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const studyInstanceUID = '1.2.826.0.1.79';
const closers: (() => Promise<void>)[] = [];
const onEnd = (close: () => Promise<void>): void => { closers.unshift(close); };
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
const dimse = (name: string, port: number, aeTitle = 'STORE'): Destination => ({ name, kind: 'dimse', host: '127.0.0.1', port, aeTitle });

/** Accepts connections and never says a word. */
async function hung(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onEnd(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

async function scripted(script: Script = {}): Promise<ScriptedScp> {
  const scp = await scriptedScp(script);
  onEnd(() => scp.stop());
  return scp;
}

describe('a receiver that misbehaves gets everything in the end', () => {
  let service: RealService;
  let objects: readonly TestInstance[];

  beforeEach(async () => {
    service = await startRealService();
    objects = [1, 2, 3, 4, 5].map((instanceNumber) => ctInstance({ instanceNumber, studyInstanceUID, size: 48 }));
    for (const { bytes } of objects) await service.study.receive(single(bytes), { transport: 'internal' });
  });
  afterEach(() => service.stop());

  async function queued(...destinations: readonly string[]): Promise<void> {
    for (const destination of destinations) {
      for (const { sopInstanceUID } of objects) await service.index.addDelivery({ id: `${destination}-${sopInstanceUID}`, studyInstanceUID, sopInstanceUID, destination });
    }
  }
  function deliver(destinations: readonly Destination[], options: Partial<DeliveryOptions> = {}): Delivery {
    const delivery = startDelivery({
      destinations, index: service.index, archive: service.archive, aeTitle: 'PHOI', log: silentLog(), pollMs: 100,
      dimseTimers: { connectMs: 400, associateMs: 400, responseMs: 400, stallMs: 5000, releaseMs: 200 }, slowestBytesPerSecond: 1_000_000, ...options, retry: { firstMs: 30, maxMs: 100, ...options.retry },
    });
    onEnd(() => delivery.close());
    return delivery;
  }
  const records = async (destination: string): Promise<readonly DeliveryRecord[]> => (await service.index.deliveries(studyInstanceUID)).filter((delivery) => delivery.destination === destination);
  const allSent = (destination: string) => until(`${destination} all sent`, async () => {
    const found = await records(destination);
    return found.length === objects.length && found.every(({ state }) => state === 'sent') && found;
  }, 60_000);
  const uids = (): readonly string[] => objects.map(({ sopInstanceUID }) => sopInstanceUID).sort();

  it.each<[string, Script]>([
    ['dies inside the second object', { cutAfter: (store) => (store === 2 ? 1000 : undefined) }],
    ['dies inside every other object for a while', { cutAfter: (store) => (store < 8 && store % 2 === 0 ? 100 : undefined) }],
    ['closes instead of answering', { store: (_uid, store) => (store === 3 ? 'close' : 0) }],
    ['aborts instead of answering', { store: (_uid, store) => (store === 1 || store === 4 ? 'abort' : 0) }],
    ['never answers one object', { store: (_uid, store) => (store === 2 ? 'silence' : 0) }],
    ['answers with something that is not DICOM', { store: (_uid, store) => (store === 2 ? 'garbage' : 0) }],
    ['answers another message', { store: (_uid, store) => (store === 2 ? 'wrong-message-id' : 0) }],
    ['answers without a status', { store: (_uid, store) => (store === 2 ? 'no-status' : 0) }],
    ['is full for a while', { store: (_uid, store) => (store <= 12 ? 0xa700 : 0) }],
    ['fails internally for a while', { store: (_uid, store) => (store <= 7 ? 0x0110 : 0) }],
    ['refuses each object a few times', { store: (_uid, store) => (store <= 10 ? 0xc000 : 0) }],
    ['rejects associations for the moment', { reject: (association) => (association <= 3 ? [2, 3, 1] : undefined) }],
    ['rejects associations for good, until it is mended', { reject: (association) => (association <= 3 ? [1, 1, 7] : undefined) }],
  ])('that %s', async (_name, script) => {
    const [bad, good] = [await scripted(script), await scripted()];
    await queued('bad', 'good');
    deliver([dimse('bad', bad.port), dimse('good', good.port)]);
    await allSent('good');
    await allSent('bad');
    expect([...bad.stored.keys()].sort()).toEqual(uids());
    // An answer that was lost on the way makes one repetition; nothing that was answered is sent again.
    expect([...bad.stored.values()]).toEqual(objects.map(() => 1));
    expect(good.associations()).toBe(1);
    expect([...good.stored.values()]).toEqual(objects.map(() => 1));
  });

  it('that refuses the presentation contexts: given up after a few, with the reason, and sent when asked for', async () => {
    let refusing = true;
    const bad = await scripted({ refuse: () => refusing });
    await queued('bad');
    const delivery = deliver([dimse('bad', bad.port)], { retry: { maxRefusals: 3 } });
    await until('all given up', async () => (await records('bad')).every(({ state }) => state === 'failed'));
    expect(await records('bad')).toMatchObject(objects.map(() => ({ attempts: 3, refusals: 3, lastErrorCode: 'DIMSE_PEER_REFUSED_INSTANCE' })));
    refusing = false;
    expect(await delivery.resend({ destination: 'bad', states: ['failed'] })).toBe(5);
    await allSent('bad');
  });

  it('failures that passed do not count as refusals', async () => {
    const bad = await scripted({ reject: (association) => (association <= 6 ? [2, 3, 1] : undefined), store: (_uid, store) => (store <= 5 ? 0xc000 : 0) });
    await queued('bad');
    deliver([dimse('bad', bad.port)], { retry: { maxRefusals: 3 } });
    expect((await allSent('bad')).map(({ refusals }) => refusals)).toEqual([1, 1, 1, 1, 1]);
  });

  it.each([['arrives all the same', 0, 'sent'], ['fails', 0xa700, 'failed']] as const)('an object under way when a newer result replaces it: the note goes there, and one that %s is not sent again', async (_name, answer, state) => {
    const pacs = await scripted({ bytesPerSecond: 20_000, store: () => answer });
    const { sopInstanceUID } = objects[0]!;
    await service.index.addDelivery({ id: 'old', studyInstanceUID, sopInstanceUID, destination: 'pacs' });
    await service.index.addDelivery({ id: 'never', studyInstanceUID, sopInstanceUID, destination: 'elsewhere' });
    deliver([dimse('pacs', pacs.port)], { dimseTimers: { responseMs: 5000 } });
    await until('the transfer', () => pacs.associations() === 1);
    expect(await service.index.delivery('old')).toMatchObject({ state: 'waiting', attempts: 0 });
    await createRejectionRouter({ index: service.index, log: silentLog(), onDeliveries: () => undefined })({ studyInstanceUID, note: { role: 'rejection', sopInstanceUID: objects[1]!.sopInstanceUID }, rejected: [sopInstanceUID] });
    await until('the end of the transfer', async () => (await service.index.delivery('old'))?.attempts === 1 || pacs.stored.size > 0 || answer !== 0);
    await until('its state', async () => (await service.index.delivery('old'))?.state === state);
    const notes = (await service.index.deliveries(studyInstanceUID)).filter(({ role }) => role === 'rejection');
    expect(notes.map(({ destination }) => destination)).toEqual(['pacs']);
    await until('the note sent or refused', async () => (await service.index.delivery(notes[0]!.id))!.attempts > 0);
    expect(await service.index.delivery('old')).toMatchObject({ state });
  });

  it('that is down for very long: given up after so many attempts', async () => {
    await queued('dead');
    deliver([dimse('dead', await freePort())], { retry: { maxAttempts: 4 } });
    await until('all given up', async () => (await records('dead')).every(({ state, attempts }) => state === 'failed' && attempts === 4));
    expect((await records('dead'))[0]).toMatchObject({ lastErrorCode: 'DIMSE_PEER_UNREACHABLE', refusals: 0 });
  });

  it('that reads 1 kB in a second, while the others have long had theirs', async () => {
    const [slow, good] = [await scripted({ bytesPerSecond: 1000 }), await scripted()];
    const [first] = objects;
    await queued('good');
    await service.index.addDelivery({ id: 'slow', studyInstanceUID, sopInstanceUID: first!.sopInstanceUID, destination: 'slow' });
    const finished: string[] = [];
    deliver([dimse('slow', slow.port), dimse('good', good.port)], { dimseTimers: { responseMs: 30_000 }, onChanged: ({ id, state }) => { if (state === 'sent') finished.push(id); } });
    await until('the slow one', async () => (await service.index.delivery('slow'))?.state === 'sent', 60_000);
    expect(finished.at(-1)).toBe('slow');
    expect(finished).toHaveLength(6);
    expect(await service.index.delivery('slow')).toMatchObject({ attempts: 1 });
  });

  it('that takes a large object so slowly that no timer of a usual one would wait', async () => {
    const large = ctInstance({ instanceNumber: 9, studyInstanceUID, size: 800 });
    await service.study.receive(single(large.bytes), { transport: 'internal' });
    await service.index.addDelivery({ id: 'large', studyInstanceUID, sopInstanceUID: large.sopInstanceUID, destination: 'slow' });
    // More than three seconds; all of it fits into the buffers of the system.
    const slow = await scripted({ bytesPerSecond: 400_000 });
    deliver([dimse('slow', slow.port)], { dimseTimers: { responseMs: 400, stallMs: 400 }, slowestBytesPerSecond: 100_000 });
    await until('the attempt', async () => (await service.index.delivery('large'))!.attempts > 0);
    expect(await service.index.delivery('large')).toMatchObject({ state: 'sent', attempts: 1 });
    expect([...slow.stored.values()]).toEqual([1]);
  });

  it('a destination taken out of the settings keeps its deliveries, says so, and gets them when it is back', async () => {
    await queued('gone');
    const store = await scripted();
    const first = deliver([]);
    await until('the reason', async () => (await records('gone')).every(({ lastErrorCode }) => lastErrorCode === 'DELIVERY_DESTINATION_UNKNOWN'));
    expect((await records('gone')).every(({ state, attempts }) => state === 'waiting' && attempts === 0)).toBe(true);
    await first.close();
    const second = deliver([{ ...dimse('gone', store.port), enabled: false }]);
    await until('the other reason', async () => (await records('gone')).every(({ lastErrorCode }) => lastErrorCode === 'DELIVERY_DESTINATION_DISABLED'));
    await second.close();
    deliver([dimse('gone', store.port)]);
    expect((await allSent('gone')).every(({ lastErrorCode }) => lastErrorCode === undefined)).toBe(true);
  });

  it.runIf(hasPrograms('storescp')).each<['implicit-little-endian' | 'explicit-little-endian', string]>([['implicit-little-endian', '1.2.840.10008.1.2'], ['explicit-little-endian', '1.2.840.10008.1.2.1']])('gets %s where it prefers that', async (transferSyntax, uid) => {
    await queued('pacs');
    const folder = await mkdtemp(join(tmpdir(), 'phoi-syntax-'));
    onEnd(() => rm(folder, { recursive: true, force: true }));
    const port = await freePort();
    await startStorescp(folder, port);
    deliver([{ ...dimse('pacs', port), transferSyntax }]);
    await allSent('pacs');
    for (const name of await readdir(folder)) expect(parsePart10(await readFile(join(folder, name))).meta.transferSyntaxUID).toBe(uid);
  });

  it.runIf(hasPrograms('storescp'))('storescp, killed inside the transfer and started again, has every object once and whole', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phoi-storescp-'));
    onEnd(() => rm(folder, { recursive: true, force: true }));
    const large = [11, 12, 13, 14, 15, 16, 17, 18].map((instanceNumber) => ctInstance({ instanceNumber, studyInstanceUID, size: 1024 }));
    for (const { bytes, sopInstanceUID } of large) {
      await service.study.receive(single(bytes), { transport: 'internal' });
      await service.index.addDelivery({ id: sopInstanceUID, studyInstanceUID, sopInstanceUID, destination: 'pacs' });
    }
    const port = await freePort();
    for (const seen of [1, 3, 5]) {
      const storescp = await startStorescp(folder, port);
      if (seen === 1) deliver([dimse('pacs', port)]);
      await until(`${seen} files`, async () => (await readdir(folder)).length >= seen);
      await storescp.stop();
    }
    await startStorescp(folder, port);
    await until('all sent', async () => (await records('pacs')).every(({ state }) => state === 'sent'), 60_000);
    expect((await readdir(folder)).sort()).toEqual(large.map(({ sopInstanceUID }) => `CT.${sopInstanceUID}`).sort());
    for (const { sopInstanceUID, bytes } of large) {
      const there = parsePart10(await readFile(join(folder, `CT.${sopInstanceUID}`)));
      const file = await readFile(join(folder, `CT.${sopInstanceUID}`));
      const ours = parsePart10(bytes);
      expect(Buffer.compare(file.subarray(there.datasetOffset), bytes.subarray(ours.datasetOffset)), sopInstanceUID).toBe(0);
    }
  });
});

async function startStorescp(folder: string, port: number): Promise<Server> {
  const storescp = await startProgram('storescp', () => ['-od', folder, '+xa', String(port)], port);
  onEnd(() => storescp.stop());
  return storescp;
}

describe.runIf(hasPrograms('Orthanc'))('this process, killed again and again', () => {
  it('has brought every object to Orthanc, once, and knows that Orthanc keeps it', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'phoi-killed-'));
    const ownPort = await freePort();
    const orthanc = await startOrthanc({ phoi: ['PHOI', '127.0.0.1', ownPort] });
    onEnd(() => orthanc.stop());
    onEnd(() => rm(dataDir, { recursive: true, force: true }));
    const log = silentLog();
    const archive = await openFileArchive(dataDir);
    const index = await openSqliteIndex(join(dataDir, 'index.sqlite'));
    onEnd(() => index.close());
    const study = createStudyService({ archive, index, settings: { quietSeconds: 3600 }, log });
    const objects = Array.from({ length: 60 }, (_, at) => ctInstance({ instanceNumber: at + 1, studyInstanceUID, size: 128 }));
    for (const { bytes, sopInstanceUID } of objects) {
      await study.receive(single(bytes), { transport: 'internal' });
      await index.addDelivery({ id: sopInstanceUID, studyInstanceUID, sopInstanceUID, destination: 'pacs' });
    }
    await study.close();
    const count = async (state: DeliveryRecord['state']): Promise<number> => (await index.deliveries(studyInstanceUID)).filter((delivery) => delivery.state === state).length;

    async function start(): Promise<ChildProcess> {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'delivery-process.ts'), dataDir, String(orthanc.dicomPort), 'ORTHANC', String(ownPort)], { stdio: ['ignore', 'pipe', 'inherit'] });
      onEnd(async () => { child.kill('SIGKILL'); });
      return child;
    }
    async function kill(child: ChildProcess): Promise<void> {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    // By progress, not by time: each kill hits a process in the middle of its work.
    for (const done of [5, 15, 30, 45]) {
      const child = await start();
      await until(`${done} delivered`, async () => 60 - await count('waiting') >= done);
      await kill(child);
    }
    const last = await start();
    await until('all confirmed', async () => await count('confirmed') === 60);
    await kill(last);
    expect(await orthanc.get('/instances')).toHaveLength(60);
    expect((await orthanc.get<{ SOPInstanceUID?: string; MainDicomTags: { SOPInstanceUID: string } }[]>('/instances?expand')).map(({ MainDicomTags }) => MainDicomTags.SOPInstanceUID).sort())
      .toEqual(objects.map(({ sopInstanceUID }) => sopInstanceUID).sort());
  });
});

describe('workers', () => {
  it('have their results taken in and shown while a destination hangs, another is dead and a third is slow', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'phoi-workers-'));
    onEnd(() => rm(dataDir, { recursive: true, force: true }));
    const log = silentLog();
    const archive = await openFileArchive(dataDir);
    const index = await openSqliteIndex(join(dataDir, 'index.sqlite'));
    onEnd(() => index.close());
    const queue = openSqliteQueue(join(dataDir, 'queue.sqlite'));
    onEnd(() => queue.close());
    const study = createStudyService({ archive, index, settings: { quietSeconds: 3600 }, log });
    onEnd(() => study.close());
    const [slow, good] = [await scripted({ bytesPerSecond: 500 }), await scripted()];
    const destinations = [dimse('hung', await hung()), dimse('dead', await freePort()), dimse('slow', slow.port), dimse('good', good.port)];
    const delivery = startDelivery({ destinations, index, archive, aeTitle: 'PHOI', log, pollMs: 100 });
    onEnd(() => delivery.close());
    const router = createRouter({ index, destinations, peers: [], log, onDeliveries: () => delivery.wake() });
    const analysis = createAnalysisService({
      index, study, queue, log, maxAttempts: 1, model: async () => ({ id: 'm', version: '1', sha256: '0'.repeat(64) }), route: (request) => router.route(request),
      routeRejection: createRejectionRouter({ index, log, onDeliveries: () => delivery.wake() }), softwareVersion: '0.1.0',
    });
    onEnd(() => analysis.close());
    const stopped = new AbortController();
    for (const number of [1, 2, 3, 4]) {
      const uid = `1.2.826.0.1.8${number}`;
      await study.receive(single(ctInstance({ studyInstanceUID: uid }).bytes), { transport: 'upload' });
      await study.forceComplete(uid);
      const job = (await queue.claim<AnalyzeJobData>(analyzeJobName, 'worker', stopped.signal))!;
      const result = ctInstance({ studyInstanceUID: uid, instanceNumber: 100, size: 32 });
      await job.complete({ findings: findings(uid, [[7, 0.9]]), objects: [packObject({ role: 'sr', sopInstanceUID: result.sopInstanceUID, sopClassUID: result.sopClassUID, part10: result.bytes })] } satisfies AnalyzeJobResult);
      await until(`${uid} analysed`, async () => (await index.worklistItem(uid))?.state === 'analysed');
    }
    const states = async (destination: string): Promise<readonly string[]> =>
      (await Promise.all([1, 2, 3, 4].map((number) => index.deliveries(`1.2.826.0.1.8${number}`)))).flat().filter((found) => found.destination === destination).map(({ state }) => state);
    await until('the good one has all', async () => (await states('good')).every((state) => state === 'sent'));
    expect(good.stored.size).toBe(4);
    expect(await states('hung')).toEqual(['waiting', 'waiting', 'waiting', 'waiting']);
    expect(await states('dead')).toEqual(['waiting', 'waiting', 'waiting', 'waiting']);
    expect((await states('slow')).filter((state) => state === 'sent').length).toBeLessThan(4);
  });
});
