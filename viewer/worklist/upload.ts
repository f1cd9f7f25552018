import { RequestError } from '../api/problem.ts';
import type { UploadedFile } from '../api/types.ts';
import { sendFiles } from '../api/upload.ts';
import { createStore, type Store } from '../ui/store.ts';
import { inBatches, type PathFile } from './upload-files.ts';

export interface UploadState {
  readonly phase: 'idle' | 'reading' | 'sending' | 'done' | 'broken' | 'cancelled' | 'nothing';
  readonly fileCount: number;
  readonly bytesTotal: number;
  readonly bytesSent: number;
  /** The server's answer for every file so far. */
  readonly answered: readonly UploadedFile[];
  readonly studies: readonly string[];
  readonly error: unknown;
}

export interface Upload {
  readonly state: Store<UploadState>;
  /** Sends what the promise gives; a second call while one runs is queued behind it. */
  start(files: Promise<readonly PathFile[]>): void;
  readonly reading: (count: number) => void;
  stop(): void;
  dismiss(): void;
}

const idle: UploadState = { phase: 'idle', fileCount: 0, bytesTotal: 0, bytesSent: 0, answered: [], studies: [], error: undefined };

/** Small enough that answers come soon, large enough that a study of thin slices takes few requests. */
const batchFiles = 40;
const batchBytes = 64 * 1024 * 1024;

/** Uploading in batches, one at a time, with an answer for every file. */
export function createUpload(): Upload {
  const state = createStore<UploadState>(idle);
  let abort = new AbortController();
  let tail: Promise<void> = Promise.resolve();

  async function sendAll(files: readonly PathFile[], signal: AbortSignal): Promise<void> {
    let sentBefore = 0;
    for (const batch of inBatches(files, batchFiles, batchBytes)) {
      const bytes = batch.reduce((sum, each) => sum + each.file.size, 0);
      const base = sentBefore;
      const answer = await sendFiles(batch, (sent) => { state.set({ bytesSent: base + Math.min(sent, bytes) }); }, signal);
      sentBefore += bytes;
      const before = state.get();
      state.set({
        bytesSent: sentBefore,
        answered: [...before.answered, ...answer.files],
        studies: [...new Set([...before.studies, ...answer.studies])],
      });
      if (answer.complete === false) throw new RequestError(answer.code ?? 'INTERNAL', 200, answer.message ?? '');
    }
  }

  async function run(source: Promise<readonly PathFile[]>): Promise<void> {
    try {
      const files = await source;
      abort = new AbortController();
      const bytesTotal = files.reduce((sum, each) => sum + each.file.size, 0);
      if (files.length === 0) {
        state.set({ ...idle, phase: 'nothing' });
        return;
      }
      state.set({ ...idle, phase: 'sending', fileCount: files.length, bytesTotal });
      await sendAll(files, abort.signal);
      state.set({ phase: 'done' });
    } catch (error) {
      const cancelled = error instanceof RequestError && error.code === 'CANCELLED';
      state.set(cancelled ? { phase: 'cancelled' } : { phase: 'broken', error });
    }
  }

  return {
    state,
    start(files) {
      tail = tail.then(() => run(files));
    },
    reading(count) {
      if (state.get().phase !== 'sending') state.set({ ...idle, phase: 'reading', fileCount: count });
    },
    stop: () => { abort.abort(); },
    dismiss: () => { state.set(idle); },
  };
}
