/**
 * QIDO keys as SQL conditions. The text of a condition is chosen from the constants of this file; every value, pattern
 * and tag that came from outside is a bound parameter.
 */
import { tag, type Keyword } from '../dicom/tags.ts';
import { computedTags, levelOf, type Level } from './attribute-levels.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { elementAt } from './element-at.ts';
import { foldedWords } from './fold-text.ts';
import { decodeHeader } from './header-codec.ts';
import { asksForEmpty, comparableDate, comparableName, comparableTime, hasWildcard, isUniversal, listOf, matchesElement, matchesName, rangeOf } from './match-values.ts';
import type { Dialect, SqlValue } from './sql.ts';

/** What SQL cannot say of a row: the value of a column, and whether it will do. */
export interface Test {
  readonly column: string;
  readonly passes: (value: unknown) => boolean;
}

export interface Condition {
  readonly level: Level;
  /** Necessary; where there is a test, not sufficient. */
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
  readonly test?: Test;
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
/** Literal pieces of a name that narrow a search; more of them narrow it no further. */
const mostPieces = 5;

const columnByTag = new Map(Object.entries(columns).map(([keyword, column]) => [tag(keyword as Keyword), column]));

type Match = Omit<Condition, 'level'>;

const everything: Match = { sql: '1 = 1', parameters: [] };

function rangeCondition(sql: string, key: string, comparable: (text: string, fill: '0' | '9') => string): Match {
  const { from, to } = rangeOf(key, comparable);
  // The lower bound '' would let studies without a date into every range.
  return to === undefined
    ? { sql: `${sql} >= ?`, parameters: [from ?? '0'] }
    : { sql: `${sql} BETWEEN ? AND ?`, parameters: [from ?? '0', to] };
}

/** The matching of names has rules of its own; what a key says literally must at least stand in the name. */
function nameCondition(column: string, key: string, fuzzy: boolean, dialect: Dialect): Match {
  if (fuzzy) {
    const words = foldedWords(key);
    if (words.length === 0) return everything;
    const { key: studyId, rows } = dialect.searchRows('name');
    return { sql: `s.id IN (SELECT ${studyId} FROM ${rows})`, parameters: [dialect.searchExpression(words, 'name')] };
  }
  const pieces = comparableName(key).split(/[\^=*?]/u).map((piece) => piece.trim()).filter((piece) => piece !== '').slice(0, mostPieces);
  return {
    sql: pieces.length === 0 ? everything.sql : pieces.map(() => dialect.matchesWildcard(column)).join(' AND '),
    parameters: pieces.map((piece) => dialect.wildcardPattern(`*${piece}*`)),
    test: { column, passes: (name) => matchesName(String(name), key) },
  };
}

function textCondition(sql: string, values: readonly string[], dialect: Dialect): Match {
  const { oneOf, matchesWildcard, matchesAnyWildcard, wildcardPattern } = dialect;
  if (!values.some(hasWildcard)) {
    return values.length === 1 ? { sql: `${sql} = ?`, parameters: [values[0] ?? ''] } : { sql: oneOf(sql, 'text'), parameters: [values] };
  }
  return values.length === 1
    ? { sql: matchesWildcard(sql), parameters: [wildcardPattern(values[0] ?? '')] }
    : { sql: matchesAnyWildcard(sql), parameters: [values.map(wildcardPattern)] };
}

function columnCondition({ sql, kind }: Column, key: string, fuzzy: boolean, dialect: Dialect): Match {
  if (asksForEmpty(key)) return { sql: kind === 'number' ? `${sql} IS NULL` : `${sql} = ''`, parameters: [] };
  switch (kind) {
    case 'uid': return { sql: dialect.oneOf(sql, 'text'), parameters: [listOf(key, true)] };
    case 'code': return textCondition(sql, listOf(key, true), dialect);
    case 'text': return textCondition(sql, listOf(key, false), dialect);
    case 'number': return { sql: dialect.oneOf(sql, 'number'), parameters: [listOf(key, true).map(Number)] };
    case 'date': return rangeCondition(sql, key, comparableDate);
    case 'time': return rangeCondition(sql, key, comparableTime);
    case 'name': return nameCondition(sql, key, fuzzy, dialect);
  }
}

const holders: Readonly<Record<Level, string>> = { study: 's.attributes', series: 'r.attributes', instance: 'h.header' };

function headerCondition(path: string, key: string, fuzzy: boolean): Condition {
  const level = levelOf(path.split('.')[0] ?? '');
  const passes = (holder: unknown): boolean => {
    const header = holder instanceof Uint8Array ? decodeHeader(holder) : JSON.parse(String(holder)) as Dataset;
    return elementAt(header, path).some((element) => matchesElement(element, key, fuzzy));
  };
  return { level, ...everything, test: { column: holders[level], passes } };
}

/** A count that a key names; what is no number equals none. */
const countIs = (sql: string, key: string): Match => ({ sql: `${sql} = CAST(? AS DOUBLE PRECISION)`, parameters: [Number(key)] });

/** The condition of one key, or undefined where it matches everything. `path` is a tag, or tags joined by dots. */
export function conditionFor(path: string, key: string, fuzzy: boolean, dialect: Dialect): Condition | undefined {
  if (isUniversal(key)) return undefined;
  switch (path) {
    case computedTags.modalitiesInStudy: {
      const match = textCondition('m.modality', listOf(key, true), dialect);
      return { level: 'study', sql: `s.id IN (SELECT m.study_id FROM series m WHERE ${match.sql})`, parameters: match.parameters };
    }
    case computedTags.sopClassesInStudy:
      return { level: 'study', sql: `EXISTS (SELECT 1 FROM instances c WHERE c.study_id = s.id AND ${dialect.oneOf('c.sop_class_uid', 'text')})`, parameters: [listOf(key, true)] };
    case computedTags.numberOfStudyRelatedSeries: return { level: 'study', ...countIs('s.series_count', key) };
    case computedTags.numberOfStudyRelatedInstances: return { level: 'study', ...countIs('s.instance_count', key) };
    case computedTags.numberOfSeriesRelatedInstances: return { level: 'series', ...countIs('r.instance_count', key) };
    case computedTags.instanceAvailability: return key.trim() === 'ONLINE' ? undefined : { level: 'study', sql: '1 = 0', parameters: [] };
    default: {
      const column = columnByTag.get(path);
      return column === undefined ? headerCondition(path, key, fuzzy) : { level: column.level, ...columnCondition(column, key, fuzzy, dialect) };
    }
  }
}
