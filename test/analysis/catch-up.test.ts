/** The look for what the queue's events did not tell: it mends what differs and touches nothing else. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createAnalysisService, type AnalysisService, type AnalysisServiceDeps } from '../../src/analysis/analysis-service.ts';
import { analyzeJobName, type AnalyzeJobData, type AnalyzeJobResult } from '../../src/analysis/job.ts';
import { openFileArchive } from '../../src/archive/file-archive.ts';
import { AppError } from '../../src/errors.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { silentLog } from '../../src/log.ts';
import type { JobQueue } from '../../src/queue/port.ts';
import { openSqliteQueue } from '../../src/queue/sqlite-queue.ts';
import type { StudyService } from '../../src/study/port.ts';
import { createStudyService } from '../../src/study/study-service.ts';
import { until } from '../helpers/until.ts';
import { findings } from '../index/records.ts';
import { slice, stream } from '../study/instances.ts';

const studyInstanceUID = '2.25.5';
let dataDir: string;
let index: StudyIndex;
let queue: JobQueue;
let study: StudyService;
let analysis: AnalysisService;
let looks = 0;
/** States set by the analysis service. */
let writes = 0;
let isModelThere = true;
/** Nothing can be written down. */
let isFull = false;
/** A study whose results cannot be sent on. */
let stuckStudy: string | undefined;
let deps: AnalysisServiceDeps;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'phoi-catch-up-'));
  const log = silentLog();
  looks = 0;
  writes = 0;
  isModelThere = true;
  isFull = false;
  stuckStudy = undefined;
  index = await openSqliteIndex(join(dataDir, 'index.sqlite'));
  queue = openSqliteQueue(join(dataDir, 'queue.sqlite'), { pollMs: 20 });
  study = createStudyService({ archive: await openFileArchive(dataDir), index, settings: { quietSeconds: 3600 }, log });
  const counting: JobQueue = { ...queue, unhandled: () => { looks += 1; return queue.unhandled(); } };
  const writing: StudyService = { ...study, setState: async (...call) => {
    writes += 1;
    if (isFull) throw new AppError('ARCHIVE_OUT_OF_SPACE', 'The index has no space left');
    return study.setState(...call);
  } };
  deps = {
    index, study: writing, queue: counting, log, maxAttempts: 1, softwareVersion: '0.1.0', catchUpMs: 10,
    async model() {
      if (!isModelThere) throw new AppError('MODEL_NOT_FOUND', 'There is no such model');
      return { id: 'nodule-detector', version: '1.0.0', sha256: 'ab'.repeat(32) };
    },
    async route(request) {
      if (request.studyInstanceUID === stuckStudy) throw new AppError('ARCHIVE_OUT_OF_SPACE', 'The index has no space left');
    },
    routeRejection: async () => undefined,
  };
  analysis = createAnalysisService(deps);
  await analysis.resume();
  await study.receive(stream(slice(1, {}, { study: studyInstanceUID })), { transport: 'upload' });
  await study.forceComplete(studyInstanceUID);
});
afterEach(async () => {
  await analysis.close();
  await study.close();
  await queue.close();
  await index.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function severalLooks(): Promise<void> {
  const from = looks;
  await until('several looks', () => looks > from + 5);
}

it.each(['waiting', 'failed'] as const)('a study that is %s, as its job says, is neither written nor told again', async (state) => {
  await until('the job', async () => (await index.worklistItem(studyInstanceUID))?.jobId);
  if (state === 'failed') {
    const claimed = await queue.claim(analyzeJobName, 'worker', AbortSignal.timeout(50_000));
    await claimed!.fail({ code: 'MODEL_FAILED', message: '', retry: false });
  }
  await until(state, async () => (await index.worklistItem(studyInstanceUID))?.state === state);
  // The queue's own event of the job may still be on its way and writes once; after it, every look must leave the study alone.
  await until('rest', async () => {
    const wrote = writes;
    const before = await index.worklistItem(studyInstanceUID);
    await severalLooks();
    return writes === wrote && isDeepStrictEqual(await index.worklistItem(studyInstanceUID), before);
  });
});

it('a study whose result the index has lost is analysed again, as often as that happens', async () => {
  const jobId = async (): Promise<string | undefined> => (await index.worklistItem(studyInstanceUID))?.jobId;
  const seen: string[] = [];
  for (let times = 1; times <= 3; times += 1) {
    const id = await until('a job that is new', async () => {
      const found = await jobId();
      return found !== undefined && !seen.includes(found) && found;
    });
    seen.push(id);
    const claimed = await queue.claim(analyzeJobName, 'worker', AbortSignal.timeout(50_000));
    expect(claimed?.job.id).toBe(id);
    await claimed!.complete({});
    // Taken in by the index that is gone since.
    await queue.markHandled(id, {});
    await analysis.analyse(studyInstanceUID);
  }
});

it('a study whose state is not that of its job gets it', async () => {
  await until('the job', async () => (await index.worklistItem(studyInstanceUID))?.jobId);
  await index.setState(studyInstanceUID, 'failed');
  await until('the state of the job', async () => (await index.worklistItem(studyInstanceUID))?.state === 'waiting');
});

it('a study that is not queued for want of a model says so, also when the disk was too full to write it down at first', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  try {
    [isModelThere, isFull] = [false, true];
    const wrote = writes;
    await study.receive(stream(slice(1, {}, { study: '2.25.6' })), { transport: 'upload' });
    await study.forceComplete('2.25.6');
    await until('an attempt to say so', () => writes > wrote);
    isFull = false;
    await until('the reason', async () => (await index.worklistItem('2.25.6'))?.reasons.some(({ code }) => code === 'MODEL_NOT_FOUND'));
    expect(unhandled).not.toHaveBeenCalled();
  } finally {
    process.off('unhandledRejection', unhandled);
  }
});

it('a result that cannot be taken in holds up neither that of another study nor a start', async () => {
  const other = '2.25.6';
  await study.receive(stream(slice(1, {}, { study: other })), { transport: 'upload' });
  await study.forceComplete(other);
  const stateOf = async (uid: string): Promise<string | undefined> => (await index.worklistItem(uid))?.state;
  stuckStudy = studyInstanceUID;
  for (let n = 0; n < 2; n += 1) {
    const claimed = await queue.claim<AnalyzeJobData>(analyzeJobName, 'worker', AbortSignal.timeout(50_000));
    await claimed!.complete({ findings: findings(claimed!.job.data.studyInstanceUID, [], 'not-ct'), objects: [] } satisfies AnalyzeJobResult);
  }
  await until('the other study', async () => await stateOf(other) === 'not-analysed');
  const left = async (): Promise<readonly unknown[]> => (await queue.unhandled()).map(({ data }) => (data as AnalyzeJobData).studyInstanceUID);
  expect(await left()).toEqual([studyInstanceUID]);
  isFull = true;
  await index.setState(other, 'failed');
  await analysis.close();
  analysis = createAnalysisService(deps);
  await analysis.resume();
  [isFull, stuckStudy] = [false, undefined];
  await until('both', async () => (await left()).length === 0 && await stateOf(other) === 'not-analysed');
});
