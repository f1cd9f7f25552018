/**
 * One incoming connection from TCP accept to close (PS3.8 9.2, the acceptor's side of the state machine):
 *
 *   connected ──RQ──► negotiate ──RJ──► wait for close
 *       │ARTIM            └────AC──► messages ──release/abort/close──► done
 */
import type { Socket } from 'node:net';
import { AppError, toAppError } from '../errors.ts';
import type { Log } from '../log.ts';
import { encodeAssociateAccept, type AssociateRequest } from './associate-pdu.ts';
import { createAssociation, type Association, type Message } from './association.ts';
import { createByteSource } from './byte-source.ts';
import { negotiate, peerOf, type AcceptPolicy, type DimsePeer } from './negotiation.ts';
import { abortSource, describeRejection, encodeAbort, encodeReject, encodeReleaseResponse, rejection, type Rejection } from './pdu.ts';
import type { Place, Places } from './places.ts';
import { createPduReader } from './pdu-reader.ts';
import { createPduWriter } from './pdu-writer.ts';

export interface AcceptorTimers {
  /** From TCP accept to the end of the A-ASSOCIATE-RQ, and from the last PDU of this side to the close. */
  readonly artimMs: number;
  /** Pause inside a message. */
  readonly stallMs: number;
  /** Pause between two messages. */
  readonly idleMs: number;
}

/** Serves the messages of one association, one after the other. */
export interface AssociationServer {
  handle(association: Association, message: Message): Promise<void>;
  /** The association has ended, in whatever way. */
  ended(): void;
}

export type TellRefused = (refused: { readonly callingAETitle?: string; readonly remoteAddress: string; readonly what: string }) => void;

export interface AcceptorOptions {
  readonly policy: AcceptPolicy;
  readonly timers: AcceptorTimers;
  readonly maxPduLength: number;
  readonly log: Log;
  readonly places: Places;
  /** Told of a caller who may not come in; one who comes at a bad time is not told of. */
  readonly onRefused?: TellRefused;
  serve(peer: { readonly callingAETitle: string; readonly remoteAddress: string }, log: Log): AssociationServer;
}

/** Resolves when the connection is closed; never rejects. */
export async function acceptConnection(socket: Socket, options: AcceptorOptions): Promise<void> {
  const remoteAddress = socket.remoteAddress ?? '';
  const log = options.log.child({ remoteAddress });
  const { timers } = options;
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  // ARTIM bounds the whole wait, so that a peer cannot hold a place by sending a byte now and then.
  const artim = setTimeout(() => socket.destroy(new AppError('DIMSE_TIMEOUT', 'ARTIM expired')), timers.artimMs);
  const reader = createPduReader(createByteSource(socket), { maxPduLength: options.maxPduLength, stallMs: timers.stallMs });
  try {
    const first = await reader.next(timers.artimMs);
    if (first.kind === 'closed' || first.kind === 'abort') return;
    if (first.kind !== 'associate-request') throw new AppError('DIMSE_PROTOCOL_ERROR', 'The first PDU is not an association request', { details: { abortReason: 2 } });
    clearTimeout(artim);
    await answer(socket, reader, first.request, remoteAddress, options, log);
  } catch (error) {
    fail(socket, error, log);
  } finally {
    clearTimeout(artim);
    await closed(socket, timers.artimMs);
  }
}

async function answer(
  socket: Socket, reader: ReturnType<typeof createPduReader>, request: AssociateRequest, remoteAddress: string, options: AcceptorOptions, parentLog: Log,
): Promise<void> {
  const { timers } = options;
  const log = parentLog.child({ callingAETitle: request.callingAETitle });
  const reject = (reason: Rejection): void => {
    log.warn({ ...reason, calledAETitle: request.calledAETitle }, 'Association rejected');
    socket.end(encodeReject(reason));
  };
  const caller = { address: remoteAddress, tls: 'encrypted' in socket };
  const negotiated = negotiate(request, caller, options.policy);
  if (negotiated.kind === 'reject') {
    options.onRefused?.({ callingAETitle: request.callingAETitle, remoteAddress, what: describeRejection(negotiated.rejection) });
    reject(negotiated.rejection);
    return;
  }
  const place = options.places.enter(() => {
    log.warn('An idle association made room for another');
    if (socket.writable) socket.end(encodeAbort(abortSource.serviceProvider, 0));
    // Whatever waits for its next message wakes up.
    socket.destroySoon();
  }, limitOf(request.callingAETitle, peerOf(options.policy.peers, request.callingAETitle, caller)));
  if (place === undefined) {
    reject(rejection.localLimitExceeded);
    return;
  }
  const server = options.serve({ callingAETitle: request.callingAETitle, remoteAddress }, log);
  try {
    const writer = createPduWriter(socket, { peerMaxPduLength: request.maxPduLength, stallMs: timers.stallMs });
    await writer.write(encodeAssociateAccept({
      calledAETitle: request.calledAETitle, callingAETitle: request.callingAETitle,
      contexts: negotiated.answers, roles: negotiated.roles, maxPduLength: options.maxPduLength,
    }));
    log.info({ contexts: negotiated.contexts.size, refusedContexts: negotiated.answers.length - negotiated.contexts.size }, 'Association accepted');
    const association = createAssociation({ socket, reader, writer, contexts: negotiated.contexts, stallMs: timers.stallMs });
    await converse(association, server, place, timers.idleMs, log);
  } finally {
    server.ended();
    place.leave();
  }
}

/** The limit of a peer's own, when it has one. */
function limitOf(callingAETitle: string, peer: DimsePeer | undefined): { readonly name: string; readonly limit: number } | undefined {
  return peer?.maxAssociations === undefined ? undefined : { name: callingAETitle, limit: peer.maxAssociations };
}

async function converse(association: Association, server: AssociationServer, place: Place, idleMs: number, log: Log): Promise<void> {
  for (;;) {
    place.idle();
    const incoming = await association.receive(idleMs);
    place.busy();
    if (incoming.kind === 'message') {
      await server.handle(association, incoming);
      continue;
    }
    if (incoming.kind === 'release-request') {
      await association.writer.exclusive(async () => {
        await association.writer.write(encodeReleaseResponse());
        association.socket.end();
      });
      log.info('Association released');
    } else if (incoming.kind === 'abort') log.warn({ source: incoming.source, reason: incoming.reason }, 'Association aborted by the peer');
    else if (incoming.kind === 'closed') log.warn('Connection closed by the peer without a release');
    else throw new AppError('DIMSE_PROTOCOL_ERROR', 'A release response that nobody asked for', { details: { abortReason: 2 } });
    return;
  }
}

/** Tells the peer with an A-ABORT as far as it can still be told. */
function fail(socket: Socket, error: unknown, log: Log): void {
  const known = toAppError(error);
  const reason = typeof known.details['abortReason'] === 'number' ? known.details['abortReason'] : 0;
  const report = known.code === 'INTERNAL' ? log.error.bind(log) : log.warn.bind(log);
  report({ code: known.code, reason: known.message, stack: known.code === 'INTERNAL' ? known.stack : undefined }, 'Association ended with an error');
  if (socket.writable) socket.end(encodeAbort(abortSource.serviceProvider, reason));
}

/** Waits for the peer to close, no longer than ARTIM (PS3.8 9.1.5), reading away what it still sends. */
function closed(socket: Socket, artimMs: number): Promise<void> {
  if (socket.closed) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), artimMs);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    if (!socket.writableEnded) socket.end();
    socket.resume();
  });
}
