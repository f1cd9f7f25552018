/** Starts, changed settings and arrived studies, into the audit trail. */
import { createHash } from 'node:crypto';
import { toAppError } from '../errors.ts';
import type { StudyIndex } from '../index/port.ts';
import type { Log } from '../log.ts';
import type { StudyService } from '../study/port.ts';
import { canonicalJson } from './chain.ts';
import type { AuditEvent } from './entry.ts';
import type { Recorder } from './recording-index.ts';
import { createRepeats } from './repeats.ts';

const service = { name: 'phoi', kind: 'service' } as const;
export interface Start {
  /** What may be printed. */
  readonly settings: unknown;
  readonly version: string;
  /** Of one of several servers on an index: each has settings of its own. */
  readonly serverName: string | undefined;
  readonly index: Pick<StudyIndex, 'note' | 'setNote'>;
  readonly record: Recorder;
}

/**
 * The start, and that the settings are others than at the start before of this server. Their hash is recorded, since
 * settings name hosts and accounts.
 */
export async function recordStart({ settings, version, serverName, index, record }: Start): Promise<void> {
  const noteName = `audit.configurationSha256${serverName === undefined ? '' : ` of ${serverName}`}`;
  const sha256 = createHash('sha256').update(canonicalJson(settings)).digest('hex');
  const before = await index.note(noteName);
  await record({ kind: 'service-started', action: 'execute', outcome: 'success', actor: service, what: 'start', details: { version, configurationSha256: sha256 } });
  if (before === sha256) return;
  if (before !== undefined) {
    await record({
      kind: 'configuration-changed', action: 'update', outcome: 'success', actor: service, what: 'settings',
      details: { before, after: sha256 },
    });
  }
  await index.setNote(noteName, sha256);
}

/**
 * A study that is complete: how many instances came, and who sent them. Each closing is one entry, so late instances show
 * as another. What the index cannot tell at that moment is left out: the entry is made all the same, and nothing is
 * thrown where nobody would catch it.
 */
export function recordArrivals(study: Pick<StudyService, 'on'>, index: Pick<StudyIndex, 'worklistItem' | 'sources'>, record: Recorder, log: Log): void {
  async function details(studyInstanceUID: string): Promise<AuditEvent['details']> {
    const [item, sources] = await Promise.all([index.worklistItem(studyInstanceUID), index.sources(studyInstanceUID)]);
    return {
      instances: item?.instanceCount ?? 0, series: item?.seriesCount ?? 0, conflicts: item?.conflictCount ?? 0,
      senders: sources.map(({ transport, callingAETitle, remoteAddress }) => [transport, callingAETitle, remoteAddress].filter((part) => part !== undefined).join(' ')),
    };
  }
  study.on('complete', ({ studyInstanceUID, forced }) => {
    void details(studyInstanceUID)
      .catch((error: unknown) => {
        log.error({ err: toAppError(error), studyInstanceUID }, 'What arrived could not be looked up for the audit trail');
        return undefined;
      })
      .then((known) => record({
        kind: 'study-received', action: 'create', outcome: 'success', actor: service, studyInstanceUID, what: forced ? 'completed-by-hand' : 'complete',
        ...(known === undefined ? {} : { details: known }),
      }));
  });
}

/** Who was turned away at the DICOM ports; `what` says why. */
export interface RefusedPeer {
  readonly callingAETitle?: string;
  readonly remoteAddress: string;
  readonly what: string;
}

export function recordRefusals(record: Recorder): (refused: RefusedPeer) => void {
  const repeats = createRepeats();
  return ({ callingAETitle, remoteAddress, what }) => {
    const name = callingAETitle ?? 'unknown';
    if (repeats(name, remoteAddress, what)) return;
    void record({ kind: 'access-refused', action: 'execute', outcome: 'serious-failure', actor: { name, kind: 'peer', address: remoteAddress }, what });
  };
}
