/** Statements on a connection of PostgreSQL, or on its pool. */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Row } from './rows.ts';
import type { Sql, SqlValue } from './sql.ts';

const keptTexts = 1000;
const numbered = new Map<string, string>();

/** `?` and `?1` become `$1`; the texts of the index hold no other question mark. */
function withNumbers(sql: string): string {
  const known = numbered.get(sql);
  if (known !== undefined) return known;
  let largest = 0;
  const text = sql.replace(/\?(\d*)/gu, (_, digits: string) => {
    const number = digits === '' ? largest + 1 : Number(digits);
    largest = Math.max(largest, number);
    return `$${number}`;
  });
  if (numbered.size >= keptTexts) numbered.clear();
  numbered.set(sql, text);
  return text;
}

/** A text of PostgreSQL cannot hold U+0000; stored and searched values lose it in the same way. */
function withoutNul(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\uFFFD');
  return Array.isArray(value) ? value.map(withoutNul) : value;
}

export function createPostgresSql(connection: Pick<pg.ClientBase, 'query'> | Pick<pg.Pool, 'query'>): Sql {
  const query = (sql: string, values: readonly SqlValue[]): Promise<pg.QueryResult<Row>> => connection.query<Row>(withNumbers(sql), values.map(withoutNul));
  return {
    all: async (sql, ...values) => (await query(sql, values)).rows,
    get: async (sql, ...values) => (await query(sql, values)).rows[0],
    run: async (sql, ...values) => (await query(sql, values)).rowCount ?? 0,
  };
}

/** The number of an advisory lock: 64 bits of the name's hash, in decimal digits. */
export function lockNumber(kind: 'study' | 'work', name: string): string {
  return createHash('sha256').update(`${kind} ${name}`).digest().readBigInt64BE().toString();
}
