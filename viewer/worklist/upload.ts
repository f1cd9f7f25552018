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

/** Collects files; `progress` hears of their number, and it rejects when the signal aborts. */
export type ReadFiles = (progress: (count: number) => void, signal: AbortSignal) => Promise<readonly PathFile[]>;

export interface Upload {
  readonly state: Store<UploadState>;
  /** Sends what `read`, called at once, gives; a second call while one runs is queued behind it. */
  start(read: ReadFiles): void;
  /** Ends the upload that is shown. */
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
  /** Of the uploads that have not ended, in the order of their start. */
  const aborts: AbortController[] = [];
  let tail: Promise<void> = Promise.resolve();

  async function sendAll(files: readonly PathFile[], signal: AbortSignal): Promise<void> {
    let sentBefore = 0;
    for (const batch of inBatches(files, batchFiles, batchBytes)) {
      if (signal.aborted) throw new RequestError('CANCELLED', 0, '');
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

  async function run(source: Promise<readonly PathFile[]>, signal: AbortSignal): Promise<void> {
    try {
      const files = await source;
      if (signal.aborted) throw new RequestError('CANCELLED', 0, '');
      const bytesTotal = files.reduce((sum, each) => sum + each.file.size, 0);
      if (files.length === 0) {
        state.set({ ...idle, phase: 'nothing' });
        return;
      }
      state.set({ ...idle, phase: 'sending', fileCount: files.length, bytesTotal });
      await sendAll(files, signal);
      state.set({ phase: 'done' });
    } catch (error) {
      const cancelled = error instanceof RequestError && error.code === 'CANCELLED';
      state.set(cancelled ? { phase: 'cancelled' } : { phase: 'broken', error });
    }
  }

  return {
    state,
    start(read) {
      const abort = new AbortController();
      aborts.push(abort);
      const files = read((count) => {
        if (state.get().phase !== 'sending' && !abort.signal.aborted) state.set({ ...idle, phase: 'reading', fileCount: count });
      }, abort.signal);
      // What goes wrong is said when its turn has come.
      files.catch(() => undefined);
      tail = tail.then(() => run(files, abort.signal)).finally(() => { aborts.splice(aborts.indexOf(abort), 1); });
    },
    stop: () => { aborts[0]?.abort(); },
    dismiss: () => { state.set(idle); },
  };
}
