/** A requester's listener for storage commitment reports that come on an association of their own. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Dataset } from '../../../src/dicom/dataset.ts';
import { parseDataset } from '../../../src/dicom/parse.ts';
import { explicitVRLittleEndian } from '../../../src/dicom/transfer-syntax.ts';
import { encodeAssociateAccept, type RoleSelection } from '../../../src/dimse/associate-pdu.ts';
import { createAssociation } from '../../../src/dimse/association.ts';
import { createByteSource } from '../../../src/dimse/byte-source.ts';
import { commandField } from '../../../src/dimse/command-set.ts';
import { encodeReleaseResponse } from '../../../src/dimse/pdu.ts';
import { createPduReader } from '../../../src/dimse/pdu-reader.ts';
import { createPduWriter } from '../../../src/dimse/pdu-writer.ts';
import { storageCommitmentSOPClass, storageCommitmentSOPInstance } from '../../../src/dimse/uids.ts';

export interface ReportListener {
  readonly port: number;
  readonly reports: readonly { readonly dataset: Dataset; readonly roles: readonly RoleSelection[] }[];
  stop(): Promise<void>;
}

/** `answers` are the statuses of the first responses; later ones are 0000. */
export async function reportListener(aeTitle: string, options: { readonly port?: number; readonly answers?: readonly number[] } = {}): Promise<ReportListener> {
  const reports: { dataset: Dataset; roles: readonly RoleSelection[] }[] = [];
  const sockets = new Set<Socket>();

  async function serve(socket: Socket): Promise<void> {
    const reader = createPduReader(createByteSource(socket), { maxPduLength: 16384, stallMs: 5000 });
    const writer = createPduWriter(socket, { peerMaxPduLength: 16384, stallMs: 5000 });
    const first = await reader.next(5000);
    if (first.kind !== 'associate-request') throw new Error(first.kind);
    const { contexts, roles, callingAETitle } = first.request;
    await writer.write(encodeAssociateAccept({
      calledAETitle: aeTitle, callingAETitle, roles, maxPduLength: 16384,
      contexts: contexts.map(({ id }) => ({ id, result: 0, transferSyntaxUID: explicitVRLittleEndian })),
    }));
    const accepted = new Map(contexts.map(({ id, abstractSyntaxUID }) => [id, { id, abstractSyntaxUID, transferSyntaxUID: explicitVRLittleEndian }]));
    const association = createAssociation({ socket, reader, writer, contexts: accepted, stallMs: 5000 });
    for (;;) {
      const message = await association.receive(5000);
      if (message.kind !== 'message') break;
      const chunks: Uint8Array[] = [];
      for await (const chunk of message.dataset) chunks.push(chunk);
      reports.push({ dataset: parseDataset(Buffer.concat(chunks), message.context.transferSyntaxUID), roles });
      await association.send(message.context.id, {
        commandField: commandField.nEventReportResponse, affectedSOPClassUID: storageCommitmentSOPClass, affectedSOPInstanceUID: storageCommitmentSOPInstance,
        messageIDBeingRespondedTo: message.command.messageID!, eventTypeID: message.command.eventTypeID!,
        status: options.answers?.[reports.length - 1] ?? 0, hasDataset: false,
      });
    }
    socket.end(encodeReleaseResponse());
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    void serve(socket).catch(() => socket.destroy());
  }).listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    reports,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
