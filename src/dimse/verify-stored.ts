/** Whether an instance is stored safely enough to promise it to somebody else. */
import { createHash } from 'node:crypto';
import { blobKey } from '../archive/blob-key.ts';
import type { InstanceArchive } from '../archive/port.ts';
import { toAppError } from '../errors.ts';
import type { StudyIndex } from '../index/port.ts';
import type { Log } from '../log.ts';
import { failureReason, type FailureReason, type SOPReference } from './commitment-dataset.ts';

export type VerifyStored = (reference: SOPReference) => Promise<'committed' | FailureReason>;

/** Reads the file again from the disk and compares its hash: a sender may delete its copy on our word. */
export function verifyInArchive(index: Pick<StudyIndex, 'instance'>, archive: Pick<InstanceArchive, 'stream'>, log: Log): VerifyStored {
  return async (reference) => {
    const record = await index.instance(reference.sopInstanceUID);
    if (record === undefined) return failureReason.noSuchObjectInstance;
    if (record.sopClassUID !== reference.sopClassUID) return failureReason.classInstanceConflict;
    try {
      const hash = createHash('sha256');
      let size = 0;
      for await (const chunk of await archive.stream(record.blobKey) as AsyncIterable<Buffer>) {
        hash.update(chunk);
        size += chunk.length;
      }
      if (size === record.sizeBytes && blobKey(hash.digest('hex'), size) === record.blobKey) return 'committed';
      log.error({ sopInstanceUID: reference.sopInstanceUID, sizeBytes: size }, 'Stored file differs from what was received');
    } catch (error) {
      log.error({ sopInstanceUID: reference.sopInstanceUID, code: toAppError(error).code }, 'Stored file cannot be read');
    }
    return failureReason.processingFailure;
  };
}
