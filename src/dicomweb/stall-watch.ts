/** Ends a transfer in which nothing moves: a connection whose other end has vanished says nothing by itself. */
import { takingMs } from '../slow-peer.ts';

export interface StallWatch {
  /** Aborts when nothing has moved for so long. */
  readonly signal: AbortSignal;
  /** The same bytes; each chunk is a move. */
  watch(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
  stop(): void;
}

function startWatch(stallMs: number, patienceMs: (movedBytes: number) => number): StallWatch {
  const controller = new AbortController();
  let movedBytes = 0;
  let timer: NodeJS.Timeout;
  function arm(): void {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(), stallMs + patienceMs(movedBytes));
  }
  arm();
  return {
    signal: controller.signal,
    async* watch(bytes) {
      for await (const chunk of bytes) {
        movedBytes += chunk.length;
        arm();
        yield chunk;
      }
    },
    stop: () => clearTimeout(timer),
  };
}

/** Over what is received. */
export function stallWatch(stallMs: number): StallWatch {
  return startWatch(stallMs, () => 0);
}

/** Over what is sent: that a chunk was fetched does not say that those before it have arrived (`slow-peer.ts`). */
export function sendingWatch(stallMs: number, slowestBytesPerSecond: number): StallWatch {
  return startWatch(stallMs, (bytes) => takingMs(bytes, slowestBytesPerSecond));
}
