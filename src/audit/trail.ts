/**
 * The audit trail on disk: append only, one writer, each entry flushed. Entries that come together share one flush.
 */
import { open, readFile, truncate, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { flushPath, makePrivateFolder } from '../durable-files.ts';
import { AppError } from '../errors.ts';
import { canonicalJson, chained, emptyHead, type AuditHead } from './chain.ts';
import type { AuditEntry, AuditEvent } from './entry.ts';
import { listSegments, segmentName } from './segments.ts';
import { takeWriterLock } from './writer-lock.ts';

export interface AuditTrail {
  /** Resolves when the entry is on disk. @throws AppError AUDIT_UNAVAILABLE when it cannot be written: nothing is then in the trail. */
  append(event: AuditEvent): Promise<AuditEntry>;
  head(): AuditHead;
  close(): Promise<void>;
}

export interface TrailOptions {
  readonly now?: () => Date;
  /** A new file is begun when the present one has grown to so many bytes. */
  readonly segmentBytes?: number;
}

const defaultSegmentBytes = 64 * 1024 ** 2;

interface Place {
  readonly number: number;
  readonly head: AuditHead;
  readonly sizeBytes: number;
  /** Bytes of an entry that a crash left unfinished and that were cut off. */
  readonly cutBytes: number;
}

function lastEntry(text: string): AuditHead | undefined {
  const end = text.lastIndexOf('\n', text.length - 2);
  const line = text.slice(end + 1).trim();
  if (line === '') return undefined;
  const { sequence, hash } = JSON.parse(line) as AuditEntry;
  return { sequence, hash };
}

/** The end of the trail. An entry without its line end was never acknowledged: it is cut off, and that is recorded. */
async function findPlace(folder: string): Promise<Place> {
  const segments = await listSegments(folder);
  for (const [back, { path }] of [...segments].reverse().entries()) {
    const text = await readFile(path, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const cutBytes = Buffer.byteLength(text) - Buffer.byteLength(whole);
    if (back === 0 && cutBytes > 0) await truncate(path, Buffer.byteLength(whole));
    const head = lastEntry(whole);
    // A segment that was begun and got no entry yet: the one before has the head.
    if (head === undefined && segments.length - back > 1) continue;
    const current = segments.at(-1)!;
    return { number: current.number, head: head ?? emptyHead, sizeBytes: back === 0 ? Buffer.byteLength(whole) : 0, cutBytes: back === 0 ? cutBytes : 0 };
  }
  return { number: 1, head: emptyHead, sizeBytes: 0, cutBytes: 0 };
}

interface Pending {
  readonly event: AuditEvent;
  readonly done: (entry: AuditEntry) => void;
  readonly failed: (error: AppError) => void;
}

/** @throws AppError AUDIT_IN_USE while another process, or another part of this one, writes the trail */
export async function openAuditTrail(folder: string, options: TrailOptions = {}): Promise<AuditTrail> {
  const now = options.now ?? (() => new Date());
  const segmentBytes = options.segmentBytes ?? defaultSegmentBytes;
  await makePrivateFolder(folder);
  const release = takeWriterLock(folder);
  let place: Place;
  let file: FileHandle;
  try {
    place = await findPlace(folder);
    file = await open(join(folder, segmentName(place.number)), 'a', 0o600);
    await flushPath(folder);
  } catch (error) {
    release();
    throw error;
  }
  let { number, head, sizeBytes } = place;
  let waiting: Pending[] = [];
  let running: Promise<void> | undefined;
  let closed = false;

  async function nextSegment(): Promise<void> {
    // Nothing but this writer makes segments: one that is there is left of an attempt that failed, and empty.
    const next = await open(join(folder, segmentName(number + 1)), 'a', 0o600);
    try {
      if ((await next.stat()).size > 0) throw new AppError('AUDIT_UNAVAILABLE', 'The next segment of the audit trail is there already');
      await flushPath(folder);
    } catch (error) {
      await next.close();
      throw error;
    }
    const full = file;
    file = next;
    number += 1;
    sizeBytes = 0;
    // All that is in it is on disk: what its closing says changes nothing.
    await full.close().catch(() => undefined);
  }

  async function write(batch: readonly Pending[]): Promise<void> {
    const entries: AuditEntry[] = [];
    let at = head;
    for (const { event } of batch) {
      const entry = chained(event, at, now().toISOString());
      entries.push(entry);
      at = { sequence: entry.sequence, hash: entry.hash };
    }
    try {
      if (sizeBytes >= segmentBytes) await nextSegment();
      const bytes = Buffer.from(entries.map((entry) => `${canonicalJson(entry)}\n`).join(''));
      try {
        await file.appendFile(bytes);
        await file.datasync();
      } catch (error) {
        // Half a batch must not stay: the next entry would not link to it.
        await file.truncate(sizeBytes).catch(() => undefined);
        throw error;
      }
      sizeBytes += bytes.length;
      head = at;
    } catch (error) {
      const failure = new AppError('AUDIT_UNAVAILABLE', 'The audit trail cannot be written', { cause: error });
      for (const { failed } of batch) failed(failure);
      return;
    }
    for (const [index, { done }] of batch.entries()) done(entries[index]!);
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await write(batch);
    }
    running = undefined;
  }

  const trail: AuditTrail = {
    append(event) {
      if (closed) return Promise.reject(new AppError('AUDIT_UNAVAILABLE', 'The audit trail is closed'));
      return new Promise((done, failed) => {
        waiting.push({ event, done, failed });
        running ??= drain();
      });
    },
    head: () => head,
    async close() {
      if (closed) return;
      closed = true;
      await running;
      try {
        await file.close();
      } finally {
        release();
      }
    },
  };
  if (place.cutBytes > 0) {
    await trail.append({
      kind: 'trail-repaired', action: 'update', outcome: 'minor-failure', what: 'unfinished-entry-cut',
      actor: { name: 'phoi', kind: 'service' }, details: { bytes: place.cutBytes },
    });
  }
  return trail;
}
