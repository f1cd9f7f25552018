/** 20,000 studies: not how fast, which depends on the machine, but by which index, which does not. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tag, type Keyword } from '../../src/dicom/tags.ts';
import { compileQuery, type CompiledQuery } from '../../src/index/qido-query.ts';
import { sqliteDialect } from '../../src/index/sqlite-dialect.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { compilePage, compileTotal } from '../../src/index/worklist-query.ts';
import type { StudyIndex, WorklistQuery } from '../../src/index/port.ts';
import { allStates } from '../../src/study/types.ts';
import { findings, record } from './records.ts';

const studyCount = 20_000;
const families = ['Nguyễn', 'Trần', 'Lê', 'Phạm', 'Hoàng', 'Huỳnh', 'Phan', 'Vũ', 'Đặng', 'Bùi'];

describe('with 20,000 studies', () => {
  let folder: string;
  let index: StudyIndex;
  let reader: DatabaseSync;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-plans-'));
    index = await openSqliteIndex(join(folder, 'index.sqlite'));
    await Promise.all(Array.from({ length: studyCount }, async (_, at) => {
      const study = `1.2.${at}`;
      await index.addInstance(record({ study, receivedAt: new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString(), attributes: {
        PatientName: [`${families[at % families.length]}^Văn ${at}`], PatientID: [`BN-${String(at).padStart(7, '0')}`], AccessionNumber: [`ACC${at}`],
        StudyDate: [`2026${String(1 + at % 12).padStart(2, '0')}15`], Modality: [at % 20 === 0 ? 'MR' : 'CT'],
      } }));
      if (at % 4 === 0) {
        await index.addAnalysis(study, { jobId: `j${at}`, findings: findings(study, at % 3 === 0 ? [] : [[4 + at % 26, 0.5 + (at % 50) / 100]]), createdAt: '2026-01-02T04:00:00.000Z', objects: [] });
        await index.setState(study, 'analysed');
      }
    }));
    reader = new DatabaseSync(join(folder, 'index.sqlite'), { readOnly: true });
  });
  afterAll(async () => {
    reader.close();
    await index.close();
    await rm(folder, { recursive: true, force: true });
  });

  function planOf({ sql, parameters }: CompiledQuery): string {
    return reader.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters.map((value) => (typeof value === 'object' ? JSON.stringify(value) : value))).map((row) => String(row['detail'])).join('\n');
  }
  const qido = (level: 'study' | 'series' | 'instance', keys: Readonly<Partial<Record<Keyword, string>>>, fuzzyMatching = false): string => planOf(compileQuery(level, {
    match: Object.fromEntries(Object.entries(keys).map(([keyword, value]) => [tag(keyword as Keyword), value])), fuzzyMatching, limit: 100, offset: 0,
  }, sqliteDialect));
  const at = '2026-01-01T00:00:00.000Z';
  const worklist = (query: WorklistQuery, total = 0): Readonly<Record<'page' | 'total', CompiledQuery>> => (
    { page: compilePage(query, sqliteDialect, at, total), total: compileTotal(query, sqliteDialect, at) });

  it('a page by urgency walks its index and sorts nothing but the page', () => {
    const plan = planOf(worklist({ limit: 50, offset: 10_000 }).page);
    expect(plan).toContain('SCAN s USING COVERING INDEX studies_by_urgency');
    expect(plan).toContain('SEARCH s USING INTEGER PRIMARY KEY');
    // One sort: the rows of the page, put back in order after the look-up.
    expect(plan.match(/TEMP B-TREE/gu)?.length ?? 0).toBeLessThanOrEqual(2);
    expect(plan.indexOf('TEMP B-TREE FOR ORDER BY')).toBeGreaterThan(plan.indexOf('SEARCH s USING INTEGER PRIMARY KEY'));
  });

  it('a page of one state and a page by arrival walk theirs', () => {
    expect(planOf(worklist({ limit: 50, offset: 0, states: ['analysed'] }).page)).toContain('SEARCH s USING COVERING INDEX studies_by_state (state=?)');
    expect(planOf(worklist({ limit: 50, offset: 0, order: 'received' }).page)).toContain('USING COVERING INDEX studies_by_received');
    expect(planOf(worklist({ limit: 50, offset: 0, states: [...allStates].slice(0, 3) }).page)).toMatch(/COVERING INDEX studies_by_(urgency|state)/u);
  });

  it('counting reads an index only', () => {
    expect(planOf(worklist({ limit: 50, offset: 0 }).total)).toMatch(/USING COVERING INDEX/u);
    expect(planOf(worklist({ limit: 50, offset: 0, states: ['failed'] }).total)).toMatch(/SEARCH s USING COVERING INDEX studies_by_state/u);
  });

  it('searching goes through the word index', () => {
    const plan = planOf(worklist({ limit: 50, offset: 0, search: 'nguyen 123' }).page);
    expect(plan).toContain('SCAN study_search VIRTUAL TABLE INDEX');
    expect(plan).not.toMatch(/SCAN s$/mu);
    // A search that finds very many walks the list instead of sorting them, and counts them without looking at studies.
    const many = worklist({ limit: 50, offset: 0, search: 'nguyen' }, 20_000);
    expect(planOf(many.page)).toContain('SCAN s USING COVERING INDEX studies_by_urgency');
    expect(planOf(many.total)).not.toMatch(/(?:SCAN|SEARCH) s /u);
  });

  it.each([
    ['StudyInstanceUID', '1.2.3,1.2.4', 'sqlite_autoindex_studies_1'],
    ['PatientID', 'BN-0000007', 'studies_by_patient_id'],
    ['AccessionNumber', 'ACC7', 'studies_by_accession_number'],
    ['AccessionNumber', 'ACC7*', 'studies_by_accession_number'],
    ['StudyDate', '20260115-20260116', 'studies_by_study_date'],
  ] as const)('QIDO by %s=%s uses its index', (keyword, value, name) => {
    expect(qido('study', { [keyword]: value })).toContain(name);
  });

  it('QIDO below the study starts from the study', () => {
    expect(qido('series', { StudyInstanceUID: '1.2.3' })).not.toMatch(/SCAN [sr]$/mu);
    expect(qido('instance', { StudyInstanceUID: '1.2.3', SeriesInstanceUID: '1.2.3.1' })).not.toMatch(/SCAN [sri]$/mu);
    expect(qido('study', { PatientName: 'nguyen' }, true)).toContain('study_search VIRTUAL TABLE INDEX');
  });

  it('the pages and the total are right', async () => {
    const { total, items } = await index.worklist({ limit: 50, offset: 10_000 });
    expect(total).toBe(studyCount);
    const sizes = items.map(({ largestDiameterMm }) => largestDiameterMm ?? -1);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect((await index.worklist({ limit: 5, offset: 0, search: 'dang van 19998' })).items.map(({ patientID }) => patientID)).toEqual(['BN-0019998']);
    expect((await index.worklist({ limit: 5, offset: 0, search: 'nguyen' })).total).toBe(studyCount / families.length);
  });
});
