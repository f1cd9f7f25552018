/** Opens an association as its requestor (PS3.8 9.2, the requestor's side of the state machine). */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { AppError, toAppError } from '../errors.ts';
import { slowestBytesPerSecond } from '../slow-peer.ts';
import { contextResult, encodeAssociateRequest, type ProposedContext, type RoleSelection } from './associate-pdu.ts';
import { createAssociation, type AcceptedContext, type Association } from './association.ts';
import { createByteSource } from './byte-source.ts';
import { abortReason, abortSource, describeRejection, encodeAbort, encodeReleaseRequest, encodeReleaseResponse } from './pdu.ts';
import { createPduReader } from './pdu-reader.ts';
import { createPduWriter } from './pdu-writer.ts';

/** The system that is called, and as whom. */
export interface DimseAddress {
  readonly host: string;
  readonly port: number;
  readonly calledAETitle: string;
  readonly callingAETitle: string;
  /** TLS instead of plain TCP (PS3.15 B.9 and later profiles). */
  readonly tls?: ConnectionOptions;
}

export interface RequestorTimers {
  readonly connectMs: number;
  /** For the answer to the association request. */
  readonly associateMs: number;
  /** For the answer to a message; a peer may write to slow media before it answers. */
  readonly responseMs: number;
  /** Pause inside a message. */
  readonly stallMs: number;
  readonly releaseMs: number;
  /** Stall and response may take longer by what a peer that takes so much needs (`slow-peer.ts`). */
  readonly slowestBytesPerSecond: number;
}

export const defaultRequestorTimers: RequestorTimers = {
  connectMs: 10_000, associateMs: 30_000, responseMs: 120_000, stallMs: 60_000, releaseMs: 10_000, slowestBytesPerSecond,
};

export interface RequestedAssociation extends Association {
  /** Ends in good order; falls back to closing when the peer does not answer. Never rejects. */
  release(): Promise<void>;
  abort(): void;
}

const announcedPduLength = 131_072;

function unreachable(address: DimseAddress, cause: unknown): AppError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : toAppError(cause).message;
  return new AppError('DIMSE_PEER_UNREACHABLE', `${address.host}:${address.port} cannot be reached: ${reason}`, { cause });
}

function connect(address: DimseAddress, timeoutMs: number, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) throw new AppError('CANCELLED', 'Cancelled before the connection was made');
    const secure = address.tls !== undefined;
    const target = { host: address.host, port: address.port };
    const socket = secure ? connectTls({ ...address.tls, ...target }) : connectTcp(target);
    const giveUp = (error: AppError): void => {
      settled();
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => {
      giveUp(new AppError('DIMSE_PEER_UNREACHABLE', `${address.host}:${address.port} did not accept the connection within ${Math.round(timeoutMs / 1000)} s`));
    }, timeoutMs);
    const onCancel = (): void => giveUp(new AppError('CANCELLED', 'Cancelled while the connection was made'));
    const onError = (error: Error): void => giveUp(unreachable(address, error));
    const settled = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onCancel);
      socket.off('error', onError);
      // Later errors reach whoever reads or writes at that time; without a listener they would end the process.
      socket.on('error', () => undefined);
    };
    signal?.addEventListener('abort', onCancel, { once: true });
    socket.once('error', onError);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      settled();
      resolve(socket);
    });
  });
}

/**
 * Contexts that the peer did not accept are simply missing from `contexts`.
 * Errors: DIMSE_PEER_UNREACHABLE, DIMSE_PEER_REJECTED (details: result, source, reason), DIMSE_PEER_ABORTED,
 * DIMSE_TIMEOUT, DIMSE_PROTOCOL_ERROR, CANCELLED. `signal` aborts the association at any time of its life.
 */
export async function openAssociation(
  address: DimseAddress,
  contexts: readonly ProposedContext[],
  options: { readonly roles?: readonly RoleSelection[]; readonly timers?: Partial<RequestorTimers>; readonly signal?: AbortSignal } = {},
): Promise<RequestedAssociation> {
  const timers = { ...defaultRequestorTimers, ...options.timers };
  const socket = await connect(address, timers.connectMs, options.signal);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  const onCancel = (): void => abort(socket, abortSource.serviceUser);
  options.signal?.addEventListener('abort', onCancel, { once: true });
  socket.once('close', () => options.signal?.removeEventListener('abort', onCancel));
  try {
    const reader = createPduReader(createByteSource(socket), { maxPduLength: announcedPduLength, stallMs: timers.stallMs });
    socket.write(encodeAssociateRequest({
      calledAETitle: address.calledAETitle, callingAETitle: address.callingAETitle, contexts,
      maxPduLength: announcedPduLength, roles: options.roles ?? [],
    }));
    const answer = await reader.next(timers.associateMs);
    if (answer.kind === 'associate-reject') {
      throw new AppError('DIMSE_PEER_REJECTED', `${address.calledAETitle} at ${address.host}:${address.port} ${describeRejection(answer.rejection)}`, { details: { ...answer.rejection } });
    }
    if (answer.kind === 'abort' || answer.kind === 'closed') {
      throw new AppError('DIMSE_PEER_ABORTED', `${address.host}:${address.port} ended the connection instead of answering the association request`);
    }
    if (answer.kind !== 'associate-accept') {
      throw new AppError('DIMSE_PROTOCOL_ERROR', 'The answer to the association request is of another kind', { details: { abortReason: abortReason.unexpectedPdu } });
    }
    const proposed = new Map(contexts.map((context) => [context.id, context]));
    const accepted = new Map<number, AcceptedContext>();
    for (const { id, result, transferSyntaxUID } of answer.accept.contexts) {
      const context = proposed.get(id);
      if (result !== contextResult.acceptance || context?.transferSyntaxUIDs.includes(transferSyntaxUID) !== true) continue;
      accepted.set(id, { id, abstractSyntaxUID: context.abstractSyntaxUID, transferSyntaxUID });
    }
    const writer = createPduWriter(socket, { peerMaxPduLength: answer.accept.maxPduLength, stallMs: timers.stallMs, slowestBytesPerSecond: timers.slowestBytesPerSecond });
    const association = createAssociation({ socket, reader, writer, contexts: accepted, stallMs: timers.stallMs });
    return withEnding(association, timers);
  } catch (error) {
    abort(socket, abortSource.serviceProvider);
    throw error;
  }
}

function abort(socket: Socket, source: number): void {
  if (socket.writable) socket.write(encodeAbort(source, 0), () => socket.destroy());
  else socket.destroy();
}

function withEnding(association: Association, timers: RequestorTimers): RequestedAssociation {
  const { socket, writer } = association;
  return {
    socket,
    writer,
    contexts: association.contexts,
    get ended() {
      return association.ended;
    },
    receive: (timeoutMs) => association.receive(timeoutMs),
    ready: (signal) => association.ready(signal),
    send: (contextId, command, dataset) => association.send(contextId, command, dataset),
    abort: () => abort(socket, abortSource.serviceUser),
    async release() {
      try {
        if (association.ended || !socket.writable) return;
        await writer.exclusive(() => writer.write(encodeReleaseRequest()));
        // Messages that crossed the request are passed over; a request that crossed it is answered (PS3.8 7.2.2.5).
        let next = await association.receive(timers.releaseMs);
        while (next.kind === 'message') next = await association.receive(timers.releaseMs);
        if (next.kind === 'release-request') await writer.write(encodeReleaseResponse());
        socket.end();
      } catch (error) {
        // The work is done and answered; a peer that cannot say goodbye changes nothing about it.
        if (!(error instanceof AppError)) throw error;
      } finally {
        socket.destroySoon();
      }
    },
  };
}
