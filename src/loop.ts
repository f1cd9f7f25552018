/** Work that is looked for again and again: when woken, when the clock says so, and from time to time. */
import { toAppError } from './errors.ts';
import type { Log } from './log.ts';

export interface Loop {
  wake(): void;
  readonly done: Promise<void>;
}

export interface LoopOptions {
  /** One batch of work; false when there was nothing to do, undefined when another server does it. */
  readonly pass: () => Promise<boolean | undefined>;
  /** How often it is looked for without being woken. */
  readonly pollMs: number;
  /** Pause after a pass that failed. */
  readonly faultMs: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Logged when a pass fails. */
  readonly failure: string;
}

export interface Schedule {
  /** There will be work at that time. */
  at(time: number): void;
}

export function startLoop(options: LoopOptions): Loop & Schedule {
  const { now, signal, log } = options;
  let woken = false;
  let wakeUp: (() => void) | undefined;
  let nextDue = Number.POSITIVE_INFINITY;

  function sleep(ms: number): Promise<void> {
    if (woken || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      woken = false;
      if (nextDue <= now()) nextDue = Number.POSITIVE_INFINITY;
      let waitMs = options.pollMs;
      try {
        if (await options.pass() === true) continue;
      } catch (error) {
        // The index cannot be read or written: trying again at once would only make noise.
        waitMs = options.faultMs;
        log.error({ code: toAppError(error).code, reason: toAppError(error).message }, options.failure);
      }
      await sleep(Math.min(waitMs, Math.max(1, nextDue - now())));
    }
  }

  const loop = {
    wake(): void {
      woken = true;
      wakeUp?.();
    },
    at(time: number): void {
      nextDue = Math.min(nextDue, time);
      // A sleep under way may end too late for it.
      wakeUp?.();
    },
  };
  // The first pass may use the schedule that is returned here.
  return { ...loop, done: Promise.resolve().then(run) };
}
