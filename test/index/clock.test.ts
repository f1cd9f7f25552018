import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoi-clock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('a delivery that was postponed by a clock that ran ahead is due when the clock is right again', async () => {
  let now = new Date('2026-03-02T10:00:00Z');
  const index = await openSqliteIndex(join(folder, 'index.sqlite'), { now: () => now });
  const delivery = (id: string) => ({ id, studyInstanceUID: '1.2', sopInstanceUID: `1.2.${id}`, destination: 'pacs' });
  await index.addDelivery(delivery('new'));
  await index.addDelivery(delivery('retried'));
  await index.updateDelivery('retried', { state: 'waiting', attempts: 1, lastError: 'x', nextAttemptAt: '2026-03-02T10:05:00Z' });
  now = new Date('2026-03-01T08:00:00Z');
  expect((await index.dueDeliveries(10)).map(({ id }) => id).sort()).toEqual(['new', 'retried']);
  await index.updateDelivery('retried', { state: 'waiting', attempts: 2, lastError: 'x', nextAttemptAt: '2026-03-01T08:05:00Z' });
  expect((await index.dueDeliveries(10, 'pacs')).map(({ id }) => id)).toEqual(['new']);
  now = new Date('2026-03-01T08:06:00Z');
  expect((await index.dueDeliveries(10)).length).toBe(2);
  await index.close();
});

it('a question that was put off by a clock that ran ahead is asked when the clock is right again', async () => {
  let now = new Date('2026-03-02T10:00:00Z');
  const index = await openSqliteIndex(join(folder, 'index.sqlite'), { now: () => now });
  await index.addDelivery({ id: 'd', studyInstanceUID: '1.2', sopInstanceUID: '1.2.3', destination: 'pacs' });
  await index.updateDelivery('d', { state: 'sent', attempts: 1, confirmAt: '2026-03-02T10:05:00Z' });
  expect(await index.dueConfirmations(10, 'pacs')).toEqual([]);
  now = new Date('2026-03-01T08:00:00Z');
  expect((await index.dueConfirmations(10, 'pacs')).map(({ id }) => id)).toEqual(['d']);
  await index.beginConfirmation(['d'], { nextAt: '2026-03-01T08:15:00Z' });
  expect(await index.dueConfirmations(10, 'pacs')).toEqual([]);
  await index.close();
});
