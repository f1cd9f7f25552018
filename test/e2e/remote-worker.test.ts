/** Workers on hosts of their own: server, Redis and workers share nothing but the network, and that fails. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { dicomwebClient } from '../../src/dicomweb/client.ts';
import type { FindingsDocument } from '../../src/findings/types.ts';
import { phantomToInstances } from '../../src/phantom/dicom-series.ts';
import { describePhantom } from '../../src/phantom/scene.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { text } from '../../src/dicom/access.ts';
import { openBullQueue } from '../../src/queue/bull-queue.ts';
import type { StudyDetail } from '../../src/study/types.ts';
import { startCuttingProxy } from '../faults/cutting-proxy.ts';
import { startDurableRedis, type DurableRedis } from '../faults/redis-server.ts';
import { startHttpRelay, type RelayAction } from '../helpers/http-relay.ts';
import { makeNetworkNamespace } from '../helpers/network-namespace.ts';
import { startOrthanc } from '../helpers/orthanc.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';
import { makeBoxSeries } from '../viewer/helpers/box-series.ts';
import { startWorkerHost, type WorkerHost, type WorkerHostOptions } from '../helpers/worker-host.ts';

// Analyses on a busy machine: a deadline is there to end a hang, not to measure.
vi.setConfig({ testTimeout: 1_000_000, hookTimeout: 120_000 });

const models = { PHOI_MODELS_DIR: join(import.meta.dirname, '../inference/fixtures'), PHOI_MODEL: 'blob-detector' };
/** Short where a worker is to be lost; a busy machine must not take a healthy one for lost where none is. */
const leaseSeconds = { short: 5, usual: 30 };

/** A piece of a thorax that is analysed to its end. */
function phantom(): readonly Uint8Array[] {
  const scene = describePhantom({ seed: 100_412, nodules: [{ diameterMm: 12, type: 'solid', location: 'isolated', margin: 'smooth' }], distractors: false });
  return phantomToInstances(scene, { scanner: { kernel: 'standard', noise: 15, sliceThicknessMm: 2.5 }, columns: 200, sliceSpacingMm: 2.5, slices: 26 }).map(({ part10 }) => part10);
}
/** A few slices: refused, with a report that says why. A result like any other, and soon there. */
function fewSlices(name: string): readonly Uint8Array[] {
  return makeBoxSeries({ name, patientName: `Trần^Văn ${name}`, patientID: `ID-${name}` }).instances.map(({ part10 }) => part10);
}

describe.runIf(hasPrograms('redis-server'))('a worker on another host', () => {
  let folder: string;
  let redis: DurableRedis;
  let service: TestService;
  const hosts: WorkerHost[] = [];
  /** Lines of every worker there was. */
  const logs: (readonly unknown[])[] = [];
  const patients: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-remote-'));
    redis = await startDurableRedis(join(folder, 'redis'));
    service = await startTestService({ env: { ...models, REDIS_URL: redis.url, PHOI_WORKERS: '0' }, config: { job: { maxAttempts: 6 } } });
  });
  afterEach(async () => {
    for (const host of hosts.splice(0)) await host.stop();
  });
  afterAll(async () => {
    await service.stop();
    await redis.kill();
    await rm(folder, { recursive: true, force: true });
  });

  async function worker(archive: Readonly<Record<string, unknown>>, options: Partial<WorkerHostOptions> = {}, lease = leaseSeconds.short): Promise<WorkerHost> {
    const host = await startWorkerHost({ redisUrl: redis.url, ...options, config: { job: { leaseSeconds: lease }, archive }, env: { ...models, ...options.env } });
    hosts.push(host);
    logs.push(host.log);
    return host;
  }
  const archiveUrl = (): string => `${service.httpUrl}dicom-web`;

  /** Sends the study and gives its UID. */
  async function send(instances: readonly Uint8Array[]): Promise<string> {
    const { dataset } = parsePart10(instances[0]!);
    patients.push(text(dataset, 'PatientName')!, text(dataset, 'PatientID')!);
    const { failed } = await dicomwebClient({ baseUrl: archiveUrl() }).store(instances);
    expect(failed).toEqual([]);
    return text(dataset, 'StudyInstanceUID')!;
  }
  /** Waits for the nth result of the study. */
  function result(studyInstanceUID: string, version: number): Promise<StudyDetail> {
    return until(`result ${version}`, async () => {
      const found = await service.study(studyInstanceUID);
      if (found.analysis?.version === version) return found;
      throw new Error(`${found.state} ${JSON.stringify(found.reasons)}`);
    }, 300_000);
  }
  function comparable({ timingsMs, ...findings }: FindingsDocument): string {
    expect(timingsMs['total']).toBeGreaterThan(0);
    return JSON.stringify(findings);
  }
  async function oneResult(studyInstanceUID: string): Promise<void> {
    const study = await service.reaches(studyInstanceUID, ['analysed', 'not-analysed', 'failed']);
    expect(study, JSON.stringify(study.reasons)).toMatchObject({ state: 'not-analysed', earlierAnalyses: [], analysis: { version: 1 } });
    expect(study.series.filter(({ modality }) => modality === 'SR').map(({ instanceCount }) => instanceCount)).toEqual([1]);
    const queue = await openBullQueue({ url: redis.url, prefix: 'phoi', names: ['analyze'] });
    const [counts, unhandled] = [await queue.counts(), await queue.unhandled()];
    await queue.close();
    expect(counts).toMatchObject({ waiting: 0, active: 0, delayed: 0, dead: 0 });
    expect(unhandled).toEqual([]);
  }
  /** An archive whose first transfer stops in the middle until it is let go. */
  function held(): { readonly act: () => RelayAction; readonly reached: Promise<void>; release(): void } {
    const [reached, released] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    return {
      act() {
        reached.resolve(undefined);
        return { hold: released.promise };
      },
      reached: reached.promise,
      release: () => { released.resolve(undefined); },
    };
  }
  /** The relay holds what belongs to a study, not the worker's question whether anybody is there. */
  const ofStudy = (act: () => RelayAction) => (path: string): RelayAction => (path.includes('/series/') ? act() : 'pass');

  describe.runIf(hasPrograms('Orthanc'))('with an archive of its own', () => {
    it('finds byte by byte what a worker on the server\'s disk finds, whether it fetches from Phoi or from Orthanc', async () => {
      const instances = phantom();
      const remote = await worker({ url: archiveUrl() }, {}, leaseSeconds.usual);
      const studyInstanceUID = await send(instances);
      const fromPhoi = await result(studyInstanceUID, 1);
      expect(fromPhoi.analysis!.findings.findings.length).toBeGreaterThan(0);
      expect(fromPhoi.analysis!.objects.map(({ role }) => role)).toEqual(expect.arrayContaining(['sr', 'seg', 'pr', 'ko']));
      expect(await readdir(remote.dataDir)).toEqual(['spool']);
      expect(await readdir(join(remote.dataDir, 'spool'))).toEqual([]);
      expect(await remote.stop()).toBe(0);

      const local = await worker({}, { env: { PHOI_DATA_DIR: service.dataDir } }, leaseSeconds.usual);
      await service.api(`/api/v1/studies/${studyInstanceUID}/reanalyse`, { method: 'POST' });
      const fromDisk = await result(studyInstanceUID, 2);
      await local.stop();

      const orthanc = await startOrthanc();
      try {
        const { failed } = await dicomwebClient({ baseUrl: orthanc.dicomWebUrl }).store(instances);
        expect(failed).toEqual([]);
        const near = await worker({ url: orthanc.dicomWebUrl }, {}, leaseSeconds.usual);
        await service.api(`/api/v1/studies/${studyInstanceUID}/reanalyse`, { method: 'POST' });
        const fromOrthanc = await result(studyInstanceUID, 3);
        const documents = [fromPhoi, fromDisk, fromOrthanc].map(({ analysis }) => comparable(analysis!.findings));
        expect(new Set(documents.map((document) => createHash('sha256').update(document).digest('hex'))).size, documents.join('\n')).toBe(1);
        await near.stop();
      } finally {
        await orthanc.stop();
      }
    });
  });

  it('that is cut off in the middle of a job loses it to another, and comes back without a second result', async (context) => {
    const network = await makeNetworkNamespace();
    if (network === undefined) return context.skip();
    const hold = held();
    const toRedis = await startCuttingProxy(() => Number(new URL(redis.url).port), network.address);
    const toArchive = await startHttpRelay(service.httpUrl, { act: ofStudy(hold.act), host: network.address });
    try {
      const cutOff = await worker({ url: `${toArchive.url}/dicom-web` }, { redisUrl: `redis://${network.address}:${toRedis.port}`, through: network.through });
      const studyInstanceUID = await send(fewSlices('cut'));
      await hold.reached;
      await network.cut();
      await worker({ url: archiveUrl() });
      const { analysis } = await result(studyInstanceUID, 1);
      await network.mend();
      hold.release();
      const lost = await until('the cut-off worker to hear of it', () => cutOff.log.find(({ msg }) => msg === 'Analysis failed'), 120_000);
      expect(lost).toMatchObject({ code: 'QUEUE_LEASE_LOST', jobId: analysis!.jobId, attempt: 1 });
      await oneResult(studyInstanceUID);
    } finally {
      for (const host of hosts.splice(0)) await host.stop();
      await toArchive.close();
      await toRedis.close();
      await network.remove();
    }
  });

  it('that is killed while it fetches leaves nothing of the patient behind, and another does the job', async () => {
    const hold = held();
    const relay = await startHttpRelay(service.httpUrl, { act: ofStudy(hold.act) });
    try {
      const killed = await worker({ url: `${relay.url}/dicom-web` });
      const studyInstanceUID = await send(fewSlices('killed'));
      await hold.reached;
      await killed.kill();
      expect(await readdir(join(killed.dataDir, 'spool'))).toEqual([]);
      await worker({ url: archiveUrl() });
      await result(studyInstanceUID, 1);
      await oneResult(studyInstanceUID);
    } finally {
      hold.release();
      await relay.close();
    }
  });

  it('goes on when Redis is restarted in the middle of its job', async () => {
    const hold = held();
    const relay = await startHttpRelay(service.httpUrl, { act: ofStudy(hold.act) });
    try {
      await worker({ url: `${relay.url}/dicom-web` });
      const studyInstanceUID = await send(fewSlices('restart'));
      await hold.reached;
      await redis.kill();
      await redis.start();
      hold.release();
      await result(studyInstanceUID, 1);
      await oneResult(studyInstanceUID);
    } finally {
      hold.release();
      await relay.close();
    }
  });

  it('writes nothing of any patient into its log', () => {
    const lines = logs.flat().map((line) => JSON.stringify(line));
    expect(lines.filter((line) => line.includes('Analysis done')).length).toBeGreaterThan(3);
    for (const patient of patients) expect(lines.filter((line) => line.includes(patient)), patient).toEqual([]);
  });
});
