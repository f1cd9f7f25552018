/** Tells screens about changes, at most a few times a second per study however many instances arrive. */
import type { Clock } from './clock.ts';

export interface ChangeNotifier {
  /** Something changed; `now` for what must not wait, such as another state. */
  changed(studyInstanceUID: string, now?: boolean): void;
  close(): void;
}

interface Pending {
  readonly cancel: () => void;
  dirty: boolean;
}

/** `tell` reads what it shows when it is called, so the last call is always about the newest state. */
export function createChangeNotifier(clock: Clock, intervalMs: number, tell: (studyInstanceUID: string) => void): ChangeNotifier {
  const pending = new Map<string, Pending>();
  let closed = false;

  function start(studyInstanceUID: string): void {
    tell(studyInstanceUID);
    const entry: Pending = {
      dirty: false,
      cancel: clock.after(intervalMs, () => {
        pending.delete(studyInstanceUID);
        if (entry.dirty) start(studyInstanceUID);
      }),
    };
    pending.set(studyInstanceUID, entry);
  }

  return {
    changed(studyInstanceUID, now = false) {
      if (closed) return;
      const entry = pending.get(studyInstanceUID);
      if (entry === undefined || now) {
        entry?.cancel();
        start(studyInstanceUID);
      } else {
        entry.dirty = true;
      }
    },
    close() {
      closed = true;
      for (const { cancel } of pending.values()) cancel();
      pending.clear();
    },
  };
}
