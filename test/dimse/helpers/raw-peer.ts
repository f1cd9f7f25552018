/** A peer that says exactly what a test tells it to, byte by byte. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeAssociateRequest, type ProposedContext } from '../../../src/dimse/associate-pdu.ts';
import { encodeCommandSet, type CommandSet } from '../../../src/dimse/command-set.ts';
import { encodeFragmentHeader } from '../../../src/dimse/pdu.ts';
import { explicitVRLittleEndian, implicitVRLittleEndian } from '../../../src/dicom/transfer-syntax.ts';
import { ctImageStorage } from './instances.ts';

export interface RawPeer {
  readonly socket: Socket;
  send(...parts: readonly Uint8Array[]): Promise<void>;
  /** The next PDU; `closed` when the connection ends first. */
  pdu(): Promise<{ readonly type: number; readonly body: Buffer } | 'closed'>;
}

export async function rawPeer(port: number): Promise<RawPeer> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  let held = Buffer.alloc(0);
  let ended = false;
  let wake: (() => void) | undefined;
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    wake?.();
  });
  socket.on('close', () => {
    ended = true;
    wake?.();
  });
  return {
    socket,
    async send(...parts) {
      for (const part of parts) if (!socket.write(part)) await room(socket);
    },
    async pdu() {
      for (;;) {
        if (held.length >= 6 && held.length >= 6 + held.readUInt32BE(2)) {
          const length = held.readUInt32BE(2);
          const pdu = { type: held.readUInt8(0), body: held.subarray(6, 6 + length) };
          held = held.subarray(6 + length);
          return pdu;
        }
        if (ended) return 'closed';
        await new Promise<void>((resolve) => { wake = resolve; });
      }
    },
  };
}

export const ctContext: ProposedContext = { id: 1, abstractSyntaxUID: ctImageStorage, transferSyntaxUIDs: [explicitVRLittleEndian, implicitVRLittleEndian] };

export function associateRequest(options: { readonly called?: string; readonly calling?: string; readonly contexts?: readonly ProposedContext[]; readonly maxPduLength?: number } = {}): Buffer {
  return encodeAssociateRequest({
    calledAETitle: options.called ?? 'PHOI', callingAETitle: options.calling ?? 'RAW',
    contexts: options.contexts ?? [ctContext], maxPduLength: options.maxPduLength ?? 16384,
  });
}

export function fragment(contextId: number, isCommand: boolean, isLast: boolean, data: Uint8Array): Buffer {
  return Buffer.concat([encodeFragmentHeader(contextId, isCommand, isLast, data.length), data]);
}

export function storeCommand(sopInstanceUID: string, change: Partial<CommandSet> = {}): Buffer {
  return fragment(1, true, true, encodeCommandSet({
    commandField: 1, affectedSOPClassUID: ctImageStorage, affectedSOPInstanceUID: sopInstanceUID,
    messageID: 1, priority: 0, hasDataset: true, ...change,
  }));
}

function room(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}
