/**
 * People whom an identity provider logs in. They are known by issuer and subject, never by an address or a name, which
 * the provider may give to somebody else one day. Roles and sites are those of the present login.
 */
import { AppError } from '../errors.ts';
import type { Role } from './permissions.ts';
import type { AccountWriter } from './store.ts';
import type { Account } from './types.ts';

export interface ProvidedPerson {
  readonly provider: NonNullable<Account['provider']>;
  /** What the account's name is made of at the first login; it stays when the provider changes it. */
  readonly preferredUsername: string;
  /** As it stands in reports. */
  readonly name: string;
  readonly roles: readonly Role[];
  /** All when absent. */
  readonly sites?: readonly string[];
  readonly sessionMs: number;
}

/** Local accounts have no `@` in their names, so neither can be taken for the other. */
const suffix = '@sso';
const longestName = 64;

function plainName(preferred: string): string {
  const plain = preferred.normalize('NFD').replace(/\p{M}/gu, '').replaceAll(/đ/giu, 'd').toLowerCase().split('@', 1)[0]!.replace(/[^a-z0-9._-]+/gu, '-');
  return plain.replace(/^[^a-z0-9]+|[^a-z0-9]+$/gu, '').slice(0, 40) || 'user';
}

async function freeUsername(accounts: AccountWriter, preferred: string): Promise<string> {
  const plain = plainName(preferred);
  for (let at = 1; ; at += 1) {
    const username = `${plain}${at === 1 ? '' : `-${at}`}${suffix}`;
    if (await accounts.account(username) === undefined) return username;
  }
}

function reportName(name: string): string {
  return Array.from(name.replace(/[\p{Cc}\\^=]/gu, ' ').replace(/\s+/gu, ' ').trim()).slice(0, longestName).join('');
}

/**
 * Writes down who it is and what they may now, inside a transaction; gives the name of the account, or why there is no
 * login: whoever had a role and has lost it, loses also what was begun with it.
 */
export async function takeProvided(accounts: AccountWriter, { provider, preferredUsername, name, roles, sites }: ProvidedPerson, at: string): Promise<string | AppError> {
  const known = await accounts.accountOfSubject(provider);
  if (roles.length === 0) {
    if (known !== undefined) {
      await accounts.setRoles(known.username, []);
      await accounts.endSessions(known.username);
    }
    return new AppError('ACCOUNT_NO_ROLE', 'The identity provider knows this person, but none of their groups has a role here');
  }
  if (known?.disabled === true) return new AppError('ACCOUNT_LOGIN_FAILED', 'The account is disabled');
  const username = known?.username ?? await freeUsername(accounts, preferredUsername);
  const shown = reportName(name) || username;
  if (known === undefined) await accounts.addProvided({ username, name: shown, provider, createdAt: at });
  else await accounts.setName(username, shown);
  await accounts.setRoles(username, roles);
  await accounts.setSites(username, sites);
  return username;
}
