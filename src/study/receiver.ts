/**
 * One instance from its first byte to its acknowledgement: stream to a temporary file, check it whole, commit the blob,
 * write the index. In this order, so that a crash at any point leaves either nothing, or a temporary file, or a blob
 * without an index entry (found again by `recoverOrphans`), and never an entry without its blob.
 */
import type { InstanceArchive, StoredBlob } from '../archive/port.ts';
import type { ParsedInstance } from '../dicom/parse.ts';
import { AppError } from '../errors.ts';
import type { StudyIndex } from '../index/port.ts';
import type { Clock } from './clock.ts';
import { createContentDigest } from './content-digest.ts';
import { checkExpected, identityOf } from './identity.ts';
import type { KeyedLock } from './keyed-lock.ts';
import { isOwnResult } from './own-objects.ts';
import { readCompleteHeader } from './read-header.ts';
import type { StudyService } from './port.ts';
import type { InstanceRecord, ReceiveContext, ReceiveOutcome } from './types.ts';

/** First bytes of a file that are kept in memory for parsing, a whole CT slice as a rule; the rest is read from the file. */
const headBytes = 1024 * 1024;

export interface ReceiverDeps {
  readonly archive: InstanceArchive;
  readonly index: StudyIndex;
  readonly clock: Clock;
  readonly maxInstanceBytes: number;
  /** Held per SOP Instance UID while its blob is committed and indexed. */
  readonly lock: KeyedLock;
}

export interface Received {
  readonly outcome: ReceiveOutcome;
  readonly record: Omit<InstanceRecord, 'blobKey'>;
}

interface Description {
  readonly parsed: ParsedInstance;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** The index record of a checked instance, all but where its bytes lie. */
export function recordOf({ parsed, sha256, sizeBytes }: Description, context: Pick<ReceiveContext, 'transport'>, receivedAt: Date): Omit<InstanceRecord, 'blobKey'> {
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

export function createReceiver({ archive, index, clock, maxInstanceBytes, lock }: ReceiverDeps): Receive {
  /** Takes back a blob that nothing refers to, after a failure or where the index keeps another copy. */
  async function dropUnused(stored: StoredBlob): Promise<void> {
    if (stored.fresh && !await index.refersToBlob(stored.key)) await archive.remove(stored.key);
  }

  async function keep(record: Omit<InstanceRecord, 'blobKey'>, commit: () => Promise<StoredBlob>): Promise<ReceiveOutcome['kind']> {
    const there = await index.instance(record.sopInstanceUID);
    if (there?.sha256 === record.sha256) return 'duplicate';
    const stored = await commit();
    try {
      const { kind } = await index.addInstance({ ...record, blobKey: stored.key });
      if (kind !== 'stored') await dropUnused(stored);
      return kind;
    } catch (error) {
      await dropUnused(stored);
      throw error;
    }
  }

  return async (part10, context, expect = {}) => {
    const blob = await archive.begin();
    try {
      const digest = createContentDigest();
      let sizeBytes = 0;
      const head: Uint8Array[] = [];
      let headLength = 0;
      for await (const chunk of part10) {
        sizeBytes += chunk.length;
        if (sizeBytes > maxInstanceBytes) throw new AppError('DICOM_TOO_LARGE', 'The instance is larger than this service accepts', { details: { maxInstanceBytes } });
        if (headLength < headBytes) {
          // A copy: the transport may use its buffer again.
          head.push(chunk.slice(0, headBytes - headLength));
          headLength += Math.min(chunk.length, headBytes - headLength);
        }
        digest.update(chunk);
        await blob.write(chunk);
      }
      await blob.flush();
      const parsed = await readCompleteHeader(blob.temporaryPath, Buffer.concat(head), sizeBytes);
      const content = digest.finish();
      if (content?.datasetOffset !== parsed.datasetOffset) throw new AppError('DICOM_MALFORMED', 'The end of the file meta information is not where it should be');
      const record = recordOf({ parsed, sha256: content.sha256, sizeBytes }, context, new Date(clock.now()));
      checkExpected(record, expect);
      const kind = await lock.run(record.sopInstanceUID, () => keep(record, () => blob.commit()));
      const { sopClassUID, sopInstanceUID, seriesInstanceUID, studyInstanceUID } = record;
      return { outcome: { kind, sopClassUID, sopInstanceUID, seriesInstanceUID, studyInstanceUID }, record };
    } finally {
      await blob.discard();
    }
  };
}
