import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDelivery, type Delivery, type DeliveryOptions } from '../../src/delivery/delivery.ts';
import type { Confirmation, Destination } from '../../src/delivery/destination.ts';
import { startDimseScp, type DimseScp } from '../../src/dimse/scp.ts';
import { silentLog } from '../../src/log.ts';
import type { DeliveryRecord } from '../../src/study/types.ts';
import { startOrthanc } from '../helpers/orthanc.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { freePort } from '../helpers/ports.ts';
import { until } from '../helpers/until.ts';
import { ctInstance, type TestInstance } from '../dimse/helpers/instances.ts';
import { startRealService, type RealService } from '../dimse/helpers/real-service.ts';
import { startProgram } from '../dimse/helpers/programs.ts';
import { scriptedScp, type Script, type ScriptedScp } from './scripted-scp.ts';

const studyInstanceUID = '1.2.826.0.1.78';
let service: RealService;
let objects: readonly TestInstance[];
const closers: (() => Promise<void>)[] = [];
const onEnd = (close: () => Promise<void>): void => { closers.unshift(close); };

beforeEach(async () => {
  service = await startRealService();
  objects = [1, 2, 3].map((instanceNumber) => ctInstance({ instanceNumber, studyInstanceUID }));
  for (const { bytes, sopInstanceUID } of objects) {
    await service.study.receive((async function* () { yield bytes; })(), { transport: 'internal' });
    await service.index.addDelivery({ id: `d-${sopInstanceUID}`, studyInstanceUID, sopInstanceUID, destination: 'pacs' });
  }
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await service.stop();
});

/** Long enough after the first object that all three are there, also on a busy machine: they are asked for together. */
const confirm = (change: Partial<Confirmation> = {}): Confirmation => ({ by: 'commitment', afterSeconds: 1, timeoutSeconds: 30, maxAttempts: 20, ...change });
const dimse = (port: number, change: Partial<Confirmation> = {}, aeTitle = 'STORE'): Destination => ({ name: 'pacs', kind: 'dimse', host: '127.0.0.1', port, aeTitle, confirm: confirm(change) });

/** Our own SCP as the service has it: where reports arrive. Anybody may store; only the destination may report. */
async function ourScp(delivery: Delivery, port = 0): Promise<DimseScp> {
  const scp = await startDimseScp({
    host: '127.0.0.1', port, aeTitle: 'PHOI', study: service.study, log: silentLog(), peers: [{ aeTitle: 'CT1' }],
    reports: { take: (report) => delivery.reported(report), from: delivery.reporters },
  });
  onEnd(() => scp.close());
  return scp;
}

function deliver(destinations: readonly Destination[], options: Partial<DeliveryOptions> = {}): Delivery {
  const delivery = startDelivery({
    destinations, index: service.index, archive: service.archive, aeTitle: 'PHOI', log: silentLog(), pollMs: 100,
    dimseTimers: { connectMs: 30_000, associateMs: 30_000, responseMs: 30_000, stallMs: 30_000, releaseMs: 200 }, stowTimeoutMs: 30_000, ...options,
    retry: { firstMs: 30, maxMs: 100, ...options.retry },
  });
  onEnd(() => delivery.close());
  return delivery;
}
async function scripted(script: Script = {}): Promise<ScriptedScp> {
  const scp = await scriptedScp(script);
  onEnd(() => scp.stop());
  return scp;
}
const records = (): Promise<readonly DeliveryRecord[]> => service.index.deliveries(studyInstanceUID);
const allReach = (state: DeliveryRecord['state']) => until(`all ${state}`, async () => (await records()).every((delivery) => delivery.state === state));

/** Our answers to its reports; the provider hears them a moment after we have acted. */
const answersTo = (scp: ScriptedScp) => until('an answer to the report', () => scp.reportAnswers.length > 0 && scp.reportAnswers);

describe('storage commitment', () => {
  it('confirms what the provider reports on the same association', async () => {
    const scp = await scripted({ report: 'same' });
    deliver([dimse(scp.port)]);
    await allReach('confirmed');
    expect([...scp.stored.keys()].sort()).toEqual(objects.map(({ sopInstanceUID }) => sopInstanceUID).sort());
    expect(await answersTo(scp)).toEqual([0]);
    expect((await records())[0]).toMatchObject({ attempts: 1, confirmationAttempts: 1 });
  });

  it('confirms a report that overtakes the answer to the request', async () => {
    const scp = await scripted({ report: 'before-answer' });
    deliver([dimse(scp.port)]);
    await allReach('confirmed');
  });

  it('confirms what the provider reports on an association of its own, though it may not store here', async () => {
    const scp = await scripted({ report: 'new' });
    const delivery = deliver([dimse(scp.port)]);
    scp.reportTo((await ourScp(delivery)).port);
    await allReach('confirmed');
    expect(await answersTo(scp)).toEqual([0]);
  });

  it('confirms a report that comes after a restart', async () => {
    const scp = await scripted({ report: 'none' });
    const first = deliver([dimse(scp.port)]);
    await until('the request', () => scp.requests.length === 1);
    await first.close();
    await service.restart();
    const second = deliver([dimse(scp.port)]);
    const port = (await ourScp(second)).port;
    await scp.sendReport(port, scp.requests[0]!, { committed: objects.map(({ sopInstanceUID }) => sopInstanceUID), failed: [] });
    await allReach('confirmed');
    expect(await answersTo(scp)).toEqual([0]);
    expect(scp.requests).toHaveLength(1);
  });

  it('sends again what the provider says it does not have, and asks again', async () => {
    const lost = objects[1]!.sopInstanceUID;
    const scp = await scripted({ report: 'same', fail: (uid, request) => (uid === lost && request === 1 ? 0x0112 : undefined) });
    deliver([dimse(scp.port)]);
    await allReach('confirmed');
    expect(scp.stored.get(lost)).toBe(2);
    expect(scp.stored.get(objects[0]!.sopInstanceUID)).toBe(1);
    expect((await records()).find(({ sopInstanceUID }) => sopInstanceUID === lost)).toMatchObject({ refusals: 1 });
  });

  it('gives up an object that is never kept, and says so', async () => {
    const lost = objects[1]!.sopInstanceUID;
    const scp = await scripted({ report: 'same', fail: (uid) => (uid === lost ? 0x0112 : undefined) });
    deliver([dimse(scp.port)], { retry: { maxRefusals: 3 } });
    const failed = await until('the end', async () => (await records()).find(({ state }) => state === 'failed'));
    expect(failed).toMatchObject({ sopInstanceUID: lost, refusals: 3, lastErrorCode: 'DELIVERY_NOT_CONFIRMED', lastError: expect.stringContaining('0112') as string });
    expect(scp.stored.get(lost)).toBe(3);
  });

  it('asks again, without sending again, when the provider could not look', async () => {
    const scp = await scripted({ report: 'same', fail: (_uid, request) => (request <= 2 ? 0x0110 : undefined) });
    deliver([dimse(scp.port)]);
    await allReach('confirmed');
    expect([...scp.stored.values()]).toEqual([1, 1, 1]);
    expect(scp.requests.length).toBeGreaterThan(2);
  });

  it('asks again when no report comes in time, and a late one of the first question still counts', async () => {
    const scp = await scripted({ report: 'none' });
    const delivery = deliver([dimse(scp.port, { timeoutSeconds: 0.2 })]);
    const { port } = await ourScp(delivery);
    await until('a second question', () => scp.requests.length >= 2);
    await scp.sendReport(port, scp.requests[0]!, { committed: objects.map(({ sopInstanceUID }) => sopInstanceUID), failed: [] });
    await allReach('confirmed');
    expect([...scp.stored.values()]).toEqual([1, 1, 1]);
  });

  it.each([
    ['does not offer it', { refuse: (uid) => uid === '1.2.840.10008.1.20.1' } satisfies Script, 'DIMSE_PEER_REJECTED'],
    ['refuses the request', { action: 0x0110 } satisfies Script, 'DIMSE_PEER_REFUSED_INSTANCE'],
    ['aborts on the request', { action: 'abort' } satisfies Script, 'DIMSE_PEER_ABORTED'],
  ])('stops asking a provider that %s, and the objects stay sent with the reason', async (_name, script: Script, code) => {
    const scp = await scripted(script);
    deliver([dimse(scp.port, { maxAttempts: 3 })]);
    await until('the end of asking', async () => (await records()).every(({ confirmationDueAt, lastErrorCode }) => confirmationDueAt === undefined && lastErrorCode === code));
    expect(await records()).toMatchObject(objects.map(() => ({ state: 'sent', attempts: 1, confirmationAttempts: 3 })));
    expect([...scp.stored.values()]).toEqual([1, 1, 1]);
  });

  it('that does not keep what was superseded meanwhile is not sent it again', async () => {
    const scp = await scripted({ report: 'none' });
    const delivery = deliver([dimse(scp.port)]);
    const { port } = await ourScp(delivery);
    await until('the request', () => scp.requests.length === 1);
    await service.index.supersedeDeliveries((await records()).slice(0, 2).map(({ id }) => id));
    await scp.sendReport(port, scp.requests[0]!, { committed: [], failed: objects.map(({ sopInstanceUID }) => ({ sopInstanceUID, reason: 0x0112 })) });
    await until('the third to be sent again', () => scp.stored.get(objects[2]!.sopInstanceUID) === 2);
    expect((await records()).map(({ lastErrorCode }) => lastErrorCode === 'DELIVERY_SUPERSEDED')).toEqual([true, true, false]);
    expect(objects.map(({ sopInstanceUID }) => scp.stored.get(sopInstanceUID))).toEqual([1, 1, 2]);
  });

  it('a report of an unknown transaction, of nobody we asked, or without sense changes nothing', async () => {
    const scp = await scripted({ report: 'none' });
    const delivery = deliver([dimse(scp.port)]);
    const { port } = await ourScp(delivery);
    await until('the request', () => scp.requests.length === 1);
    const committed = objects.map(({ sopInstanceUID }) => sopInstanceUID);
    await scp.sendReport(port, '2.25.404', { committed, failed: [] });
    expect(scp.reportAnswers).toEqual([0x0115]);
    await expect(scp.sendReport(port, scp.requests[0]!, { committed, failed: [] }, 'STRANGER')).rejects.toMatchObject({ code: 'DIMSE_PEER_REJECTED' });
    await scp.sendReport(port, scp.requests[0]!, { committed: ['1.2.3'], failed: [{ sopInstanceUID: '1.2.4', reason: 0x0112 }] });
    expect((await records()).map(({ state }) => state)).toEqual(['sent', 'sent', 'sent']);
  });

  describe.runIf(hasPrograms('Orthanc'))('with Orthanc', () => {
    it('confirms what Orthanc reports on its own association', async () => {
      const port = await freePort();
      const orthanc = await startOrthanc({ phoi: ['PHOI', '127.0.0.1', port] });
      onEnd(() => orthanc.stop());
      const delivery = deliver([dimse(orthanc.dicomPort, {}, 'ORTHANC')]);
      await ourScp(delivery, port);
      await allReach('confirmed');
      expect(await orthanc.get('/instances')).toHaveLength(3);
    });

    it('sends again what was deleted there before the question', async () => {
      const port = await freePort();
      const orthanc = await startOrthanc({ phoi: ['PHOI', '127.0.0.1', port] });
      onEnd(() => orthanc.stop());
      const delivery = deliver([dimse(orthanc.dicomPort, { afterSeconds: 1.5 }, 'ORTHANC')]);
      await ourScp(delivery, port);
      await allReach('sent');
      const [instance] = await orthanc.post<string[]>('/tools/lookup', objects[0]!.sopInstanceUID).then((found) => (found as unknown as { ID: string }[]).map(({ ID }) => ID));
      await fetch(`${orthanc.httpUrl}/instances/${instance!}`, { method: 'DELETE' });
      await allReach('confirmed');
      expect(await orthanc.get('/instances')).toHaveLength(3);
      expect((await records()).map(({ refusals }) => refusals)).toEqual([1, 0, 0]);
    });

    it('by QIDO-RS: confirms what is there', async () => {
      const orthanc = await startOrthanc();
      onEnd(() => orthanc.stop());
      deliver([{ name: 'pacs', kind: 'stow', url: orthanc.dicomWebUrl, confirm: confirm({ by: 'query' }) }]);
      await allReach('confirmed');
      expect(await orthanc.get('/instances')).toHaveLength(3);
    });
  });

  it.runIf(hasPrograms('storescp'))('storescp, which has no storage commitment, keeps the objects as sent', async () => {
    const storescp = await startProgram('storescp', (port) => ['--ignore', String(port)]);
    onEnd(() => storescp.stop());
    deliver([dimse(storescp.port, { maxAttempts: 2 })]);
    await until('the end of asking', async () => (await records()).every(({ state, confirmationDueAt, lastErrorCode }) => state === 'sent' && confirmationDueAt === undefined && lastErrorCode === 'DIMSE_PEER_REJECTED'));
  });
});

describe('by query', () => {
  /** Takes everything by STOW-RS; whether it is found later is the test's to say. */
  async function archive(answer: (uid: string, question: number) => 'found' | 'other' | 'nothing' | number): Promise<{ readonly url: string; readonly stored: () => number; readonly questions: Map<string, number> }> {
    let stored = 0;
    const questions = new Map<string, number>();
    const server = createHttpServer((request, response) => {
      if (request.method === 'POST') {
        request.resume().on('end', () => {
          stored += 1;
          response.writeHead(200, { 'content-type': 'application/dicom+json' }).end();
        });
        return;
      }
      const uid = new URL(request.url!, 'http://x').searchParams.get('SOPInstanceUID')!;
      questions.set(uid, (questions.get(uid) ?? 0) + 1);
      const given = answer(uid, questions.get(uid)!);
      if (typeof given === 'number') response.writeHead(given).end();
      else response.writeHead(200, { 'content-type': 'application/dicom+json' }).end(JSON.stringify(given === 'nothing' ? [] : [{ '00080018': { vr: 'UI', Value: [given === 'found' ? uid : '1.2.3'] } }]));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onEnd(async () => {
      server.closeAllConnections();
      server.close();
    });
    return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}/dicom-web`, stored: () => stored, questions };
  }
  const stow = (url: string): Destination => ({ name: 'pacs', kind: 'stow', url, confirm: confirm({ by: 'query' }) });

  it('is patient with an archive that indexes later, and with errors', async () => {
    const { url, stored, questions } = await archive((_uid, question) => (question === 1 ? 503 : question === 2 ? 'nothing' : 'found'));
    deliver([stow(url)]);
    await allReach('confirmed');
    expect(stored()).toBe(1);
    expect([...questions.values()]).toEqual([3, 3, 3]);
  });

  it('sends again what is not found, and does not take another object for it', async () => {
    const lost = objects[2]!.sopInstanceUID;
    const { url, stored } = await archive((uid, question) => (uid === lost && question <= 3 ? 'other' : 'found'));
    deliver([stow(url)]);
    await allReach('confirmed');
    expect(stored()).toBe(2);
  });
});
