/**
 * Who makes the request, and whether that may. A person comes with the cookie of a session, a program with a bearer
 * token; DICOMweb clients that know only Basic give the token as its password.
 */
import type { FastifyRequest } from 'fastify';
import type { Accounts } from '../../accounts/accounts.ts';
import type { Identity } from '../../accounts/types.ts';
import { AppError } from '../../errors.ts';
import { createLoginThrottle } from '../login-throttle.ts';
import { needOf } from '../permissions.ts';
import type { Http } from '../type-provider.ts';
import { presentedToken } from './protection.ts';

export const sessionCookie = 'phoi_session';

const identities = new WeakMap<FastifyRequest, Identity>();

/** Who makes the request; undefined without accounts and for a public route without a login. */
export function identityOf(request: FastifyRequest): Identity | undefined {
  return identities.get(request);
}

/** The value of a cookie (RFC 6265). */
export function presentedCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}

/** The secret of the session's cookie. */
export function presentedSession(header: string | undefined): string | undefined {
  return presentedCookie(header, sessionCookie);
}

/** Strict: no other site's page sends it, not even by a link. The session ends on the server, whatever a browser keeps. */
export function sessionCookieHeader(secret: string | undefined, isSecure: boolean): string {
  return `${sessionCookie}=${secret ?? ''}; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}${secret === undefined ? '; Max-Age=0' : ''}`;
}

/** The sites that whoever makes the request is limited to, as part of a `ReceiveContext`. */
export function sitesOf(request: FastifyRequest): { readonly sites?: readonly string[] } {
  const sites = identityOf(request)?.sites;
  return sites === undefined ? {} : { sites };
}

/** `isUse`: whether it counts against the idle time of the session. */
async function identify(request: FastifyRequest, accounts: Accounts, isUse = true): Promise<Identity | undefined> {
  const session = presentedSession(request.headers.cookie);
  const bySession = session === undefined ? undefined : await accounts.bySession(session, isUse);
  if (bySession !== undefined) return bySession;
  const token = presentedToken(request.headers.authorization);
  return token === undefined ? undefined : accounts.byToken(token);
}

/** False when what a long answer began with has ended since, or sees other sites now. Without accounts always true. */
export async function isStillIdentified(request: FastifyRequest, accounts: Accounts | undefined): Promise<boolean> {
  const then = identityOf(request);
  if (accounts === undefined || then === undefined) return true;
  const now = await identify(request, accounts, false);
  return now !== undefined && JSON.stringify(now.sites) === JSON.stringify(then.sites);
}

/** Whoever is logged in is the reader of what they write: nobody signs under another's name. */
function setReader(request: FastifyRequest, { account }: Identity): void {
  const { body } = request;
  if (typeof body === 'object' && body !== null && 'reader' in body) {
    body.reader = { id: account.username, name: account.name };
  }
}

export function registerAuthentication(app: Http, accounts: Accounts): void {
  const badTokens = createLoginThrottle();
  app.addHook('onRequest', async (request) => {
    if (request.method === 'OPTIONS') return;
    const need = needOf(request.method, request.routeOptions.url ?? 'unmatched') ?? 'accounts.manage';
    const identity = await identify(request, accounts).catch((error: unknown) => {
      // Where the accounts cannot be read, the page still opens and tells so.
      if (need === 'page') return undefined;
      throw error;
    });
    if (identity !== undefined) identities.set(request, identity);
    if (need === 'page' || need === 'public') return;
    if (identity === undefined && presentedToken(request.headers.authorization) !== undefined) {
      // A token that is good gets in all the same: others may come from the address of whoever guesses.
      badTokens.failed(request.ip);
      badTokens.check(request.ip);
    }
    if (identity === undefined) throw new AppError('HTTP_UNAUTHORIZED', 'Log in, or present a token.');
    if (need === 'session') {
      if (identity.by !== 'session') throw new AppError('ACCOUNT_NOT_PERMITTED', 'Only a person who is logged in may do this.');
      return;
    }
    if (identity.account.mustChangePassword && identity.by === 'session') {
      throw new AppError('ACCOUNT_PASSWORD_CHANGE_DUE', 'The password was given by somebody else: change it first.');
    }
    if (!identity.permissions.includes(need)) throw new AppError('ACCOUNT_NOT_PERMITTED', `This needs the permission ${need}.`);
  });
  app.addHook('preValidation', async (request) => {
    const identity = identities.get(request);
    if (identity !== undefined) setReader(request, identity);
  });
}
