/**
 * Who somebody is: login with lockout, sessions that end, tokens that expire. Neither errors nor locks say whether a name exists.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { AppError } from '../errors.ts';
import { checkNewPassword, hashPassword, inventPassword, isPassword } from './password.ts';
import { isAllowed, permissions, roles as allRoles, type Permission, type Role } from './permissions.ts';
import { takeProvided, type ProvidedPerson } from './provided.ts';
import type { AccountStore, AccountWriter } from './store.ts';
import type { Account, AccountChange, ApiToken, Changer, Identity } from './types.ts';

const freeFailures = 5;
const firstLockMs = 60_000;
const longestLockMs = 3_600_000;
const idleMs = 60 * 60_000;
const sessionMs = 12 * 3_600_000;
/** A session's time is written down at most so often. */
const touchMs = 60_000;
const tokenPrefix = 'phoi_';
const usernamePattern = /^[a-z0-9][a-z0-9._-]{1,63}$/;
const longestTokenDays = 366;

export interface LoggedIn {
  readonly secret: string;
  readonly identity: Identity;
}

/** What changes an account or token says who does it: that stands in the audit trail. */
export interface Accounts {
  /** @throws AppError ACCOUNT_LOGIN_FAILED, ACCOUNT_LOCKED */
  login(username: string, password: string): Promise<LoggedIn>;
  logout(secret: string): Promise<void>;
  /** Logs in whom the provider has identified. @throws AppError ACCOUNT_NO_ROLE, ACCOUNT_LOGIN_FAILED when it is disabled here. */
  loginProvided(person: ProvidedPerson): Promise<LoggedIn>;
  /** Of a session's cookie; undefined when it has ended. `isUse`: whether it counts against the idle time. */
  bySession(secret: string, isUse?: boolean): Promise<Identity | undefined>;
  /** Of a bearer token; undefined when it is unknown, expired, or its account disabled. */
  byToken(secret: string): Promise<Identity | undefined>;
  /** Ends every other session of the account. @throws AppError ACCOUNT_LOGIN_FAILED, ACCOUNT_LOCKED, ACCOUNT_PASSWORD_WEAK */
  changePassword(username: string, present: string, next: string, keepSecret: string): Promise<void>;
  /** The first password, to be told to its owner. @throws AppError ACCOUNT_EXISTS, ACCOUNT_INVALID */
  add(account: { readonly username: string; readonly name: string; readonly roles: readonly Role[]; readonly sites?: readonly string[] }, by: Changer): Promise<string>;
  /** A new first password; ends all sessions. @throws AppError ACCOUNT_INVALID for an account of the provider. */
  resetPassword(username: string, by: Changer): Promise<string>;
  /** @throws AppError ACCOUNT_INVALID, also for an account of the provider: its claims tell roles and sites at each login. */
  setRoles(username: string, roles: readonly Role[], by: Changer): Promise<void>;
  /** All sites when undefined. @throws AppError as `setRoles` */
  setSites(username: string, sites: readonly string[] | undefined, by: Changer): Promise<void>;
  /** Ends all sessions when it disables. */
  setDisabled(username: string, disabled: boolean, by: Changer): Promise<void>;
  list(): Promise<readonly Account[]>;
  /** The token itself is told once. @throws AppError ACCOUNT_INVALID */
  addToken(
    token: { readonly label: string; readonly username: string; readonly scope: readonly Permission[]; readonly sites?: readonly string[]; readonly days: number }, by: Changer,
  ): Promise<{ readonly secret: string; readonly token: ApiToken }>;
  tokens(): Promise<readonly ApiToken[]>;
  removeToken(id: string, by: Changer): Promise<boolean>;
  /** A login that was begun at the provider, to be found once by the secret that this gives. */
  beginProvided(login: string): Promise<string>;
  /** Undefined when there is none, it was begun longer ago than that, or it was taken before, on whatever server. */
  takeProvided(secret: string | undefined, withinMs: number): Promise<string | undefined>;
}

/** What both allow; undefined is all. */
function commonSites(some: readonly string[] | undefined, others: readonly string[] | undefined): readonly string[] | undefined {
  if (some === undefined || others === undefined) return some ?? others;
  return some.filter((site) => others.includes(site));
}

function invalid(message: string): AppError {
  return new AppError('ACCOUNT_INVALID', message);
}

function identityOf(account: Account, by: Identity['by'], token: Partial<Pick<ApiToken, 'scope' | 'sites'>> = {}): Identity | undefined {
  if (account.disabled) return undefined;
  const sites = commonSites(account.sites, token.sites);
  const limited = { roles: account.roles, ...(sites === undefined ? {} : { sites }) };
  const held = permissions.filter((permission) => isAllowed(limited, permission) && (token.scope?.includes(permission) ?? true));
  return { account, permissions: held, by, ...(sites === undefined ? {} : { sites }) };
}

/** @throws AppError ACCOUNT_NOT_FOUND, ACCOUNT_INVALID for an account of the provider */
async function checkLocal(accounts: AccountWriter, username: string): Promise<Account> {
  const account = await accounts.account(username);
  if (account === undefined) throw new AppError('ACCOUNT_NOT_FOUND', 'There is no such account');
  if (account.provider !== undefined) throw invalid('This account belongs to the identity provider: change it there');
  return account;
}

function checkRoles(roles: readonly Role[]): void {
  if (roles.length === 0 || roles.some((role) => !allRoles.includes(role))) throw invalid(`Roles are ${allRoles.join(', ')}`);
}

const lockMsAfter = (failures: number): number => (failures < freeFailures ? 0 : Math.min(longestLockMs, firstLockMs * 2 ** Math.min(failures - freeFailures, 30)));

export function createAccounts(store: AccountStore, now: () => number = Date.now, knownSites: readonly string[] = []): Accounts {
  const iso = (): string => new Date(now()).toISOString();
  /** What an unknown name is compared with, so that it takes as long. */
  let decoy: Promise<string> | undefined;

  function checkSites(sites: readonly string[] | undefined): void {
    if (sites === undefined) return;
    const unknown = sites.find((site) => !knownSites.includes(site));
    if (unknown !== undefined || sites.length === 0) throw invalid(`Sites are those of the settings: ${knownSites.join(', ') || 'there are none'}`);
  }

  async function beginSession(username: string, lengthMs: number): Promise<LoggedIn> {
    await store.sweep(now(), now() - idleMs);
    const secret = randomBytes(32).toString('base64url');
    await store.beginSession(secret, username, { atMs: now(), endsAtMs: now() + lengthMs });
    const stored = await store.account(username);
    const identity = stored === undefined ? undefined : identityOf(stored.account, 'session');
    if (identity === undefined) throw new AppError('ACCOUNT_LOGIN_FAILED', 'The account is disabled');
    return { secret, identity };
  }

  /** @throws AppError ACCOUNT_LOGIN_FAILED, ACCOUNT_LOCKED. A failure counts before the password is looked at. */
  async function checkPassword(given: string, password: string): Promise<string> {
    const username = given.trim().toLowerCase();
    const lockedUntilMs = await store.beginAttempt(username, now(), lockMsAfter, longestLockMs);
    if (lockedUntilMs !== undefined) {
      throw new AppError('ACCOUNT_LOCKED', 'Too many failed attempts: try again later', { details: { retryAfterSeconds: Math.max(1, Math.ceil((lockedUntilMs - now()) / 1000)) } });
    }
    const stored = await store.account(username);
    decoy ??= hashPassword(randomUUID());
    // An account of the provider has no password, so it takes as long as an unknown name and fails like it.
    const isRight = await isPassword(password, stored === undefined || stored.account.provider !== undefined ? await decoy : stored.password);
    if (stored === undefined || !isRight || stored.account.disabled) throw new AppError('ACCOUNT_LOGIN_FAILED', 'Name or password is wrong, or the account is disabled');
    await store.clearAttempts(username);
    return username;
  }

  const noted = (what: AccountChange['what'], username: string, by: Changer, details?: AccountChange['details']): AccountChange =>
    ({ what, username, at: iso(), by, ...(details === undefined ? {} : { details }) });

  /** When something was last used is worth less than its use: a disk that takes no more writes keeps nobody out. */
  async function touch(work: Promise<void>): Promise<void> {
    await work.catch(() => undefined);
  }

  return {
    async login(given, password) {
      return beginSession(await checkPassword(given, password), sessionMs);
    },
    async loginProvided(person) {
      const taken = await store.change((accounts) => takeProvided(accounts, person, iso()));
      if (typeof taken !== 'string') throw taken;
      return beginSession(taken, Math.min(person.sessionMs, sessionMs));
    },
    logout: (secret) => store.endSession(secret),
    async bySession(secret, isUse = true) {
      const session = await store.session(secret);
      if (session === undefined) return undefined;
      const at = now();
      // A session from the future was made by a clock that ran ahead.
      if (at > session.endsAtMs || at - session.createdAtMs > sessionMs || at - session.seenAtMs > idleMs || session.createdAtMs > at + touchMs) {
        await touch(store.endSession(secret));
        return undefined;
      }
      if (isUse && Math.abs(at - session.seenAtMs) > touchMs) await touch(store.touchSession(secret, at));
      return identityOf(session.account, 'session');
    },
    async byToken(secret) {
      if (!secret.startsWith(tokenPrefix)) return undefined;
      const found = await store.token(secret);
      if (found === undefined || Date.parse(found.token.expiresAt) <= now()) return undefined;
      const { token, account } = found;
      if (token.lastUsedAt === undefined || now() - Date.parse(token.lastUsedAt) > touchMs) await touch(store.touchToken(token.id, iso()));
      return identityOf(account, 'token', token);
    },
    async changePassword(username, present, next, keepSecret) {
      await checkPassword(username, present);
      checkNewPassword(next, username);
      if (present === next) throw new AppError('ACCOUNT_PASSWORD_WEAK', 'The new password is the old one');
      const password = await hashPassword(next);
      await store.change(async (accounts) => {
        await accounts.setPassword(username, password, false);
        await accounts.endSessions(username, keepSecret);
      });
    },
    async add({ username, name, roles, sites }, by) {
      if (!usernamePattern.test(username)) throw invalid('A name of an account has 2 to 64 of a-z, 0-9, dot, dash and underscore');
      if (name.trim() === '' || name.length > 64 || /[\p{Cc}\\]/u.test(name)) throw invalid('The name for reports has 1 to 64 characters, without control characters and backslash');
      checkRoles(roles);
      checkSites(sites);
      const first = inventPassword();
      const password = await hashPassword(first);
      await store.change(async (accounts) => {
        await accounts.add({ username, name: name.trim(), roles, ...(sites === undefined ? {} : { sites }), password, createdAt: iso() });
        await accounts.note(noted('account-added', username, by, { roles, ...(sites === undefined ? {} : { sites }) }));
      });
      return first;
    },
    async resetPassword(username, by) {
      const first = inventPassword();
      const password = await hashPassword(first);
      await store.change(async (accounts) => {
        await checkLocal(accounts, username);
        await accounts.setPassword(username, password, true);
        await accounts.endSessions(username);
        await accounts.note(noted('account-password-reset', username, by));
      });
      await store.clearAttempts(username);
      return first;
    },
    async setRoles(username, roles, by) {
      checkRoles(roles);
      await store.change(async (accounts) => {
        await checkLocal(accounts, username);
        await accounts.setRoles(username, roles);
        await accounts.note(noted('account-roles', username, by, { roles }));
      });
    },
    async setSites(username, sites, by) {
      checkSites(sites);
      await store.change(async (accounts) => {
        await checkLocal(accounts, username);
        await accounts.setSites(username, sites);
        await accounts.note(noted('account-sites', username, by, { sites: sites ?? 'all' }));
      });
    },
    setDisabled: (username, disabled, by) => store.change(async (accounts) => {
      await accounts.setDisabled(username, disabled);
      if (disabled) await accounts.endSessions(username);
      await accounts.note(noted(disabled ? 'account-disabled' : 'account-enabled', username, by));
    }),
    list: () => store.accounts(),
    async addToken({ label, username, scope, sites, days }, by) {
      checkSites(sites);
      if (label.trim() === '' || label.length > 100) throw invalid('A token has a label of 1 to 100 characters');
      if (!(days > 0 && days <= longestTokenDays)) throw invalid(`A token lasts 1 to ${longestTokenDays} days`);
      const secret = `${tokenPrefix}${randomBytes(32).toString('base64url')}`;
      const token: ApiToken = {
        id: randomUUID(), label: label.trim(), username, scope, ...(sites === undefined ? {} : { sites }), createdAt: iso(), expiresAt: new Date(now() + days * 86_400_000).toISOString(),
      };
      await store.change(async (accounts) => {
        // Of an account of the provider nobody would tell when its owner has left the house.
        const account = await checkLocal(accounts, username);
        const identity = identityOf(account, 'token', token);
        if (identity === undefined) throw new AppError('ACCOUNT_NOT_FOUND', 'There is no such account');
        if (scope.length === 0 || scope.some((permission) => !identity.permissions.includes(permission))) throw invalid('A token can do no more than its account');
        if (sites?.some((site) => account.sites?.includes(site) === false) === true) throw invalid('A token sees no more sites than its account');
        await accounts.addToken(secret, token);
        await accounts.note(noted('token-added', username, by, { token: token.id, scope, expiresAt: token.expiresAt, ...(sites === undefined ? {} : { sites }) }));
      });
      return { secret, token };
    },
    tokens: () => store.tokens(),
    removeToken: (id, by) => store.change(async (accounts) => {
      const token = await accounts.removeToken(id);
      if (token === undefined) return false;
      await accounts.note(noted('token-removed', token.username, by, { token: id }));
      return true;
    }),
    async beginProvided(login) {
      const secret = randomBytes(32).toString('base64url');
      await store.addPending(secret, login, now());
      return secret;
    },
    async takeProvided(secret, withinMs) {
      const found = secret === undefined ? undefined : await store.takePending(secret);
      return found === undefined || now() - found.begunAtMs > withinMs ? undefined : found.login;
    },
  };
}
