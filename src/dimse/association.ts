/**
 * An established association as both sides use it: messages in, messages out (PS3.7 6.3, PS3.8 Annex E).
 *
 *   socket ─ byte-source ─ pdu-reader ─┐
 *                                      association ─ services
 *   socket ─────────────── pdu-writer ─┘
 */
import type { Socket } from 'node:net';
import { AppError } from '../errors.ts';
import { decodeCommandSet, encodeCommandSet, type CommandSet } from './command-set.ts';
import { abortReason, protocolError } from './pdu.ts';
import type { PduEvent, PduReader } from './pdu-reader.ts';
import type { PduWriter } from './pdu-writer.ts';

export interface AcceptedContext {
  readonly id: number;
  readonly abstractSyntaxUID: string;
  readonly transferSyntaxUID: string;
}

export interface Message {
  readonly kind: 'message';
  readonly context: AcceptedContext;
  readonly command: CommandSet;
  /**
   * The data set's bytes as they arrive, empty when the command has none. It may be left unread: the rest is passed
   * over before the next message. Errors: DIMSE_PEER_ABORTED, DIMSE_TIMEOUT, DIMSE_PROTOCOL_ERROR.
   */
  readonly dataset: AsyncIterable<Uint8Array>;
}

export type Ending = Extract<PduEvent, { readonly kind: 'release-request' | 'release-response' | 'abort' | 'closed' }>;

export interface Association {
  readonly socket: Socket;
  readonly writer: PduWriter;
  readonly contexts: ReadonlyMap<number, AcceptedContext>;
  /** True once the peer has released, aborted, closed or broken the protocol. */
  readonly ended: boolean;
  /** Errors as of `Message.dataset`. */
  receive(timeoutMs: number): Promise<Message | Ending>;
  /** True as soon as `receive` has something; false when `signal` says so first, and then the association is as it was. */
  ready(signal: AbortSignal): Promise<boolean>;
  send(contextId: number, command: CommandSet, dataset?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
}

/** Far above any command set; error comments and UIDs are short. */
const maxCommandLength = 64 * 1024;

export function createAssociation(parts: {
  readonly socket: Socket;
  readonly reader: PduReader;
  readonly writer: PduWriter;
  readonly contexts: ReadonlyMap<number, AcceptedContext>;
  readonly stallMs: number;
}): Association {
  const { reader, writer, contexts, stallMs } = parts;
  let ending: Ending | undefined;
  let failure: unknown;
  let unread: AsyncIterator<Uint8Array> | undefined;

  async function nextEvent(timeoutMs: number): Promise<Extract<PduEvent, { kind: 'fragment' }> | Ending> {
    if (failure !== undefined) throw failure as Error;
    if (ending !== undefined) return ending;
    try {
      const event = await reader.next(timeoutMs);
      if (event.kind === 'associate-request' || event.kind === 'associate-accept' || event.kind === 'associate-reject') {
        throw protocolError('An association PDU came on an established association', abortReason.unexpectedPdu);
      }
      if (event.kind !== 'fragment') ending = event;
      return event;
    } catch (error) {
      failure = error;
      throw error;
    }
  }

  function broken(message: string): AppError {
    const error = protocolError(message, abortReason.unexpectedPdu);
    failure = error;
    return error;
  }

  function datasetOf(contextId: number): AsyncIterableIterator<Uint8Array> {
    let finished = false;
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      async next() {
        while (!finished) {
          const event = await nextEvent(stallMs);
          if (event.kind !== 'fragment') {
            finished = true;
            if (event.kind === 'release-request') throw broken('The peer asked for release inside a data set');
            throw new AppError('DIMSE_PEER_ABORTED', 'The peer ended the association inside a data set');
          }
          if (event.isCommand || event.contextId !== contextId) {
            finished = true;
            throw broken('A fragment of another message came inside a data set');
          }
          finished = event.isLast;
          if (event.data.length > 0) return { done: false, value: event.data };
        }
        return { done: true, value: undefined };
      },
      // Leaving early keeps the position: `receive` passes over the rest.
      return: () => Promise.resolve({ done: true, value: undefined }),
    };
  }

  /** Reads a data set to its end; gives the ending when the association ended inside it. */
  async function passOver(rest: AsyncIterator<Uint8Array>): Promise<Ending | undefined> {
    try {
      while ((await rest.next()).done !== true);
      return undefined;
    } catch (error) {
      if (ending !== undefined && failure === undefined) return ending;
      throw error;
    }
  }

  async function readCommand(first: Extract<PduEvent, { kind: 'fragment' }>): Promise<CommandSet | Ending> {
    const pieces: Buffer[] = [];
    let length = 0;
    for (let event = first; ;) {
      if (!event.isCommand || event.contextId !== first.contextId) throw broken('A data set came where a command was due');
      pieces.push(event.data);
      length += event.data.length;
      if (length > maxCommandLength) throw broken('A command set is too long');
      if (event.isLast) break;
      const next = await nextEvent(stallMs);
      if (next.kind !== 'fragment') return next;
      event = next;
    }
    try {
      return decodeCommandSet(Buffer.concat(pieces));
    } catch (error) {
      failure = error;
      throw error;
    }
  }

  return {
    socket: parts.socket,
    writer,
    contexts,
    get ended() {
      return ending !== undefined || failure !== undefined;
    },
    async ready(signal) {
      const rest = unread;
      unread = undefined;
      if (rest !== undefined && await passOver(rest) !== undefined) return true;
      return ending !== undefined || failure !== undefined || reader.ready(signal);
    },
    async receive(timeoutMs) {
      if (unread !== undefined) {
        const rest = unread;
        unread = undefined;
        const cut = await passOver(rest);
        if (cut !== undefined) return cut;
      }
      const first = await nextEvent(timeoutMs);
      if (first.kind !== 'fragment') return first;
      const context = contexts.get(first.contextId);
      if (context === undefined) throw broken(`Presentation context ${first.contextId} was not accepted`);
      const command = await readCommand(first);
      if ('kind' in command) return command;
      const dataset = command.hasDataset ? datasetOf(first.contextId) : nothing();
      unread = command.hasDataset ? dataset[Symbol.asyncIterator]() : undefined;
      return { kind: 'message', context, command, dataset };
    },
    send(contextId, command, dataset) {
      return writer.exclusive(async () => {
        await writer.fragments(contextId, true, [encodeCommandSet(command)]);
        if (dataset !== undefined) await writer.fragments(contextId, false, dataset);
      });
    },
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // A command without a data set.
}
