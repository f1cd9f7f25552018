/** The DIMSE service class provider: Verification, Storage and Storage Commitment on a TCP port, and on one with TLS. */
import { createServer, type Socket } from 'node:net';
import { AppError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { StudyService } from '../study/port.ts';
import { acceptConnection, type AcceptorTimers, type AssociationServer, type TellRefused } from './acceptor.ts';
import { commandField, type CommandSet } from './command-set.ts';
import { createCommitmentExchange, type CommitmentExchange } from './commitment-exchange.ts';
import { handleReport, type TakeReport } from './commitment-report.ts';
import { createCommitmentService, type CommitmentServiceOptions } from './commitment-service.ts';
import { isAddressRule, type DimsePeer } from './negotiation.ts';
import { createPlaces } from './places.ts';
import { status } from './status.ts';
import { listen, startTlsListener } from './listen.ts';
import { handleStore } from './store-service.ts';
import type { ServerTlsFiles } from './tls.ts';
import { verificationSOPClass } from './uids.ts';

export interface DimseScpLimits extends AcceptorTimers {
  readonly maxAssociations: number;
  /** When all places are taken, an association that paused for so long is given up for a new one. */
  readonly evictIdleMs: number;
  /** Announced maximum length of a P-DATA-TF: 0 is unlimited, otherwise at least 16384. */
  readonly maxPduLength: number;
}

export const defaultDimseScpLimits: DimseScpLimits = {
  artimMs: 30_000,
  stallMs: 120_000,
  idleMs: 3_600_000,
  maxAssociations: 25,
  evictIdleMs: 60_000,
  maxPduLength: 131_072,
};

export interface DimseScpOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly aeTitle: string;
  readonly study: Pick<StudyService, 'receive'>;
  readonly peers?: readonly DimsePeer[];
  /** Default: true on a loopback address when `peers` is empty. */
  readonly openToAnyPeer?: boolean;
  /** Storage Commitment is offered only with it. */
  readonly commitment?: Omit<CommitmentServiceOptions, 'aeTitle' | 'peers' | 'log'>;
  /** A second port with TLS. */
  readonly tls?: ServerTlsFiles & { readonly host: string; readonly port: number };
  /** Reports on commitments that we asked for, from these AE titles and from every peer. */
  readonly reports?: { readonly take: TakeReport; readonly from: readonly string[] };
  /** Told of whoever is turned away for good: an unknown AE title, a certificate that does not hold. */
  readonly onRefused?: TellRefused;
  readonly log: Log;
  readonly limits?: Partial<DimseScpLimits>;
}

export interface DimseScp {
  readonly port: number;
  readonly tlsPort?: number;
  /** Stops listening, ends every association and waits until the instance in hand is answered or given up. */
  close(): Promise<void>;
}

/** Connections that may wait for their turn beyond the associations; more are closed at once. */
const pendingConnections = 64;

/** Starts listening. Rejects when the address cannot be bound, or with CONFIG_INVALID when a peer's address is none. */
export async function startDimseScp(options: DimseScpOptions): Promise<DimseScp> {
  const limits = { ...defaultDimseScpLimits, ...options.limits };
  const peers = options.peers ?? [];
  for (const { aeTitle, address } of peers) {
    if (address !== undefined && !isAddressRule(address)) {
      throw new AppError('CONFIG_INVALID', `The address of peer ${aeTitle} is neither an IP address nor a network such as 10.1.0.0/16`);
    }
  }
  const loopback = [options.host, options.tls?.host ?? options.host].every((host) => host === '127.0.0.1' || host === '::1' || host === 'localhost');
  const policy = {
    aeTitle: options.aeTitle,
    peers,
    openToAnyPeer: options.openToAnyPeer ?? (loopback && peers.length === 0),
    storageCommitment: options.commitment !== undefined,
    ...(options.reports === undefined ? {} : { reporters: new Set(options.reports.from) }),
  };
  const commitment = options.commitment === undefined ? undefined
    : createCommitmentService({ ...options.commitment, aeTitle: options.aeTitle, peers, log: options.log });
  const refused = options.onRefused === undefined ? {} : { onRefused: options.onRefused };
  const connections = new Map<Socket, Promise<void>>();
  const places = createPlaces(limits.maxAssociations, limits.evictIdleMs);

  function serve(peer: { readonly callingAETitle: string; readonly remoteAddress: string }, log: Log): AssociationServer {
    const counts = { stored: 0, refused: 0 };
    let exchange: CommitmentExchange | undefined;
    return {
      async handle(association, message) {
        const { command, context } = message;
        const answer = (response: Partial<CommandSet> & Pick<CommandSet, 'commandField' | 'status'>): Promise<void> =>
          association.send(context.id, { messageIDBeingRespondedTo: command.messageID ?? 0, hasDataset: false, ...response });
        if (command.commandField === commandField.cStoreRequest) {
          const given = await handleStore(association, message, { study: options.study, log, ...peer });
          if (given === status.success) counts.stored += 1;
          else counts.refused += 1;
        } else if (command.commandField === commandField.cEchoRequest) {
          await answer({ commandField: commandField.cEchoResponse, affectedSOPClassUID: verificationSOPClass, status: status.success });
        } else if (command.commandField === commandField.nActionRequest && commitment !== undefined) {
          exchange ??= createCommitmentExchange(association, commitment, peer, log);
          await exchange.action(message);
        } else if (command.commandField === commandField.nEventReportRequest && options.reports !== undefined) {
          await handleReport(association, message, options.reports.take, log);
        } else if (command.commandField === commandField.nEventReportResponse) {
          exchange?.reportAnswered(command);
        } else if (command.commandField === commandField.cCancelRequest) {
          log.debug('C-CANCEL ignored: no operation of this service can be cancelled');
        } else {
          await answer({ commandField: command.commandField | 0x8000, status: status.unrecognizedOperation });
        }
      },
      ended() {
        exchange?.ended();
        log.info(counts, 'Association ended');
      },
    };
  }

  function accept(socket: Socket): void {
    socket.on('error', (error) => options.log.debug({ reason: error.message }, 'Connection error'));
    if (connections.size >= limits.maxAssociations + pendingConnections) {
      options.log.warn({ connections: connections.size }, 'Too many connections, one closed unheard');
      socket.destroy();
      return;
    }
    const done = acceptConnection(socket, { policy, timers: limits, maxPduLength: limits.maxPduLength, log: options.log, places, serve, ...refused });
    connections.set(socket, done);
    void done.finally(() => connections.delete(socket));
  }

  const plain = await listen(createServer({ pauseOnConnect: false }, accept), options, options.log);
  const secure = options.tls === undefined ? undefined : await startTlsListener(options.tls, {
    accept, handshakeMs: limits.artimMs, maxConnections: limits.maxAssociations + pendingConnections, log: options.log, ...refused,
  }).catch(async (error: unknown) => {
    await plain.close();
    throw error;
  });
  const { port } = plain;
  options.log.info({ host: options.host, port, tlsPort: secure?.port, aeTitle: options.aeTitle, openToAnyPeer: policy.openToAnyPeer }, 'DIMSE SCP listening');

  await commitment?.resume();

  return {
    port,
    ...(secure === undefined ? {} : { tlsPort: secure.port }),
    async close() {
      const stopped = [plain.close(), secure?.close(), commitment?.close()];
      for (const socket of connections.keys()) socket.destroy();
      await Promise.all([...stopped, ...connections.values()]);
    },
  };
}
