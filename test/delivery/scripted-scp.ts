/** A provider of storage and storage commitment made of our own protocol parts, which does what a test tells it to. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { encodeDataset } from '../../src/dicom/encode.ts';
import { explicitVRLittleEndian } from '../../src/dicom/transfer-syntax.ts';
import { contextResult, encodeAssociateAccept } from '../../src/dimse/associate-pdu.ts';
import { createAssociation, type Association, type Message } from '../../src/dimse/association.ts';
import { createByteSource } from '../../src/dimse/byte-source.ts';
import { commandField } from '../../src/dimse/command-set.ts';
import { commitmentReport, eventTypeOf, readCommitmentDataset, readCommitmentRequest, type CommitmentRequest, type CommitmentResult, type FailureReason } from '../../src/dimse/commitment-dataset.ts';
import { encodeAbort, encodeReject, encodeReleaseResponse } from '../../src/dimse/pdu.ts';
import { createPduReader } from '../../src/dimse/pdu-reader.ts';
import { createPduWriter } from '../../src/dimse/pdu-writer.ts';
import { request } from '../../src/dimse/request.ts';
import { openAssociation } from '../../src/dimse/requestor.ts';
import { storageCommitmentSOPClass, storageCommitmentSOPInstance } from '../../src/dimse/uids.ts';

/** What it does with the instance after it has read it: answer with this status, or misbehave. */
export type StoreAnswer = number | 'abort' | 'close' | 'silence' | 'garbage' | 'wrong-message-id' | 'no-status';

export interface Script {
  /** Rejection of the association: result, source, reason. */
  readonly reject?: (association: number) => readonly [number, number, number] | undefined;
  /** Abstract syntaxes that are not accepted. */
  readonly refuse?: (abstractSyntaxUID: string) => boolean;
  /** `store` counts from 1 over all associations. */
  readonly store?: (sopInstanceUID: string, store: number) => StoreAnswer;
  /** Bytes that are read in a second; as fast as they come when left out. */
  readonly bytesPerSecond?: number;
  /** Ends the connection after so many bytes of an instance. */
  readonly cutAfter?: (store: number) => number | undefined;
  readonly action?: number | 'abort';
  readonly report?: 'same' | 'before-answer' | 'new' | 'none';
  /** Failure reason of an instance; `request` counts from 1. */
  readonly fail?: (sopInstanceUID: string, request: number) => number | undefined;
}

export interface ScriptedScp {
  readonly port: number;
  /** How often each instance was answered with success. */
  readonly stored: ReadonlyMap<string, number>;
  readonly associations: () => number;
  /** Transaction UIDs of the commitment requests. */
  readonly requests: readonly string[];
  /** Statuses with which reports were answered. */
  readonly reportAnswers: readonly number[];
  reportTo(port: number): void;
  sendReport(port: number, transactionUID: string, result: { readonly committed: readonly string[]; readonly failed: readonly { readonly sopInstanceUID: string; readonly reason: number }[] }, callingAETitle?: string): Promise<void>;
  stop(): Promise<void>;
}

const ct = '1.2.840.10008.5.1.4.1.1.2';

export async function scriptedScp(script: Script = {}, port = 0): Promise<ScriptedScp> {
  const stored = new Map<string, number>();
  const requests: string[] = [];
  const reportAnswers: number[] = [];
  const sockets = new Set<Socket>();
  let associations = 0;
  let stores = 0;
  let reportPort = 0;

  function resultOf({ references }: CommitmentRequest): CommitmentResult {
    const reasonOf = (uid: string): number | undefined => script.fail?.(uid, requests.length);
    return {
      committed: references.filter(({ sopInstanceUID }) => reasonOf(sopInstanceUID) === undefined),
      failed: references.flatMap((reference) => {
        const reason = reasonOf(reference.sopInstanceUID);
        return reason === undefined ? [] : [{ ...reference, reason: reason as FailureReason }];
      }),
    };
  }
  const reportCommand = (result: CommitmentResult) => ({
    commandField: commandField.nEventReportRequest, affectedSOPClassUID: storageCommitmentSOPClass, affectedSOPInstanceUID: storageCommitmentSOPInstance,
    messageID: 77, eventTypeID: eventTypeOf(result), hasDataset: true,
  });

  async function reportOnNew(toPort: number, transactionUID: string, result: CommitmentResult, callingAETitle = 'STORE'): Promise<void> {
    const association = await openAssociation({ host: '127.0.0.1', port: toPort, calledAETitle: 'PHOI', callingAETitle }, [
      { id: 1, abstractSyntaxUID: storageCommitmentSOPClass, transferSyntaxUIDs: [explicitVRLittleEndian] },
    ], { roles: [{ sopClassUID: storageCommitmentSOPClass, scu: false, scp: true }] });
    const answer = await request(association, 1, reportCommand(result), 5000, [encodeDataset(commitmentReport(transactionUID, result), explicitVRLittleEndian)]);
    reportAnswers.push(answer.status ?? -1);
    await association.release();
  }

  async function commit(association: Association, message: Message): Promise<void> {
    const asked = readCommitmentRequest(await readCommitmentDataset(message.dataset, message.context.transferSyntaxUID));
    requests.push(asked.transactionUID);
    if (script.action === 'abort') {
      association.socket.end(encodeAbort(0, 0));
      return;
    }
    const result = resultOf(asked);
    const answer = (): Promise<void> => association.send(message.context.id, {
      commandField: commandField.nActionResponse, affectedSOPClassUID: storageCommitmentSOPClass, affectedSOPInstanceUID: storageCommitmentSOPInstance,
      messageIDBeingRespondedTo: message.command.messageID!, actionTypeID: 1, status: Number(script.action ?? 0), hasDataset: false,
    });
    const report = (): Promise<void> => association.send(message.context.id, reportCommand(result), [encodeDataset(commitmentReport(asked.transactionUID, result), message.context.transferSyntaxUID)]);
    if (script.report === 'before-answer') await report();
    await answer();
    if (script.report === 'same') await report();
    if (script.report === 'new') await reportOnNew(reportPort, asked.transactionUID, result);
  }

  async function store(association: Association, message: Message): Promise<void> {
    stores += 1;
    const number = stores;
    const uid = message.command.affectedSOPInstanceUID!;
    let read = 0;
    for await (const chunk of message.dataset) {
      read += chunk.length;
      if (script.bytesPerSecond !== undefined) await pause(chunk.length / script.bytesPerSecond * 1000);
      if (read > (script.cutAfter?.(number) ?? Number.POSITIVE_INFINITY)) {
        association.socket.destroy();
        return;
      }
    }
    const answer = script.store?.(uid, number) ?? 0;
    if (answer === 'abort') association.socket.end(encodeAbort(0, 0));
    else if (answer === 'close') association.socket.destroy();
    else if (answer === 'garbage') association.socket.write(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'));
    else if (answer !== 'silence') {
      if (answer === 0) stored.set(uid, (stored.get(uid) ?? 0) + 1);
      const id = message.command.messageID!;
      await association.send(message.context.id, {
        commandField: commandField.cStoreResponse, affectedSOPClassUID: message.command.affectedSOPClassUID!, affectedSOPInstanceUID: uid,
        messageIDBeingRespondedTo: answer === 'wrong-message-id' ? id + 1000 : id, hasDataset: false, ...(typeof answer === 'number' ? { status: answer } : {}),
      });
    }
  }

  async function serve(socket: Socket): Promise<void> {
    const reader = createPduReader(createByteSource(socket), { maxPduLength: 16384, stallMs: 60_000 });
    const writer = createPduWriter(socket, { peerMaxPduLength: 16384, stallMs: 5000 });
    const first = await reader.next(5000);
    if (first.kind !== 'associate-request') throw new Error(first.kind);
    associations += 1;
    const rejection = script.reject?.(associations);
    if (rejection !== undefined) {
      const [result, source, reason] = rejection;
      socket.end(encodeReject({ result, source, reason }));
      return;
    }
    const { contexts, roles, callingAETitle, calledAETitle } = first.request;
    const isRefused = (uid: string): boolean => script.refuse?.(uid) === true;
    await writer.write(encodeAssociateAccept({
      calledAETitle, callingAETitle, roles, maxPduLength: 16384,
      contexts: contexts.map(({ id, abstractSyntaxUID, transferSyntaxUIDs }) => (isRefused(abstractSyntaxUID)
        ? { id, result: contextResult.abstractSyntaxNotSupported, transferSyntaxUID: explicitVRLittleEndian }
        : { id, result: contextResult.acceptance, transferSyntaxUID: transferSyntaxUIDs[0]! })),
    }));
    const accepted = new Map(contexts.filter(({ abstractSyntaxUID }) => !isRefused(abstractSyntaxUID))
      .map(({ id, abstractSyntaxUID, transferSyntaxUIDs }) => [id, { id, abstractSyntaxUID, transferSyntaxUID: transferSyntaxUIDs[0]! }]));
    const association = createAssociation({ socket, reader, writer, contexts: accepted, stallMs: 60_000 });
    for (;;) {
      const message = await association.receive(60_000);
      if (message.kind !== 'message') break;
      if (message.command.commandField === commandField.nActionRequest) await commit(association, message);
      else if (message.command.commandField === commandField.nEventReportResponse) reportAnswers.push(message.command.status ?? -1);
      else await store(association, message);
    }
    if (socket.writable) socket.end(encodeReleaseResponse());
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    void serve(socket).catch(() => socket.destroy());
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    stored, requests, reportAnswers,
    associations: () => associations,
    reportTo(toPort) { reportPort = toPort; },
    sendReport: (toPort, transactionUID, { committed, failed }, callingAETitle) => reportOnNew(toPort, transactionUID, {
      committed: committed.map((sopInstanceUID) => ({ sopClassUID: ct, sopInstanceUID })),
      failed: failed.map(({ sopInstanceUID, reason }) => ({ sopClassUID: ct, sopInstanceUID, reason: reason as FailureReason })),
    }, callingAETitle),
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
