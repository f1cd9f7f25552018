/** The dashboard and the worklist's first page on an index of 100,000 studies: milliseconds, median and 99th percentile. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assessLungRadsExam } from '../../src/guidelines/lung-rads-exam.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { findings, record } from '../index/records.ts';

const studies = 100_000;
const runs = 200;
/** 400 studies a day from 20 devices of 8 hospitals. */
const everyMs = 216_000;
const conclusions = { lungRads: assessLungRadsExam({ findings: [] }), brock: [] };
const draft = { findings: [], patient: {}, impression: '', language: 'en' } as const;

export async function benchDashboard(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-bench-dashboard-'));
  let now = Date.UTC(2026, 0, 1);
  const index = await openSqliteIndex(join(folder, 'index.sqlite'), { now: () => new Date(now) });
  const batch: Promise<unknown>[] = [];
  const later = (ms: number): string => new Date(now + ms).toISOString();
  for (let n = 0; n < studies; n += 1) {
    now += everyMs;
    const study = `1.2.${n}`;
    batch.push(index.addInstance(record({ study, receivedAt: later(0), attributes: { InstitutionName: [`Hospital ${n % 8}`], StationName: [`CT${n % 20}`], PatientID: [`P${n}`] } }), { transport: 'dimse', callingAETitle: `CT_${n % 20}` }));
    const refused = n % 50 === 0;
    batch.push(index.addAnalysis(study, { jobId: `j${n}`, findings: findings(study, refused ? [] : [[4 + n % 26, 0.6]], refused ? 'thick-slices' : undefined), createdAt: later(120_000), objects: [] }));
    batch.push(index.setState(study, refused ? 'not-analysed' : 'analysed', refused ? { reasons: [{ code: 'thick-slices', text: { en: '', vi: '' } }] } : {}));
    if (n < studies - 3000) {
      batch.push(index.reviews.write({ studyInstanceUID: study, revision: 1, state: 'draft', draft, newerAnalysis: false, updatedAt: later(0) }, 0));
      batch.push(index.reviews.beginSigning({ studyInstanceUID: study, revision: 1, version: 1, kind: 'report', reader: { id: 'r', name: 'R' }, signedAt: later(3_600_000), draft, conclusions, comparisons: [], objects: [] }));
      batch.push(index.reviews.finishSigning(study, later(3_600_000)));
    }
    if (batch.length > 1000) await Promise.all(batch.splice(0));
  }
  await Promise.all(batch);
  const figures = await index.dashboard();
  if (figures.states.analysed !== studies * 0.98 || figures.toRead !== 3000 || figures.senders.length < 20) throw new Error('the dashboard counts wrong');

  async function time(what: string, work: () => Promise<unknown>): Promise<void> {
    const taken: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      const from = performance.now();
      await work();
      taken.push(performance.now() - from);
    }
    taken.sort((a, b) => a - b);
    console.log(`${what}: median ${taken[runs >> 1]!.toFixed(1)} ms, p99 ${taken[Math.ceil(0.99 * runs) - 1]!.toFixed(1)} ms (${studies} studies, ${runs} runs)`);
  }
  await time('dashboard', () => index.dashboard());
  await time('worklist, 100 rows by urgency', () => index.worklist({ limit: 100, offset: 0 }));
  await time('worklist, to be read', () => index.worklist({ limit: 100, offset: 0, reviewStates: ['unread'] }));
  await time('worklist, search', () => index.worklist({ limit: 100, offset: 0, search: 'nguyen' }));
  await index.close();
  await rm(folder, { recursive: true, force: true });
}
