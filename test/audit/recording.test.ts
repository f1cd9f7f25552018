/** What the service enters by itself: starts, and arrivals also when the index has just gone away. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { AuditEvent } from '../../src/audit/entry.ts';
import { recordArrivals, recordStart } from '../../src/audit/recording-service.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { silentLog } from '../../src/log.ts';
import type { StudyEventMap } from '../../src/study/port.ts';
import { until } from '../helpers/until.ts';

it('each of several servers on an index has settings of its own: only its own changes are changes', async () => {
  const notes = new Map<string, string>();
  const events: string[] = [];
  const start = (serverName: string, settings: unknown) => recordStart({
    settings, version: '1', serverName, record: async ({ kind }) => { events.push(`${serverName} ${kind}`); },
    index: { note: async (name) => notes.get(name), setNote: async (name, value) => { notes.set(name, value); } },
  });
  for (const port of [1, 1, 2]) for (const name of ['one', 'other']) await start(name, { port: name === 'one' ? port : 9 });
  expect(events.filter((event) => event.endsWith('configuration-changed'))).toEqual(['one configuration-changed']);
});

it('a closing whose study cannot be looked up is entered without its figures', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-recording-'));
  const index = await openSqliteIndex(join(folder, 'index.sqlite'));
  const events: AuditEvent[] = [];
  let complete: ((...args: StudyEventMap['complete']) => void) | undefined;
  recordArrivals({ on: (event, listener) => { if (event === 'complete') complete = listener as typeof complete; } }, index, async (event) => { events.push(event); }, silentLog());
  await index.close();
  try {
    complete?.({ studyInstanceUID: '1.2.3', forced: false });
    await until('the entry', () => events.length > 0);
    expect(events).toMatchObject([{ kind: 'study-received', studyInstanceUID: '1.2.3', what: 'complete' }]);
    expect(events[0]!.details).toBeUndefined();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
