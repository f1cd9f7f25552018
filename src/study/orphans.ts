/**
 * What a crash left between archive and index: a blob that was committed but not indexed. Its sender got no answer and
 * will send again; taking it in now is safe (the second one is then a duplicate), also rebuilds a lost index, and never
 * deletes what might be the only copy.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';

import type { InstanceArchive, UnsettledBlob } from '../archive/port.ts';
import { AppError, toAppError } from '../errors.ts';
import type { StudyIndex } from '../index/port.ts';
import type { Log } from '../log.ts';
import type { Clock } from './clock.ts';
import { createContentDigest } from './content-digest.ts';
import type { KeyedLock } from './keyed-lock.ts';
import { readCompleteHeader } from './read-header.ts';
import { recordOf } from './receiver.ts';
import type { InstanceRecord } from './types.ts';

/** Written once an index has seen the whole archive: from then on only what was under way can be unknown to it. */
const noteName = 'archive-seen-whole';

export interface OrphanDeps {
  readonly archive: InstanceArchive;
  readonly index: StudyIndex;
  readonly clock: Clock;
  readonly lock: KeyedLock;
  readonly log: Log;
}

export interface OrphanReport {
  readonly indexed: number;
  /** Copies of what the index holds already, and files that were torn before anybody was told of them. */
  readonly removed: number;
  /** Not taken in; they stay where they are. */
  readonly unreadable: number;
}

async function* everyBlob(archive: InstanceArchive): AsyncGenerator<UnsettledBlob> {
  yield* archive.unsettled();
  for await (const key of archive.keys()) yield { key, isWhole: true, settle: () => Promise.resolve() };
}

async function describeBlob({ archive, clock }: OrphanDeps, key: string): Promise<InstanceRecord> {
  const path = archive.path(key);
  const digest = createContentDigest();
  const whole = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
    digest.update(chunk);
    whole.update(chunk);
  }
  // A disk that flushes less than it claims may have kept the name and not the bytes.
  if (!key.startsWith(whole.digest('hex'))) throw new AppError('ARCHIVE_CORRUPT', 'A file of the archive holds other content than its name says', { details: { key } });
  const handle = await open(path, 'r');
  const { size } = await handle.stat().finally(() => handle.close());
  const parsed = await readCompleteHeader(path, new Uint8Array(0), size);
  const content = digest.finish();
  if (content === undefined) throw toAppError(new Error('The blob has no data set'));
  return { ...recordOf({ parsed, sha256: content.sha256, sizeBytes: size }, { transport: 'cli' }, new Date(clock.now())), blobKey: key };
}

/** Takes in the blobs that were under way when a process ended; for a new index, all that it does not know. */
export async function recoverOrphans(deps: OrphanDeps): Promise<OrphanReport> {
  const { archive, index, clock, lock, log } = deps;
  const seenWhole = await index.note(noteName) !== undefined;
  const report = { indexed: 0, removed: 0, unreadable: 0 };

  async function takeIn(key: string): Promise<void> {
    const record = await describeBlob(deps, key);
    await lock.run(record.sopInstanceUID, async () => {
      // A `receive` that ran meanwhile has written its entry before it gave the lock back.
      if (await index.refersToBlob(key)) return;
      const { kind } = await index.addInstance(record);
      if (await index.refersToBlob(key)) {
        report.indexed += 1;
        log.warn({ sopInstanceUID: record.sopInstanceUID, studyInstanceUID: record.studyInstanceUID, kind, blobKey: key }, 'Instance left by a crash taken in');
      } else {
        await archive.remove(key);
        report.removed += 1;
        log.warn({ sopInstanceUID: record.sopInstanceUID, blobKey: key }, 'Copy left by a crash removed, the index holds the same content');
      }
    });
  }

  async function dropTorn(key: string): Promise<void> {
    await archive.remove(key);
    report.removed += 1;
    log.warn({ blobKey: key }, 'File that a power cut left torn removed: its sender was never told that it is here');
  }

  for await (const { key, isWhole, settle } of seenWhole ? archive.unsettled() : everyBlob(archive)) {
    try {
      if (!await index.refersToBlob(key)) await (isWhole ? takeIn(key) : dropTorn(key));
      await settle();
    } catch (error) {
      const appError = toAppError(error);
      report.unreadable += 1;
      log.error({ err: appError, blobKey: key }, 'Blob left by a crash could not be taken in and stays');
      // What is no DICOM will be none at the next start; a full disk may have room then.
      if (appError.code.startsWith('DICOM_')) await settle();
    }
  }
  if (!seenWhole) await index.setNote(noteName, new Date(clock.now()).toISOString());
  return report;
}
