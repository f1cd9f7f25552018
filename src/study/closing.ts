/**
 * When a study is closed: at once when its counts prove it, after the quiet time when nothing is known to be missing,
 * otherwise after the longer patience, with what is missing kept as warnings. Until then a hole keeps it 'incomplete'.
 */
import { AppError, toAppError } from '../errors.ts';
import type { StudyIndex } from '../index/port.ts';
import type { Log } from '../log.ts';
import type { Clock } from './clock.ts';
import { assessCompleteness } from './completeness.ts';
import type { KeyedLock } from './keyed-lock.ts';
import type { InstanceSummary, StudyState } from './types.ts';

export interface ClosingSettings {
  readonly quietMs: number;
  readonly patienceMs: number;
}

export interface ClosingDeps {
  readonly index: StudyIndex;
  readonly clock: Clock;
  readonly lock: KeyedLock;
  readonly log: Log;
  readonly settings: ClosingSettings;
  readonly onChanged: (studyInstanceUID: string) => void;
  readonly onComplete: (studyInstanceUID: string, forced: boolean) => void;
}

export interface Closing {
  /** An instance of an open study has just arrived. `look` asks for a look before the quiet time is over. */
  arrived(studyInstanceUID: string, look: boolean): Promise<void>;
  force(studyInstanceUID: string): Promise<void>;
  /** Looks after an open study whose instances another server received; one that is looked after already stays as it is. */
  adopt(studyInstanceUID: string): Promise<void>;
  close(): Promise<void>;
}

interface OpenStudy {
  lastArrivalMs: number;
  /** Arrivals so far: tells whether one came while a decision was being written. */
  arrivals: number;
  /** When the timer rings. */
  dueMs: number;
  cancelTimer: () => void;
}

/** The states in which a study waits for more instances. */
export const openStates: readonly StudyState[] = ['receiving', 'incomplete'];
/** Clocks of servers that share an index may differ by so much; an arrival further ahead was dated by a wrong clock. */
const clockToleranceMs = 60_000;

/** When an instance last came, whichever server received it; 0 when none counts. */
function lastReceivedMs(instances: readonly InstanceSummary[], nowMs: number): number {
  return instances.reduce((last, { own, receivedAt }) => {
    const atMs = Date.parse(receivedAt);
    return own || atMs > nowMs + clockToleranceMs ? last : Math.max(last, Math.min(atMs, nowMs));
  }, 0);
}

/** After an unexpected error (the disk is full, say) the study is looked at again. */
const retryMs = 5_000;

export function createClosing(deps: ClosingDeps): Closing {
  const { index, clock, lock, log, settings } = deps;
  const open = new Map<string, OpenStudy>();
  let closed = false;

  function arm(studyInstanceUID: string, study: OpenStudy, delayMs: number): void {
    study.cancelTimer();
    if (closed) return;
    study.dueMs = clock.now() + Math.max(1, delayMs);
    study.cancelTimer = clock.after(Math.max(1, delayMs), () => {
      lookAt(studyInstanceUID).catch((error: unknown) => {
        log.error({ err: toAppError(error), studyInstanceUID }, 'Looking at the completeness of a study failed');
        arm(studyInstanceUID, study, retryMs);
      });
    });
  }

  function forget(studyInstanceUID: string): void {
    open.get(studyInstanceUID)?.cancelTimer();
    open.delete(studyInstanceUID);
  }

  /** Decides about a study. `true` when the decision stands, `false` when an instance came in between. */
  async function decide(studyInstanceUID: string, forced: boolean): Promise<boolean> {
    const item = await index.worklistItem(studyInstanceUID);
    if (item === undefined || !openStates.includes(item.state)) {
      forget(studyInstanceUID);
      return true;
    }
    const instances = await index.summaries(studyInstanceUID);
    const { missing, warnings, proven } = assessCompleteness(instances);
    const onlyIf = { states: openStates, instanceCount: instances.length };
    const study = open.get(studyInstanceUID);
    const arrivals = study?.arrivals;
    const quietMs = clock.now() - Math.max(study?.lastArrivalMs ?? 0, lastReceivedMs(instances, clock.now()));
    const patienceOver = quietMs >= settings.patienceMs;
    if (forced || proven || (quietMs >= settings.quietMs && (missing.length === 0 || patienceOver))) {
      if (!await index.setState(studyInstanceUID, 'waiting', { reasons: [], warnings: [...warnings, ...missing], onlyIf })) return false;
      // An instance that arrived while this was being written has reopened the study: it gets a closing of its own.
      if (study !== undefined && study.arrivals !== arrivals) arm(studyInstanceUID, study, settings.quietMs);
      else forget(studyInstanceUID);
      log.info({ studyInstanceUID, instances: instances.length, forced, proven, missing: missing.length }, 'Study complete');
      deps.onChanged(studyInstanceUID);
      deps.onComplete(studyInstanceUID, forced);
      return true;
    }
    if (quietMs >= settings.quietMs) {
      const known = item.state === 'incomplete' && JSON.stringify(item.reasons) === JSON.stringify(missing);
      if (!known) {
        if (!await index.setState(studyInstanceUID, 'incomplete', { reasons: missing, onlyIf })) return false;
        log.info({ studyInstanceUID, instances: instances.length, missing: missing.length }, 'Study incomplete');
        deps.onChanged(studyInstanceUID);
      }
    }
    if (study !== undefined) arm(studyInstanceUID, study, (quietMs >= settings.quietMs ? settings.patienceMs : settings.quietMs) - quietMs);
    return true;
  }

  function lookAt(studyInstanceUID: string, forced = false): Promise<void> {
    return lock.run(studyInstanceUID, async () => {
      while (!closed && !await decide(studyInstanceUID, forced));
    });
  }

  return {
    async arrived(studyInstanceUID, look) {
      if (closed) return;
      const known = open.get(studyInstanceUID);
      if (known !== undefined) {
        known.lastArrivalMs = clock.now();
        known.arrivals += 1;
        // The timer is not set anew for each instance: one that rings early asks for the rest of the time. But one
        // that waits for the end of the patience would ring too late.
        if (known.dueMs > clock.now() + settings.quietMs) arm(studyInstanceUID, known, settings.quietMs);
      } else {
        const study: OpenStudy = { lastArrivalMs: clock.now(), arrivals: 1, dueMs: 0, cancelTimer: () => undefined };
        open.set(studyInstanceUID, study);
        arm(studyInstanceUID, study, settings.quietMs);
      }
      if (look) await lookAt(studyInstanceUID);
    },
    async adopt(studyInstanceUID) {
      if (closed || open.has(studyInstanceUID)) return;
      open.set(studyInstanceUID, { lastArrivalMs: 0, arrivals: 0, dueMs: 0, cancelTimer: () => undefined });
      await lookAt(studyInstanceUID);
    },
    async force(studyInstanceUID) {
      if (await index.worklistItem(studyInstanceUID) === undefined) {
        throw new AppError('ARCHIVE_NOT_FOUND', 'There is no such study', { details: { studyInstanceUID } });
      }
      await lookAt(studyInstanceUID, true);
    },
    async close() {
      closed = true;
      for (const { cancelTimer } of open.values()) cancelTimer();
      open.clear();
      await lock.idle();
    },
  };
}
