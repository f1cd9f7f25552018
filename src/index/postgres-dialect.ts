/** What the index asks of PostgreSQL in its own words: arrays for lists, LIKE for wildcards, tsvector for words. */
import type { Dialect } from './sql.ts';

/** A lexeme of `tsquery`, as a beginning: nothing in it is an operator. */
function prefixLexeme(word: string): string {
  return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}':*`;
}

const listTypes = { text: 'text[]', number: 'double precision[]', id: 'bigint[]' } as const;

export const postgresDialect: Dialect = {
  orderedJoin: 'JOIN',
  forUpdate: ' FOR UPDATE',
  oneOf: (expression, kind) => `${expression} = ANY(CAST(? AS ${listTypes[kind]}))`,
  matchesWildcard: (expression) => `${expression} LIKE ?`,
  matchesAnyWildcard: (expression) => `${expression} LIKE ANY(CAST(? AS text[]))`,
  wildcardPattern: (key) => key.replace(/[\\%_]/gu, '\\$&').replaceAll('*', '%').replaceAll('?', '_'),
  jsonListOf: (expression, source) => `(SELECT CAST(coalesce(json_agg(DISTINCT ${expression}), '[]') AS text) FROM ${source})`,
  jsonItems: (expression, alias) => `jsonb_array_elements(CAST(${expression} AS jsonb)) AS ${alias}(value)`,
  searchRows: (where) => ({ key: 'study_id', rows: `study_search WHERE ${where} @@ CAST(? AS tsquery)` }),
  searchExpression: (words) => words.map(prefixLexeme).join(' & '),
  async removeSearch(sql, studyId) {
    await sql.run('DELETE FROM study_search WHERE study_id = ?', studyId);
  },
  async writeSearch(sql, studyId, { name, other }) {
    await sql.run(`INSERT INTO study_search (study_id, name, anywhere) VALUES (?, array_to_tsvector(CAST(? AS text[])), array_to_tsvector(CAST(? AS text[])))
      ON CONFLICT (study_id) DO UPDATE SET name = excluded.name, anywhere = excluded.anywhere`, studyId, name, [...name, ...other]);
  },
};
