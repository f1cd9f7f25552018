/** The instance that arrives while a closing is being written: the one moment in which it could be overlooked. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openFileArchive } from '../../src/archive/file-archive.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { silentLog } from '../../src/log.ts';
import { createStudyService } from '../../src/study/study-service.ts';
import { slice, stream } from './instances.ts';
import { createManualClock } from './manual-clock.ts';

let folder: string;
let index: StudyIndex;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoi-race-'));
  index = await openSqliteIndex(join(folder, 'index.sqlite'));
});
afterEach(async () => {
  await index.close();
  await rm(folder, { recursive: true, force: true });
});

/** How many instances the study had at each 'complete', when one more arrives just before or just after the state was written. */
async function completesWith(moment: 'before' | 'after'): Promise<readonly number[]> {
  const clock = createManualClock();
  const archive = await openFileArchive(folder);
  let late: (() => Promise<unknown>) | undefined;
  const intruded: StudyIndex = {
    ...index,
    async setState(...parameters) {
      const intrude = late;
      late = undefined;
      if (moment === 'before') await intrude?.();
      const changed = await index.setState(...parameters);
      if (moment === 'after') await intrude?.();
      return changed;
    },
  };
  const service = createStudyService({ archive, index: intruded, clock, log: silentLog(), settings: { quietSeconds: 30 } });
  const receive = (number: number): Promise<unknown> => service.receive(stream(slice(number)), { transport: 'dimse' });
  const seen: Promise<number>[] = [];
  service.on('complete', ({ studyInstanceUID }) => seen.push(index.summaries(studyInstanceUID).then(({ length }) => length)));
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 8; turn += 1) await index.setNote('settle', String(turn));
  };
  for (const number of [1, 2, 3, 4]) await receive(number);
  const arrived = new Promise<void>((resolve, reject) => {
    late = () => receive(5).then(() => resolve(), reject);
  });
  clock.advance(30_000);
  await arrived;
  await settle();
  expect((await index.worklistItem('1.2.3'))!.state).toBe('receiving');
  clock.advance(30_000);
  await settle();
  expect((await index.worklistItem('1.2.3'))!.state).toBe('waiting');
  clock.advance(600_000);
  await settle();
  await service.close();
  return Promise.all(seen);
}

it('before the state is written: the closing is taken back, the study closes once, with it', async () => {
  expect(await completesWith('before')).toEqual([5]);
});

it('after the state is written: the study is open again and closes a second time, with it', async () => {
  const counts = await completesWith('after');
  expect(counts.length).toBe(2);
  expect(counts.at(-1)).toBe(5);
});
