/**
 * Removes studies that have done their service. Each removal is in the audit trail before it happens; a trail that cannot be
 * written ends the run. The files go last, from a list that is written with the removal: a crash in between leaves none.
 */
import type { InstanceArchive } from '../archive/port.ts';
import type { AuditActor, AuditEntry, AuditEvent } from '../audit/entry.ts';
import type { RetirableStudy, StudyIndex } from '../index/port.ts';

export interface RemoveStudiesDeps {
  readonly index: Pick<StudyIndex, 'retirableStudies' | 'removeStudy' | 'retiredBlobs' | 'forgetRetiredBlob' | 'refersToBlob'>;
  readonly archive: Pick<InstanceArchive, 'retire'>;
  /** Rejects when the trail cannot be written. */
  readonly append: (event: AuditEvent) => Promise<AuditEntry>;
  readonly actor: AuditActor;
  readonly days: number;
  readonly now: () => Date;
  readonly signal?: AbortSignal;
}

export interface RemovedStudies {
  readonly studies: number;
  readonly instances: number;
  readonly bytes: number;
}

const dayMs = 86_400_000;
const batch = 500;

/** What happened before that time is older than so many days. */
export function retentionLimit(now: Date, days: number): string {
  return new Date(now.getTime() - days * dayMs).toISOString();
}

/** Files of studies that are removed, unless the same bytes have come again. */
async function removeFiles({ index, archive, signal }: RemoveStudiesDeps): Promise<void> {
  for (;;) {
    const keys = await index.retiredBlobs(batch);
    for (const key of keys) {
      if (signal?.aborted === true) return;
      await archive.retire(key, () => index.refersToBlob(key));
      await index.forgetRetiredBlob(key);
    }
    if (keys.length < batch) return;
  }
}

/** @throws AppError AUDIT_UNAVAILABLE, and what index and archive throw */
export async function removeStudies(deps: RemoveStudiesDeps): Promise<RemovedStudies> {
  const { index, append, actor, days, signal } = deps;
  const before = retentionLimit(deps.now(), days);
  const removed = { studies: 0, instances: 0, bytes: 0 };
  const eventOf = ({ studyInstanceUID, why, lastChangeAt, instances, bytes }: RetirableStudy): AuditEvent => ({
    kind: 'study-deleted', action: 'delete', outcome: 'success', actor, studyInstanceUID, what: 'retention', details: { why, lastChangeAt, instances, bytes, days },
  });
  // What an earlier run that was cut off has left.
  await removeFiles(deps);
  for await (const study of index.retirableStudies(before)) {
    if (signal?.aborted === true) break;
    await append(eventOf(study));
    if (await index.removeStudy(study.studyInstanceUID, before)) {
      removed.studies += 1;
      removed.instances += study.instances;
      removed.bytes += study.bytes;
      await removeFiles(deps);
    } else {
      // Something came for it just now.
      await append({ ...eventOf(study), outcome: 'minor-failure', what: 'retention-kept' });
    }
  }
  return removed;
}
