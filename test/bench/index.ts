/**
 * QIDO and the worklist on an index of many instances, on SQLite and PostgreSQL: milliseconds, median and 99th percentile.
 * `--instances=N` (default 1,000,000, 250 a study) and `--databases=sqlite,postgres`. The first instance of each study
 * comes in as any other; the rest are copies of its rows, written in bulk, so that the bench takes minutes.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { tag, type Keyword } from '../../src/dicom/tags.ts';
import { openPostgresIndex } from '../../src/index/postgres-index.ts';
import type { QidoQuery, StudyIndex, WorklistQuery } from '../../src/index/port.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { silentLog } from '../../src/log.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { findings, record } from '../index/records.ts';
import { printTable } from './table.ts';

const perStudy = 250;
const runs = 200;
const families = ['Nguyễn', 'Trần', 'Lê', 'Phạm', 'Hoàng', 'Huỳnh', 'Phan', 'Vũ', 'Đặng', 'Bùi'];

/** SQL that gives every study `perStudy` instances; `numbers` is a table of the numbers to add. */
const copies = (numbers: string): readonly string[] => [
  `INSERT INTO instances (sop_uid, sop_class_uid, study_id, series_id, transfer_syntax_uid, instance_number, blob_key, size_bytes, sha256, received_at, own, placement)
    SELECT i.sop_uid || '.' || n, i.sop_class_uid, i.study_id, i.series_id, i.transfer_syntax_uid, n, i.blob_key || n, i.size_bytes, i.sha256 || n, i.received_at, 0, i.placement
    FROM instances i, ${numbers} WHERE i.own = 0`,
  `INSERT INTO instance_headers (instance_id, header) SELECT i.id, h.header FROM instances i JOIN instances f ON f.series_id = i.series_id AND f.instance_number = 1
    JOIN instance_headers h ON h.instance_id = f.id WHERE i.instance_number > 1`,
  `UPDATE series SET instance_count = ${perStudy}`,
  `UPDATE studies SET instance_count = ${perStudy}`,
];

interface Bench {
  readonly name: string;
  readonly index: StudyIndex;
  /** Writes the copies. */
  fill(): Promise<void>;
  close(): Promise<void>;
}

async function openSqlite(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-bench-index-'));
  const path = join(folder, 'index.sqlite');
  const index = await openSqliteIndex(path);
  return {
    name: 'SQLite', index,
    async fill() {
      const database = new DatabaseSync(path);
      database.exec('PRAGMA synchronous = OFF; BEGIN');
      for (const sql of copies(`(WITH RECURSIVE numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${perStudy}) SELECT n FROM numbers)`)) database.exec(sql);
      database.exec('COMMIT');
      database.close();
    },
    async close() {
      await index.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function openPostgres(): Promise<Bench> {
  const database = await createTestDatabase();
  const index = await openPostgresIndex(database.url, { log: silentLog() });
  return {
    name: 'PostgreSQL', index,
    async fill() {
      for (const sql of copies(`generate_series(2, ${perStudy}) AS numbers(n)`)) await database.query(sql);
      // As autovacuum leaves it.
      await database.query('VACUUM ANALYZE');
    },
    async close() {
      await index.close();
      await database.drop();
    },
  };
}

const uidOf = (study: number): string => `1.2.${study}`;
const two = (value: number): string => String(value).padStart(2, '0');

async function addStudies(index: StudyIndex, studies: number): Promise<void> {
  let batch: Promise<unknown>[] = [];
  for (let at = 0; at < studies; at += 1) {
    const study = uidOf(at);
    batch.push(index.addInstance(record({ study, receivedAt: new Date(Date.UTC(2026, 0, 1) + at * 600_000).toISOString(), attributes: {
      PatientName: [`${families[at % families.length]}^Văn ${at}`], PatientID: [`BN-${String(at).padStart(7, '0')}`], AccessionNumber: [`ACC${at}`],
      StudyDate: [`2026${two(1 + at % 12)}${two(1 + at % 28)}`], Modality: [at % 20 === 0 ? 'MR' : 'CT'],
    } })));
    if (at % 4 !== 0) batch.push(index.addAnalysis(study, { jobId: `j${at}`, findings: findings(study, [[4 + at % 26, 0.5 + (at % 50) / 100]]), createdAt: '2026-01-02T04:00:00.000Z', objects: [] }).then(() => index.setState(study, 'analysed')));
    if (batch.length >= 200) {
      await Promise.all(batch);
      batch = [];
    }
  }
  await Promise.all(batch);
}

/** What is asked, by a number that makes each run another question. */
function questions(index: StudyIndex, studies: number): Readonly<Record<string, (run: number) => Promise<unknown>>> {
  const query = (keys: Readonly<Partial<Record<Keyword, string>>>, more: Partial<QidoQuery> = {}): QidoQuery => ({
    match: Object.fromEntries(Object.entries(keys).map(([keyword, value]) => [tag(keyword as Keyword), value])), fuzzyMatching: false, limit: 100, offset: 0, ...more,
  });
  const some = (run: number): number => (run * 7919) % studies;
  const list = (more: Partial<WorklistQuery> = {}): Promise<unknown> => index.worklist({ limit: 100, offset: 0, ...more });
  return {
    'QIDO: the newest 100 studies': () => index.queryStudies(query({})),
    'QIDO: studies by Patient ID': (run) => index.queryStudies(query({ PatientID: `BN-${String(some(run)).padStart(7, '0')}` })),
    'QIDO: studies of a day': (run) => index.queryStudies(query({ StudyDate: `2026${two(1 + run % 12)}${two(1 + run % 28)}` })),
    'QIDO: studies by name with a wildcard': (run) => index.queryStudies(query({ PatientName: `${families[run % families.length]}*` })),
    'QIDO: studies by name, fuzzy': (run) => index.queryStudies(query({ PatientName: `nguyen ${some(run)}` }, { fuzzyMatching: true })),
    'QIDO: studies by modality': () => index.queryStudies(query({ ModalitiesInStudy: 'MR' })),
    'QIDO: series of a study': (run) => index.querySeries(query({ StudyInstanceUID: uidOf(some(run)) })),
    'QIDO: instances of a series': (run) => index.queryInstances(query({ StudyInstanceUID: uidOf(some(run)), SeriesInstanceUID: `${uidOf(some(run))}.1` })),
    'QIDO: one instance by its UID': (run) => index.queryInstances(query({ SOPInstanceUID: `${uidOf(some(run))}.1.1.77` })),
    'Worklist: the first page': () => list(),
    'Worklist: a page in the middle': (run) => list({ offset: some(run) }),
    'Worklist: one state': () => list({ states: ['analysed'] }),
    'Worklist: search for a family name': () => list({ search: 'nguyen' }),
    'Worklist: search for a patient': (run) => list({ search: `van ${some(run)}` }),
    'Study with everything': (run) => index.study(uidOf(some(run))),
  };
}

async function time(work: (run: number) => Promise<unknown>): Promise<readonly [median: string, p99: string]> {
  const taken: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const from = performance.now();
    await work(run);
    taken.push(performance.now() - from);
  }
  taken.sort((a, b) => a - b);
  return [taken[runs >> 1]!.toFixed(1), taken[Math.ceil(0.99 * runs) - 1]!.toFixed(1)];
}

const databases: Readonly<Record<string, () => Promise<Bench>>> = { sqlite: openSqlite, postgres: openPostgres };

export async function benchIndex(): Promise<void> {
  const { values } = parseArgs({ args: process.argv.slice(2), strict: false, options: { instances: { type: 'string' }, databases: { type: 'string' } } });
  const studies = Math.max(1, Math.round(Number(values.instances ?? 1_000_000) / perStudy));
  const rows = new Map<string, string[]>();
  const head = ['ms'];
  for (const name of String(values.databases ?? 'sqlite,postgres').split(',')) {
    const bench = await databases[name]!();
    try {
      await addStudies(bench.index, studies);
      await bench.fill();
      head.push(`${bench.name}: median`, 'p99');
      for (const [what, work] of Object.entries(questions(bench.index, studies))) rows.set(what, [...rows.get(what) ?? [], ...await time(work)]);
    } finally {
      await bench.close();
    }
  }
  console.log(`${studies * perStudy} instances in ${studies} studies, ${runs} runs each`);
  printTable(head, [...rows].map(([what, figures]) => [what, ...figures]));
}
