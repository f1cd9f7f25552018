import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccounts } from '../../src/accounts/accounts.ts';
import { openAccountStore } from '../../src/accounts/open.ts';
import { hashPassword, isPassword } from '../../src/accounts/password.ts';
import { permissions, permissionsOf, roles } from '../../src/accounts/permissions.ts';
import { postgresAccountSteps } from '../../src/accounts/postgres-accounts.ts';
import { sqliteAccountSteps } from '../../src/accounts/sqlite-accounts.ts';
import { silentLog } from '../../src/log.ts';
import { by, testAccounts } from '../contract/accounts.ts';
import { createTestDatabase, hasPostgres, type TestDatabase } from '../helpers/postgres.ts';

const log = silentLog();
const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'phoi-accounts-'));

testAccounts('accounts in an SQLite file', async () => {
  const dataDir = await newFolder();
  const store = await openAccountStore({ dataDir }, log);
  return {
    // One process has one of them: another server has its own file, or the database.
    open: async () => ({ ...store, close: async () => undefined }),
    bytes: async () => Buffer.concat(await Promise.all(['accounts.sqlite', 'accounts.sqlite-wal'].map((name) => readFile(join(dataDir, name))))),
    async dispose() {
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
});

describe.runIf(await hasPostgres())('PostgreSQL', () => {
  let database: TestDatabase;
  let dataDir: string;
  beforeAll(async () => {
    database = await createTestDatabase();
    dataDir = await newFolder();
  });
  afterAll(async () => {
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  testAccounts('accounts in a PostgreSQL database', async () => ({
    open: () => openAccountStore({ databaseUrl: database.url, dataDir }, log),
    async bytes() {
      const rows = await Promise.all(['accounts', 'sessions', 'tokens', 'login_attempts', 'account_changes'].map((table) => database.query(`SELECT * FROM ${table}`)));
      return Buffer.from(JSON.stringify(rows));
    },
    dispose: () => database.empty(),
  }));

  it('takes in the accounts of a data folder once, with their passwords, sessions and tokens', async () => {
    const file = await openAccountStore({ dataDir }, log);
    const before = createAccounts(file);
    const password = await before.add({ username: 'an', name: 'An', roles: ['radiologist'] }, by);
    const { secret } = await before.login('an', password);
    const { secret: token } = await before.addToken({ label: 'script', username: 'an', scope: ['study.read'], days: 2 }, by);
    await file.close();
    for (let start = 1; start <= 2; start += 1) {
      const store = await openAccountStore({ databaseUrl: database.url, dataDir }, log);
      const accounts = createAccounts(store);
      expect((await accounts.list()).map(({ username }) => username)).toEqual(start === 1 ? ['an'] : ['an', 'binh']);
      if (start === 1) await accounts.add({ username: 'binh', name: 'Bình', roles: ['service'] }, by);
      expect([(await accounts.bySession(secret))?.account.name, (await accounts.byToken(token))?.permissions]).toEqual(['An', ['study.read']]);
      await accounts.login('an', password);
      await store.close();
    }
  });

  it.each(postgresAccountSteps.map(({ version }) => version))('opens what schema %i left, and refuses what a later release wrote', async (from) => {
    const older = await createTestDatabase();
    try {
      await older.query('CREATE TABLE accounts_schema_version (version INTEGER PRIMARY KEY, applied_at text NOT NULL)');
      for (const { version, sql } of postgresAccountSteps.filter((step) => step.version <= from)) {
        await older.query(sql);
        await older.query('INSERT INTO accounts_schema_version VALUES ($1, $2)', [version, '2026-01-01T00:00:00.000Z']);
      }
      await older.query(`INSERT INTO accounts (username, name, roles, password, must_change, created_at) VALUES ('an', 'An', '["radiologist"]', '', 0, '2026-01-01T00:00:00.000Z')`);
      const store = await openAccountStore({ databaseUrl: older.url, dataDir: join(dataDir, 'none') }, log);
      expect(await store.accounts()).toMatchObject([{ username: 'an', roles: ['radiologist'] }]);
      await store.close();
      await older.query(`INSERT INTO accounts_schema_version VALUES (1000, '2099-01-01T00:00:00.000Z')`);
      await expect(openAccountStore({ databaseUrl: older.url, dataDir: join(dataDir, 'none') }, log)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    } finally {
      await older.drop();
    }
  });
});

describe('a file of an earlier release', () => {
  /** What the first schema could hold, with one column that all have had. */
  const oldRows = `
    INSERT INTO accounts (username, name, roles, password, must_change, created_at) VALUES ('an', 'An', '["radiologist"]', 'PHC', 0, '2026-01-01T00:00:00.000Z');
    INSERT INTO sessions (hash, username, created_at, seen_at) VALUES ('h', 'an', 1, 2);
    INSERT INTO tokens (id, hash, label, username, scope, created_at, expires_at) VALUES ('t', 'th', 'script', 'an', '["study.read"]', '2026-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z');`;

  // From 0: the first release wrote no version down.
  it.each([0, ...sqliteAccountSteps.keys()].map((_step, at) => at))('opens from schema %i with all that was in it, and is refused by an older release', async (from) => {
    const dataDir = await newFolder();
    try {
      const old = new DatabaseSync(join(dataDir, 'accounts.sqlite'));
      for (const step of sqliteAccountSteps.slice(0, Math.max(1, from))) old.exec(step);
      old.exec(`${oldRows} PRAGMA user_version = ${from};`);
      old.close();
      for (let start = 1; start <= 2; start += 1) {
        const store = await openAccountStore({ dataDir }, log);
        expect(await store.account('an')).toMatchObject({ password: 'PHC', account: { roles: ['radiologist'], disabled: false } });
        expect(await store.tokens()).toMatchObject([{ id: 't', scope: ['study.read'] }]);
        await store.close();
      }
      const later = new DatabaseSync(join(dataDir, 'accounts.sqlite'));
      later.exec('PRAGMA user_version = 1000');
      later.close();
      await expect(openAccountStore({ dataDir }, log)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});

it('a data folder that is made for them is for this user alone', async () => {
  const parent = await newFolder();
  try {
    const dataDir = join(parent, 'data');
    await (await openAccountStore({ dataDir }, log)).close();
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
});

it('a password is kept as argon2id with a salt of its own, and told apart from others', async () => {
  const good = 'phổi trái thùy trên';
  const [a, b] = await Promise.all([hashPassword(good), hashPassword(good)]);
  expect(a).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(a).not.toBe(b);
  expect(await isPassword(good, a)).toBe(true);
  expect(await isPassword(good.normalize('NFD'), a)).toBe(true);
  expect(await isPassword(`${good} `, a)).toBe(false);
});

it('nobody but a radiologist may sign, and every permission is somebody\'s', () => {
  expect(roles.filter((role) => permissionsOf[role].includes('review.sign'))).toEqual(['radiologist']);
  expect(permissions.filter((permission) => !roles.some((role) => permissionsOf[role].includes(permission)))).toEqual([]);
});
