/**
 * The worklist, page by page. The order by urgency is the order of an index: stat before routine; then studies that were
 * refused or failed, since a person has to read them unaided; then the largest finding, the most probable one, and who
 * waits longest.
 */
import type { SQLInputValue } from 'node:sqlite';

import type { WorklistItem } from '../study/types.ts';
import type { IndexDatabase } from './database.ts';
import { foldedWords, prefixExpression } from './fold-text.ts';
import type { WorklistQuery } from './port.ts';
import type { CompiledQuery } from './qido-query.ts';
import { numberColumn } from './rows.ts';
import { worklistColumns, worklistItemOf } from './study-rows.ts';

const orders = {
  urgency: 's.priority_rank, s.attention_rank, s.largest_diameter_mm DESC, s.top_probability DESC, s.received_at, s.id',
  received: 's.received_at DESC, s.id DESC',
} as const;

interface Filter {
  readonly where: string;
  readonly parameters: readonly SQLInputValue[];
}

function filterOf({ search, states }: WorklistQuery): Filter {
  const parts: string[] = [];
  const parameters: SQLInputValue[] = [];
  const words = foldedWords(search ?? '');
  if (words.length > 0) {
    parts.push('s.id IN (SELECT rowid FROM study_search WHERE study_search MATCH ?)');
    parameters.push(prefixExpression(words));
  }
  if (states?.length === 1) {
    parts.push('s.state = ?');
    parameters.push(states[0] ?? '');
  } else if (states !== undefined && states.length > 1) {
    parts.push('s.state IN (SELECT value FROM json_each(?))');
    parameters.push(JSON.stringify(states));
  }
  return { where: parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`, parameters };
}

/** The two statements of a page; exported for the tests that look at their plans. */
export function compileWorklist(query: WorklistQuery): { readonly page: CompiledQuery; readonly total: CompiledQuery } {
  const { where, parameters } = filterOf(query);
  const order = orders[query.order ?? 'urgency'];
  return {
    // The inner query walks an index that holds all it needs; only the rows of the page are read.
    page: {
      sql: `WITH page AS MATERIALIZED (SELECT s.id FROM studies s ${where} ORDER BY ${order} LIMIT ? OFFSET ?)
        SELECT ${worklistColumns} FROM page CROSS JOIN studies s ON s.id = page.id ORDER BY ${order}`,
      parameters: [...parameters, query.limit, query.offset],
    },
    total: { sql: `SELECT count(*) AS total FROM studies s ${where}`, parameters },
  };
}

export function runWorklist({ statement }: Pick<IndexDatabase, 'statement'>, query: WorklistQuery): { readonly total: number; readonly items: readonly WorklistItem[] } {
  const { page, total } = compileWorklist(query);
  const totalRow = statement(total.sql).get(...total.parameters);
  return {
    total: totalRow === undefined ? 0 : numberColumn(totalRow, 'total'),
    items: statement(page.sql).all(...page.parameters).map(worklistItemOf),
  };
}
