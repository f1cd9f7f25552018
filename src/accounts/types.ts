/** Accounts of people and tokens of programs. */
import type { Permission, Role } from './permissions.ts';

export interface Account {
  /** Lower case; what is typed at the login and stands in the audit trail. */
  readonly username: string;
  /** As it stands in reports. */
  readonly name: string;
  readonly roles: readonly Role[];
  /** Sites whose studies it sees; all when absent. */
  readonly sites?: readonly string[];
  /** Who logs it in, when that is an identity provider: its issuer, and the subject there (OpenID Connect Core 2). */
  readonly provider?: { readonly issuer: string; readonly subject: string };
  readonly disabled: boolean;
  /** The password was given by somebody else and must be changed before anything else. */
  readonly mustChangePassword: boolean;
  readonly createdAt: string;
  readonly lastLoginAt?: string;
}

export interface ApiToken {
  readonly id: string;
  readonly label: string;
  /** The account whose name the token's deeds carry. */
  readonly username: string;
  readonly scope: readonly Permission[];
  /** Of those of its account; all of them when absent. */
  readonly sites?: readonly string[];
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly lastUsedAt?: string;
}

/** Who makes a request, and what that may do. */
export interface Identity {
  readonly account: Account;
  readonly permissions: readonly Permission[];
  /** Sites whose studies it sees; all when absent. */
  readonly sites?: readonly string[];
  /** By session a person, by token a program. */
  readonly by: 'session' | 'token';
}

/** Who changes accounts, as the audit trail names them. */
export interface Changer {
  readonly name: string;
  readonly kind: 'service' | 'person' | 'peer';
  readonly address?: string;
}

/** What was done to an account or token: written down with the change itself, so that no way of making it is without a trace. */
export interface AccountChange {
  readonly what: 'account-added' | 'account-password-reset' | 'account-roles' | 'account-sites' | 'account-disabled' | 'account-enabled' | 'token-added' | 'token-removed';
  readonly username: string;
  readonly at: string;
  readonly by: Changer;
  readonly details?: Readonly<Record<string, string | readonly string[]>>;
}
