/**
 * A small pool of processes that decode frames, so that a heavy or hostile image never stops the server from answering.
 * A task that takes too long or too much memory ends with its process, which is replaced.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { AppError, errorCodes, type ErrorCode } from '../errors.ts';
import { residentBytes } from '../resident-memory.ts';
import type { DecodeReply, DecodeRequest, DecodeResults, DecodeTask } from './decode-task.ts';

export interface DecodePoolOptions {
  readonly processes: number;
  /** For one frame; a whole instance gets five times as long. */
  readonly timeoutMs: number;
  /** JavaScript heap of one process. */
  readonly heapMb: number;
  /** All that one process may hold, pixels and decoders included. Default 4096. Where there is no /proc, the decoders' own checks alone bound it. */
  readonly residentMb?: number;
  /** Tasks that may wait; beyond it the service says that it is busy. */
  readonly maxWaiting?: number;
}

export interface DecodePool {
  /** Errors: those of decoding; HTTP_DECODE_TIMEOUT, HTTP_SERVICE_BUSY, CANCELLED. */
  run<K extends DecodeTask['kind']>(task: Extract<DecodeTask, { kind: K }>, signal?: AbortSignal): Promise<DecodeResults[K]>;
  close(): Promise<void>;
}

const wholeInstanceFactor = 5;
const meterMs = 250;
const mib = 1024 ** 2;
const entry = fileURLToPath(new URL('./decode-process.ts', import.meta.url));

interface Pending {
  readonly id: number;
  readonly task: DecodeTask;
  readonly resolve: (value: never) => void;
  readonly reject: (error: AppError) => void;
}

interface Slot {
  child: ChildProcess | undefined;
  current: Pending | undefined;
  timer: NodeJS.Timeout | undefined;
  meter: NodeJS.Timeout | undefined;
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

export function createDecodePool(options: DecodePoolOptions): DecodePool {
  const slots: Slot[] = Array.from({ length: options.processes }, () => ({ child: undefined, current: undefined, timer: undefined, meter: undefined }));
  const maxResidentBytes = (options.residentMb ?? 4096) * mib;
  const waiting: Pending[] = [];
  const maxWaiting = options.maxWaiting ?? 5000;
  let nextId = 0;
  let closed = false;

  function release(slot: Slot): Pending | undefined {
    clearTimeout(slot.timer);
    clearInterval(slot.meter);
    const { current } = slot;
    slot.current = undefined;
    return current;
  }

  /** An idle process keeps nobody from ending. */
  function setHeld({ child }: Slot, held: boolean): void {
    if (held) {
      child?.ref();
      child?.channel?.ref();
    } else {
      child?.unref();
      child?.channel?.unref();
    }
  }

  function discard(slot: Slot, error: AppError): void {
    const { child } = slot;
    slot.child = undefined;
    release(slot)?.reject(error);
    child?.removeAllListeners();
    // What the dying process still says must not be an unhandled error.
    child?.on('error', () => undefined);
    child?.kill('SIGKILL');
    dispatch();
  }

  function start(slot: Slot): ChildProcess {
    const child = fork(entry, [], {
      execArgv: ['--disable-warning=ExperimentalWarning', `--max-old-space-size=${options.heapMb}`],
      serialization: 'advanced',
      // What V8 says at its end is of no use: the request gets a code.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // Nothing else of the server's settings, and none of its secrets, is of use there.
      env: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
    });
    child.on('message', (reply: DecodeReply) => {
      if (slot.current?.id !== reply.id) return;
      const pending = release(slot);
      setHeld(slot, false);
      if ('error' in reply) {
        const { code, message } = reply.error;
        pending?.reject(new AppError(isErrorCode(code) ? code : 'DICOM_PIXEL_DECODE_FAILED', message));
      } else {
        pending?.resolve(reply.value as never);
      }
      dispatch();
    });
    child.on('error', (error) => discard(slot, new AppError('DICOM_PIXEL_DECODE_FAILED', 'Decoding failed.', { cause: error })));
    child.on('exit', () => discard(slot, new AppError('DICOM_PIXEL_DECODE_FAILED', 'Decoding failed.')));
    return child;
  }

  function watch(slot: Slot, pending: Pending, child: ChildProcess): void {
    const timeoutMs = options.timeoutMs * (pending.task.kind === 'transcode' ? wholeInstanceFactor : 1);
    slot.timer = setTimeout(() => discard(slot, new AppError('HTTP_DECODE_TIMEOUT', 'Decoding took too long.')), timeoutMs);
    slot.meter = setInterval(() => {
      if (child.pid === undefined) return;
      void residentBytes(child.pid).then((bytes) => {
        if (bytes > maxResidentBytes && slot.current === pending) discard(slot, new AppError('DICOM_PIXEL_DECODE_FAILED', 'Decoding took too much memory.'));
      });
    }, meterMs);
  }

  function dispatch(): void {
    if (closed) return;
    for (const slot of slots) {
      if (slot.current !== undefined) continue;
      const pending = waiting.shift();
      if (pending === undefined) return;
      const child = slot.child ??= start(slot);
      setHeld(slot, true);
      slot.current = pending;
      watch(slot, pending, child);
      child.send({ id: pending.id, task: pending.task } satisfies DecodeRequest);
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
      await Promise.all(slots.map((slot) => {
        const { child } = slot;
        slot.child = undefined;
        release(slot)?.reject(error);
        child?.removeAllListeners();
        if (child === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
        return new Promise<void>((resolve) => {
          child.on('error', () => undefined);
          child.once('exit', () => resolve());
          child.ref();
          child.kill('SIGKILL');
        });
      }));
    },
  };
}
