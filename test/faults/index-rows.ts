/** The rows of an index, read beside the service: from its file, or from its database. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import pg from 'pg';
import { createPostgresSql } from '../../src/index/postgres-sql.ts';
import type { Row } from '../../src/index/rows.ts';
import type { SqlValue } from '../../src/index/sql.ts';

export interface IndexRows {
  all(sql: string, ...values: readonly SqlValue[]): Promise<readonly Row[]>;
  close(): Promise<void>;
}

export async function openIndexRows(file: string, databaseUrl: string | undefined): Promise<IndexRows> {
  if (databaseUrl === undefined) {
    const database = new DatabaseSync(file, { readOnly: true });
    return {
      all: async (sql, ...values) => database.prepare(sql).all(...values as SQLInputValue[]),
      close: async () => database.close(),
    };
  }
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const sql = createPostgresSql(client);
  return { all: (...statement) => sql.all(...statement), close: () => client.end() };
}
