/**
 * QIDO keys as SQL conditions. The text of a condition is chosen from the constants of this file; every value, pattern
 * and tag that came from outside is a bound parameter.
 */
import type { SQLInputValue } from 'node:sqlite';

import { tag, type Keyword } from '../dicom/tags.ts';
import { computedTags, levelOf, type Level } from './attribute-levels.ts';
import { foldedWords, prefixExpression } from './fold-text.ts';
import { asksForEmpty, comparableDate, comparableTime, globPattern, hasWildcard, isUniversal, listOf, rangeOf } from './match-values.ts';

export interface Condition {
  readonly level: Level;
  readonly sql: string;
  readonly parameters: readonly SQLInputValue[];
  /** It reads the header of the instance (alias h). */
  readonly needsHeader?: boolean;
}

type Kind = 'uid' | 'code' | 'text' | 'date' | 'time' | 'name' | 'number';

interface Column {
  readonly level: Level;
  readonly sql: string;
  readonly kind: Kind;
}

/** Attributes with a column of their own, under the aliases s (study), r (series) and i (instance). */
const columns: Readonly<Partial<Record<Keyword, Column>>> = {
  StudyInstanceUID: { level: 'study', sql: 's.study_uid', kind: 'uid' },
  PatientID: { level: 'study', sql: 's.patient_id', kind: 'text' },
  AccessionNumber: { level: 'study', sql: 's.accession_number', kind: 'text' },
  StudyID: { level: 'study', sql: 's.study_id', kind: 'text' },
  StudyDescription: { level: 'study', sql: 's.study_description', kind: 'text' },
  StudyDate: { level: 'study', sql: 's.study_date', kind: 'date' },
  StudyTime: { level: 'study', sql: 's.study_time', kind: 'time' },
  PatientName: { level: 'study', sql: 's.patient_name', kind: 'name' },
  SeriesInstanceUID: { level: 'series', sql: 'r.series_uid', kind: 'uid' },
  Modality: { level: 'series', sql: 'r.modality', kind: 'code' },
  SeriesNumber: { level: 'series', sql: 'r.series_number', kind: 'number' },
  SOPInstanceUID: { level: 'instance', sql: 'i.sop_uid', kind: 'uid' },
  SOPClassUID: { level: 'instance', sql: 'i.sop_class_uid', kind: 'uid' },
  InstanceNumber: { level: 'instance', sql: 'i.instance_number', kind: 'number' },
};
const columnByTag = new Map(Object.entries(columns).map(([keyword, column]) => [tag(keyword as Keyword), column]));

/** Lists travel as one JSON parameter, so that the statement's text does not depend on their length. */
const oneOf = (sql: string): string => `${sql} IN (SELECT value FROM json_each(?))`;

function rangeCondition(sql: string, key: string, comparable: (text: string, fill: '0' | '9') => string): Pick<Condition, 'sql' | 'parameters'> {
  const { from, to } = rangeOf(key, comparable);
  // The lower bound '' would let studies without a date into every range.
  return to === undefined
    ? { sql: `${sql} >= ?`, parameters: [from ?? '0'] }
    : { sql: `${sql} BETWEEN ? AND ?`, parameters: [from ?? '0', to] };
}

function nameCondition(sql: string, key: string, fuzzy: boolean): Pick<Condition, 'sql' | 'parameters'> {
  if (!fuzzy) return { sql: `phoi_matches_name(${sql}, ?) = 1`, parameters: [key] };
  const words = foldedWords(key);
  if (words.length === 0) return { sql: '1 = 1', parameters: [] };
  return { sql: 's.id IN (SELECT rowid FROM study_search WHERE study_search MATCH ?)', parameters: [prefixExpression(words, 'name')] };
}

function textCondition(sql: string, values: readonly string[]): Pick<Condition, 'sql' | 'parameters'> {
  if (!values.some(hasWildcard)) {
    return values.length === 1 ? { sql: `${sql} = ?`, parameters: [values[0] ?? ''] } : { sql: oneOf(sql), parameters: [JSON.stringify(values)] };
  }
  return values.length === 1
    ? { sql: `${sql} GLOB ?`, parameters: [globPattern(values[0] ?? '')] }
    : { sql: `EXISTS (SELECT 1 FROM json_each(?) AS key WHERE ${sql} GLOB key.value)`, parameters: [JSON.stringify(values.map(globPattern))] };
}

function columnCondition({ sql, kind }: Column, key: string, fuzzy: boolean): Pick<Condition, 'sql' | 'parameters'> {
  if (asksForEmpty(key)) return { sql: kind === 'number' ? `${sql} IS NULL` : `${sql} = ''`, parameters: [] };
  switch (kind) {
    case 'uid': return { sql: oneOf(sql), parameters: [JSON.stringify(listOf(key, true))] };
    case 'code': return textCondition(sql, listOf(key, true));
    case 'text': return textCondition(sql, listOf(key, false));
    case 'number': return { sql: oneOf(sql), parameters: [JSON.stringify(listOf(key, true).map(Number))] };
    case 'date': return rangeCondition(sql, key, comparableDate);
    case 'time': return rangeCondition(sql, key, comparableTime);
    case 'name': return nameCondition(sql, key, fuzzy);
  }
}

const holders: Readonly<Record<Level, string>> = { study: 's.attributes', series: 'r.attributes', instance: 'h.header' };

function headerCondition(path: string, key: string, fuzzy: boolean): Condition {
  const level = levelOf(path.split('.')[0] ?? '');
  return { level, sql: `phoi_matches(${holders[level]}, ?, ?, ?) = 1`, parameters: [path, key, fuzzy ? 1 : 0], needsHeader: level === 'instance' };
}

/** The condition of one key, or undefined where it matches everything. `path` is a tag, or tags joined by dots. */
export function conditionFor(path: string, key: string, fuzzy: boolean): Condition | undefined {
  if (isUniversal(key)) return undefined;
  switch (path) {
    case computedTags.modalitiesInStudy: {
      const match = textCondition('m.modality', listOf(key, true));
      return { level: 'study', sql: `s.id IN (SELECT m.study_id FROM series m WHERE ${match.sql})`, parameters: match.parameters };
    }
    case computedTags.sopClassesInStudy:
      return { level: 'study', sql: `EXISTS (SELECT 1 FROM instances c WHERE c.study_id = s.id AND ${oneOf('c.sop_class_uid')})`, parameters: [JSON.stringify(listOf(key, true))] };
    case computedTags.numberOfStudyRelatedSeries: return { level: 'study', sql: 's.series_count = ?', parameters: [Number(key)] };
    case computedTags.numberOfStudyRelatedInstances: return { level: 'study', sql: 's.instance_count = ?', parameters: [Number(key)] };
    case computedTags.numberOfSeriesRelatedInstances: return { level: 'series', sql: 'r.instance_count = ?', parameters: [Number(key)] };
    case computedTags.instanceAvailability: return key.trim() === 'ONLINE' ? undefined : { level: 'study', sql: '1 = 0', parameters: [] };
    default: {
      const column = columnByTag.get(path);
      return column === undefined ? headerCondition(path, key, fuzzy) : { level: column.level, ...columnCondition(column, key, fuzzy) };
    }
  }
}
