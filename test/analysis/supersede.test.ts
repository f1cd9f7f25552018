/** Newer results through the service: real archive, index, queue and router; the worker's part is played with its own writers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createAnalysisService, type AnalysisService } from '../../src/analysis/analysis-service.ts';
import { analyzeJobName, packObject, type AnalyzeJobData, type AnalyzeJobResult } from '../../src/analysis/job.ts';
import { openFileArchive } from '../../src/archive/file-archive.ts';
import type { InstanceArchive } from '../../src/archive/port.ts';
import { createRejectionRouter } from '../../src/delivery/route-rejection.ts';
import { createRouter } from '../../src/delivery/router.ts';
import { items, text } from '../../src/dicom/access.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { tag } from '../../src/dicom/tags.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { silentLog } from '../../src/log.ts';
import type { ClaimedJob, JobQueue } from '../../src/queue/port.ts';
import { openSqliteQueue } from '../../src/queue/sqlite-queue.ts';
import { buildResultObjects } from '../../src/results/build-result-objects.ts';
import { plainResults } from '../../src/results/options.ts';
import { buildReviewObjects } from '../../src/results/review-objects.ts';
import { createStudyService } from '../../src/study/study-service.ts';
import type { StudyService } from '../../src/study/port.ts';
import type { StudyDetail } from '../../src/study/types.ts';
import { mixedReading } from '../results/review-sample.ts';
import { axial, sampleInput, spheres } from '../results/sample.ts';
import { slice, stream } from '../study/instances.ts';
import { until } from '../helpers/until.ts';

const studyInstanceUID = '2.25.5';
let dataDir: string;
let archive: InstanceArchive;
let index: StudyIndex;
let queue: JobQueue;
let study: StudyService;
let analysis: AnalysisService;
let modelVersion = '1.0.0';
let failing: string | undefined;

/** Steps of the taking in that a test lets fail, as a crash would. */
function fragile<T extends object>(target: T): T {
  return new Proxy(target, {
    get(real, name) {
      const value: unknown = Reflect.get(real, name, real);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (failing === name) {
          failing = undefined;
          throw new Error('the process ends here');
        }
        return Reflect.apply(value, real, args);
      };
    },
  });
}

async function start(): Promise<void> {
  const log = silentLog();
  archive = await openFileArchive(dataDir);
  index = await openSqliteIndex(join(dataDir, 'index.sqlite'));
  queue = openSqliteQueue(join(dataDir, 'queue.sqlite'));
  study = createStudyService({ archive, index, settings: { quietSeconds: 3600 }, log });
  const destinations = [{ name: 'PACS', kind: 'dimse' as const, host: '127.0.0.1', port: 104, aeTitle: 'PACS' }, { name: 'SR only', kind: 'dimse' as const, host: '127.0.0.1', port: 105, aeTitle: 'SR', roles: ['sr'] }];
  const router = createRouter({ index, destinations, peers: [], log, onDeliveries: () => undefined });
  const rejections = createRejectionRouter({ index, log, onDeliveries: () => undefined });
  analysis = createAnalysisService({
    index: fragile(index), study, queue: fragile(queue), log, maxAttempts: 1, softwareVersion: '0.1.0',
    model: async () => ({ id: 'nodule-detector', version: modelVersion, sha256: 'ab'.repeat(32) }),
    route: (request) => router.route(request), routeRejection: fragile({ route: rejections }).route,
  });
}

async function stop(): Promise<void> {
  await analysis.close();
  await study.close();
  await queue.close();
  await index.close();
}

beforeEach(async () => {
  modelVersion = '1.0.0';
  failing = undefined;
  dataDir = await mkdtemp(join(tmpdir(), 'phoi-supersede-'));
  await start();
});
afterEach(async () => {
  await stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function send(instanceNumber: number): Promise<void> {
  await study.receive(stream(slice(instanceNumber, {}, { study: studyInstanceUID })), { transport: 'upload' });
}

async function claim(): Promise<ClaimedJob<AnalyzeJobData>> {
  const claimed = await queue.claim<AnalyzeJobData>(analyzeJobName, 'worker', new AbortController().signal);
  if (claimed === undefined) throw new Error('no job');
  return claimed;
}

/** What the worker would answer: as many findings as images. */
async function finish(claimed: ClaimedJob<AnalyzeJobData>): Promise<void> {
  const { job } = claimed;
  const input = sampleInput(axial, spheres.slice(0, job.data.instances.length), { document: { model: { ...job.data.model, name: 'Nodule detector' }, inputHash: job.id } });
  const objects = await buildResultObjects({ ...input, createdAt: new Date(job.createdAt), options: { ...plainResults, chestCadSr: true, enhancedSr: true } });
  await claimed.complete({ findings: input.findings, objects: objects.map(packObject) } satisfies AnalyzeJobResult);
}

async function detail(): Promise<StudyDetail> {
  const found = await index.study(studyInstanceUID);
  if (found === undefined) throw new Error('no study');
  return found;
}

async function taken(version: number): Promise<StudyDetail> {
  await until(`result ${version}`, async () => (await detail()).analysis?.version === version && (await queue.unhandled()).length === 0);
  return detail();
}

async function analyse(version: number): Promise<StudyDetail> {
  await finish(await claim());
  return taken(version);
}

async function read(sopInstanceUID: string): Promise<Dataset> {
  const record = await index.instance(sopInstanceUID);
  if (record === undefined) throw new Error('no instance');
  return parsePart10(await archive.read(record.blobKey)).dataset;
}

const uidOf = (record: StudyDetail['analysis'], role: string): string => record?.objects.find((object) => object.role === role)?.sopInstanceUID ?? '';
const uids = (record: StudyDetail['analysis']): readonly string[] => (record?.objects ?? []).filter(({ role }) => role !== 'rejection').map(({ sopInstanceUID }) => sopInstanceUID);

/** Instances that a hierarchical reference names. */
function referenced(dataset: Dataset, keyword: 'PredecessorDocumentsSequence' | 'CurrentRequestedProcedureEvidenceSequence'): readonly (string | undefined)[] {
  return items(dataset, keyword).flatMap((one) => items(one, 'ReferencedSeriesSequence')).flatMap((series) => items(series, 'ReferencedSOPSequence')).map((one) => text(one, 'ReferencedSOPInstanceUID'));
}

async function expectSuperseded(before: StudyDetail, after: StudyDetail): Promise<void> {
  for (const role of ['sr', 'cad-sr', 'enhanced-sr']) {
    expect([role, ...referenced(await read(uidOf(after.analysis, role)), 'PredecessorDocumentsSequence')]).toEqual([role, uidOf(before.analysis, role)]);
  }
  const note = await read(uidOf(after.analysis, 'rejection'));
  expect(text(items(note, 'ConceptNameCodeSequence')[0] ?? {}, 'CodeValue')).toBe('113001');
  expect(referenced(note, 'CurrentRequestedProcedureEvidenceSequence').toSorted()).toEqual(uids(before.analysis).toSorted());
  expect(text(note, 'PatientName')).toBe('Nguyễn^Thị Hồng');
  // Kept and retrievable, but not among the answers to a query that does not ask for them by UID.
  for (const uid of uids(before.analysis)) await read(uid);
  const match = { [tag('StudyInstanceUID')]: studyInstanceUID };
  const query = { fuzzyMatching: false, limit: 1000, offset: 0 };
  const found = (await index.queryInstances({ ...query, match })).map((one) => text(one, 'SOPInstanceUID'));
  for (const uid of uids(before.analysis)) expect(found).not.toContain(uid);
  for (const uid of uids(after.analysis)) expect(found).toContain(uid);
  const byUID = await index.queryInstances({ ...query, match: { [tag('SOPInstanceUID')]: uidOf(before.analysis, 'sr') } });
  expect(byUID).toHaveLength(1);
  const series = (await index.querySeries({ ...query, match })).map((one) => text(one, 'SeriesInstanceUID'));
  expect(series).not.toContain((await index.instance(uidOf(before.analysis, 'sr')))?.seriesInstanceUID);
  expect(series).toContain((await index.instance(uidOf(after.analysis, 'sr')))?.seriesInstanceUID);
}

describe('a newer result', () => {
  it('after a late slice follows the earlier one, and the earlier objects are rejected', async () => {
    await send(1);
    await study.forceComplete(studyInstanceUID);
    const first = await analyse(1);
    expect(referenced(await read(uidOf(first.analysis, 'sr')), 'PredecessorDocumentsSequence')).toEqual([]);
    expect(uidOf(first.analysis, 'rejection')).toBe('');
    await send(2);
    await study.forceComplete(studyInstanceUID);
    const second = await analyse(2);
    expect(second.analysis?.findings.findings).toHaveLength(2);
    await expectSuperseded(first, second);
  });

  it('by a newer model, then by the earlier model again: each once, each after the one before', async () => {
    await send(1);
    await study.forceComplete(studyInstanceUID);
    const first = await analyse(1);
    modelVersion = '2.0.0';
    await analysis.analyse(studyInstanceUID);
    const second = await analyse(2);
    await expectSuperseded(first, second);
    modelVersion = '1.0.0';
    await analysis.analyse(studyInstanceUID);
    await analysis.analyse(studyInstanceUID);
    const third = await analyse(3);
    await expectSuperseded(second, third);
    expect(referenced(await read(uidOf(third.analysis, 'rejection')), 'CurrentRequestedProcedureEvidenceSequence')).not.toContain(uidOf(second.analysis, 'rejection'));
    await analysis.analyse(studyInstanceUID);
    expect(await detail()).toMatchObject({ state: 'analysed', analysis: { version: 3 } });
    expect((await queue.counts()).waiting).toBe(0);
  });

  it('when an administrator asks for another run, once for each asking that changes something', async () => {
    await send(1);
    await study.forceComplete(studyInstanceUID);
    const first = await analyse(1);
    await analysis.reanalyse(studyInstanceUID);
    await analysis.reanalyse(studyInstanceUID);
    expect((await queue.counts()).waiting).toBe(1);
    const second = await analyse(2);
    await expectSuperseded(first, second);
    await analysis.analyse(studyInstanceUID);
    expect((await queue.counts()).waiting).toBe(0);
    expect((await detail()).state).toBe('analysed');
  });

  it('never touches what a radiologist signed', async () => {
    await send(1);
    await study.forceComplete(studyInstanceUID);
    const first = await analyse(1);
    const signed = await buildReviewObjects({ ...mixedReading(), predecessors: [] });
    for (const { part10 } of signed) await study.receive(stream(part10), { transport: 'internal' });
    await analysis.reanalyse(studyInstanceUID);
    const second = await analyse(2);
    await expectSuperseded(first, second);
    const rejected = referenced(await read(uidOf(second.analysis, 'rejection')), 'CurrentRequestedProcedureEvidenceSequence');
    const found = (await index.queryInstances({ match: { [tag('StudyInstanceUID')]: studyInstanceUID }, fuzzyMatching: false, limit: 1000, offset: 0 })).map((one) => text(one, 'SOPInstanceUID'));
    for (const { sopInstanceUID } of signed) {
      expect(rejected).not.toContain(sopInstanceUID);
      expect(found).toContain(sopInstanceUID);
    }
  });

  it('is not replaced by the result of older input that comes in later', async () => {
    await send(1);
    await study.forceComplete(studyInstanceUID);
    const older = await claim();
    await send(2);
    await study.forceComplete(studyInstanceUID);
    const newer = await claim();
    await finish(newer);
    const current = await taken(1);
    await finish(older);
    await until('the queue is empty', async () => (await queue.unhandled()).length === 0);
    expect((await detail()).analysis).toEqual(current.analysis);
    expect((await detail()).state).toBe('analysed');
  });
});

describe('where the note goes', () => {
  it('to the places that got an object of the earlier result; what still waited there is withdrawn', async () => {
    await send(1);
    await study.forceComplete(studyInstanceUID);
    const first = await analyse(1);
    const sr = uidOf(first.analysis, 'sr');
    for (const { id, destination, sopInstanceUID } of await index.deliveries(studyInstanceUID)) {
      if (destination === 'PACS' && sopInstanceUID === sr) await index.updateDelivery(id, { state: 'sent', attempts: 1, confirmAt: new Date(0).toISOString() });
    }
    expect(await index.dueConfirmations(10, 'PACS')).toHaveLength(1);
    await analysis.reanalyse(studyInstanceUID);
    const second = await analyse(2);
    const deliveries = await index.deliveries(studyInstanceUID);
    const note = uidOf(second.analysis, 'rejection');
    expect(deliveries.filter(({ sopInstanceUID }) => sopInstanceUID === note).map(({ destination, state }) => [destination, state])).toEqual([['PACS', 'waiting']]);
    const old = deliveries.filter(({ sopInstanceUID }) => uids(first.analysis).includes(sopInstanceUID));
    expect(old.map(({ state }) => state)).toEqual(old.map(({ destination, sopInstanceUID }) => (destination === 'PACS' && sopInstanceUID === sr ? 'sent' : 'failed')));
    expect(new Set(old.map(({ lastErrorCode }) => lastErrorCode))).toEqual(new Set(['DELIVERY_SUPERSEDED']));
    // A place that deletes what the note rejects would say that it does not keep it, and would be sent it again.
    expect(await index.dueConfirmations(10, 'PACS')).toEqual([]);
    expect(deliveries.filter(({ sopInstanceUID }) => uids(second.analysis).includes(sopInstanceUID)).every(({ state }) => state === 'waiting')).toBe(true);
  });
});

describe('a crash while a newer result is taken in', () => {
  it.each(['addAnalysis', 'route', 'markHandled'])('at %s changes nothing of what comes out', async (step) => {
    await send(1);
    await study.forceComplete(studyInstanceUID);
    const first = await analyse(1);
    for (const { id } of await index.deliveries(studyInstanceUID)) await index.updateDelivery(id, { state: 'sent', attempts: 1 });
    await send(2);
    await study.forceComplete(studyInstanceUID);
    failing = step;
    await finish(await claim());
    await until('the crash', () => failing === undefined);
    await stop();
    await start();
    await analysis.resume();
    const second = await taken(2);
    await expectSuperseded(first, second);
    expect(second.earlierAnalyses).toHaveLength(1);
    expect(second.conflictCount).toBe(0);
    const notes = (await index.summaries(studyInstanceUID)).filter(({ placement }) => placement.modality === 'KO' && placement.seriesNumber === 9099);
    expect(notes.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual([uidOf(second.analysis, 'rejection')]);
    const told = (await index.deliveries(studyInstanceUID)).filter(({ role }) => role === 'rejection').map(({ destination }) => destination);
    expect(told.toSorted()).toEqual(['PACS', 'SR only']);
  });
});
