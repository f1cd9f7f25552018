import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCommitmentService } from '../../src/dimse/commitment-service.ts';
import { openCommitmentStore, type CommitmentStore, type PendingCommitment } from '../../src/dimse/commitment-store.ts';
import { silentLog } from '../../src/log.ts';
import { until } from '../helpers/until.ts';

let folder: string;
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'phoi-commitment-')); });
afterEach(() => rm(folder, { recursive: true, force: true }));

const pending = (attempts = 0): PendingCommitment => ({
  transactionUID: '1.2.3', references: [{ sopClassUID: '1.2', sopInstanceUID: '1.2.3.4' }], callingAETitle: 'MODALITY', remoteAddress: '127.0.0.1',
  requestedAt: '2026-01-01T00:00:00.000Z', attempts, nextAttemptAt: '2026-01-01T00:00:00.000Z',
});

describe('the notes of storage commitments', () => {
  it('writes a note while others read the list', async () => {
    const store = await openCommitmentStore(folder, silentLog());
    let written = false;
    const reading = (async () => {
      while (!written) await store.list();
    })();
    const writing = (async () => {
      for (let attempts = 0; attempts < 100; attempts += 1) await store.put(pending(attempts));
    })().finally(() => { written = true; });
    await Promise.all([writing, reading]);
    expect(await store.list()).toEqual([pending(99)]);
  });

  it('clears away what a crash left half written', async () => {
    await writeFile(join(folder, 'a.json.0000.partial'), '{');
    await openCommitmentStore(folder, silentLog());
    expect(await readdir(folder)).toEqual([]);
  });

  it('goes on trying when the outcome of an attempt cannot be written down', async () => {
    const notes = await openCommitmentStore(folder, silentLog());
    await notes.put(pending());
    let attempts = 0;
    const store: CommitmentStore = { ...notes, put: () => Promise.reject(new Error('ENOSPC')) };
    const service = createCommitmentService({
      aeTitle: 'PHOI', peers: [], store, log: silentLog(), firstRetryMs: 1, maxRetryMs: 1,
      verify: () => {
        attempts += 1;
        return Promise.resolve('committed');
      },
    });
    await service.resume();
    await until('a third attempt', () => attempts >= 3);
    await service.close();
  });
});
