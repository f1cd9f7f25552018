/**
 * The instances of a job from an archive on another host (WADO-RS, PS3.18 10.4): each series as one stream, and what
 * a broken stream left out one by one. What counts is the content that the job names by its digest; an archive may write
 * another meta group before it (Orthanc does), but a data set that differs is never taken for the one that was meant.
 */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { blobKey, blobSize } from '../archive/blob-key.ts';
import type { Spool, SpooledFile } from '../archive/spool.ts';
import { AppError, toAppError } from '../errors.ts';
import { createContentDigest } from '../study/content-digest.ts';
import type { DicomwebClient, InstancePath } from './client.ts';
import { stallWatch } from './stall-watch.ts';

/** An instance as a job names it. */
export interface NamedInstance {
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
  /** Digest and length of the whole file where the job was made. */
  readonly blobKey: string;
  /** Of transfer syntax and data set (`createContentDigest`); without it the whole file must be the same. */
  readonly sha256?: string;
}

/** How long an archive that does not answer is waited for. */
export interface FetchPatience {
  /** Of one instance. */
  readonly attempts: number;
  /** Before the second attempt; doubles with every further one. */
  readonly firstWaitMs: number;
  /** A stream in which nothing has moved for so long is given up. */
  readonly stallMs: number;
}

export const defaultPatience: FetchPatience = { attempts: 7, firstWaitMs: 500, stallMs: 30_000 };

export interface FetchOptions {
  readonly client: Pick<DicomwebClient, 'retrieve'>;
  readonly studyInstanceUID: string;
  readonly instances: readonly NamedInstance[];
  readonly spool: Spool;
  /** Requests at a time. */
  readonly connections: number;
  readonly patience?: FetchPatience;
  /** Fraction of the instances. */
  readonly onProgress: (fraction: number) => void;
  readonly signal: AbortSignal;
}

/** Another writer's meta group may be longer; it is some hundred bytes as a rule. */
const metaAllowanceBytes = 64 * 1024;

/** SHA-256 of a file, the way that it is named. */
function createProof(isContentNamed: boolean): { update(chunk: Uint8Array): void; finish(): string | undefined } {
  if (isContentNamed) {
    const content = createContentDigest();
    return { update: (chunk) => content.update(chunk), finish: () => content.finish()?.sha256 };
  }
  const hash = createHash('sha256');
  let sizeBytes = 0;
  return {
    update(chunk) {
      hash.update(chunk);
      sizeBytes += chunk.length;
    },
    finish: () => blobKey(hash.digest('hex'), sizeBytes),
  };
}

function roomFor(instances: readonly NamedInstance[]): number {
  return instances.reduce((most, { blobKey: key }) => Math.max(most, blobSize(key)), 0) + metaAllowanceBytes;
}

/** Loss of a connection, an overloaded or starting archive: worth another attempt. */
function mayPass({ code, details }: AppError): boolean {
  return code === 'HTTP_MULTIPART_TRUNCATED' || (code === 'HTTP_UPSTREAM_FAILED' && details['transient'] === true);
}

function isAbsent({ details: { status } }: AppError): boolean {
  return status === 404 || status === 410;
}

function asFetchError(error: AppError, sopInstanceUID?: string): AppError {
  const details = { ...error.details, ...(sopInstanceUID === undefined ? {} : { sopInstanceUID }) };
  if (isAbsent(error)) return new AppError('ARCHIVE_NOT_FOUND', 'The archive does not hold an instance of the job', { cause: error, details });
  if (!error.code.startsWith('HTTP_')) return error;
  return new AppError('ARCHIVE_UNREACHABLE', `The archive gives no instances. ${error.message}`, { cause: error, details });
}

/** Runs `work` on every item, so many at a time. The first failure stops the others, and is thrown once they have ended. */
async function onEach<Item>(items: readonly Item[], atATime: number, signal: AbortSignal, work: (item: Item, signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const left = items.values();
  const results = await Promise.allSettled(Array.from({ length: Math.min(atATime, items.length) }, async () => {
    try {
      for (const item of left) {
        either.throwIfAborted();
        await work(item, either);
      }
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  }));
  signal.throwIfAborted();
  if (results.some(({ status }) => status === 'rejected')) throw stop.signal.reason;
}

/**
 * Where in the spool each instance lies, by its blob key.
 * Errors: ARCHIVE_NOT_FOUND; ARCHIVE_INSTANCE_CHANGED where the archive holds something else under the UID; ARCHIVE_UNREACHABLE once patience
 * is at its end; ARCHIVE_OUT_OF_SPACE; the signal's reason.
 */
export async function fetchInstances(options: FetchOptions): Promise<ReadonlyMap<string, SpooledFile>> {
  const { client, studyInstanceUID, instances, spool, connections, onProgress, patience = defaultPatience } = options;
  const isContentNamed = instances.every(({ sha256 }) => sha256 !== undefined);
  const wanted = new Map(instances.map((instance) => [isContentNamed ? instance.sha256 : instance.blobKey, instance]));
  const found = new Map<string, SpooledFile>();

  /** Keeps a file that is one of those wanted; others (the series may hold more than the job) are read away. */
  async function take(body: AsyncIterable<Uint8Array>, roomBytes: number): Promise<void> {
    const proof = createProof(isContentNamed);
    const writer = spool.writer(roomBytes);
    let sizeBytes = 0;
    for await (const chunk of body) {
      sizeBytes += chunk.length;
      if (sizeBytes > roomBytes) continue;
      proof.update(chunk);
      await writer.write(chunk);
    }
    const named = sizeBytes > roomBytes ? undefined : wanted.get(proof.finish());
    if (named === undefined) return;
    found.set(named.blobKey, writer.end());
    onProgress(found.size / instances.length);
  }

  async function retrieve(path: InstancePath, roomBytes: number, signal: AbortSignal): Promise<void> {
    const stalled = stallWatch(patience.stallMs);
    try {
      for await (const body of client.retrieve(path, AbortSignal.any([signal, stalled.signal]))) await take(stalled.watch(body), roomBytes);
    } catch (error) {
      signal.throwIfAborted();
      if (!stalled.signal.aborted) throw error;
      throw new AppError('HTTP_UPSTREAM_FAILED', `WADO-RS: nothing came for ${patience.stallMs / 1000} s`, { cause: error, details: { transient: true } });
    } finally {
      stalled.stop();
    }
  }

  async function fetchSeries([seriesInstanceUID, ofSeries]: readonly [string, readonly NamedInstance[]], signal: AbortSignal): Promise<void> {
    try {
      await retrieve({ studyInstanceUID, seriesInstanceUID }, roomFor(ofSeries), signal);
    } catch (error) {
      signal.throwIfAborted();
      const known = toAppError(error);
      // What is missing then is asked for one by one.
      if (!mayPass(known) && !isAbsent(known)) throw asFetchError(known);
    }
  }

  async function fetchOne(instance: NamedInstance, signal: AbortSignal): Promise<void> {
    const { seriesInstanceUID, sopInstanceUID } = instance;
    for (let attempt = 1; !found.has(instance.blobKey); attempt += 1) {
      try {
        await retrieve({ studyInstanceUID, seriesInstanceUID, sopInstanceUID }, roomFor([instance]), signal);
        if (found.has(instance.blobKey)) return;
        throw new AppError('ARCHIVE_INSTANCE_CHANGED', 'The archive holds something else than the job names', { details: { sopInstanceUID } });
      } catch (error) {
        signal.throwIfAborted();
        const known = toAppError(error);
        if (!mayPass(known) || attempt >= patience.attempts) throw asFetchError(known, sopInstanceUID);
      }
      await pause(patience.firstWaitMs * 2 ** (attempt - 1), undefined, { signal });
    }
  }

  await onEach([...Map.groupBy(instances, ({ seriesInstanceUID }) => seriesInstanceUID)], connections, options.signal, fetchSeries);
  await onEach(instances.filter(({ blobKey: key }) => !found.has(key)), connections, options.signal, fetchOne);
  return found;
}
