/**
 * The worklist, page by page. The order by urgency is the order of an index: what is signed comes last; stat before
 * routine; then studies that were refused or failed, since a person has to read them unaided; then the largest finding,
 * the most probable one, and who waits longest.
 */
import type { WorklistItem } from '../study/types.ts';
import { foldedWords } from './fold-text.ts';
import type { WorklistQuery } from './port.ts';
import type { CompiledQuery } from './qido-query.ts';
import { numberColumn } from './rows.ts';
import { ofSites } from './site-store.ts';
import type { Dialect, IndexDatabase, SqlValue } from './sql.ts';
import { lockJoin, worklistColumns, worklistItemOf } from './study-rows.ts';

const orders = {
  urgency: 's.review_rank, s.priority_rank, s.attention_rank, s.largest_diameter_mm DESC, s.top_probability DESC, s.received_at, s.id',
  received: 's.received_at DESC, s.id DESC',
} as const;

interface Filter {
  readonly parts: readonly string[];
  readonly parameters: readonly SqlValue[];
}

function filterOf({ states, reviewStates, readerId, priority, modalities, from, to, sites }: WorklistQuery, dialect: Dialect, at: string): Filter {
  const parts: string[] = [];
  const parameters: SqlValue[] = [];
  if (states?.length === 1) {
    parts.push('s.state = ?');
    parameters.push(states[0] ?? '');
  } else if (states !== undefined && states.length > 1) {
    parts.push(dialect.oneOf('s.state', 'text'));
    parameters.push(states);
  }
  if (reviewStates !== undefined && reviewStates.length > 0) {
    parts.push(dialect.oneOf('s.review_state', 'text'));
    parameters.push(reviewStates);
  }
  if (readerId !== undefined) {
    parts.push(`s.study_uid IN (SELECT l.study_uid FROM review_locks l WHERE l.reader_id = ? AND l.expires_at > ?
      UNION SELECT e.study_uid FROM review_events e WHERE e.reader_id = ?)`);
    parameters.push(readerId, at, readerId);
  }
  if (priority !== undefined) {
    parts.push('s.priority_rank = ?');
    parameters.push(priority === 'stat' ? 0 : 1);
  }
  if (modalities !== undefined && modalities.length > 0) {
    parts.push(`s.id IN (SELECT m.study_id FROM series m WHERE ${dialect.oneOf('m.modality', 'text')})`);
    parameters.push(modalities);
  }
  if (from !== undefined || to !== undefined) {
    // An empty date sorts before every other.
    parts.push("s.study_date <> '' AND s.study_date >= ? AND s.study_date <= ?");
    parameters.push(from ?? '', to ?? '99999999');
  }
  if (sites !== undefined) {
    const condition = ofSites(sites);
    parts.push(condition.sql);
    parameters.push(...condition.parameters);
  }
  return { parts, parameters };
}

const whereOf = (parts: readonly string[]): string => (parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`);

/** The studies that a search finds; undefined when nothing is searched for. */
function searchOf({ search }: WorklistQuery, dialect: Dialect): { readonly rows: string; readonly ids: string; readonly parameter: SqlValue } | undefined {
  const words = foldedWords(search ?? '');
  if (words.length === 0) return undefined;
  const { key, rows } = dialect.searchRows('anywhere');
  return { rows, ids: `(SELECT ${key} FROM ${rows})`, parameter: dialect.searchExpression(words, 'anywhere') };
}

/** How many there are. A search alone is counted in the index of words, without a look at the studies. */
export function compileTotal(query: WorklistQuery, dialect: Dialect, at: string): CompiledQuery {
  const { parts, parameters } = filterOf(query, dialect, at);
  const found = searchOf(query, dialect);
  if (found === undefined) return { sql: `SELECT count(*) AS total FROM studies s ${whereOf(parts)}`, parameters };
  return parts.length === 0
    ? { sql: `SELECT count(*) AS total FROM ${found.rows}`, parameters: [found.parameter] }
    : { sql: `SELECT count(*) AS total FROM studies s ${whereOf([`s.id IN ${found.ids}`, ...parts])}`, parameters: [found.parameter, ...parameters] };
}

/** So many matches are not sorted: the walk in the order of the list meets a page of them sooner. */
const manyMatches = 1000;

/** One page, of so many matches in total. `at` (ISO 8601) decides who is reading. */
export function compilePage(query: WorklistQuery, dialect: Dialect, at: string, total: number): CompiledQuery {
  const { parts, parameters } = filterOf(query, dialect, at);
  const order = orders[query.order ?? 'urgency'];
  const found = searchOf(query, dialect);
  // The plus keeps SQLite from looking the matches up one by one and sorting them.
  const all = found === undefined ? parts : [`${total > manyMatches ? '+' : ''}s.id IN ${found.ids}`, ...parts];
  return {
    // The inner query walks an index that holds all it needs; only the rows of the page are read.
    sql: `WITH page AS MATERIALIZED (SELECT s.id FROM studies s ${whereOf(all)} ORDER BY ${order} LIMIT ? OFFSET ?)
      SELECT ${worklistColumns(dialect)} FROM page ${dialect.orderedJoin} studies s ON s.id = page.id ${lockJoin} ORDER BY ${order}`,
    parameters: [...(found === undefined ? [] : [found.parameter]), ...parameters, query.limit, query.offset],
  };
}

export async function runWorklist({ dialect, read }: IndexDatabase, query: WorklistQuery, at: string): Promise<{ readonly total: number; readonly items: readonly WorklistItem[] }> {
  const count = compileTotal(query, dialect, at);
  const total = numberColumn(await read.get(count.sql, ...count.parameters) ?? { total: 0 }, 'total');
  const page = compilePage(query, dialect, at, total);
  return { total, items: (await read.all(page.sql, ...page.parameters)).map((row) => worklistItemOf(row, at)) };
}
