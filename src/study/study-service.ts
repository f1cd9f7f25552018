/** The study service: one way in for every transport, and the decision when a study is complete. */
import type { InstanceArchive } from '../archive/port.ts';
import { toAppError } from '../errors.ts';
import type { SetStateOptions, StudyIndex } from '../index/port.ts';
import type { Log } from '../log.ts';
import { createChangeNotifier } from './change-notifier.ts';
import { systemClock, type Clock } from './clock.ts';
import { createClosing, openStates } from './closing.ts';
import { createKeyedLock } from './keyed-lock.ts';
import { recoverOrphans } from './orphans.ts';
import { placementOf } from './placement.ts';
import type { StudyEventMap, StudyService } from './port.ts';
import { createReceiver, type Received } from './receiver.ts';
import { allStates, type FindSite, type StudyState } from './types.ts';

export interface StudySettings {
  /** A study without a new instance for so long is looked at. */
  readonly quietSeconds: number;
  /** A study with a known hole is closed after so long without a new instance; default ten times the quiet time. */
  readonly patienceSeconds?: number;
  /** Servers that share an index look so often for studies that another one has dropped; a server alone does not. */
  readonly watchSeconds?: number;
  /** Larger instances are refused; default 4 GiB. */
  readonly maxInstanceBytes?: number;
}

export interface StudyServiceDeps {
  readonly archive: InstanceArchive;
  readonly index: StudyIndex;
  readonly settings: StudySettings;
  readonly log: Log;
  readonly clock?: Clock;
  /** Which site a new study belongs to; without it studies have none. */
  readonly findSite?: FindSite;
}

/** A study that is open is closed by its completeness alone: whoever reports on an earlier closing comes too late. */
function keepingOpen(state: StudyState, options: SetStateOptions = {}): SetStateOptions {
  if (openStates.includes(state)) return options;
  const states = (options.onlyIf?.states ?? allStates).filter((from) => !openStates.includes(from));
  return { ...options, onlyIf: { ...options.onlyIf, states } };
}

const defaultMaxInstanceBytes = 4 * 1024 ** 3;
const patienceFactor = 10;
/** Four changes a second are as many as an eye follows. */
const changeIntervalMs = 250;

export function createStudyService({ archive, index, settings, log, clock = systemClock, findSite }: StudyServiceDeps): StudyService {
  const listeners: { readonly [E in keyof StudyEventMap]: ((...args: StudyEventMap[E]) => void)[] } = { changed: [], complete: [] };
  const instanceLock = createKeyedLock();
  const quietMs = settings.quietSeconds * 1000;

  /** A listener that throws must not make an acknowledged instance look refused. */
  function emit<E extends keyof StudyEventMap>(event: E, ...args: StudyEventMap[E]): void {
    for (const listener of listeners[event]) {
      try {
        listener(...args);
      } catch (error) {
        log.error({ err: toAppError(error), event }, 'A listener of the study service failed');
      }
    }
  }

  const shown = new Set<Promise<void>>();
  function tell(studyInstanceUID: string): void {
    const telling = index.worklistItem(studyInstanceUID)
      .then((item) => {
        if (item !== undefined) emit('changed', { studyInstanceUID, state: item.state, item });
      })
      .catch((error: unknown) => log.error({ err: toAppError(error), studyInstanceUID }, 'A change could not be shown'))
      .finally(() => shown.delete(telling));
    shown.add(telling);
  }

  const notifier = createChangeNotifier(clock, changeIntervalMs, tell);
  const closing = createClosing({
    index, clock, log,
    lock: createKeyedLock(),
    settings: { quietMs, patienceMs: settings.patienceSeconds === undefined ? quietMs * patienceFactor : settings.patienceSeconds * 1000 },
    onChanged: (studyInstanceUID) => notifier.changed(studyInstanceUID, true),
    onComplete: (studyInstanceUID, forced) => emit('complete', { studyInstanceUID, forced }),
  });
  const receive = createReceiver({
    archive, index, clock, log, lock: instanceLock, maxInstanceBytes: settings.maxInstanceBytes ?? defaultMaxInstanceBytes, ...(findSite === undefined ? {} : { findSite }),
  });

  /** True when the sender announced how many there will be and they may be there now: a look can close the study. */
  async function mayBeProven({ record }: Received): Promise<boolean> {
    const { numberOfStudyRelatedInstances, numberOfStudyRelatedSeries } = placementOf(record.header);
    if (numberOfStudyRelatedInstances === undefined && numberOfStudyRelatedSeries === undefined) return false;
    const item = await index.worklistItem(record.studyInstanceUID);
    return item !== undefined
      && (numberOfStudyRelatedInstances === undefined || item.instanceCount >= numberOfStudyRelatedInstances)
      && (numberOfStudyRelatedSeries === undefined || item.seriesCount >= numberOfStudyRelatedSeries);
  }

  /** The instance is acknowledged whatever happens here; an error only delays the look at the study. */
  async function follow(received: Received): Promise<void> {
    const { outcome: { kind, studyInstanceUID }, record } = received;
    try {
      notifier.changed(studyInstanceUID);
      if (kind === 'conflict') {
        const current = (await index.instance(record.sopInstanceUID))?.studyInstanceUID;
        if (current !== undefined && current !== studyInstanceUID) notifier.changed(current);
      }
      if (record.own) return;
      if (kind === 'stored') {
        await closing.arrived(studyInstanceUID, await mayBeProven(received));
      } else {
        // A sender that repeats itself still sends: an open study waits for it, a closed one stays closed.
        const item = await index.worklistItem(studyInstanceUID);
        if (item !== undefined && openStates.includes(item.state)) await closing.arrived(studyInstanceUID, false);
      }
    } catch (error) {
      log.error({ err: toAppError(error), studyInstanceUID }, 'An instance is stored, but its study could not be looked at');
    }
  }

  let isClosed = false;
  let cancelWatch = (): void => undefined;
  /** What a server that ended has left open or closed without a job, as `resume` finds it after a restart. */
  async function takeUpDropped(watchMs: number): Promise<void> {
    for (const studyInstanceUID of await index.studiesInState(openStates)) await closing.adopt(studyInstanceUID);
    for (const studyInstanceUID of await index.studiesInState(['waiting'])) {
      const item = await index.worklistItem(studyInstanceUID);
      // A fresh one is about to get its job from the server that closed it.
      if (item !== undefined && item.jobId === undefined && Date.parse(item.updatedAt) <= clock.now() - watchMs) emit('complete', { studyInstanceUID, forced: false });
    }
  }

  function watch(watchMs: number): void {
    if (isClosed) return;
    cancelWatch = clock.after(watchMs, () => {
      takeUpDropped(watchMs)
        .catch((error: unknown) => log.error({ err: toAppError(error) }, 'Looking for studies of other servers failed'))
        .finally(() => watch(watchMs));
    });
  }

  return {
    async receive(part10, context, expect) {
      const received = await receive(part10, context, expect);
      const { kind, sopInstanceUID, studyInstanceUID } = received.outcome;
      if (kind === 'conflict') log.warn({ sopInstanceUID, studyInstanceUID, transport: context.transport }, 'SOP Instance UID with other content set aside');
      await follow(received);
      return received.outcome;
    },
    forceComplete: (studyInstanceUID) => closing.force(studyInstanceUID),
    async setState(studyInstanceUID, state, options) {
      const before = await index.worklistItem(studyInstanceUID);
      const changed = await index.setState(studyInstanceUID, state, keepingOpen(state, options));
      if (changed) notifier.changed(studyInstanceUID, before?.state !== state);
      return changed;
    },
    announce: (studyInstanceUID) => notifier.changed(studyInstanceUID),
    on(event, listener) {
      listeners[event].push(listener);
    },
    async resume() {
      // A full disk, say, must not keep the service from starting: it has to be there to tell.
      const orphans = await recoverOrphans({ archive, index, clock, log, lock: instanceLock })
        .catch((error: unknown) => log.error({ err: toAppError(error) }, 'Looking for what a crash left behind failed'));
      const back = await archive.settleRetired((key) => index.refersToBlob(key));
      if (back > 0) log.warn({ back }, 'Files that were set aside are needed after all');
      const waiting = await index.studiesInState(['waiting']);
      const open = await index.studiesInState(openStates);
      for (const studyInstanceUID of open) await closing.arrived(studyInstanceUID, true);
      log.info({ ...orphans, open: open.length, waiting: waiting.length }, 'Studies taken up again');
      for (const studyInstanceUID of waiting) {
        if ((await index.worklistItem(studyInstanceUID))?.jobId === undefined) emit('complete', { studyInstanceUID, forced: false });
      }
      if (settings.watchSeconds !== undefined) watch(settings.watchSeconds * 1000);
    },
    async close() {
      isClosed = true;
      cancelWatch();
      notifier.close();
      await closing.close();
      await instanceLock.idle();
      await Promise.all(shown);
    },
  };
}
