/** A clock that stands still until the test moves it. */
import type { Clock } from '../../src/study/clock.ts';

export interface ManualClock extends Clock {
  /** Moves time on and calls what falls due on the way, in order. */
  advance(ms: number): void;
}

export function createManualClock(start = Date.UTC(2026, 0, 2, 10)): ManualClock {
  let now = start;
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  return {
    now: () => now,
    after(ms, callback) {
      const timer = { at: now + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.callback();
      }
      now = end;
    },
  };
}
