/** kill -9 of server and worker at any point: what was acknowledged is there afterwards, and one report comes out. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { sendFolder } from '../../src/dimse/send-folder.ts';
import { writePhantom, type PhantomTruth } from '../../src/phantom/write-phantom.ts';
import { openSqliteQueue } from '../../src/queue/sqlite-queue.ts';
import type { StudyDetail } from '../../src/study/types.ts';
import { quickModel } from '../helpers/quick-model.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const settled = ['analysed', 'not-analysed', 'failed'] as const;

// Analyses on a busy machine: a deadline is there to end a hang, not to measure.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 120_000 });

describe('kill -9', () => {
  let folder: string;
  let truth: PhantomTruth;
  let files: number;
  let service: TestService;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-kill-'));
    ({ truth, files } = await writePhantom({ out: folder, seed: 21, nodules: [{ diameterMm: 9, type: 'solid' }], sliceSpacingMm: 2.5, sliceThicknessMm: 2.5 }));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    service = await startTestService({ quietSeconds: 3, config: { ...quickModel, job: { leaseSeconds: 2, maxAttempts: 20 } } });
  });
  afterEach(() => service.stop());

  const send = () => sendFolder(folder, { host: '127.0.0.1', port: service.dicomPort, calledAETitle: 'PHOI', callingAETitle: 'TEST' });
  /** SOP Instance UIDs that the service holds. */
  async function held(): Promise<Set<string>> {
    const found = await service.api<{ '00080018': { Value: [string] } }[]>(`/dicom-web/studies/${truth.studyInstanceUID}/instances?limit=1000`);
    return new Set(found.map((instance) => instance['00080018'].Value[0]));
  }
  async function oneReport(study: StudyDetail): Promise<void> {
    expect(study, JSON.stringify(study.reasons)).toMatchObject({ state: 'analysed', reasons: [] });
    expect(study.earlierAnalyses).toEqual([]);
    expect(study.series.filter(({ modality }) => modality === 'SR').map(({ instanceCount }) => instanceCount)).toEqual([1]);
    expect(study.series.filter(({ own }) => !own).map(({ instanceCount }) => instanceCount)).toEqual([files]);
    const queue = openSqliteQueue(join(service.dataDir, 'queue.sqlite'));
    const counts = await queue.counts();
    const unhandled = await queue.unhandled();
    await queue.close();
    expect(counts).toMatchObject({ completed: 1, waiting: 0, active: 0, delayed: 0, dead: 0 });
    expect(unhandled).toEqual([]);
  }

  it('of the server while images arrive loses none that was acknowledged', async () => {
    const sending = send();
    await until('some images', async () => ((await service.worklist())[0]?.instanceCount ?? 0) > 10);
    await service.kill();
    const { outcomes, sent } = await sending;
    await service.start();
    const there = await held();
    const acknowledged = outcomes.filter(({ state }) => state === 'sent').map(({ instance }) => instance.sopInstanceUID);
    expect(acknowledged.filter((uid) => !there.has(uid))).toEqual([]);
    expect(sent).toBeLessThan(files);
    expect((await send()).failed).toBe(0);
    await oneReport(await service.reaches(truth.studyInstanceUID, settled));
  });

  it('of the worker in the middle of an analysis: another one finishes it', async () => {
    await send();
    await until('the analysis', async () => ((await service.study(truth.studyInstanceUID)).progress?.fraction ?? 0) > 0.2, 120_000);
    const [pid] = service.workerPids().slice(-1);
    process.kill(pid!, 'SIGKILL');
    await oneReport(await service.reaches(truth.studyInstanceUID, settled));
    expect(service.log.filter(({ msg }) => msg === 'Worker ended: it will be started again').length).toBe(1);
  });
});
