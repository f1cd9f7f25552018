/**
 * One instance from its first byte to its acknowledgement: stream to a temporary file, check it whole, commit the blob,
 * write the index. In this order, so that a crash at any point leaves either nothing, or a temporary file, or a blob
 * without an index entry (found again by `recoverOrphans`), and never an entry without its blob.
 */
import { readFile } from 'node:fs/promises';

import type { IncomingBlob, InstanceArchive, StoredBlob } from '../archive/port.ts';
import { text } from '../dicom/access.ts';
import type { ParsedInstance } from '../dicom/parse.ts';
import { AppError, toAppError } from '../errors.ts';
import type { StudyIndex } from '../index/port.ts';
import type { Log } from '../log.ts';
import type { Clock } from './clock.ts';
import { createContentDigest } from './content-digest.ts';
import { checkExpected, identityOf } from './identity.ts';
import type { KeyedLock } from './keyed-lock.ts';
import { isOwnResult } from './own-objects.ts';
import { readCompleteHeader } from './read-header.ts';
import type { StudyService } from './port.ts';
import { holdSameDataset, isComparable } from './same-in-another-syntax.ts';
import type { FindSite, InstanceRecord, ReceiveContext, ReceiveOutcome, Sender } from './types.ts';

/** First bytes of a file that are kept in memory for parsing, a whole CT slice as a rule; the rest is read from the file. */
const headBytes = 1024 * 1024;

/** Preamble and marker (PS3.10 7.1). */
const prefixBytes = 132;

/** Tells a film from a CT before all of it has been written to disk. */
function checkMarker(head: Uint8Array): void {
  if (Buffer.from(head.subarray(prefixBytes - 4, prefixBytes)).toString('latin1') !== 'DICM') {
    throw new AppError('DICOM_NOT_PART10', 'there is no DICM marker after the preamble');
  }
}

/** As many as associations that receive at the same time, as a rule. */
const keptHeads = 16;

/**
 * Buffers for the first bytes, used again: a new megabyte for each instance keeps the garbage collector busy. Plain
 * Uint8Arrays, since the parser's values are copies of theirs but would be views of a Buffer.
 */
function createHeads(): { readonly take: () => Uint8Array; readonly giveBack: (head: Uint8Array) => void } {
  const free: Uint8Array[] = [];
  return {
    take: () => free.pop() ?? new Uint8Array(headBytes),
    giveBack: (head) => {
      if (free.length < keptHeads) free.push(head);
    },
  };
}

export interface ReceiverDeps {
  readonly archive: InstanceArchive;
  readonly index: StudyIndex;
  readonly clock: Clock;
  readonly maxInstanceBytes: number;
  /** Held per SOP Instance UID while its blob is committed and indexed. */
  readonly lock: KeyedLock;
  readonly log: Log;
  /** Which site a new study belongs to; without it studies have none. */
  readonly findSite?: FindSite;
}

/** An index record before its bytes have a place. */
export type NewRecord = Omit<InstanceRecord, 'blobKey'>;

export interface Received {
  readonly outcome: ReceiveOutcome;
  readonly record: NewRecord;
}

interface Description {
  readonly parsed: ParsedInstance;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** The index record of a checked instance, all but where its bytes lie. */
export function recordOf({ parsed, sha256, sizeBytes }: Description, context: Pick<ReceiveContext, 'transport'>, receivedAt: Date): NewRecord {
  return {
    ...identityOf(parsed.dataset),
    transferSyntaxUID: parsed.meta.transferSyntaxUID,
    sizeBytes,
    sha256,
    receivedAt: receivedAt.toISOString(),
    own: context.transport === 'internal' || isOwnResult(parsed.dataset),
    header: parsed.dataset,
  };
}

export type Receive = (...parameters: Parameters<StudyService['receive']>) => Promise<Received>;

export function createReceiver({ archive, index, clock, maxInstanceBytes, lock, log, findSite }: ReceiverDeps): Receive {
  const heads = createHeads();

  /** Takes back a blob that nothing refers to, after a failure or where the index keeps another copy. */
  async function dropUnused(stored: StoredBlob): Promise<void> {
    if (stored.fresh && !await index.refersToBlob(stored.key)) await archive.remove(stored.key);
  }

  async function isSameInAnotherSyntax(there: InstanceRecord, record: NewRecord, path: string): Promise<boolean> {
    if (!isComparable(there, record) || !await archive.has(there.blobKey)) return false;
    return holdSameDataset(await archive.read(there.blobKey), await readFile(path));
  }

  /** A sender that repeats an instance whose file was lost or torn since brings the remedy. */
  async function heal(there: InstanceRecord, blob: IncomingBlob): Promise<void> {
    const { key, sizeBytes } = await blob.commit();
    await index.replaceBlob(there.sopInstanceUID, { blobKey: key, sizeBytes });
    if (key !== there.blobKey) await archive.remove(there.blobKey);
    log.warn({ sopInstanceUID: there.sopInstanceUID, studyInstanceUID: there.studyInstanceUID }, 'Lost file of an instance replaced by the same content');
  }

  function senderOf(record: NewRecord, context: ReceiveContext): Sender {
    const site = findSite?.(context, text(record.header, 'InstitutionName') ?? '');
    return site === undefined ? context : { ...context, site };
  }

  /** "I have that already" would tell of another site's images. @throws AppError STUDY_OF_ANOTHER_SITE */
  async function checkKnown({ studyInstanceUID }: InstanceRecord, { sites }: Sender): Promise<void> {
    if (sites === undefined || sites.includes(await index.siteOf(studyInstanceUID) ?? '')) return;
    throw new AppError('STUDY_OF_ANOTHER_SITE', 'The instance is there already, in a study of another site');
  }

  async function keep(record: NewRecord, blob: IncomingBlob, sender: Sender): Promise<ReceiveOutcome['kind']> {
    const there = await index.instance(record.sopInstanceUID);
    if (there !== undefined) await checkKnown(there, sender);
    if (there?.sha256 === record.sha256) {
      if (!await archive.has(there.blobKey)) await heal(there, blob);
      if (!there.own) await index.addSource(there.studyInstanceUID, sender);
      return 'duplicate';
    }
    if (there !== undefined && await isSameInAnotherSyntax(there, record, blob.temporaryPath)) return 'duplicate';
    const stored = await blob.commit();
    try {
      const { kind } = await index.addInstance({ ...record, blobKey: stored.key }, sender);
      if (kind !== 'stored') await dropUnused(stored);
      else if (!stored.fresh) await blob.secure();
      return kind;
    } catch (error) {
      // A write whose answer was lost may stand: the blob stays, and the next start looks whether the index knows it.
      if (toAppError(error).code === 'INDEX_UNAVAILABLE') blob.leave();
      else await dropUnused(stored);
      throw error;
    }
  }

  return async (part10, context, expect = {}) => {
    const blob = await archive.begin({ mayUseReserve: context.transport === 'internal' });
    const head = heads.take();
    try {
      const digest = createContentDigest();
      let sizeBytes = 0;
      let headLength = 0;
      for await (const chunk of part10) {
        sizeBytes += chunk.length;
        if (sizeBytes > maxInstanceBytes) throw new AppError('DICOM_TOO_LARGE', 'The instance is larger than this service accepts', { details: { maxInstanceBytes } });
        if (headLength < headBytes) {
          const part = chunk.subarray(0, headBytes - headLength);
          head.set(part, headLength);
          const before = headLength;
          headLength += part.length;
          if (before < prefixBytes && headLength >= prefixBytes) checkMarker(head);
        }
        digest.update(chunk);
        await blob.write(chunk);
      }
      await blob.flush();
      const parsed = await readCompleteHeader(blob.temporaryPath, head.subarray(0, headLength), sizeBytes);
      const content = digest.finish();
      if (content?.datasetOffset !== parsed.datasetOffset) throw new AppError('DICOM_MALFORMED', 'The end of the file meta information is not where it should be');
      const record = recordOf({ parsed, sha256: content.sha256, sizeBytes }, context, new Date(clock.now()));
      checkExpected(record, expect);
      const kind = await lock.run(record.sopInstanceUID, () => keep(record, blob, senderOf(record, context)));
      const { sopClassUID, sopInstanceUID, seriesInstanceUID, studyInstanceUID } = record;
      return { outcome: { kind, sopClassUID, sopInstanceUID, seriesInstanceUID, studyInstanceUID }, record };
    } finally {
      heads.giveBack(head);
      await blob.discard();
    }
  };
}
