import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeAssociateAccept } from '../../src/dimse/associate-pdu.ts';
import { decodeCommandSet, type CommandSet } from '../../src/dimse/command-set.ts';
import { abortReason, encodePdu, encodeReleaseRequest, pduType } from '../../src/dimse/pdu.ts';
import { startDimseScp, type DimseScp, type DimseScpLimits } from '../../src/dimse/scp.ts';
import { silentLog } from '../../src/log.ts';
import { until } from '../helpers/until.ts';
import { associateRequest, ctContext, fragment, rawPeer, storeCommand, type RawPeer } from './helpers/raw-peer.ts';
import { recordingStudy, type RecordingStudy } from './helpers/recording-study.ts';

let scp: DimseScp;
let study: RecordingStudy;

async function start(limits: Partial<DimseScpLimits> = {}): Promise<void> {
  study = recordingStudy();
  scp = await startDimseScp({ host: '127.0.0.1', port: 0, aeTitle: 'PHOI', log: silentLog(), study, limits });
}
afterEach(() => scp.close());

async function associated(limits?: Partial<DimseScpLimits>): Promise<RawPeer> {
  if (limits !== undefined) await start(limits);
  const peer = await rawPeer(scp.port);
  await peer.send(associateRequest());
  const answer = await peer.pdu();
  if (answer === 'closed' || answer.type !== pduType.associateAccept) throw new Error('not accepted');
  return peer;
}

async function response(peer: RawPeer): Promise<CommandSet> {
  const pdu = await peer.pdu();
  if (pdu === 'closed' || pdu.type !== pduType.data) throw new Error(`no response: ${JSON.stringify(pdu)}`);
  return decodeCommandSet(pdu.body.subarray(6));
}

/** A whole C-STORE on a fresh association: the server is alive and well. */
async function worksStill(): Promise<void> {
  const peer = await associated();
  await peer.send(storeCommand('1.2.3.99'), fragment(1, false, true, Buffer.alloc(100)));
  expect((await response(peer)).status).toBe(0);
  peer.socket.destroy();
}

function abortOf(pdu: Awaited<ReturnType<RawPeer['pdu']>>): number {
  if (pdu === 'closed') throw new Error('closed without an A-ABORT');
  expect(pdu.type).toBe(pduType.abort);
  expect(pdu.body[2]).toBe(2);
  return pdu.body[3]!;
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

describe('before an association', () => {
  it.each([
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), abortReason.unrecognizedPdu],
    ['a PDU type that does not exist', encodePdu(0x2a, Buffer.alloc(10)), abortReason.unrecognizedPdu],
    ['a P-DATA-TF', fragment(1, true, true, Buffer.alloc(10)), abortReason.unexpectedPdu],
    ['a release request', encodeReleaseRequest(), abortReason.unexpectedPdu],
    ['an association request that declares 4 GiB', Buffer.concat([Buffer.of(1, 0), u32(0xffffffff)]), abortReason.invalidParameterValue],
    ['an association request of 10 bytes', encodePdu(1, Buffer.alloc(10)), abortReason.invalidParameterValue],
    ['an item that is longer than its PDU', encodePdu(1, Buffer.concat([Buffer.alloc(68), Buffer.of(0x10, 0, 0xff, 0xff, 1, 2)])), abortReason.invalidParameterValue],
    ['an even presentation context ID', associateRequest({ contexts: [{ ...ctContext, id: 2 }] }), abortReason.invalidParameterValue],
    ['the same presentation context ID twice', associateRequest({ contexts: [ctContext, ctContext] }), abortReason.invalidParameterValue],
  ])('aborts on %s', async (_, bytes, reason) => {
    await start();
    const peer = await rawPeer(scp.port);
    await peer.send(bytes);
    expect(abortOf(await peer.pdu())).toBe(reason);
    expect(await peer.pdu()).toBe('closed');
    await worksStill();
  });

  it('closes when the request does not come within ARTIM, even if bytes trickle', async () => {
    await start({ artimMs: 150 });
    const silent = await rawPeer(scp.port);
    const trickling = await rawPeer(scp.port);
    const request = associateRequest();
    let sent = 0;
    const drip = setInterval(() => trickling.socket.write(request.subarray(sent, sent += 1)), 20);
    expect(await silent.pdu()).toBe('closed');
    expect(await trickling.pdu()).toBe('closed');
    clearInterval(drip);
    expect(sent).toBeLessThan(request.length);
    await worksStill();
  });

  it('gives a peer no more places than its own, and the others theirs', async () => {
    study = recordingStudy();
    scp = await startDimseScp({
      host: '127.0.0.1', port: 0, aeTitle: 'PHOI', log: silentLog(), study, peers: [{ aeTitle: 'GREEDY', maxAssociations: 2 }, { aeTitle: 'CT1' }],
    });
    const answerTo = async (calling: string): Promise<readonly [RawPeer, number]> => {
      const peer = await rawPeer(scp.port);
      await peer.send(associateRequest({ calling }));
      const answer = await peer.pdu();
      if (answer === 'closed') throw new Error('closed');
      if (answer.type === pduType.associateReject) expect([...answer.body.subarray(1, 4)]).toEqual([2, 3, 2]);
      return [peer, answer.type];
    };
    const [first] = await answerTo('GREEDY');
    expect((await answerTo('GREEDY'))[1]).toBe(pduType.associateAccept);
    expect((await answerTo('GREEDY'))[1]).toBe(pduType.associateReject);
    expect((await answerTo('CT1'))[1]).toBe(pduType.associateAccept);
    first.socket.destroy();
    await until('a place again', async () => (await answerTo('GREEDY'))[1] === pduType.associateAccept);
  });

  it('says "try later" when all places are taken, and takes the next one after a release', async () => {
    await start({ maxAssociations: 2 });
    const first = await associated();
    await associated();
    const third = await rawPeer(scp.port);
    await third.send(associateRequest());
    const refused = await third.pdu();
    expect(refused).toEqual({ type: pduType.associateReject, body: Buffer.of(0, 2, 3, 2) });
    await first.send(encodeReleaseRequest());
    expect(await first.pdu()).toMatchObject({ type: pduType.releaseResponse });
    await until('a free place', async () => {
      const peer = await rawPeer(scp.port);
      await peer.send(associateRequest());
      const answer = await peer.pdu();
      return answer !== 'closed' && answer.type === pduType.associateAccept;
    });
  });

  it('gives up the association that idles longest when a new one needs its place', async () => {
    await start({ maxAssociations: 2, evictIdleMs: 100 });
    const idle = await associated();
    const working = await associated();
    await working.send(storeCommand('1.2.3.1'), fragment(1, false, false, Buffer.alloc(10)));
    const next = await until('a place', async () => {
      const peer = await rawPeer(scp.port);
      await peer.send(associateRequest());
      const answer = await peer.pdu();
      return answer !== 'closed' && answer.type === pduType.associateAccept && peer;
    });
    expect(abortOf(await idle.pdu())).toBe(abortReason.notSpecified);
    await working.send(fragment(1, false, true, Buffer.alloc(10)));
    expect((await response(working)).status).toBe(0);
    await next.send(storeCommand('1.2.3.2'), fragment(1, false, true, Buffer.alloc(10)));
    expect((await response(next)).status).toBe(0);
  });

  it('does not start with a peer whose address cannot be understood', async () => {
    await start();
    await expect(startDimseScp({ host: '127.0.0.1', port: 0, aeTitle: 'PHOI', log: silentLog(), study, peers: [{ aeTitle: 'CT', address: 'ct.example' }] }))
      .rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('accepts an association without any presentation context and answers its release', async () => {
    await start();
    const peer = await rawPeer(scp.port);
    await peer.send(associateRequest({ contexts: [] }));
    const answer = await peer.pdu();
    expect(answer !== 'closed' && decodeAssociateAccept(answer.body).contexts).toEqual([]);
    await peer.send(encodeReleaseRequest());
    expect(await peer.pdu()).toMatchObject({ type: pduType.releaseResponse });
    expect(await peer.pdu()).toBe('closed');
  });
});

describe('on an association', () => {
  it.each([
    ['a P-DATA-TF above the agreed length', Buffer.concat([Buffer.of(4, 0), u32(0xffffffff)]), abortReason.invalidParameterValue],
    ['a PDV longer than its PDU', Buffer.concat([Buffer.of(4, 0), u32(20), u32(0x7fffffff), Buffer.alloc(16)]), abortReason.invalidParameterValue],
    ['a PDV of length 0', Buffer.concat([Buffer.of(4, 0), u32(6), u32(0), Buffer.of(1, 3)]), abortReason.invalidParameterValue],
    ['a P-DATA-TF of 3 bytes', Buffer.concat([Buffer.of(4, 0), u32(3), Buffer.alloc(3)]), abortReason.invalidParameterValue],
    ['a context that was not accepted', fragment(77, true, true, Buffer.alloc(10)), abortReason.unexpectedPdu],
    ['a data set without a command', fragment(1, false, true, Buffer.alloc(10)), abortReason.unexpectedPdu],
    ['a second association request', associateRequest(), abortReason.unexpectedPdu],
    ['a command set that is noise', fragment(1, true, true, Buffer.from('no command set at all')), abortReason.notSpecified],
    ['a command that never ends', Buffer.concat(Array.from({ length: 9 }, () => fragment(1, true, false, Buffer.alloc(8000)))), abortReason.unexpectedPdu],
    ['a command inside a data set', Buffer.concat([storeCommand('1.2.3'), fragment(1, false, false, Buffer.alloc(10)), storeCommand('1.2.4')]), abortReason.unexpectedPdu],
    ['a release inside a data set', Buffer.concat([storeCommand('1.2.3'), fragment(1, false, false, Buffer.alloc(10)), encodeReleaseRequest()]), abortReason.unexpectedPdu],
  ])('aborts on %s', async (_, bytes, reason) => {
    const peer = await associated({});
    await peer.send(bytes);
    expect(abortOf(await peer.pdu())).toBe(reason);
    expect(study.received).toEqual([]);
    await worksStill();
  });

  it.each([
    ['closes the connection', (peer: RawPeer) => peer.socket.end()],
    ['resets the connection', (peer: RawPeer) => peer.socket.resetAndDestroy()],
    ['aborts', (peer: RawPeer) => peer.socket.write(encodePdu(pduType.abort, Buffer.alloc(4)))],
  ])('gives up an instance whose sender %s, keeps the ones before', async (_, end) => {
    const peer = await associated({});
    await peer.send(storeCommand('1.2.3.1'), fragment(1, false, true, Buffer.alloc(100)));
    expect((await response(peer)).status).toBe(0);
    await peer.send(storeCommand('1.2.3.2'), fragment(1, false, false, Buffer.alloc(16000)));
    end(peer);
    await until('the end of the reception', () => study.broken.length === 1);
    expect(study.received.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(['1.2.3.1']);
    await worksStill();
  });

  it('gives up a sender that stalls inside an instance, but not one that idles between two', async () => {
    const stalled = await associated({ stallMs: 150 });
    const idle = await associated();
    await stalled.send(storeCommand('1.2.3.1'), fragment(1, false, false, Buffer.alloc(100)));
    expect(abortOf(await stalled.pdu())).toBe(abortReason.notSpecified);
    await idle.send(storeCommand('1.2.3.2'), fragment(1, false, true, Buffer.alloc(100)));
    expect((await response(idle)).status).toBe(0);
  });

  it('ends an association that idles beyond the limit', async () => {
    const peer = await associated({ idleMs: 100 });
    expect(abortOf(await peer.pdu())).toBe(abortReason.notSpecified);
    expect(await peer.pdu()).toBe('closed');
  });

  it.each([
    ['an instance UID that is a path', storeCommand('../../etc/passwd'), 0x0117],
    ['an SOP class of another context', storeCommand('1.2.3', { affectedSOPClassUID: '1.2.840.10008.5.1.4.1.1.4' }), 0xa900],
    ['a command of another service', storeCommand('1.2.3', { commandField: 0x0020 }), 0x0211],
    ['an N-ACTION where there is no storage commitment', storeCommand('1.2.3', { commandField: 0x0130 }), 0x0211],
  ])('refuses %s and stays open', async (_, command, status) => {
    const peer = await associated({});
    await peer.send(command, fragment(1, false, false, Buffer.alloc(5000)), fragment(1, false, true, Buffer.alloc(10)));
    expect((await response(peer)).status).toBe(status);
    await peer.send(storeCommand('1.2.3.4'), fragment(1, false, true, Buffer.alloc(100)));
    expect(await response(peer)).toMatchObject({ status: 0, affectedSOPInstanceUID: '1.2.3.4', messageIDBeingRespondedTo: 1 });
    expect(study.received.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(['1.2.3.4']);
  });

  it('takes command and data set in one PDU, and fragments without content', async () => {
    const peer = await associated({});
    const pdvs = [storeCommand('1.2.3.4'), fragment(1, false, false, Buffer.alloc(7)), fragment(1, false, false, Buffer.alloc(0)), fragment(1, false, false, Buffer.alloc(93)), fragment(1, false, true, Buffer.alloc(0))]
      .map((pdu) => pdu.subarray(6));
    const onePdu = encodePdu(pduType.data, Buffer.concat(pdvs));
    // In pieces that end anywhere, as TCP may deliver them.
    for (let offset = 0; offset < onePdu.length; offset += 37) await peer.send(onePdu.subarray(offset, offset + 37));
    expect((await response(peer)).status).toBe(0);
    expect(study.received[0]!.bytes!.subarray(-100)).toEqual(Buffer.alloc(100));
  });

  it('bears with a sender that counts the agreed length without headers, and with no other', async () => {
    const peer = await associated({ maxPduLength: 16384 });
    await peer.send(storeCommand('1.2.3.4'), fragment(1, false, true, Buffer.alloc(16384)));
    expect((await response(peer)).status).toBe(0);
    await peer.send(storeCommand('1.2.3.5'), fragment(1, false, true, Buffer.alloc(17000)));
    expect(abortOf(await peer.pdu())).toBe(abortReason.invalidParameterValue);
  });

  it('refuses a C-STORE that announces no data set', async () => {
    const peer = await associated({});
    await peer.send(storeCommand('1.2.3', { hasDataset: false }));
    expect((await response(peer)).status).toBe(0xc000);
  });

  it('keeps an answer within the length that the peer takes', async () => {
    await start();
    const peer = await rawPeer(scp.port);
    await peer.send(associateRequest({ maxPduLength: 128 }));
    await peer.pdu();
    const longUID = `1.2.${'3'.repeat(60)}`;
    await peer.send(storeCommand(longUID), fragment(1, false, true, Buffer.alloc(100)));
    const pieces: Buffer[] = [];
    for (let last = false; !last;) {
      const pdu = await peer.pdu();
      if (pdu === 'closed') throw new Error('closed');
      expect(pdu.body.length).toBeLessThanOrEqual(128);
      pieces.push(pdu.body.subarray(6));
      last = (pdu.body[5]! & 2) !== 0;
    }
    expect(pieces.length).toBeGreaterThan(1);
    expect(decodeCommandSet(Buffer.concat(pieces)).status).toBe(0);
  });

  it('stops reading while the storage is slow', async () => {
    const peer = await associated({});
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => { release = resolve; });
    study.onChunk = (total) => (total > 100_000 ? gate : undefined);
    const total = 64 * 1024 * 1024;
    const piece = fragment(1, false, false, Buffer.alloc(100_000));
    await peer.send(storeCommand('1.2.3.5'));
    let sent = 0;
    for (; sent < total && peer.socket.write(piece); sent += 100_000);
    await until('a full connection', () => peer.socket.writableNeedDrain);
    // The kernel's buffers hold some megabytes; everything beyond waits at the sender.
    expect(sent).toBeLessThan(total / 2);
    expect(study.received).toEqual([]);
    release();
    await once(peer.socket, 'drain');
    await peer.send(fragment(1, false, true, Buffer.alloc(10)));
    expect((await response(peer)).status).toBe(0);
  });

  it('keeps nothing of those that were broken off or turned away', async () => {
    await start();
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    async function comeAndGo(times: number): Promise<number> {
      for (let time = 0; time < times; time += 1) {
        const peer = await rawPeer(scp.port);
        await peer.send(associateRequest(time % 2 === 0 ? {} : { called: 'ELSEWHERE' }));
        if (time % 4 === 0) await peer.send(storeCommand('1.2.3.7'), fragment(1, false, false, Buffer.alloc(1000)));
        await peer.pdu();
        peer.socket.destroy();
        if (!peer.socket.closed) await once(peer.socket, 'close');
      }
      collect();
      return process.memoryUsage().heapUsed;
    }
    const before = await comeAndGo(300);
    // What an association holds is tens of kilobytes; some of the last ones may still be on their way out.
    expect(await comeAndGo(1500) - before).toBeLessThan(1500 * 3000);
    await worksStill();
  });

  it('takes 500 MB in one unlimited PDU without keeping them', async () => {
    const peer = await associated({ maxPduLength: 0 });
    const length = 500_000_000;
    const chunk = Buffer.alloc(1_000_000, 7);
    global.gc?.();
    const before = process.memoryUsage();
    let most = 0;
    study.onChunk = () => {
      const { external, arrayBuffers, heapUsed } = process.memoryUsage();
      most = Math.max(most, external + arrayBuffers + heapUsed);
    };
    const head = fragment(1, false, true, Buffer.alloc(0));
    head.writeUInt32BE(length + 6, 2);
    head.writeUInt32BE(length + 2, 6);
    await peer.send(storeCommand('1.2.3.6'), head);
    for (let sent = 0; sent < length; sent += chunk.length) await peer.send(chunk);
    expect((await response(peer)).status).toBe(0);
    expect(study.received[0]!.size).toBeGreaterThan(length);
    // Both ends run in this process and garbage counts too; keeping the instance would show as 500 MB and more.
    expect(most - before.external - before.arrayBuffers - before.heapUsed).toBeLessThan(250_000_000);
  });
});
