/** Commitment requests that are not reported yet, one small JSON file each, so that a restart forgets none. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDirectorySync } from '../archive/directory-sync.ts';
import { writeDurably } from '../durable-files.ts';
import { AppError } from '../errors.ts';
import type { Log } from '../log.ts';
import { unlessMissing } from '../system-error.ts';
import type { CommitmentRequest } from './commitment-dataset.ts';

export interface PendingCommitment extends CommitmentRequest {
  readonly callingAETitle: string;
  readonly remoteAddress: string;
  readonly requestedAt: string;
  readonly attempts: number;
  readonly nextAttemptAt: string;
  readonly lastError?: string;
}

export interface CommitmentStore {
  /** Durable when it resolves. */
  put(pending: PendingCommitment): Promise<void>;
  remove(pending: PendingCommitment): Promise<void>;
  list(): Promise<readonly PendingCommitment[]>;
}

export async function openCommitmentStore(folder: string, log: Log): Promise<CommitmentStore> {
  await mkdir(folder, { recursive: true });
  // Here and not in `list`, which may be asked while a note is being written.
  for (const name of await readdir(folder)) {
    if (name.endsWith('.partial')) await rm(join(folder, name), { force: true });
  }
  const directory = createDirectorySync();
  const nameOf = (pending: PendingCommitment): string =>
    `${createHash('sha256').update(`${pending.callingAETitle}\n${pending.transactionUID}`).digest('hex')}.json`;
  return {
    async put(pending) {
      await writeDurably(join(folder, nameOf(pending)), JSON.stringify(pending));
    },
    async remove(pending) {
      await rm(join(folder, nameOf(pending)), { force: true });
      await directory.sync(folder);
    },
    async list() {
      const found: PendingCommitment[] = [];
      for (const name of await readdir(folder)) {
        if (!name.endsWith('.json')) continue;
        try {
          const json = await unlessMissing(readFile(join(folder, name), 'utf8'));
          if (json !== undefined) found.push(parse(json));
        } catch (error) {
          // Left in place for a person to look at; the others must not wait for it.
          log.error({ file: name, reason: error instanceof Error ? error.message : 'unreadable' }, 'A pending storage commitment cannot be read');
        }
      }
      return found;
    },
  };
}

function parse(json: string): PendingCommitment {
  const value = JSON.parse(json) as Partial<PendingCommitment> | null;
  const texts = [value?.transactionUID, value?.callingAETitle, value?.remoteAddress, value?.requestedAt, value?.nextAttemptAt];
  if (value === null || texts.some((field) => typeof field !== 'string') || typeof value.attempts !== 'number' || !Array.isArray(value.references)) {
    throw new AppError('INTERNAL', 'fields are missing');
  }
  return value as PendingCommitment;
}
