/** Holds the study for one reader as long as the page is open. */
import { codeOf, isPassing, RequestError } from '../api/problem.ts';
import { lockReview, unlockReview, type Reader, type ReviewLock } from '../api/review.ts';

/** Well within the 60 s after which the server frees a silent lock. */
const renewMs = 20_000;

export interface LockKeeper {
  /** True when the lock is ours, or the server cannot be asked now. */
  take(reader: Reader, takeOver?: boolean): Promise<boolean>;
  readonly isHeld: boolean;
  /** Gives it back after `last` has been sent. */
  release(last?: Promise<unknown>): void;
}

/** The lock in a refusal of the server. */
export function lockIn(error: unknown): ReviewLock | undefined {
  if (!(error instanceof RequestError) || typeof error.body !== 'object' || error.body === null) return undefined;
  return (error.body as { readonly lock?: ReviewLock }).lock;
}

export function createLockKeeper(studyInstanceUID: string, refused: (holder: ReviewLock | undefined) => void, failed: (error: unknown) => void): LockKeeper {
  let holder: Reader | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;

  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
    holder = undefined;
  };
  const take = async (reader: Reader, takeOver = false): Promise<boolean> => {
    try {
      await lockReview(studyInstanceUID, reader, takeOver);
    } catch (error) {
      if (codeOf(error) === 'REVIEW_LOCKED') {
        stop();
        refused(lockIn(error));
        return false;
      }
      if (isPassing(error)) return true;
      failed(error);
      return false;
    }
    holder = reader;
    timer ??= setInterval(() => { if (holder !== undefined) void take(holder); }, renewMs);
    return true;
  };
  return {
    take,
    get isHeld() { return holder !== undefined; },
    release(last = Promise.resolve()) {
      const mine = holder;
      stop();
      // It ends by itself if this does not arrive.
      if (mine !== undefined) last.catch(() => undefined).then(() => unlockReview(studyInstanceUID, mine)).catch(() => undefined);
    },
  };
}
