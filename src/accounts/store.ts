/** Accounts, sessions and tokens, as rows. Of a session or token only the hash is kept: a copy of the database logs nobody in. */
import { createHash } from 'node:crypto';
import { AppError } from '../errors.ts';
import { numberColumn, optionalText, textColumn, type Row } from '../index/rows.ts';
import type { Sql, SqlValue } from '../index/sql.ts';
import type { AccountDatabase } from './database.ts';
import type { Permission, Role } from './permissions.ts';
import type { Account, AccountChange, ApiToken } from './types.ts';

export interface StoredAccount {
  readonly account: Account;
  /** As `hashPassword` gives it; empty for one that a provider logs in. */
  readonly password: string;
}

export interface Session {
  readonly account: Account;
  readonly createdAtMs: number;
  readonly seenAtMs: number;
  readonly endsAtMs: number;
}

type NewAccount = Pick<Account, 'username' | 'name' | 'roles' | 'sites'> & { readonly password: string; readonly createdAt: string };
type ProvidedAccount = Pick<Account, 'username' | 'name'> & { readonly provider: NonNullable<Account['provider']>; readonly createdAt: string };

/** Inside one transaction. Whatever changes an account throws AppError ACCOUNT_NOT_FOUND when there is none. */
export interface AccountWriter {
  account(username: string): Promise<Account | undefined>;
  accountOfSubject(provider: NonNullable<Account['provider']>): Promise<Account | undefined>;
  /** @throws AppError ACCOUNT_EXISTS */
  add(account: NewAccount): Promise<void>;
  /** One without a password, which the provider logs in. @throws AppError ACCOUNT_EXISTS */
  addProvided(account: ProvidedAccount): Promise<void>;
  setPassword(username: string, password: string, mustChange: boolean): Promise<void>;
  setRoles(username: string, roles: readonly Role[]): Promise<void>;
  /** All when undefined. */
  setSites(username: string, sites: readonly string[] | undefined): Promise<void>;
  setName(username: string, name: string): Promise<void>;
  setDisabled(username: string, disabled: boolean): Promise<void>;
  /** All sessions of the account, but for one when it is given. */
  endSessions(username: string, keepSecret?: string): Promise<void>;
  addToken(secret: string, token: ApiToken): Promise<void>;
  /** Undefined when there is none. */
  removeToken(id: string): Promise<ApiToken | undefined>;
  /** For the audit trail. */
  note(change: AccountChange): Promise<void>;
}

export interface AccountStore {
  account(username: string): Promise<StoredAccount | undefined>;
  accounts(): Promise<readonly Account[]>;
  session(secret: string): Promise<Session | undefined>;
  token(secret: string): Promise<{ readonly token: ApiToken; readonly account: Account } | undefined>;
  tokens(): Promise<readonly ApiToken[]>;
  /** One change after the other, on every server. The work may be run again: it does nothing but use what it is given. */
  change<T>(work: (accounts: AccountWriter) => Promise<T>): Promise<T>;
  /** A login that has succeeded. */
  beginSession(secret: string, username: string, times: { readonly atMs: number; readonly endsAtMs: number }): Promise<void>;
  touchSession(secret: string, atMs: number): Promise<void>;
  endSession(secret: string): Promise<void>;
  /** Sessions that have ended by then or were not seen since, and what was left of logins a day before. */
  sweep(atMs: number, seenBeforeMs: number): Promise<void>;
  touchToken(id: string, at: string): Promise<void>;
  /**
   * Counts an attempt under this name as failed, before anybody knows whether it is: attempts that are made at the same
   * time, on whatever server, cannot all be the first. Gives until when the name is locked, and then counts nothing.
   */
  beginAttempt(name: string, atMs: number, lockMs: (failures: number) => number, longestLockMs: number): Promise<number | undefined>;
  clearAttempts(name: string): Promise<void>;
  addPending(secret: string, login: string, atMs: number): Promise<void>;
  /** Gives it once. */
  takePending(secret: string): Promise<{ readonly login: string; readonly begunAtMs: number } | undefined>;
  /** Changes that stand in no audit trail yet, oldest first. */
  changes(limit: number): Promise<readonly { readonly id: number; readonly change: AccountChange }[]>;
  forgetChange(id: number): Promise<void>;
  close(): Promise<void>;
}

const dayMs = 86_400_000;
/** Of all that changes accounts. */
const changesKey = 'accounts';

function hashed(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** What is typed as a name may be a password: only its hash is kept. */
const nameHash = (name: string): string => hashed(`login ${name}`);

function sitesOf(row: Row, column = 'sites'): { readonly sites?: readonly string[] } {
  const sites = optionalText(row, column);
  return sites === undefined ? {} : { sites: JSON.parse(sites) as string[] };
}

const sitesColumn = (sites: readonly string[] | undefined): string | null => (sites === undefined ? null : JSON.stringify(sites));

function accountOf(row: Row): Account {
  const [lastLoginAt, issuer, subject] = ['last_login_at', 'issuer', 'subject'].map((column) => optionalText(row, column));
  return {
    username: textColumn(row, 'username'), name: textColumn(row, 'name'), roles: JSON.parse(textColumn(row, 'roles')) as Role[],
    ...sitesOf(row), ...(issuer === undefined || subject === undefined ? {} : { provider: { issuer, subject } }),
    disabled: numberColumn(row, 'disabled') === 1, mustChangePassword: numberColumn(row, 'must_change') === 1, createdAt: textColumn(row, 'created_at'),
    ...(lastLoginAt === undefined ? {} : { lastLoginAt }),
  };
}

const tokenColumns = 't.id AS token_id, t.label, t.username AS token_username, t.scope, t.sites AS token_sites, t.created_at AS token_created_at, t.expires_at, t.last_used_at';

function tokenOf(row: Row): ApiToken {
  const lastUsedAt = optionalText(row, 'last_used_at');
  return {
    id: textColumn(row, 'token_id'), label: textColumn(row, 'label'), username: textColumn(row, 'token_username'), scope: JSON.parse(textColumn(row, 'scope')) as Permission[],
    ...sitesOf(row, 'token_sites'), createdAt: textColumn(row, 'token_created_at'), expiresAt: textColumn(row, 'expires_at'), ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
  };
}

function writerOf(sql: Sql): AccountWriter {
  async function change(statement: string, ...values: SqlValue[]): Promise<void> {
    if (await sql.run(statement, ...values) === 0) throw new AppError('ACCOUNT_NOT_FOUND', 'There is no such account');
  }
  async function found(statement: string, ...values: SqlValue[]): Promise<Account | undefined> {
    const row = await sql.get(statement, ...values);
    return row === undefined ? undefined : accountOf(row);
  }
  async function insert(statement: string, ...values: SqlValue[]): Promise<void> {
    if (await sql.run(`${statement} ON CONFLICT DO NOTHING`, ...values) === 0) throw new AppError('ACCOUNT_EXISTS', 'There is an account of this name');
  }
  return {
    account: (username) => found('SELECT * FROM accounts WHERE username = ?', username),
    accountOfSubject: ({ issuer, subject }) => found('SELECT * FROM accounts WHERE issuer = ? AND subject = ?', issuer, subject),
    add: ({ username, name, roles, sites, password, createdAt }) =>
      insert('INSERT INTO accounts (username, name, roles, sites, password, must_change, created_at) VALUES (?, ?, ?, ?, ?, 1, ?)',
        username, name, JSON.stringify(roles), sitesColumn(sites), password, createdAt),
    addProvided: ({ username, name, provider: { issuer, subject }, createdAt }) =>
      insert(`INSERT INTO accounts (username, name, roles, password, must_change, created_at, issuer, subject) VALUES (?, ?, '[]', '', 0, ?, ?, ?)`,
        username, name, createdAt, issuer, subject),
    setPassword: (username, password, mustChange) => change('UPDATE accounts SET password = ?, must_change = ? WHERE username = ?', password, mustChange ? 1 : 0, username),
    setRoles: (username, roles) => change('UPDATE accounts SET roles = ? WHERE username = ?', JSON.stringify(roles), username),
    setSites: (username, sites) => change('UPDATE accounts SET sites = ? WHERE username = ?', sitesColumn(sites), username),
    setName: (username, name) => change('UPDATE accounts SET name = ? WHERE username = ?', name, username),
    setDisabled: (username, disabled) => change('UPDATE accounts SET disabled = ? WHERE username = ?', disabled ? 1 : 0, username),
    async endSessions(username, keepSecret) {
      await sql.run('DELETE FROM sessions WHERE username = ? AND hash <> ?', username, keepSecret === undefined ? '' : hashed(keepSecret));
    },
    async addToken(secret, { id, label, username, scope, sites, createdAt, expiresAt }) {
      await sql.run('INSERT INTO tokens (id, hash, label, username, scope, sites, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        id, hashed(secret), label, username, JSON.stringify(scope), sitesColumn(sites), createdAt, expiresAt);
    },
    async removeToken(id) {
      const row = await sql.get(`SELECT ${tokenColumns} FROM tokens t WHERE t.id = ?`, id);
      if (row === undefined) return undefined;
      await sql.run('DELETE FROM tokens WHERE id = ?', id);
      return tokenOf(row);
    },
    async note(noted) {
      await sql.run('INSERT INTO account_changes (change) VALUES (?)', JSON.stringify(noted));
    },
  };
}

export function createAccountStore({ read, write, close }: AccountDatabase): AccountStore {
  const run = (statement: string, ...values: SqlValue[]): Promise<void> => write(undefined, async (sql) => { await sql.run(statement, ...values); });
  return {
    async account(username) {
      const row = await read.get('SELECT * FROM accounts WHERE username = ?', username);
      return row === undefined ? undefined : { account: accountOf(row), password: textColumn(row, 'password') };
    },
    accounts: async () => (await read.all('SELECT * FROM accounts ORDER BY username')).map(accountOf),
    async session(secret) {
      const row = await read.get('SELECT a.*, s.created_at AS begun_at, s.seen_at, s.ends_at FROM sessions s JOIN accounts a ON a.username = s.username WHERE s.hash = ?', hashed(secret));
      return row === undefined ? undefined
        : { account: accountOf(row), createdAtMs: numberColumn(row, 'begun_at'), seenAtMs: numberColumn(row, 'seen_at'), endsAtMs: numberColumn(row, 'ends_at') };
    },
    async token(secret) {
      const row = await read.get(`SELECT a.*, ${tokenColumns} FROM tokens t JOIN accounts a ON a.username = t.username WHERE t.hash = ?`, hashed(secret));
      return row === undefined ? undefined : { token: tokenOf(row), account: accountOf(row) };
    },
    tokens: async () => (await read.all(`SELECT ${tokenColumns} FROM tokens t ORDER BY t.created_at, t.id`)).map(tokenOf),
    change: (work) => write(changesKey, (sql) => work(writerOf(sql))),
    beginSession: (secret, username, { atMs, endsAtMs }) => write(undefined, async (sql) => {
      await sql.run('UPDATE accounts SET last_login_at = ? WHERE username = ?', new Date(atMs).toISOString(), username);
      await sql.run('INSERT INTO sessions (hash, username, created_at, seen_at, ends_at) VALUES (?, ?, ?, ?, ?)', hashed(secret), username, atMs, atMs, endsAtMs);
    }),
    touchSession: (secret, atMs) => run('UPDATE sessions SET seen_at = ? WHERE hash = ?', atMs, hashed(secret)),
    endSession: (secret) => run('DELETE FROM sessions WHERE hash = ?', hashed(secret)),
    sweep: (atMs, seenBeforeMs) => write(undefined, async (sql) => {
      await sql.run('DELETE FROM sessions WHERE ends_at < ? OR seen_at < ?', atMs, seenBeforeMs);
      await sql.run('DELETE FROM login_attempts WHERE last_at < ?', atMs - dayMs);
      await sql.run('DELETE FROM pending_logins WHERE begun_at < ?', atMs - dayMs);
    }),
    touchToken: (id, at) => run('UPDATE tokens SET last_used_at = ? WHERE id = ?', at, id),
    beginAttempt: (name, atMs, lockMs, longestLockMs) => write(`login ${nameHash(name)}`, async (sql) => {
      const row = await sql.get('SELECT failures, locked_until FROM login_attempts WHERE name_hash = ?', nameHash(name));
      const lockedUntilMs = row === undefined ? 0 : numberColumn(row, 'locked_until');
      // One that is longer than any lock was written by a clock that ran ahead.
      if (lockedUntilMs > atMs && lockedUntilMs <= atMs + longestLockMs) return lockedUntilMs;
      const failures = (row === undefined ? 0 : numberColumn(row, 'failures')) + 1;
      const length = lockMs(failures);
      await sql.run(`INSERT INTO login_attempts (name_hash, failures, locked_until, last_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (name_hash) DO UPDATE SET failures = excluded.failures, locked_until = excluded.locked_until, last_at = excluded.last_at`,
        nameHash(name), failures, length === 0 ? 0 : atMs + length, atMs);
      return undefined;
    }),
    clearAttempts: (name) => run('DELETE FROM login_attempts WHERE name_hash = ?', nameHash(name)),
    addPending: (secret, login, atMs) => run('INSERT INTO pending_logins (hash, login, begun_at) VALUES (?, ?, ?)', hashed(secret), login, atMs),
    takePending: (secret) => write(undefined, async (sql) => {
      const row = await sql.get('DELETE FROM pending_logins WHERE hash = ? RETURNING login, begun_at', hashed(secret));
      return row === undefined ? undefined : { login: textColumn(row, 'login'), begunAtMs: numberColumn(row, 'begun_at') };
    }),
    changes: async (limit) => (await read.all('SELECT id, change FROM account_changes ORDER BY id LIMIT ?', limit))
      .map((row) => ({ id: numberColumn(row, 'id'), change: JSON.parse(textColumn(row, 'change')) as AccountChange })),
    forgetChange: (id) => run('DELETE FROM account_changes WHERE id = ?', id),
    close,
  };
}
