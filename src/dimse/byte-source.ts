/**
 * Pulls bytes out of a socket on demand. Nothing is read ahead beyond the socket's own buffer, so a slow consumer
 * slows the sender down through TCP and memory does not depend on what the peer announces.
 */
import type { Socket } from 'node:net';
import { AppError } from '../errors.ts';

export interface ByteSource {
  /**
   * Exactly `count` bytes; undefined when the stream ended before the first of them.
   * Waits `firstMs` for the first byte and `restMs` for each further delivery.
   * Errors: DIMSE_TIMEOUT, DIMSE_PEER_ABORTED (ended inside).
   */
  exactly(count: number, firstMs: number, restMs: number): Promise<Buffer | undefined>;
  /** Between 1 and `atMost` bytes. Errors: DIMSE_TIMEOUT, DIMSE_PEER_ABORTED. */
  some(atMost: number, timeoutMs: number): Promise<Buffer>;
  /** True as soon as there is something to read or the connection has ended; false when `signal` says so first. */
  ready(signal: AbortSignal): Promise<boolean>;
}

const endedInside = (): AppError => new AppError('DIMSE_PEER_ABORTED', 'The peer closed the connection inside a message');

export function createByteSource(socket: Socket): ByteSource {
  let held: Buffer | undefined;
  let failure: Error | undefined;
  socket.on('error', (error) => { failure ??= error; });

  /** Fills `held`; false at the end of the stream. */
  async function fill(timeoutMs: number): Promise<boolean> {
    if (held !== undefined) return true;
    held = (socket.read() as Buffer | null) ?? undefined;
    while (held === undefined) {
      if (failure !== undefined) throw lost(failure);
      if (socket.readableEnded || socket.destroyed) return false;
      await arrival(timeoutMs);
      held = (socket.read() as Buffer | null) ?? undefined;
    }
    return true;
  }

  function lost(cause: Error): AppError {
    if (cause instanceof AppError) return cause;
    // ECONNRESET, or the alert with which the other side refused our certificate.
    const reason = 'code' in cause && typeof cause.code === 'string' ? `: ${cause.code}` : '';
    return new AppError('DIMSE_PEER_ABORTED', `The connection was lost${reason}`, { cause });
  }

  function arrival(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = Number.isFinite(timeoutMs) ? setTimeout(() => {
        stop();
        reject(new AppError('DIMSE_TIMEOUT', `The peer sent nothing for ${Math.round(timeoutMs / 1000)} s`));
      }, timeoutMs) : undefined;
      const wake = (): void => {
        stop();
        resolve();
      };
      const events = ['readable', 'end', 'close', 'error'] as const;
      const stop = (): void => {
        clearTimeout(timer);
        for (const event of events) socket.off(event, wake);
      };
      for (const event of events) socket.on(event, wake);
    });
  }

  function isReady(): boolean {
    held ??= (socket.read() as Buffer | null) ?? undefined;
    return held !== undefined || failure !== undefined || socket.readableEnded || socket.destroyed;
  }

  function takeHeld(atMost: number): Buffer {
    const chunk = held!;
    if (chunk.length <= atMost) {
      held = undefined;
      return chunk;
    }
    held = chunk.subarray(atMost);
    return chunk.subarray(0, atMost);
  }

  return {
    async exactly(count, firstMs, restMs) {
      if (count === 0) return Buffer.alloc(0);
      if (!await fill(firstMs)) return undefined;
      const first = takeHeld(count);
      if (first.length === count) return first;
      const whole = Buffer.allocUnsafe(count);
      let filled = first.copy(whole);
      while (filled < count) {
        if (!await fill(restMs)) throw endedInside();
        filled += takeHeld(count - filled).copy(whole, filled);
      }
      return whole;
    },
    ready(signal) {
      return new Promise((resolve) => {
        const events = ['readable', 'end', 'close', 'error'] as const;
        const decide = (): void => {
          if (!isReady() && !signal.aborted) return;
          for (const event of events) socket.off(event, decide);
          signal.removeEventListener('abort', decide);
          resolve(isReady());
        };
        for (const event of events) socket.on(event, decide);
        signal.addEventListener('abort', decide);
        decide();
      });
    },
    async some(atMost, timeoutMs) {
      if (!await fill(timeoutMs)) throw endedInside();
      return takeHeld(atMost);
    },
  };
}
