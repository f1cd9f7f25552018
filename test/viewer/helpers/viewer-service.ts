/**
 * The real service in this process, on a free port and a data folder of its own: archive, index, queue, study and
 * analysis services, HTTP with the built viewer. Only the model is replaced: the test takes the jobs from the queue
 * itself and decides when they progress and with which findings they end.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert } from '../../../src/alerts/types.ts';
import { createAnalysisService, type AnalysisService } from '../../../src/analysis/analysis-service.ts';
import { analyzeJobName, type AnalyzeJobData, type AnalyzeJobResult } from '../../../src/analysis/job.ts';
import { openFileArchive } from '../../../src/archive/file-archive.ts';
import { describeDestinations } from '../../../src/delivery/describe-destinations.ts';
import type { DeclaredDestination } from '../../../src/delivery/destination.ts';
import { createRouter } from '../../../src/delivery/router.ts';
import { createRejectionRouter } from '../../../src/delivery/route-rejection.ts';
import { buildHttp } from '../../../src/http/build.ts';
import type { StudyIndex } from '../../../src/index/port.ts';
import { openSqliteIndex } from '../../../src/index/sqlite-index.ts';
import { silentLog } from '../../../src/log.ts';
import { openSqliteQueue } from '../../../src/queue/sqlite-queue.ts';
import type { ClaimedJob } from '../../../src/queue/port.ts';
import { createMeasurer } from '../../../src/measuring-process.ts';
import { createReviewService } from '../../../src/review/review-service.ts';
import { projectRoot } from '../../../src/settings.ts';
import { createFindSite } from '../../../src/sites/find-site.ts';
import type { Site } from '../../../src/sites/settings.ts';
import { createStudyService } from '../../../src/study/study-service.ts';
import type { StudyService } from '../../../src/study/port.ts';

export interface ViewerService {
  readonly url: string;
  readonly index: StudyIndex;
  readonly study: StudyService;
  readonly analysis: AnalysisService;
  /** Takes one instance in as a peer would send it; gives its study. */
  receive(part10: Uint8Array): Promise<string>;
  /** Takes all of them in and closes the study. */
  receiveAll(instances: readonly { readonly part10: Uint8Array }[]): Promise<string>;
  /** The next job that the service queued. */
  claim(): Promise<ClaimedJob<AnalyzeJobData>>;
  /** Ends the next job with this result. */
  finish(result: AnalyzeJobResult['findings'], objects?: AnalyzeJobResult['objects']): Promise<void>;
  close(): Promise<void>;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export async function startViewerService(options: { readonly quietSeconds?: number; readonly alerts?: readonly Alert[]; readonly sites?: readonly Site[] } = {}): Promise<ViewerService> {
  const dataDir = await mkdtemp(join(tmpdir(), 'phoi-viewer-'));
  const log = silentLog();
  // A busy machine may pause between two instances: only the test says when a study is complete.
  const quietSeconds = options.quietSeconds ?? 3600;
  const archive = await openFileArchive(dataDir, { reserveBytes: 0 });
  const index = await openSqliteIndex(join(dataDir, 'index.sqlite'));
  const queue = openSqliteQueue(join(dataDir, 'queue.sqlite'));
  const study = createStudyService({ archive, index, log, findSite: createFindSite(options.sites ?? []), settings: { quietSeconds, patienceSeconds: 3600 } });
  const destinations: readonly DeclaredDestination[] = [{ name: 'PACS', kind: 'dimse', host: '127.0.0.1', port: 104, aeTitle: 'PACS' }];
  const router = createRouter({
    index, log, peers: [], onDeliveries: () => undefined,
    destinations,
  });
  const analysis = createAnalysisService({
    index, study, queue, log, maxAttempts: 1, route: (request) => router.route(request),
    routeRejection: createRejectionRouter({ index, log, onDeliveries: () => undefined }), softwareVersion: '0.1.0',
    model: async () => ({ id: 'reference', version: '1.0.0', sha256: '0'.repeat(64) }),
  });
  const measurer = createMeasurer({ dataDir, log });
  const review = createReviewService({ index, archive, study, log, measurer, softwareVersion: '0.1.0', route: (request) => router.route(request) });
  const http = buildHttp({
    config: { version: '0.1.0', viewerDir: join(projectRoot, 'viewer/dist'), aeTitle: 'PHOI', dicomPort: 11112, quietSeconds, sites: options.sites ?? [] },
    alerts: { alerts: () => options.alerts ?? [], untold: () => ({}) },
    archive, index, study, queue, review, log, models: async () => [], destinations: describeDestinations(destinations, []),
    actions: {
      reanalyse: (uid) => analysis.reanalyse(uid),
      setPriority: (uid, priority) => analysis.setPriority(uid, priority),
      resendDeliveries: async () => 1,
    },
  });
  await http.listen({ host: '127.0.0.1', port: 0 });
  const { port } = http.server.address() as AddressInfo;
  const closing = new AbortController();

  async function receive(part10: Uint8Array): Promise<string> {
    return (await study.receive(once(part10), { transport: 'upload' })).studyInstanceUID;
  }
  async function claim(): Promise<ClaimedJob<AnalyzeJobData>> {
    const job = await queue.claim<AnalyzeJobData>(analyzeJobName, 'test', closing.signal);
    if (job === undefined) throw new Error('no job came');
    return job;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    index, study, analysis, claim,
    receive,
    async receiveAll(instances) {
      let studyInstanceUID = '';
      for (const { part10 } of instances) studyInstanceUID = await receive(part10);
      await study.forceComplete(studyInstanceUID);
      return studyInstanceUID;
    },
    async finish(findings, objects = []) {
      const job = await claim();
      await job.complete({ findings, objects } satisfies AnalyzeJobResult);
    },
    async close() {
      closing.abort();
      await http.close();
      await review.close();
      await measurer.close();
      await analysis.close();
      await study.close();
      await queue.close();
      await index.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
