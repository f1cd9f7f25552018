/** What the index asks of SQLite in its own words: JSON1 for lists, GLOB for wildcards, FTS5 for words. */
import type { Dialect, Sql } from './sql.ts';

/** An FTS5 expression, to be bound as a parameter: every word must begin some word of the columns. */
function prefixExpression(words: readonly string[], column?: string): string {
  const terms = words.map((word) => `"${word.replaceAll('"', '""')}"*`).join(' AND ');
  return column === undefined ? terms : `${column} : (${terms})`;
}

async function removeSearch(sql: Sql, studyId: number): Promise<void> {
  await sql.run('DELETE FROM study_search WHERE rowid = ?', studyId);
}

export const sqliteDialect: Dialect = {
  // SQLite takes the tables of a CROSS JOIN in the order of the text.
  orderedJoin: 'CROSS JOIN',
  // There is one writer at a time anyway.
  forUpdate: '',
  // As one JSON parameter, so that the statement's text does not depend on the length of the list.
  oneOf: (expression) => `${expression} IN (SELECT value FROM json_each(?))`,
  matchesWildcard: (expression) => `${expression} GLOB ?`,
  matchesAnyWildcard: (expression) => `EXISTS (SELECT 1 FROM json_each(?) AS key WHERE ${expression} GLOB key.value)`,
  // `*` and `?` mean the same in GLOB, `[` must not.
  wildcardPattern: (key) => key.replaceAll('[', '[[]'),
  jsonListOf: (expression, source) => `(SELECT json_group_array(DISTINCT ${expression}) FROM ${source})`,
  jsonItems: (expression, alias) => `json_each(${expression}) AS ${alias}`,
  searchRows: () => ({ key: 'rowid', rows: 'study_search WHERE study_search MATCH ?' }),
  searchExpression: (words, where) => prefixExpression(words, where === 'name' ? 'name' : undefined),
  removeSearch,
  async writeSearch(sql, studyId, { name, other }) {
    await removeSearch(sql, studyId);
    await sql.run('INSERT INTO study_search (rowid, name, other) VALUES (?, ?, ?)', studyId, name.join(' '), other.join(' '));
  },
};
