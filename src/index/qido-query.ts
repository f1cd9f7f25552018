/** QIDO-RS answers (PS3.18 10.6) from the index: matching, stable paging, computed attributes. */
import type { Dataset, DicomElement } from '../dicom/dataset.ts';
import { tag } from '../dicom/tags.ts';
import { computedTags, type Level } from './attribute-levels.ts';
import { decodeHeader } from './header-codec.ts';
import type { QidoQuery } from './port.ts';
import { isUniversal } from './match-values.ts';
import { conditionFor, type Condition } from './qido-conditions.ts';
import { bytesColumn, jsonColumn, numberColumn, textColumn, type Row } from './rows.ts';
import { ofSites } from './site-store.ts';
import type { Dialect, IndexDatabase, SqlValue } from './sql.ts';

const order: readonly Level[] = ['study', 'series', 'instance'];

const headers = 'JOIN instance_headers h ON h.instance_id = i.id';

/** Rows of a lower level that must exist for a match above it: one and the same row has to satisfy all its keys. */
const lowerLevels: Readonly<Record<'series' | 'instance', Readonly<Partial<Record<Level, { readonly source: string; readonly owner: string }>>>>> = {
  series: { study: { source: 'series r', owner: 'r.study_id' } },
  instance: {
    study: { source: `instances i ${headers}`, owner: 'i.study_id' },
    series: { source: `instances i ${headers}`, owner: 'i.series_id' },
  },
};

const sources: Readonly<Record<Level, string>> = {
  study: 'studies s',
  series: 'series r JOIN studies s ON s.id = r.study_id',
  instance: 'instances i JOIN series r ON r.id = i.series_id JOIN studies s ON s.id = i.study_id',
};
const identities: Readonly<Record<Level, string>> = { study: 's.id', series: 'r.id', instance: 'i.id' };
/** How the row of a match is found again from its identity. */
const details: Readonly<Record<Level, string>> = {
  study: 'studies s ON s.id = page.id',
  series: 'series r ON r.id = page.id JOIN studies s ON s.id = r.study_id',
  instance: `instances i ON i.id = page.id JOIN series r ON r.id = i.series_id JOIN studies s ON s.id = i.study_id ${headers}`,
};

/** Total orders, so that pages neither overlap nor skip: newest study first, then the order of the reading. */
const orders: Readonly<Record<Level, string>> = {
  study: 's.id DESC',
  series: 's.id DESC, r.series_number NULLS FIRST, r.id',
  instance: 's.id DESC, r.series_number NULLS FIRST, r.id, i.instance_number NULLS FIRST, i.id',
};

function resultsOf(level: Level, { jsonListOf }: Dialect): string {
  switch (level) {
    case 'study': return `s.study_uid, s.attributes, s.series_count, s.instance_count,
      ${jsonListOf('m.modality', "series m WHERE m.study_id = s.id AND m.modality <> ''")} AS modalities,
      ${jsonListOf('c.sop_class_uid', 'instances c WHERE c.study_id = s.id')} AS sop_classes`;
    case 'series': return 's.study_uid, s.attributes AS study_attributes, r.series_uid, r.attributes, r.instance_count';
    case 'instance': return 'h.header';
  }
}

/**
 * Objects of a superseded result (IHE IOCM: rejected) are left out: of an earlier analysis, and not of the newest. Asked
 * for by the UID of the instance or its series they are found, and they can be retrieved as ever.
 */
function standing(instance: string, { jsonItems }: Dialect): string {
  const ofItsAnalyses = `FROM analyses a, ${jsonItems('a.objects', 'o')} WHERE a.study_id = ${instance}.study_id AND o.value ->> 'sopInstanceUID' = ${instance}.sop_uid`;
  const newest = `(SELECT max(version) FROM analyses n WHERE n.study_id = ${instance}.study_id)`;
  return `(${instance}.own = 0 OR NOT EXISTS (SELECT 1 ${ofItsAnalyses} AND o.value ->> 'role' <> 'rejection' AND a.version < ${newest})
    OR EXISTS (SELECT 1 ${ofItsAnalyses} AND a.version = ${newest}))`;
}

function standingRows(level: Level, dialect: Dialect): string | undefined {
  switch (level) {
    case 'study': return undefined;
    case 'series': return `(r.own = 0 OR EXISTS (SELECT 1 FROM instances v WHERE v.series_id = r.id AND ${standing('v', dialect)}))`;
    case 'instance': return standing('i', dialect);
  }
}

function leavesOutSuperseded(query: QidoQuery): boolean {
  const unique: readonly string[] = [tag('SOPInstanceUID'), tag('SeriesInstanceUID')];
  return !Object.entries(query.match).some(([path, key]) => unique.includes(path.toUpperCase()) && !isUniversal(key));
}

export interface CompiledQuery {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

interface Filter {
  readonly level: Level;
  /** Of this level and those above it: the row itself is looked at. */
  readonly own: readonly Condition[];
  /** Of each level below: a row of it must be found. */
  readonly below: readonly { readonly level: 'series' | 'instance'; readonly conditions: readonly Condition[] }[];
  /** Superseded objects, where they are left out. */
  readonly standing: string | undefined;
}

function filterOf(level: Level, query: QidoQuery, dialect: Dialect): Filter {
  const depth = order.indexOf(level);
  const conditions = Object.entries(query.match)
    .map(([path, key]) => conditionFor(path.toUpperCase(), key, query.fuzzyMatching, dialect))
    .filter((condition) => condition !== undefined);
  return {
    level,
    own: [
      ...conditions.filter((condition) => order.indexOf(condition.level) <= depth),
      ...(query.sites === undefined ? [] : [{ level: 'study' as const, ...ofSites(query.sites) }]),
    ],
    below: (['series', 'instance'] as const).filter((lower) => order.indexOf(lower) > depth)
      .map((lower) => ({ level: lower, conditions: conditions.filter((condition) => condition.level === lower) }))
      .filter((lower) => lower.conditions.length > 0),
    standing: leavesOutSuperseded(query) ? standingRows(level, dialect) : undefined,
  };
}

const testsOf = (conditions: readonly Condition[]) => conditions.flatMap(({ test }) => (test === undefined ? [] : [test]));
const textOf = (conditions: readonly Condition[]): string => conditions.map(({ sql }) => sql).join(' AND ');
const parametersOf = (conditions: readonly Condition[]): readonly SqlValue[] => conditions.flatMap(({ parameters }) => parameters);

/** The identities of the rows that SQL finds fit, in order, with the columns that the tests read. Limit and offset are left open. */
function candidatesOf({ level, own, below, standing: notSuperseded }: Filter): CompiledQuery {
  const parts = [...(notSuperseded === undefined ? [] : [notSuperseded]), ...own.map(({ sql }) => sql)];
  for (const lower of below) {
    const rows = lowerLevels[lower.level][level];
    if (rows !== undefined) parts.push(`EXISTS (SELECT 1 FROM ${rows.source} WHERE ${rows.owner} = ${identities[level]} AND ${textOf(lower.conditions)})`);
  }
  const tests = testsOf(own);
  const columns = [`${identities[level]} AS id`, ...tests.map(({ column }, at) => `${column} AS value${at}`)];
  const withHeaders = level === 'instance' && tests.some(({ column }) => column.startsWith('h.')) ? headers : '';
  return {
    sql: `SELECT ${columns.join(', ')} FROM ${sources[level]} ${withHeaders} ${parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`} ORDER BY ${orders[level]} LIMIT ? OFFSET ?`,
    parameters: [...parametersOf(own), ...below.flatMap(({ conditions }) => parametersOf(conditions))],
  };
}

/** What the page says, once it is known which rows are on it: sorting never carries a header along. */
function pageOf(level: Level, page: string, dialect: Dialect): string {
  return `WITH page AS MATERIALIZED (${page}) SELECT ${resultsOf(level, dialect)} FROM page ${dialect.orderedJoin} ${details[level]} ORDER BY ${orders[level]}`;
}

/** The statement for a query at one level that SQL can answer alone; exported for the tests that look at its plan. */
export function compileQuery(level: Level, query: QidoQuery, dialect: Dialect): CompiledQuery {
  const { sql, parameters } = candidatesOf(filterOf(level, query, dialect));
  return { sql: pageOf(level, sql, dialect), parameters: [...parameters, query.limit, query.offset] };
}

const count = (value: number): DicomElement => ({ vr: 'IS', Value: [value] });
const online: DicomElement = { vr: 'CS', Value: ['ONLINE'] };
const uid = (value: string): DicomElement => ({ vr: 'UI', Value: [value] });
const list = (vr: string, values: readonly string[]): DicomElement => (values.length === 0 ? { vr } : { vr, Value: [...values].sort() });

function studyAnswer(row: Row): Dataset {
  return {
    ...(jsonColumn(row, 'attributes') as Dataset),
    [tag('StudyInstanceUID')]: uid(textColumn(row, 'study_uid')),
    [computedTags.instanceAvailability]: online,
    [computedTags.modalitiesInStudy]: list('CS', (jsonColumn(row, 'modalities') as string[])),
    [computedTags.sopClassesInStudy]: list('UI', (jsonColumn(row, 'sop_classes') as string[])),
    [computedTags.numberOfStudyRelatedSeries]: count(numberColumn(row, 'series_count')),
    [computedTags.numberOfStudyRelatedInstances]: count(numberColumn(row, 'instance_count')),
  };
}

function seriesAnswer(row: Row): Dataset {
  return {
    ...(jsonColumn(row, 'study_attributes') as Dataset),
    ...(jsonColumn(row, 'attributes') as Dataset),
    [tag('StudyInstanceUID')]: uid(textColumn(row, 'study_uid')),
    [tag('SeriesInstanceUID')]: uid(textColumn(row, 'series_uid')),
    [computedTags.instanceAvailability]: online,
    [computedTags.numberOfSeriesRelatedInstances]: count(numberColumn(row, 'instance_count')),
  };
}

function instanceAnswer(row: Row): Dataset {
  return { ...decodeHeader(bytesColumn(row, 'header')), [computedTags.instanceAvailability]: online };
}

const answers: Readonly<Record<Level, (row: Row) => Dataset>> = { study: studyAnswer, series: seriesAnswer, instance: instanceAnswer };

const firstBatch = 500;
const lowerBatch = 200;

const passes = (row: Row, conditions: readonly Condition[]): boolean => testsOf(conditions).every((test, at) => test.passes(row[`value${at}`]));

/** True when one row below fits all of the conditions of its level. */
async function hasRowBelow({ read }: IndexDatabase, level: Level, id: number, { level: lower, conditions }: Filter['below'][number]): Promise<boolean> {
  const rows = lowerLevels[lower][level];
  if (rows === undefined || testsOf(conditions).length === 0) return true;
  const columns = testsOf(conditions).map(({ column }, at) => `${column} AS value${at}`).join(', ');
  const sql = `SELECT ${columns} FROM ${rows.source} WHERE ${rows.owner} = ? AND ${textOf(conditions)} ORDER BY ${identities[lower]} LIMIT ? OFFSET ?`;
  for (let offset = 0; ; offset += lowerBatch) {
    const found = await read.all(sql, id, ...parametersOf(conditions), lowerBatch, offset);
    if (found.some((row) => passes(row, conditions))) return true;
    if (found.length < lowerBatch) return false;
  }
}

/** The page's identities where SQL's candidates have to be looked at one by one. */
async function lookThrough(database: IndexDatabase, filter: Filter, { limit, offset }: QidoQuery): Promise<readonly number[]> {
  const { sql, parameters } = candidatesOf(filter);
  // A study that arrives meanwhile moves the others down: what was seen already comes again.
  const seen = new Set<number>();
  const matches: number[] = [];
  for (let from = 0, batch = firstBatch; matches.length < offset + limit; from += batch, batch *= 2) {
    const candidates = await database.read.all(sql, ...parameters, batch, from);
    for (const row of candidates) {
      const id = numberColumn(row, 'id');
      if (seen.has(id) || !passes(row, filter.own)) continue;
      seen.add(id);
      const fits = await Promise.all(filter.below.map((lower) => hasRowBelow(database, filter.level, id, lower)));
      if (fits.every(Boolean)) matches.push(id);
      if (matches.length === offset + limit) break;
    }
    if (candidates.length < batch) break;
  }
  return matches.slice(offset, offset + limit);
}

/** The matches of the query at the level, in a total order. */
export async function runQuery(database: IndexDatabase, level: Level, query: QidoQuery): Promise<readonly Dataset[]> {
  const { dialect, read } = database;
  const filter = filterOf(level, query, dialect);
  const needsLook = [...filter.own, ...filter.below.flatMap(({ conditions }) => conditions)].some(({ test }) => test !== undefined);
  if (!needsLook) {
    const { sql, parameters } = compileQuery(level, query, dialect);
    return (await read.all(sql, ...parameters)).map(answers[level]);
  }
  const ids = await lookThrough(database, filter, query);
  if (ids.length === 0) return [];
  const page = pageOf(level, `SELECT ${identities[level]} AS id FROM ${sources[level]} WHERE ${dialect.oneOf(identities[level], 'id')}`, dialect);
  return (await read.all(page, ids)).map(answers[level]);
}
