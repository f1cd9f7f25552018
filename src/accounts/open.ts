/** The accounts that the settings ask for: in PostgreSQL when there is an address, otherwise a file beside the archive. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivateFolder } from '../durable-files.ts';
import type { Log } from '../log.ts';
import { moveAccounts } from './move-accounts.ts';
import { openPostgresAccounts } from './postgres-accounts.ts';
import { openSqliteAccounts } from './sqlite-accounts.ts';
import { createAccountStore, type AccountStore } from './store.ts';

export interface AccountSettings {
  readonly databaseUrl?: string;
  readonly dataDir: string;
}

export function openSqliteAccountStore(path: string): AccountStore {
  return createAccountStore(openSqliteAccounts(path));
}

/** @throws AppError INDEX_UNAVAILABLE, CONFIG_INVALID */
export async function openAccountStore({ databaseUrl, dataDir }: AccountSettings, log: Log): Promise<AccountStore> {
  const file = join(dataDir, 'accounts.sqlite');
  if (databaseUrl === undefined) {
    await makePrivateFolder(dataDir);
    return openSqliteAccountStore(file);
  }
  const database = await openPostgresAccounts(databaseUrl, log);
  if (existsSync(file)) {
    const moved = await moveAccounts(file, database);
    if (moved > 0) log.info({ accounts: moved }, 'Accounts of the data folder taken into the database');
  }
  return createAccountStore(database);
}
