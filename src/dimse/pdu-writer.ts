/** Writes PDUs to a socket, one whole message after the other, no faster than the peer reads. */
import type { Socket } from 'node:net';
import { AppError } from '../errors.ts';
import { takingMs } from '../slow-peer.ts';
import { encodeFragmentHeader } from './pdu.ts';

export interface PduWriter {
  write(...parts: readonly Uint8Array[]): Promise<void>;
  /** Sends one command or data set as fragments that fit the peer's maximum length. */
  fragments(contextId: number, isCommand: boolean, data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
  /** Runs `work` after everything that was asked for before: messages of one association never interleave. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** How long the peer may need for what it was sent of the last message, before it can begin to answer. */
  takingMs(): number;
}

/** Fragment size toward a peer that takes any length. */
const largestFragment = 128 * 1024;
/** A peer that announces less than this is taken to mean it could not hold a PDV header at all. */
const smallestPduLength = 128;

export function createPduWriter(socket: Socket, options: {
  readonly peerMaxPduLength: number;
  readonly stallMs: number;
  /** As of `slow-peer.ts`. */
  readonly slowestBytesPerSecond?: number;
}): PduWriter {
  const peerMax = options.peerMaxPduLength === 0 ? largestFragment : Math.min(Math.max(options.peerMaxPduLength, smallestPduLength), largestFragment);
  const fragmentLength = peerMax - 6;
  let failure: Error | undefined;
  let tail: Promise<unknown> = Promise.resolve();
  /** Of the message that is being sent or was sent last. */
  let messageBytes = 0;
  socket.on('error', (error) => { failure ??= error; });

  function lost(): AppError {
    if (failure instanceof AppError) return failure;
    return new AppError('DIMSE_PEER_ABORTED', 'The connection was lost', failure === undefined ? {} : { cause: failure });
  }

  const peerTakingMs = (): number => takingMs(messageBytes, options.slowestBytesPerSecond);

  function drained(): Promise<void> {
    const waitMs = options.stallMs + peerTakingMs();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        stop();
        reject(new AppError('DIMSE_TIMEOUT', `The peer took nothing for ${Math.round(waitMs / 1000)} s`));
      }, waitMs);
      const onDrain = (): void => {
        stop();
        resolve();
      };
      const onClose = (): void => {
        stop();
        reject(lost());
      };
      const stop = (): void => {
        clearTimeout(timer);
        socket.off('drain', onDrain);
        socket.off('close', onClose);
      };
      socket.on('drain', onDrain);
      socket.on('close', onClose);
    });
  }

  async function write(...parts: readonly Uint8Array[]): Promise<void> {
    if (socket.destroyed || !socket.writable) throw lost();
    socket.cork();
    for (const part of parts) {
      messageBytes += part.length;
      socket.write(part);
    }
    socket.uncork();
    if (socket.writableNeedDrain) await drained();
  }

  return {
    write,
    async fragments(contextId, isCommand, data) {
      // A message begins with its command; what was sent before it has been answered.
      if (isCommand) messageBytes = 0;
      // One piece is held back: only the end of the data tells that it was the last.
      let waiting: Uint8Array | undefined;
      const flush = (piece: Uint8Array, isLast: boolean): Promise<void> =>
        write(encodeFragmentHeader(contextId, isCommand, isLast, piece.length), piece);
      for await (const chunk of data) {
        for (let offset = 0; offset < chunk.length; offset += fragmentLength) {
          if (waiting !== undefined) await flush(waiting, false);
          waiting = chunk.subarray(offset, offset + fragmentLength);
        }
      }
      await flush(waiting ?? new Uint8Array(0), true);
    },
    exclusive(work) {
      const result = tail.then(work);
      tail = result.catch(() => undefined);
      return result;
    },
    takingMs: peerTakingMs,
  };
}
