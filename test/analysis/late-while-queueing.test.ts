/** Late instances that come while the queue is slow to take the study's job. */
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAnalysisService, type AnalysisService } from '../../src/analysis/analysis-service.ts';
import type { AnalyzeJobData } from '../../src/analysis/job.ts';
import { openFileArchive } from '../../src/archive/file-archive.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { silentLog } from '../../src/log.ts';
import type { JobQueue } from '../../src/queue/port.ts';
import { openSqliteQueue } from '../../src/queue/sqlite-queue.ts';
import type { StudyService } from '../../src/study/port.ts';
import { createStudyService } from '../../src/study/study-service.ts';
import { until } from '../helpers/until.ts';
import { slice, stream } from '../study/instances.ts';

const studyInstanceUID = '2.25.5';
/** The queue answers an enqueue when the gate is opened for it; `asked` tells of each, with how many instances it has. */
const gate = new EventEmitter<{ asked: [instances: number]; opened: [] }>();
let staysOpen = false;
let dataDir: string;
let index: StudyIndex;
let queue: JobQueue;
let study: StudyService;
let analysis: AnalysisService;

beforeEach(async () => {
  staysOpen = false;
  dataDir = await mkdtemp(join(tmpdir(), 'phoi-late-'));
  const log = silentLog();
  index = await openSqliteIndex(join(dataDir, 'index.sqlite'));
  queue = openSqliteQueue(join(dataDir, 'queue.sqlite'));
  study = createStudyService({ archive: await openFileArchive(dataDir), index, settings: { quietSeconds: 3600 }, log });
  const slow: JobQueue = {
    ...queue,
    async enqueue(name, data, options) {
      const opened = once(gate, 'opened');
      gate.emit('asked', (data as AnalyzeJobData).instances.length);
      if (!staysOpen) await opened;
      return queue.enqueue(name, data, options);
    },
  };
  analysis = createAnalysisService({
    index, study, queue: slow, log, maxAttempts: 1, softwareVersion: '0.1.0',
    model: async () => ({ id: 'nodule-detector', version: '1.0.0', sha256: 'ab'.repeat(32) }),
    route: async () => undefined, routeRejection: async () => undefined,
  });
});
afterEach(async () => {
  openForGood();
  await analysis.close();
  await study.close();
  await queue.close();
  await index.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function sendAndClose(instanceNumber: number): Promise<void> {
  await study.receive(stream(slice(instanceNumber, {}, { study: studyInstanceUID })), { transport: 'upload' });
  await study.forceComplete(studyInstanceUID);
}

function openForGood(): void {
  staysOpen = true;
  gate.emit('opened');
}

const jobOfStudy = async (): Promise<string | undefined> => (await index.worklistItem(studyInstanceUID))?.jobId;

it('a study closed again never has the job of its earlier closing, so that a crash then leaves it to be queued', async () => {
  const first = once(gate, 'asked');
  await sendAndClose(1);
  expect(await first).toEqual([1]);
  await sendAndClose(2);
  const second = once(gate, 'asked');
  gate.emit('opened');
  expect(await second).toEqual([2]);
  // Here the process may end: what the index says now is all that the next one knows.
  expect(await jobOfStudy()).toBeUndefined();
  openForGood();
  const jobId = await until('the job', jobOfStudy);
  expect(((await queue.get(jobId))?.data as AnalyzeJobData).instances).toHaveLength(2);
});
