/** The study service over a real archive and a real index, with time in the test's hands. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileArchive } from '../../src/archive/file-archive.ts';
import type { InstanceArchive } from '../../src/archive/port.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { silentLog } from '../../src/log.ts';
import type { StudyEvent, StudyService } from '../../src/study/port.ts';
import { createStudyService, type StudySettings } from '../../src/study/study-service.ts';
import type { ReceiveContext, ReceiveOutcome, StudyState, WorklistItem } from '../../src/study/types.ts';
import { stream } from './instances.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

export interface ServiceFixture {
  readonly dataDir: string;
  readonly clock: ManualClock;
  readonly archive: InstanceArchive;
  readonly index: StudyIndex;
  readonly service: StudyService;
  readonly completes: readonly { readonly studyInstanceUID: string; readonly forced: boolean }[];
  readonly changes: readonly StudyEvent[];
  receive(file: Uint8Array, context?: Partial<ReceiveContext>): Promise<ReceiveOutcome['kind']>;
  item(studyInstanceUID?: string): Promise<WorklistItem>;
  state(studyInstanceUID?: string): Promise<StudyState>;
  reasons(studyInstanceUID?: string): Promise<readonly string[]>;
  /** Moves time on and waits until everything that it caused is done. */
  pass(seconds: number): Promise<void>;
  keys(): Promise<readonly string[]>;
  /** Ends the service and begins again on the same data, as after a restart. */
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

export async function createServiceFixture(settings: Partial<StudySettings> = {}): Promise<ServiceFixture> {
  const dataDir = await mkdtemp(join(tmpdir(), 'phoi-study-'));
  const clock = createManualClock();
  const completes: { readonly studyInstanceUID: string; readonly forced: boolean }[] = [];
  const changes: StudyEvent[] = [];

  async function open(): Promise<Pick<ServiceFixture, 'archive' | 'index' | 'service'>> {
    const archive = await openFileArchive(dataDir);
    const index = await openSqliteIndex(join(dataDir, 'index.sqlite'), { now: () => new Date(clock.now()) });
    const service = createStudyService({ archive, index, clock, log: silentLog(), settings: { quietSeconds: 30, ...settings } });
    service.on('complete', (event) => completes.push(event));
    service.on('changed', (event) => changes.push(event));
    return { archive, index, service };
  }
  let current = await open();

  /** Everything that a timer starts is a few writes of the index, each done within a turn of the event loop. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 8; turn += 1) await current.index.setNote('settle', String(turn));
  }
  const item = async (uid = '1.2.3'): Promise<WorklistItem> => {
    const found = await current.index.worklistItem(uid);
    if (found === undefined) throw new Error(`there is no study ${uid}`);
    return found;
  };
  return {
    dataDir, clock, completes, changes, item,
    get archive() { return current.archive; },
    get index() { return current.index; },
    get service() { return current.service; },
    receive: async (file, context = {}) => (await current.service.receive(stream(file), { transport: 'dimse', ...context })).kind,
    state: async (uid) => (await item(uid)).state,
    reasons: async (uid) => (await item(uid)).reasons.map(({ text }) => text.en),
    async pass(seconds) {
      clock.advance(seconds * 1000);
      await settle();
    },
    async keys() {
      const keys: string[] = [];
      for await (const key of current.archive.keys()) keys.push(key);
      return keys;
    },
    async restart() {
      await current.service.close();
      await current.index.close();
      current = await open();
      await current.service.resume();
      await settle();
    },
    async dispose() {
      await current.service.close();
      await current.index.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
