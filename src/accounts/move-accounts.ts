/** Accounts of a service that comes to PostgreSQL with a file of its own: nobody shall stand before a closed door. */
import type { SqlValue } from '../index/sql.ts';
import type { AccountDatabase } from './database.ts';
import { openSqliteAccounts } from './sqlite-accounts.ts';

/** In this order: the later ones refer to the first. Attempts and logins under way are not worth moving. */
const tables = {
  accounts: ['username', 'name', 'roles', 'password', 'disabled', 'must_change', 'created_at', 'last_login_at', 'sites', 'issuer', 'subject'],
  sessions: ['hash', 'username', 'created_at', 'seen_at', 'ends_at'],
  tokens: ['id', 'hash', 'label', 'username', 'scope', 'sites', 'created_at', 'expires_at', 'last_used_at'],
} as const;

/** Copies all of them while the database has none, once, whichever server comes first; the file stays as it is. Gives how many. */
export async function moveAccounts(path: string, to: AccountDatabase): Promise<number> {
  const from = openSqliteAccounts(path);
  try {
    const rows = await Promise.all(Object.keys(tables).map((table) => from.read.all(`SELECT * FROM ${table}`)));
    return await to.write('accounts', async (sql) => {
      if (await sql.get('SELECT 1 AS one FROM accounts LIMIT 1') !== undefined) return 0;
      for (const [at, [table, columns]] of Object.entries(tables).entries()) {
        for (const row of rows[at]!) {
          await sql.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`, ...columns.map((column) => row[column] as SqlValue));
        }
      }
      return rows[0]!.length;
    });
  } finally {
    await from.close();
  }
}
