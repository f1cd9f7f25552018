/**
 * A small pool of threads that decode frames, so that a heavy or hostile image never stops the server from answering.
 * A task that takes too long ends with its thread, which is replaced; so does one that exhausts the thread's memory.
 */
import { Worker } from 'node:worker_threads';
import { AppError, errorCodes, type ErrorCode } from '../errors.ts';
import type { DecodeReply, DecodeResults, DecodeTask } from './decode-task.ts';

export interface DecodePoolOptions {
  readonly threads: number;
  /** For one frame; a whole instance gets five times as long. */
  readonly timeoutMs: number;
  /** Heap of one thread. Pixel buffers lie outside of it and are bounded by the decoder's own checks. */
  readonly memoryMb: number;
  /** Tasks that may wait; beyond it the service says that it is busy. */
  readonly maxWaiting?: number;
}

export interface DecodePool {
  /** Errors: those of decoding; HTTP_DECODE_TIMEOUT, HTTP_SERVICE_BUSY, CANCELLED. */
  run<K extends DecodeTask['kind']>(task: Extract<DecodeTask, { kind: K }>, signal?: AbortSignal): Promise<DecodeResults[K]>;
  close(): Promise<void>;
}

const wholeInstanceFactor = 5;

interface Pending {
  readonly id: number;
  readonly task: DecodeTask;
  readonly resolve: (value: never) => void;
  readonly reject: (error: AppError) => void;
}

interface Slot {
  worker: Worker | undefined;
  current: Pending | undefined;
  timer: NodeJS.Timeout | undefined;
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

export function createDecodePool(options: DecodePoolOptions): DecodePool {
  const slots: Slot[] = Array.from({ length: options.threads }, () => ({ worker: undefined, current: undefined, timer: undefined }));
  const waiting: Pending[] = [];
  const maxWaiting = options.maxWaiting ?? 5000;
  let nextId = 0;
  let closed = false;

  function release(slot: Slot): Pending | undefined {
    clearTimeout(slot.timer);
    const { current } = slot;
    slot.current = undefined;
    return current;
  }

  function discardWorker(slot: Slot, error: AppError): void {
    const { worker } = slot;
    slot.worker = undefined;
    release(slot)?.reject(error);
    worker?.removeAllListeners();
    // What the dying thread still says must not be an unhandled error.
    worker?.on('error', () => undefined);
    void worker?.terminate();
    dispatch();
  }

  function startWorker(slot: Slot): Worker {
    const worker = new Worker(new URL('./decode-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: options.memoryMb },
      // Nothing of the server's settings or secrets is of use there.
      env: {},
    });
    worker.unref();
    worker.on('message', (reply: DecodeReply) => {
      const pending = release(slot);
      if (pending === undefined || pending.id !== reply.id) return;
      worker.unref();
      if ('error' in reply) {
        const { code, message } = reply.error;
        pending.reject(new AppError(isErrorCode(code) ? code : 'DICOM_PIXEL_DECODE_FAILED', message));
      } else {
        pending.resolve(reply.value as never);
      }
      dispatch();
    });
    worker.on('error', (error) => discardWorker(slot, new AppError('DICOM_PIXEL_DECODE_FAILED', 'Decoding failed.', { cause: error })));
    worker.on('exit', () => discardWorker(slot, new AppError('DICOM_PIXEL_DECODE_FAILED', 'Decoding failed.')));
    return worker;
  }

  function dispatch(): void {
    if (closed) return;
    for (const slot of slots) {
      if (slot.current !== undefined) continue;
      const pending = waiting.shift();
      if (pending === undefined) return;
      slot.worker ??= startWorker(slot);
      slot.worker.ref();
      slot.current = pending;
      const timeoutMs = options.timeoutMs * (pending.task.kind === 'transcode' ? wholeInstanceFactor : 1);
      slot.timer = setTimeout(() => discardWorker(slot, new AppError('HTTP_DECODE_TIMEOUT', 'Decoding took too long.')), timeoutMs);
      slot.worker.postMessage({ id: pending.id, task: pending.task });
    }
  }

  return {
    async run(task, signal) {
      if (closed) throw new AppError('CANCELLED', 'The service is shutting down.');
      if (signal?.aborted === true) throw new AppError('CANCELLED', 'The request was given up.');
      if (waiting.length >= maxWaiting) throw new AppError('HTTP_SERVICE_BUSY', 'Too many images wait to be decoded.');
      const { promise, resolve, reject } = Promise.withResolvers<never>();
      nextId += 1;
      const pending: Pending = { id: nextId, task, resolve, reject };
      // A running task is not interrupted: it is short, and its result goes into the cache.
      const onAbort = (): void => {
        const at = waiting.indexOf(pending);
        if (at < 0) return;
        waiting.splice(at, 1);
        reject(new AppError('CANCELLED', 'The request was given up.'));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      waiting.push(pending);
      dispatch();
      try {
        return await promise;
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },
    async close() {
      closed = true;
      const error = new AppError('CANCELLED', 'The service is shutting down.');
      for (const pending of waiting.splice(0)) pending.reject(error);
      await Promise.all(slots.map(async (slot) => {
        const { worker } = slot;
        slot.worker = undefined;
        release(slot)?.reject(error);
        worker?.removeAllListeners();
        await worker?.terminate();
      }));
    },
  };
}
