/** QIDO-RS answers (PS3.18 10.6) from the index: matching, stable paging, computed attributes. */
import type { SQLInputValue } from 'node:sqlite';

import type { Dataset, DicomElement } from '../dicom/dataset.ts';
import { tag } from '../dicom/tags.ts';
import { computedTags, type Level } from './attribute-levels.ts';
import type { IndexDatabase } from './database.ts';
import { decodeHeader } from './header-codec.ts';
import type { QidoQuery } from './port.ts';
import { conditionFor, type Condition } from './qido-conditions.ts';
import { bytesColumn, jsonColumn, numberColumn, textColumn, type Row } from './rows.ts';

const order: readonly Level[] = ['study', 'series', 'instance'];

const headers = 'JOIN instance_headers h ON h.instance_id = i.id';

/** Rows of a lower level that must exist for a match above it: one and the same row has to satisfy all its keys. */
const lowerLevels: Readonly<Record<'series' | 'instance', Readonly<Partial<Record<Level, string>>>>> = {
  series: { study: 'SELECT 1 FROM series r WHERE r.study_id = s.id' },
  instance: {
    study: `SELECT 1 FROM instances i ${headers} WHERE i.study_id = s.id`,
    series: `SELECT 1 FROM instances i ${headers} WHERE i.series_id = r.id`,
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
  series: 's.id DESC, r.series_number, r.id',
  instance: 's.id DESC, r.series_number, r.id, i.instance_number, i.id',
};

const results: Readonly<Record<Level, string>> = {
  study: `s.study_uid, s.attributes, s.series_count, s.instance_count,
    (SELECT json_group_array(DISTINCT m.modality) FROM series m WHERE m.study_id = s.id AND m.modality <> '') AS modalities,
    (SELECT json_group_array(DISTINCT c.sop_class_uid) FROM instances c WHERE c.study_id = s.id) AS sop_classes`,
  series: 's.study_uid, s.attributes AS study_attributes, r.series_uid, r.attributes, r.instance_count',
  instance: 'h.header',
};

export interface CompiledQuery {
  readonly sql: string;
  readonly parameters: readonly SQLInputValue[];
}

function whereOf(level: Level, conditions: readonly Condition[]): { readonly sql: string; readonly parameters: SQLInputValue[] } {
  const depth = order.indexOf(level);
  const parts: string[] = [];
  const parameters: SQLInputValue[] = [];
  for (const { sql, parameters: own } of conditions.filter((condition) => order.indexOf(condition.level) <= depth)) {
    parts.push(sql);
    parameters.push(...own);
  }
  for (const lower of ['series', 'instance'] as const) {
    const those = conditions.filter((condition) => condition.level === lower);
    const source = lowerLevels[lower][level];
    if (order.indexOf(lower) <= depth || those.length === 0 || source === undefined) continue;
    parts.push(`EXISTS (${source} AND ${those.map(({ sql }) => sql).join(' AND ')})`);
    parameters.push(...those.flatMap((condition) => condition.parameters));
  }
  return { sql: parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`, parameters };
}

/** The statement for a query at one level; exported for the tests that look at its plan. */
export function compileQuery(level: Level, query: QidoQuery): CompiledQuery {
  const conditions = Object.entries(query.match)
    .map(([path, key]) => conditionFor(path.toUpperCase(), key, query.fuzzyMatching))
    .filter((condition) => condition !== undefined);
  const where = whereOf(level, conditions);
  const withHeaders = level === 'instance' && conditions.some(({ needsHeader }) => needsHeader === true) ? headers : '';
  // First which matches make the page, then what they say: sorting never carries a header along.
  return {
    sql: `WITH page AS MATERIALIZED (SELECT ${identities[level]} AS id FROM ${sources[level]} ${withHeaders} ${where.sql} ORDER BY ${orders[level]} LIMIT ? OFFSET ?)
      SELECT ${results[level]} FROM page CROSS JOIN ${details[level]} ORDER BY ${orders[level]}`,
    parameters: [...where.parameters, query.limit, query.offset],
  };
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

/** The matches of the query at the level, in a total order. */
export function runQuery({ statement }: Pick<IndexDatabase, 'statement'>, level: Level, query: QidoQuery): readonly Dataset[] {
  const { sql, parameters } = compileQuery(level, query);
  return statement(sql).all(...parameters).map(answers[level]);
}
