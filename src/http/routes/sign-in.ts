/**
 * Logging in at the identity provider. These are pages that a browser walks through, not calls: every end, good or bad,
 * leads back to a page of the viewer.
 */
import { Type } from '@sinclair/typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Accounts } from '../../accounts/accounts.ts';
import { AppError, toAppError } from '../../errors.ts';
import { personOf } from '../../oidc/person-of.ts';
import type { BegunLogin, IdentityProvider } from '../../oidc/provider.ts';
import type { OidcSettings } from '../../oidc/settings.ts';
import { presentedCookie, sessionCookieHeader } from '../plugins/authentication.ts';
import { entranceLimit } from '../plugins/rate-limit.ts';
import type { Http } from '../type-provider.ts';
import type { SessionOptions } from './session.ts';

export interface SignIn {
  readonly settings: OidcSettings;
  readonly provider: IdentityProvider;
}

/** Long enough for a password and a second factor. */
const pendingMs = 10 * 60_000;
const loginCookie = 'phoi_login';
/** Of the callback alone. Lax, since the browser comes from the provider's page. */
const cookiePath = '/api/v1/session/provider';

function loginCookieHeader(secret: string | undefined, isSecure: boolean): string {
  return `${loginCookie}=${secret ?? ''}; Path=${cookiePath}; HttpOnly; SameSite=Lax; Max-Age=${secret === undefined ? 0 : pendingMs / 1000}${isSecure ? '; Secure' : ''}`;
}

/** A path of this service; whatever else is asked for leads to the worklist. */
export function ownPath(asked: string | undefined): string {
  const base = 'http://phoi.invalid';
  if (asked === undefined || !URL.canParse(asked, base)) return '/';
  const url = new URL(asked, base);
  return url.origin === base && asked.startsWith('/') ? `${url.pathname}${url.search}` : '/';
}

/** What the answer is checked with, and the path of the page that was asked for. */
interface PendingLogin extends BegunLogin {
  readonly returnTo: string;
}

const errorPage = (code: string): string => `/?login=${code}`;

export function registerSignInRoutes(app: Http, accounts: Accounts, { settings, provider }: SignIn, { isSecure, audit }: Pick<SessionOptions, 'isSecure' | 'audit'>): void {
  /** Tells the trail who failed as far as the provider said, and the log why. */
  async function failed(request: FastifyRequest, reply: FastifyReply, error: unknown, subject?: string): Promise<FastifyReply> {
    const known = toAppError(error);
    const cause = known.cause instanceof Error ? known.cause.message : undefined;
    request.log.warn({ code: known.code, cause }, 'Login at the identity provider failed');
    await audit?.({
      kind: 'login', action: 'execute', outcome: 'serious-failure', actor: { name: 'unknown', kind: 'person', address: request.ip }, what: known.code,
      details: { issuer: settings.issuer, ...(subject === undefined ? {} : { subject }) },
    });
    return reply.redirect(errorPage(known.code), 303);
  }

  app.get('/session/provider', {
    config: entranceLimit,
    schema: { hide: true, querystring: Type.Object({ to: Type.Optional(Type.String({ maxLength: 500 })) }) },
  }, async (request, reply) => {
    try {
      const { url, begun } = await provider.begin();
      const pending: PendingLogin = { ...begun, returnTo: ownPath(request.query.to) };
      void reply.header('set-cookie', loginCookieHeader(await accounts.beginProvided(JSON.stringify(pending)), isSecure));
      return await reply.redirect(url.href, 303);
    } catch (error) {
      return failed(request, reply, error);
    }
  });

  app.get('/session/provider/callback', { config: entranceLimit, schema: { hide: true } }, async (request, reply) => {
    void reply.header('set-cookie', loginCookieHeader(undefined, isSecure));
    let subject: string | undefined;
    try {
      const pending = await accounts.takeProvided(presentedCookie(request.headers.cookie, loginCookie), pendingMs);
      if (pending === undefined) throw new AppError('ACCOUNT_LOGIN_EXPIRED', 'The login was not begun in this browser, took too long, or is complete already');
      const begun = JSON.parse(pending) as PendingLogin;
      const claims = await provider.complete(new URL(request.url, 'http://phoi.invalid').search, begun);
      subject = claims.sub;
      const { secret, identity } = await accounts.loginProvided(personOf(claims, settings));
      await audit?.({
        kind: 'login', action: 'execute', outcome: 'success', actor: { name: identity.account.username, kind: 'person', address: request.ip }, what: 'login',
        details: { issuer: claims.iss, subject, roles: identity.account.roles, ...(identity.sites === undefined ? {} : { sites: identity.sites }) },
      });
      void reply.header('set-cookie', sessionCookieHeader(secret, isSecure));
      return await reply.redirect(begun.returnTo, 303);
    } catch (error) {
      return failed(request, reply, error, subject);
    }
  });

  // After `DELETE /session` has ended the session here: the provider's own would log in the next person on this machine.
  app.get('/session/provider/logout', { schema: { hide: true } }, async (request, reply) => {
    try {
      return await reply.redirect((await provider.logoutUrl())?.href ?? '/', 303);
    } catch (error) {
      request.log.warn({ code: toAppError(error).code }, 'The identity provider could not be asked to log out');
      return reply.redirect('/', 303);
    }
  });
}
