/** The HTTP edge over the real archive, index, study service and queue, in a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { openFileArchive } from '../../src/archive/file-archive.ts';
import type { InstanceArchive } from '../../src/archive/port.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { put } from '../../src/dicom/build.ts';
import { encodePart10 } from '../../src/dicom/encode.ts';
import { describeDestinations } from '../../src/delivery/describe-destinations.ts';
import { buildHttp } from '../../src/http/build.ts';
import type { HttpActions, HttpConfig, HttpDeps } from '../../src/http/deps.ts';
import { countReceptions, createMetrics } from '../../src/http/metrics.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import type { JobQueue } from '../../src/queue/port.ts';
import { openSqliteQueue } from '../../src/queue/sqlite-queue.ts';
import type { ReviewService } from '../../src/review/port.ts';
import { createReviewService } from '../../src/review/review-service.ts';
import type { StudyService } from '../../src/study/port.ts';
import { createFindSite } from '../../src/sites/find-site.ts';
import { createStudyService } from '../../src/study/study-service.ts';
import type { ReceiveContext } from '../../src/study/types.ts';
import { imageDataset, type ImageOptions } from '../dicom/synthetic.ts';

export interface TestHttp {
  readonly app: FastifyInstance;
  /** `http://127.0.0.1:PORT`, listening. */
  readonly url: string;
  readonly port: number;
  readonly archive: InstanceArchive;
  readonly index: StudyIndex;
  readonly study: StudyService;
  readonly queue: JobQueue;
  readonly review: ReviewService;
  /** What the actions were asked for, in order. */
  readonly actions: readonly string[];
  /** Lines that the log wrote. */
  readonly logLines: readonly string[];
  store(part10: Uint8Array, context?: ReceiveContext): Promise<void>;
  close(): Promise<void>;
}

export async function startHttp(config: Partial<HttpConfig> = {}, more: Partial<Pick<HttpDeps, 'accounts' | 'signIn' | 'audit'>> = {}): Promise<TestHttp> {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-http-'));
  const logLines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void logLines.push(line) });
  const archive = await openFileArchive(folder);
  const index = await openSqliteIndex(join(folder, 'index.sqlite'));
  const queue = openSqliteQueue(join(folder, 'queue.sqlite'));
  const metrics = createMetrics();
  const study = countReceptions(createStudyService({ archive, index, log, findSite: createFindSite(config.sites ?? []), settings: { quietSeconds: 600, maxInstanceBytes: 64 * 1024 * 1024 } }), metrics);
  const review = createReviewService({ index, archive, study, log, softwareVersion: '0.1.0', route: async () => undefined });
  const actions: string[] = [];
  const recorded: HttpActions = {
    reanalyse: async (uid) => void actions.push(`reanalyse ${uid}`),
    setPriority: async (uid, priority) => {
      actions.push(`priority ${uid} ${priority}`);
      await index.setPriority(uid, priority);
    },
    resendDeliveries: async (filter) => {
      actions.push(`resend ${JSON.stringify(filter)}`);
      return filter.id === undefined || filter.id === 'known' ? 1 : 0;
    },
  };
  const app = buildHttp({
    config: { viewerDir: join(folder, 'viewer'), version: '0.0.0-test', aeTitle: 'PHOI', dicomPort: 11112, quietSeconds: 600, ...config },
    archive, index, study, queue, review, log,
    models: async () => [{ id: 'm', version: '1', name: 'Model', task: 'detector', sha256: 'ab', inUse: true }],
    destinations: describeDestinations([{ name: 'pacs', kind: 'stow', url: 'https://user:secret@pacs.example/dicom-web', roles: ['sr'] }, { name: 'off', kind: 'dimse', host: 'h', port: 104, aeTitle: 'OFF', enabled: false }], []),
    actions: recorded, ...more,
  }, metrics);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    app, port, url: `http://127.0.0.1:${port}`, archive, index, study, queue, review, actions, logLines,
    async store(part10, context = { transport: 'cli' }) {
      async function* once(): AsyncGenerator<Uint8Array> { yield part10; }
      await study.receive(once(), context);
    },
    async close() {
      await app.close();
      await review.close();
      await study.close();
      await queue.close();
      await index.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface SyntheticOptions extends ImageOptions {
  readonly study?: string;
  readonly series?: string;
  readonly instance?: string;
  readonly more?: (dataset: Dataset) => void;
}

/** A small CT instance with these UIDs. */
export function synthetic(options: SyntheticOptions = {}): Uint8Array {
  const dataset = imageDataset(options);
  put(dataset, 'StudyInstanceUID', options.study ?? '2.25.100');
  put(dataset, 'SeriesInstanceUID', options.series ?? '2.25.200');
  put(dataset, 'SOPInstanceUID', options.instance ?? '2.25.300');
  options.more?.(dataset);
  return encodePart10(dataset);
}

/** A multipart/related body of instances, and its Content-Type. */
export function multipartRelated(parts: readonly Uint8Array[], boundary = 'test-boundary'): { readonly body: Buffer; readonly contentType: string } {
  const body = Buffer.concat([
    ...parts.flatMap((part) => [Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`), Buffer.from(part), Buffer.from('\r\n')]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
  return { body, contentType: `multipart/related; type="application/dicom"; boundary=${boundary}` };
}
