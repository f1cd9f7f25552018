/** Decodes instances on several threads straight into one shared volume, holding few instances in memory at a time. */
import { Worker } from 'node:worker_threads';
import { AppError, type ErrorCode } from '../errors.ts';
import { decodeInto, type FrameTask } from './decode-task.ts';

export interface DecodeWorkerData {
  readonly buffer: SharedArrayBuffer;
  readonly rows: number;
  readonly columns: number;
}
export interface DecodeRequest {
  readonly bytes: Uint8Array;
  readonly frames: readonly FrameTask[];
}
export interface DecodeAnswer {
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

/** Decodes one instance at a time. */
interface Decoder {
  decode(bytes: Uint8Array, frames: readonly FrameTask[]): Promise<void>;
  close(): Promise<unknown>;
}

function threadDecoder(data: DecodeWorkerData): Decoder {
  const worker = new Worker(new URL('./decode-worker.ts', import.meta.url), { workerData: data });
  let failure: Error | undefined;
  worker.on('error', (error: Error) => { failure = error; });
  return {
    decode: (bytes, frames) =>
      new Promise((resolve, reject) => {
        if (failure) {
          reject(failure);
          return;
        }
        const onExit = (code: number): void => reject(failure ?? new AppError('DICOM_PIXEL_DECODE_FAILED', `the decoder ended with ${code}`));
        worker.once('exit', onExit);
        worker.once('message', ({ error }: DecodeAnswer) => {
          worker.off('exit', onExit);
          if (error) reject(new AppError(error.code, error.message));
          else resolve();
        });
        worker.postMessage({ bytes, frames } satisfies DecodeRequest);
      }),
    close: () => worker.terminate(),
  };
}

function localDecoder({ buffer, rows, columns }: DecodeWorkerData): Decoder {
  const hu = new Int16Array(buffer);
  return { decode: (bytes, frames) => decodeInto(hu, rows, columns, bytes, frames), close: () => Promise.resolve() };
}

/** Below this many images, starting threads takes longer than decoding. */
const fewestForThreads = 120;

export interface DecodeJob {
  read(): Promise<Uint8Array>;
  readonly frames: readonly FrameTask[];
}

/**
 * Runs every job; with `threads` of 2 or more on that many worker threads.
 * Stops at the first failure, or when `signal` aborts.
 */
export async function decodeAll(data: DecodeWorkerData, jobs: readonly DecodeJob[], threads: number, signal: AbortSignal, onDone: (done: number) => void): Promise<void> {
  const useThreads = threads > 1 && jobs.length >= fewestForThreads;
  const decoders = useThreads ? Array.from({ length: threads }, () => threadDecoder(data)) : [localDecoder(data)];
  let next = 0;
  let done = 0;
  let failed = false;
  const work = async (decoder: Decoder): Promise<void> => {
    try {
      for (let job = jobs[next++]; job && !failed; job = jobs[next++]) {
        signal.throwIfAborted();
        await decoder.decode(await job.read(), job.frames);
        onDone(++done);
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  try {
    const results = await Promise.allSettled(decoders.map(work));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  } finally {
    await Promise.all(decoders.map((decoder) => decoder.close()));
  }
}
