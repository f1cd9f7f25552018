/** A phantom that was analysed (but for the network) and read: decided, with a nodule that the reader added, not signed. */
import { openFileArchive } from '../../src/archive/file-archive.ts';
import type { InstanceArchive } from '../../src/archive/port.ts';
import type { DeclaredDestination } from '../../src/delivery/destination.ts';
import { createRouter } from '../../src/delivery/router.ts';
import { numbers } from '../../src/dicom/access.ts';
import { put, putBytes } from '../../src/dicom/build.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { encodePart10 } from '../../src/dicom/encode.ts';
import { parsePart10 } from '../../src/dicom/parse.ts';
import type { Finding } from '../../src/findings/types.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import { silentLog } from '../../src/log.ts';
import { phantomToInstances } from '../../src/phantom/dicom-series.ts';
import { describePhantom } from '../../src/phantom/scene.ts';
import { buildAnalysisObjects } from '../../src/results/analysis-objects.ts';
import type { ReviewService } from '../../src/review/port.ts';
import { createReviewService, type ReviewServiceDeps } from '../../src/review/review-service.ts';
import type { Review } from '../../src/review/types.ts';
import { createStudyService } from '../../src/study/study-service.ts';
import type { StudyService } from '../../src/study/port.ts';
import { join } from 'node:path';
import { measureStudy } from '../results/measured-study.ts';

export const reader = { id: 'an', name: 'Trần^An' };
/** Destinations by what they ask for. */
const destinations = Object.entries<readonly string[] | undefined>({ everything: undefined, reports: ['sr'], signed: ['review-*'], 'of the AI': ['ai-*'] })
  .map(([name, roles]): DeclaredDestination => ({ name, kind: 'dimse', host: '127.0.0.1', port: 104, aeTitle: 'PACS', ...(roles === undefined ? {} : { roles }) }));

const sliceSpacingMm = 2.5;

export interface ReadingRoom {
  readonly archive: InstanceArchive;
  readonly index: StudyIndex;
  readonly study: StudyService;
  readonly review: ReviewService;
  close(): Promise<void>;
}

/** The services over a data folder, with their destinations; `change` puts something in their way. */
export async function openReadingRoom(folder: string, change: (deps: ReviewServiceDeps) => ReviewServiceDeps = (deps) => deps): Promise<ReadingRoom> {
  const log = silentLog();
  const archive = await openFileArchive(folder, { reserveBytes: 0 });
  const index = await openSqliteIndex(join(folder, 'index.sqlite'));
  const study = createStudyService({ archive, index, log, settings: { quietSeconds: 3600 } });
  const review = createReviewService(change({
    index, archive, study, log, softwareVersion: '0.1.0',
    route: createRouter({ index, destinations, peers: [], log, onDeliveries: () => undefined }).route,
  }));
  return {
    archive, index, study, review,
    async close() {
      await review.close();
      await study.close();
      await index.close();
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> { yield bytes; }

/** As of a scanner whose table does not stop exactly: each third image 0.15 of a step further, as far as is analysed. */
function unevenly(part10: Uint8Array, at: number): Uint8Array {
  if (at % 3 !== 1) return part10;
  const { dataset, pixelData } = parsePart10(part10);
  if (pixelData?.kind !== 'native') throw new Error('the phantom has native pixel data');
  const [x, y, z] = numbers(dataset, 'ImagePositionPatient')!;
  const moved: Dataset = { ...dataset };
  put(moved, 'ImagePositionPatient', x!, y!, z! + 0.15 * sliceSpacingMm);
  putBytes(moved, 'PixelData', 'OW', part10.subarray(pixelData.offset, pixelData.offset + pixelData.length));
  return encodePart10(moved);
}

/** The first nodule accepted, the second rejected, the third added by the reader. */
export async function readPhantom({ study, index, review }: ReadingRoom): Promise<Review> {
  const scene = describePhantom({ seed: 100_412, nodules: [11, 9, 13].map((diameterMm) => ({ diameterMm, type: 'solid', location: 'isolated', margin: 'smooth' })), distractors: false });
  const instances = phantomToInstances(scene, { scanner: { kernel: 'standard', noise: 15, sliceThicknessMm: 2.5 }, columns: 192, sliceSpacingMm })
    .map(({ part10 }, at) => ({ part10: unevenly(part10, at) }));
  let studyInstanceUID = '';
  for (const { part10 } of instances) studyInstanceUID = (await study.receive(once(part10), { transport: 'cli' })).studyInstanceUID;
  await study.forceComplete(studyInstanceUID);
  const measured = await measureStudy(instances.map(({ part10 }) => part10), scene.nodules.map(({ truth }) => truth));
  const [first, second, third] = measured.findings.findings;
  const analysed = { ...measured, findings: { ...measured.findings, findings: [first!, second!] }, masks: measured.masks.slice(0, 2) };
  const objects = await buildAnalysisObjects(analysed, { softwareVersion: '0.1.0', createdAt: new Date('2026-01-02T04:00:00.000Z') });
  for (const { part10 } of objects) await study.receive(once(part10), { transport: 'internal' });
  await index.addAnalysis(studyInstanceUID, {
    jobId: 'job', findings: analysed.findings, createdAt: '2026-01-02T04:00:00.000Z',
    objects: objects.map(({ role, sopInstanceUID, sopClassUID }) => ({ role, sopInstanceUID, sopClassUID })),
  });
  await study.setState(studyInstanceUID, 'analysed');
  const values = Object.fromEntries(Object.entries(third!).filter(([name]) => name !== 'probability')) as unknown as Omit<Finding, 'probability'>;
  const added = { ...values, trackingUID: '2.25.900', trackingIdentifier: 'Nodule 3' };
  await index.reviews.addMeasured(studyInstanceUID, { finding: added, mask: measured.masks[2]!, seriesInstanceUID: measured.findings.seriesInstanceUID! }, '2026-01-02T05:00:00.000Z');
  const fresh = await review.review(studyInstanceUID);
  const [one, two] = fresh.draft.findings;
  return review.save(studyInstanceUID, {
    reader, revision: 0,
    draft: {
      ...fresh.draft, impression: 'Theo dõi sau 3 tháng.', language: 'vi', patient: { ...fresh.draft.patient, isScreening: true, prior: 'none', lungsFullyEvaluated: true },
      findings: [
        { ...one!, verdict: 'accepted' }, { ...two!, verdict: 'rejected', rejectReason: 'vessel' },
        { trackingUID: added.trackingUID, origin: 'reader', verdict: 'accepted', finding: added, edited: [] },
      ],
    },
  });
}
