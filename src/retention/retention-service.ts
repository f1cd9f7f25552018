/** Once a day, by one of the servers that share an index; off unless the settings say for how many days studies are kept. */
import type { StudyIndex } from '../index/port.ts';
import type { Log } from '../log.ts';
import { startLoop } from '../loop.ts';
import { removeStudies, type RemovedStudies, type RemoveStudiesDeps } from './remove-studies.ts';

export interface RetentionOptions extends Omit<RemoveStudiesDeps, 'index' | 'actor' | 'signal' | 'now'> {
  readonly index: RemoveStudiesDeps['index'] & Pick<StudyIndex, 'exclusively' | 'note' | 'setNote'>;
  readonly log: Log;
  readonly now?: () => Date;
}

const noteName = 'retention.lastRunAt';
const dayMs = 86_400_000;
const pollMs = 3_600_000;
const faultMs = 600_000;

export interface Retention {
  /** What was removed; undefined when the last run is not a day ago or another server is at it. */
  runIfDue(): Promise<RemovedStudies | undefined>;
  close(): Promise<void>;
}

export function startRetention({ log, now = () => new Date(), ...deps }: RetentionOptions): Retention {
  const { index, days } = deps;
  const ending = new AbortController();
  const { signal } = ending;

  async function runDaily(): Promise<RemovedStudies | undefined> {
    const last = Date.parse(await index.note(noteName) ?? '');
    const sinceMs = now().getTime() - last;
    // A run in the future was dated by a wrong clock.
    if (sinceMs >= 0 && sinceMs < dayMs) return undefined;
    const removed = await removeStudies({ ...deps, now, signal, actor: { name: 'phoi', kind: 'service' } });
    if (!signal.aborted) await index.setNote(noteName, now().toISOString());
    log.info({ ...removed, days }, 'Retention: studies removed');
    return removed;
  }

  const runIfDue = (): Promise<RemovedStudies | undefined> => index.exclusively('retention', runDaily);
  const loop = startLoop({
    pollMs, faultMs, now: () => now().getTime(), signal, log, failure: 'Studies could not be removed',
    async pass() {
      await runIfDue();
      return false;
    },
  });
  return {
    runIfDue,
    async close() {
      ending.abort();
      loop.wake();
      await loop.done;
    },
  };
}
