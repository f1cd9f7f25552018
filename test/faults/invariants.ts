/**
 * What must hold when everything has calmed down, whatever happened before. Read from the disk and from the index
 * itself, not from what the service says of itself, wherever that is possible.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { analysisInput } from '../../src/analysis/input.ts';
import { analysisKey, analyzeJobName } from '../../src/analysis/job.ts';
import { openFileArchive } from '../../src/archive/file-archive.ts';
import { verifyTrail } from '../../src/audit/verify.ts';
import { readIdentity } from '../../src/inference/registry.ts';
import { readSettings } from '../../src/settings.ts';
import { createContentDigest } from '../../src/study/content-digest.ts';
import type { StudyDetail } from '../../src/study/types.ts';
import type { TestService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';
import { openIndexRows } from './index-rows.ts';
import type { Receiver } from './receiver.ts';
import type { Ledger } from './sender.ts';

const settled = new Set(['analysed', 'not-analysed']);

interface Counts {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly dead: number;
}

/** An object that a newer result took the place of before it was sent. */
const isWithdrawn = ({ state, lastErrorCode }: StudyDetail['deliveries'][number]): boolean => state === 'failed' && lastErrorCode === 'DELIVERY_SUPERSEDED';

/** Every study has its result, nothing is queued, and every result was delivered. */
export async function calm(service: TestService, ledger: Ledger, deadlineMs: number): Promise<readonly StudyDetail[]> {
  return until('calm', async () => {
    const { counts } = await service.api<{ counts: Counts }>('/api/v1/jobs?limit=1');
    if (counts.waiting + counts.active + counts.delayed > 0) throw new Error(`jobs are under way: ${JSON.stringify(counts)}`);
    const details: StudyDetail[] = [];
    for (const uid of ledger.studies.keys()) {
      const study = await service.study(uid);
      if (!settled.has(study.state)) throw new Error(`${uid} is ${study.state}: ${JSON.stringify(study.reasons)}`);
      const open = study.deliveries.filter((delivery) => delivery.state === 'waiting' || (delivery.state === 'failed' && !isWithdrawn(delivery)));
      if (open.length > 0) throw new Error(`${uid} has deliveries ${JSON.stringify(open[0])}`);
      details.push(study);
    }
    return details;
  }, deadlineMs);
}

/** True when the job was queued for exactly that input. */
async function isJobOf(service: TestService, key: string, jobId: string | undefined): Promise<boolean> {
  if (jobId === `j${createHash('sha256').update(`${analyzeJobName}\n${key}`).digest('hex').slice(0, 40)}`) return true;
  const file = join(service.dataDir, 'queue.sqlite');
  if (!await stat(file).then(() => true, () => false)) return false;
  const queue = new DatabaseSync(file, { readOnly: true });
  try {
    return queue.prepare('SELECT id FROM jobs WHERE idempotency_key = ?').get(key)?.['id'] === jobId;
  } finally {
    queue.close();
  }
}

async function digestOf(path: string): Promise<string> {
  const digest = createContentDigest();
  for await (const chunk of createReadStream(path)) digest.update(chunk as Uint8Array);
  return digest.finish()?.sha256 ?? 'no data set';
}

/** One line for each thing that is not as it must be; none when all is well. */
export async function faultsFound(service: TestService, ledger: Ledger, receiver: Receiver, details: readonly StudyDetail[], databaseUrl?: string): Promise<readonly string[]> {
  const faults: string[] = [];
  const archive = await openFileArchive(service.dataDir, { reserveBytes: 0 });
  const rows = await openIndexRows(join(service.dataDir, 'index.sqlite'), databaseUrl);
  try {
    const keyOf = new Map((await rows.all('SELECT sop_uid, blob_key FROM instances')).map((row) => [row['sop_uid'], row['blob_key']]));
    for (const [uid, sent] of ledger.acknowledged) {
      const key = keyOf.get(uid);
      if (typeof key !== 'string') faults.push(`acknowledged and not indexed: ${uid}`);
      else if (await digestOf(archive.path(key)) !== sent) faults.push(`acknowledged, and its bytes are others: ${uid}`);
    }
    const known = new Set((await rows.all('SELECT blob_key FROM instances UNION SELECT blob_key FROM conflicts')).map((row) => row['blob_key']));
    for await (const key of archive.keys()) if (!known.has(key)) faults.push(`file that no instance refers to: ${key}`);
    const conflicts = await rows.all('SELECT sop_uid FROM conflicts');
    if (conflicts.length > 0) faults.push(`conflicts where the same bytes were sent again: ${conflicts.length}`);
    const ownReports = (uid: string) => rows.all(`SELECT i.sop_uid FROM instances i JOIN studies s ON s.id = i.study_id
      JOIN series r ON r.id = i.series_id WHERE s.study_uid = ? AND i.own = 1 AND r.modality = 'SR'`, uid);
    const arrived = (uid: string) => rows.all(`SELECT i.sop_uid, i.sop_class_uid, i.sha256 FROM instances i JOIN studies s ON s.id = i.study_id WHERE s.study_uid = ? AND i.own = 0`, uid);
    const { modelsDir, model } = readSettings({});
    const identity = await readIdentity(modelsDir, model);
    for (const study of details) {
      faults.push(...resultFaults(study, ledger, (await ownReports(study.studyInstanceUID)).map((row) => String(row['sop_uid']))));
      const input = (await arrived(study.studyInstanceUID)).map((row) => ({ sopInstanceUID: String(row['sop_uid']), sopClassUID: String(row['sop_class_uid']), sha256: String(row['sha256']) }));
      const due = analysisKey(study.studyInstanceUID, identity, analysisInput(input));
      if (!await isJobOf(service, due, study.analysis?.jobId)) faults.push(`the current result is not of the instances that are there: ${study.studyInstanceUID}`);
    }
  } finally {
    await rows.close();
  }
  const held = await receiver.held();
  for (const study of details) {
    for (const delivery of study.deliveries) {
      const { sopInstanceUID, destination } = delivery;
      if (!isWithdrawn(delivery) && !held.has(sopInstanceUID)) faults.push(`said to be delivered to ${destination} and not there: ${sopInstanceUID}`);
    }
  }
  const { broken } = await verifyTrail(join(service.dataDir, 'audit'));
  if (broken !== undefined) faults.push(`audit trail broken: ${JSON.stringify(broken)}`);
  return faults;
}

function resultFaults(study: StudyDetail, ledger: Ledger, reports: readonly string[]): readonly string[] {
  const uid = study.studyInstanceUID;
  const { analysis, earlierAnalyses } = study;
  if (analysis === undefined) return [`no result: ${uid}`];
  const faults: string[] = [];
  const said = [analysis, ...earlierAnalyses].flatMap(({ objects }) => objects.filter(({ role }) => role === 'sr').map(({ sopInstanceUID }) => sopInstanceUID));
  if (analysis.jobId !== study.jobId) faults.push(`the current result is of another job: ${uid}`);
  if (new Set([analysis, ...earlierAnalyses].map(({ jobId }) => jobId)).size !== earlierAnalyses.length + 1) faults.push(`one job, several results: ${uid}`);
  if ([...reports].sort().join() !== [...said].sort().join()) faults.push(`reports in the archive are not those of the results: ${uid}`);
  const foreign = study.series.filter(({ own }) => !own).reduce((sum, { instanceCount }) => sum + instanceCount, 0);
  if (foreign !== ledger.studies.get(uid)?.length) faults.push(`${foreign} instances instead of ${ledger.studies.get(uid)?.length}: ${uid}`);
  return faults;
}
