/** Two servers on one database: what each promises holds for both together. And a database that goes away comes back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StudyIndex } from '../../src/index/port.ts';
import { openPostgresIndex } from '../../src/index/postgres-index.ts';
import { silentLog } from '../../src/log.ts';
import { createTestDatabase, hasPostgres, type TestDatabase } from '../helpers/postgres.ts';
import { until } from '../helpers/until.ts';
import { findings, record } from './records.ts';

describe.runIf(await hasPostgres())('a PostgreSQL database that two servers share', () => {
  let database: TestDatabase;
  let one: StudyIndex;
  let other: StudyIndex;
  beforeEach(async () => {
    database = await createTestDatabase();
    [one, other] = await Promise.all([0, 1].map(() => openPostgresIndex(database.url, { log: silentLog() }))) as [StudyIndex, StudyIndex];
  });
  afterEach(async () => {
    await one.close();
    await other.close();
    await database.drop();
  });
  const both = <T>(work: (index: StudyIndex, at: number) => Promise<T>): Promise<T[]> => Promise.all([one, other].map(work));

  it('counts what both receive of one study at the same time', async () => {
    const slices = Array.from({ length: 20 }, (_, at) => `1.2.3.1.${at + 1}`);
    await both((index, at) => Promise.all(slices.filter((_, slice) => slice % 2 === at).map((instance) => index.addInstance(record({ instance })))));
    expect(await one.worklistItem('1.2.3')).toMatchObject({ instanceCount: 20, seriesCount: 1 });
    expect((await other.summaries('1.2.3')).length).toBe(20);
  });

  it('stores an instance once, whoever receives it, under one study or two', async () => {
    for (let round = 0; round < 5; round += 1) {
      const kinds = await both((index) => index.addInstance(record({ instance: `1.2.3.1.${round + 1}` })));
      expect(kinds.map(({ kind }) => kind).sort()).toEqual(['duplicate', 'stored']);
      const moved = await both((index, at) => index.addInstance(record({ study: `1.7.${at}`, instance: `1.8.${round + 1}`, content: `${at} of ${round}` })));
      expect(moved.map(({ kind }) => kind).sort()).toEqual(['conflict', 'stored']);
    }
    expect((await one.conflicts('1.7.0')).length).toBe(5);
  });

  it('lets one of two change a state that both saw, and gives each result one version', async () => {
    await one.addInstance(record());
    const won = await both((index) => index.setState('1.2.3', 'waiting', { onlyIf: { states: ['receiving'], instanceCount: 1 } }));
    expect(won.sort()).toEqual([false, true]);
    const written = await both((index, at) => index.addAnalysis('1.2.3', { jobId: `j${at}`, findings: findings('1.2.3', [[5, 0.9]]), createdAt: '2026-01-02T04:00:00.000Z', objects: [] }));
    expect(written.map(({ version }) => version).sort()).toEqual([1, 2]);
    const again = await both((index) => index.addAnalysis('1.2.3', { jobId: 'j0', findings: findings('1.2.3', []), createdAt: '2026-01-02T05:00:00.000Z', objects: [] }));
    expect(again[0]).toEqual(again[1]);
  });

  it('gives the lock of a reading to one of two, and a revision to one of two writers', async () => {
    await one.addInstance(record());
    const at = '2026-01-02T04:00:00.000Z';
    const granted = await both((index, reader) => index.reviews.takeLock('1.2.3', { reader: { id: `r${reader}`, name: 'R' }, at, expiresAt: '2026-01-02T05:00:00.000Z', takeOver: false }));
    expect(granted.map((answer) => answer.granted).sort()).toEqual([false, true]);
    const draft = { findings: [], patient: {}, impression: '', language: 'en' } as const;
    const written = await both((index) => index.reviews.write({ studyInstanceUID: '1.2.3', revision: 1, state: 'draft', draft, newerAnalysis: false, updatedAt: at }, 0));
    expect(written.sort()).toEqual([false, true]);
  });

  it('lets one of two do work of one name, and the other when the first is gone', async () => {
    async function hold(): Promise<{ readonly held: Promise<string | undefined>; readonly finish: () => void }> {
      const [started, finished] = [Promise.withResolvers<undefined>(), Promise.withResolvers<string>()];
      const held = one.exclusively('send', () => {
        started.resolve(undefined);
        return finished.promise;
      });
      await started.promise;
      return { held, finish: () => finished.resolve('done') };
    }
    const first = await hold();
    expect(await other.exclusively('send', async () => 'too')).toBeUndefined();
    expect(await one.exclusively('send', async () => 'too')).toBeUndefined();
    expect(await other.exclusively('other work', async () => 'done')).toBe('done');
    first.finish();
    expect(await first.held).toBe('done');
    expect(await other.exclusively('send', async () => 'mine')).toBe('mine');
    const second = await hold();
    await database.disconnectAll();
    await until('the name to be free after the loss of the connection', async () => await other.exclusively('send', async () => true) === true);
    second.finish();
    expect(await second.held).toBe('done');
  });

  it('fails with a code while the database is away, and works again without a restart', async () => {
    await one.addInstance(record());
    await database.shut();
    await expect(one.worklistItem('1.2.3')).rejects.toMatchObject({ statusCode: 503, code: 'INDEX_UNAVAILABLE' });
    await expect(one.addInstance(record({ instance: '1.2.3.1.2' }))).rejects.toMatchObject({ code: 'INDEX_UNAVAILABLE' });
    await expect(one.exclusively('send', async () => true)).rejects.toMatchObject({ code: 'INDEX_UNAVAILABLE' });
    await database.open();
    expect(await one.addInstance(record({ instance: '1.2.3.1.2' }))).toEqual({ kind: 'stored' });
    expect(await one.worklistItem('1.2.3')).toMatchObject({ instanceCount: 2 });
  });

  it('a write that is cut off in the middle leaves nothing of itself', async () => {
    const writes = Promise.allSettled(Array.from({ length: 50 }, (_, at) => one.addInstance(record({ study: `1.5.${at}` }))));
    await database.disconnectAll();
    const stored = (await writes).filter(({ status }) => status === 'fulfilled').length;
    const { total, items } = await other.worklist({ limit: 100, offset: 0 });
    expect(total).toBeGreaterThanOrEqual(stored);
    expect(items.every(({ instanceCount, seriesCount }) => instanceCount === 1 && seriesCount === 1)).toBe(true);
  });
});
