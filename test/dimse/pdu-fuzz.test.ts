import { once } from 'node:events';
import { createServer, connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeAssociateAccept, decodeAssociateRequest, encodeAssociateAccept, encodeAssociateRequest } from '../../src/dimse/associate-pdu.ts';
import { createByteSource } from '../../src/dimse/byte-source.ts';
import { decodeCommandSet, encodeCommandSet, type CommandSet } from '../../src/dimse/command-set.ts';
import { createPduReader, type PduEvent } from '../../src/dimse/pdu-reader.ts';
import { encodeReleaseRequest } from '../../src/dimse/pdu.ts';
import { AppError } from '../../src/errors.ts';
import { associateRequest, fragment, storeCommand } from './helpers/raw-peer.ts';

const uid = fc.array(fc.integer({ min: 0, max: 99999 }), { minLength: 2, maxLength: 8 }).map((parts) => parts.join('.'));
const aeTitle = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,15}$/u);
const contexts = fc.uniqueArray(fc.integer({ min: 0, max: 127 }), { maxLength: 128 }).chain((ids) => fc.tuple(...ids.map((id) => fc.record({
  id: fc.constant(2 * id + 1), abstractSyntaxUID: uid, transferSyntaxUIDs: fc.array(uid, { maxLength: 5 }),
}))));

/** Only errors with a code may come out of a decoder. */
function codedOrDecoded(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe('DIMSE_PROTOCOL_ERROR');
  }
}

describe('association PDUs', () => {
  it('a request says the same after encoding and decoding', () => {
    fc.assert(fc.property(aeTitle, aeTitle, contexts, fc.integer({ min: 0, max: 0xffffffff }), (calledAETitle, callingAETitle, proposed, maxPduLength) => {
      const roles = proposed.slice(0, 2).map(({ abstractSyntaxUID }) => ({ sopClassUID: abstractSyntaxUID, scu: false, scp: true }));
      const encoded = encodeAssociateRequest({ calledAETitle, callingAETitle, contexts: proposed, maxPduLength, roles });
      expect(encoded.readUInt32BE(2)).toBe(encoded.length - 6);
      expect(decodeAssociateRequest(encoded.subarray(6))).toMatchObject({ calledAETitle, callingAETitle, contexts: proposed, maxPduLength, roles, protocolVersion: 1 });
    }), { numRuns: 100 });
  });

  it('an acceptance says the same after encoding and decoding', () => {
    fc.assert(fc.property(aeTitle, fc.array(fc.record({ id: fc.integer({ min: 0, max: 255 }), result: fc.integer({ min: 0, max: 4 }), transferSyntaxUID: uid })), (title, answers) => {
      const encoded = encodeAssociateAccept({ calledAETitle: title, callingAETitle: title, contexts: answers, maxPduLength: 0, roles: [] });
      expect(decodeAssociateAccept(encoded.subarray(6))).toMatchObject({ contexts: answers, maxPduLength: 0 });
    }), { numRuns: 100 });
  });

  it('damage gives a coded error or a decoded PDU, never anything else', () => {
    const valid = associateRequest().subarray(6);
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 8 }), fc.nat(valid.length), (changes, length) => {
      const damaged = Buffer.from(valid.subarray(0, length));
      for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
      codedOrDecoded(() => decodeAssociateRequest(damaged));
      codedOrDecoded(() => decodeAssociateAccept(damaged));
    }), { numRuns: 2000 });
  });
});

describe('command sets', () => {
  const command: fc.Arbitrary<CommandSet> = fc.record({
    commandField: fc.nat(0xffff), hasDataset: fc.boolean(), messageID: fc.nat(0xffff), status: fc.nat(0xffff),
    affectedSOPClassUID: uid, affectedSOPInstanceUID: uid, errorComment: fc.stringMatching(/^[A-Za-z][A-Za-z ,]{0,60}[a-z]$/u),
  }, { requiredKeys: ['commandField', 'hasDataset'] });

  it('say the same after encoding and decoding', () => {
    fc.assert(fc.property(command, (value) => {
      expect(decodeCommandSet(encodeCommandSet(value))).toEqual(value);
    }), { numRuns: 300 });
  });

  it('noise gives a coded error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => codedOrDecoded(() => decodeCommandSet(Buffer.from(bytes)))), { numRuns: 1000 });
    const valid = encodeCommandSet({ commandField: 1, affectedSOPClassUID: '1.2.3', messageID: 1, hasDataset: true });
    fc.assert(fc.property(fc.nat(valid.length - 1), fc.nat(255), (at, value) => {
      const damaged = Buffer.from(valid);
      damaged[at] = value;
      codedOrDecoded(() => decodeCommandSet(damaged));
    }), { numRuns: 1000 });
  });
});

describe('the PDU reader', () => {
  const pair: { server?: ReturnType<typeof createServer>; port: number; sockets: Socket[] } = { port: 0, sockets: [] };
  beforeAll(async () => {
    pair.server = createServer((socket) => {
      socket.on('error', () => undefined);
      pair.sockets.push(socket);
    }).listen(0, '127.0.0.1');
    await once(pair.server, 'listening');
    pair.port = (pair.server.address() as { port: number }).port;
  });
  afterAll(() => { pair.server?.close(); });

  /** Every event up to the end of the stream, or the error that ended it. */
  async function readAll(bytes: Uint8Array, pieces: readonly number[]): Promise<{ readonly events: readonly PduEvent[]; readonly error?: unknown }> {
    const client = connect(pair.port, '127.0.0.1');
    client.on('error', () => undefined);
    await once(client, 'connect');
    while (pair.sockets.length === 0) await new Promise((resolve) => { setImmediate(resolve); });
    const socket = pair.sockets.pop()!;
    const reader = createPduReader(createByteSource(socket), { maxPduLength: 16384, stallMs: 2000 });
    let offset = 0;
    for (const piece of pieces) client.write(bytes.subarray(offset, offset += piece));
    client.end(bytes.subarray(offset));
    const events: PduEvent[] = [];
    try {
      for (let event = await reader.next(2000); event.kind !== 'closed'; event = await reader.next(2000)) events.push(event);
      return { events };
    } catch (error) {
      return { events, error };
    } finally {
      socket.destroy();
      client.destroy();
    }
  }

  const conversation = Buffer.concat([associateRequest(), storeCommand('1.2.3'), fragment(1, false, false, Buffer.alloc(300, 1)), fragment(1, false, true, Buffer.alloc(200, 2)), encodeReleaseRequest()]);

  it('reads the same whatever the pieces it comes in', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 12 }), async (pieces) => {
      const { events, error } = await readAll(conversation, pieces);
      expect(error).toBeUndefined();
      expect(events[0]!.kind).toBe('associate-request');
      expect(events.at(-1)!.kind).toBe('release-request');
      const data = events.flatMap((event) => (event.kind === 'fragment' && !event.isCommand ? [event.data] : []));
      expect(Buffer.concat(data).equals(Buffer.concat([Buffer.alloc(300, 1), Buffer.alloc(200, 2)]))).toBe(true);
    }), { numRuns: 40 });
  });

  it('ends on damage with a coded error', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(conversation.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(conversation.length), async (changes, length) => {
      const damaged = Buffer.from(conversation.subarray(0, length));
      for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
      const { error } = await readAll(damaged, []);
      if (error !== undefined) expect(['DIMSE_PROTOCOL_ERROR', 'DIMSE_PEER_ABORTED']).toContain((error as AppError).code);
    }), { numRuns: 150 });
  });
});
