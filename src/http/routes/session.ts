/** Login and logout, and for administrators the accounts and tokens. */
import { Type, type Static } from '@sinclair/typebox';
import type { FastifyRequest } from 'fastify';
import type { Accounts } from '../../accounts/accounts.ts';
import { permissions, roles } from '../../accounts/permissions.ts';
import type { Recorder } from '../../audit/recording-index.ts';
import type { Site } from '../../sites/settings.ts';
import type { Changer, Identity } from '../../accounts/types.ts';
import { AppError, toAppError } from '../../errors.ts';
import { createLoginThrottle } from '../login-throttle.ts';
import { actorOf } from '../plugins/audit.ts';
import { identityOf, presentedSession, sessionCookieHeader } from '../plugins/authentication.ts';
import { entranceLimit } from '../plugins/rate-limit.ts';
import { problemSchema } from '../schemas/common.ts';
import type { Http } from '../type-provider.ts';

const errors = { '4xx': problemSchema };
const roleSchema = Type.Union(roles.map((role) => Type.Literal(role)));
const permissionSchema = Type.Union(permissions.map((permission) => Type.Literal(permission)));
const accountSchema = Type.Object({
  username: Type.String(), name: Type.String(), roles: Type.Array(roleSchema), disabled: Type.Boolean(), mustChangePassword: Type.Boolean(),
  createdAt: Type.String(), lastLoginAt: Type.Optional(Type.String()),
  sites: Type.Optional(Type.Array(Type.String(), { description: 'Sites whose studies it sees; all when absent' })),
  provider: Type.Optional(Type.Object({ issuer: Type.String(), subject: Type.String() }, { description: 'The identity provider that logs it in' })),
});
const sessionSchema = Type.Object({
  accounts: Type.Boolean({ description: 'Whether this service has accounts' }),
  provider: Type.Optional(Type.Object({ name: Type.String() }, { description: 'The identity provider at which people may log in: GET /api/v1/session/provider' })),
  account: Type.Optional(accountSchema), permissions: Type.Optional(Type.Array(permissionSchema)),
  sites: Type.Optional(Type.Array(Type.Object({ name: Type.String(), title: Type.String() }), { description: 'Sites of the settings that whoever asks may see' })),
});
const tokenSchema = Type.Object({
  id: Type.String(), label: Type.String(), username: Type.String(), scope: Type.Array(permissionSchema), createdAt: Type.String(),
  expiresAt: Type.String(), lastUsedAt: Type.Optional(Type.String()), sites: Type.Optional(Type.Array(Type.String())),
});
const firstPasswordSchema = Type.Object({ password: Type.String({ description: 'Told once; it must be changed at the first login' }) });
const usernameParams = Type.Object({ username: Type.String({ maxLength: 64 }) });
const sitesSchema = Type.Array(Type.String(), { minItems: 1, description: 'Names of sites in the settings' });
const strict = { additionalProperties: false };

export interface SessionOptions {
  readonly isSecure: boolean;
  readonly sites: readonly Site[];
  readonly audit?: Recorder;
  /** Of the identity provider, where there is one. */
  readonly providerName?: string;
}

/** Without accounts only `GET /session` is there, and says so. */
export function registerSessionRoutes(app: Http, accounts: Accounts | undefined, options: SessionOptions): void {
  const sitesSeen = (seen: readonly string[] | undefined) => ({
    sites: options.sites.filter(({ name }) => seen?.includes(name) ?? true).map(({ name, title }) => ({ name, title: title ?? name })),
  });
  const provider = options.providerName === undefined ? {} : { provider: { name: options.providerName } };
  const sessionOf = ({ account, permissions: held, sites }: Identity): Static<typeof sessionSchema> =>
    ({ accounts: true, ...provider, account: account as Static<typeof accountSchema>, permissions: [...held], ...sitesSeen(sites) });

  app.get('/session', { schema: { tags: ['accounts'], summary: 'Who is logged in', response: { 200: sessionSchema } } }, async (request) => {
    const identity = identityOf(request);
    return identity === undefined ? { accounts: accounts !== undefined, ...provider, ...(accounts === undefined ? sitesSeen(undefined) : {}) } : sessionOf(identity);
  });
  if (accounts === undefined) return;
  const throttle = createLoginThrottle();
  // By the settings, or because a proxy that is trusted says that this request came by https.
  const isSecure = (request: FastifyRequest): boolean => options.isSecure || request.protocol === 'https';
  const changer = (request: FastifyRequest): Changer => actorOf(request, false);

  app.post('/session', {
    config: entranceLimit,
    schema: {
      tags: ['accounts'], summary: 'Logs in: the answer sets the cookie of the session',
      body: Type.Object({ username: Type.String({ maxLength: 200 }), password: Type.String({ maxLength: 1000 }) }, strict), response: { 200: sessionSchema, ...errors },
    },
  }, async (request, reply) => {
    throttle.check(request.ip);
    const { username, password } = request.body;
    // What was typed is only recorded when it is a name of an account: people type passwords into the wrong field.
    const known = (await accounts.list()).find((account) => account.username === username.trim().toLowerCase())?.username ?? 'unknown';
    const actor = { name: known, kind: 'person', address: request.ip } as const;
    try {
      const { secret, identity } = await accounts.login(username, password);
      await options.audit?.({ kind: 'login', action: 'execute', outcome: 'success', actor, what: 'login' });
      void reply.header('set-cookie', sessionCookieHeader(secret, isSecure(request)));
      return sessionOf(identity);
    } catch (error) {
      throttle.failed(request.ip);
      await options.audit?.({ kind: 'login', action: 'execute', outcome: 'serious-failure', actor, what: toAppError(error).code });
      throw error;
    }
  });

  app.delete('/session', { schema: { tags: ['accounts'], summary: 'Logs out', response: { 204: Type.Null() } } }, async (request, reply) => {
    const secret = presentedSession(request.headers.cookie);
    const identity = identityOf(request);
    if (secret !== undefined) await accounts.logout(secret);
    if (identity?.by === 'session') {
      await options.audit?.({ kind: 'logout', action: 'execute', outcome: 'success', actor: { name: identity.account.username, kind: 'person', address: request.ip }, what: 'logout' });
    }
    // Images that the browser has kept go with the session, where it listens to that (https, or this machine).
    return reply.header('set-cookie', sessionCookieHeader(undefined, isSecure(request))).header('clear-site-data', '"cache"').status(204).send();
  });

  app.post('/session/password', {
    schema: {
      tags: ['accounts'], summary: 'Changes the own password; other sessions end',
      body: Type.Object({ present: Type.String({ maxLength: 1000 }), next: Type.String({ maxLength: 1000 }) }, strict), response: { 204: Type.Null(), ...errors },
    },
  }, async (request, reply) => {
    const identity = identityOf(request);
    const secret = presentedSession(request.headers.cookie);
    if (identity === undefined || secret === undefined) throw new AppError('HTTP_UNAUTHORIZED', 'Log in first.');
    await accounts.changePassword(identity.account.username, request.body.present, request.body.next, secret);
    return reply.status(204).send();
  });

  app.get('/accounts', { schema: { tags: ['accounts'], summary: 'All accounts', response: { 200: Type.Object({ items: Type.Array(accountSchema) }) } } },
    async () => ({ items: [...await accounts.list()] as never }));

  app.post('/accounts', {
    schema: {
      tags: ['accounts'], summary: 'A new account', response: { 201: firstPasswordSchema, ...errors },
      body: Type.Object({ username: Type.String(), name: Type.String(), roles: Type.Array(roleSchema), sites: Type.Optional(sitesSchema) }, strict),
    },
  }, async (request, reply) => reply.status(201).send({ password: await accounts.add(request.body, changer(request)) }));

  app.patch('/accounts/:username', {
    schema: {
      tags: ['accounts'], summary: 'Roles, sites, or disabled', params: usernameParams, response: { 204: Type.Null(), ...errors },
      body: Type.Object({ roles: Type.Optional(Type.Array(roleSchema)), sites: Type.Optional(Type.Union([sitesSchema, Type.Null()], { description: 'null: all' })), disabled: Type.Optional(Type.Boolean()) }, strict),
    },
  }, async (request, reply) => {
    const { params: { username }, body } = request;
    if (username === identityOf(request)?.account.username) throw new AppError('ACCOUNT_INVALID', 'Nobody changes their own roles or disables themselves.');
    const by = changer(request);
    if (body.roles !== undefined) await accounts.setRoles(username, body.roles, by);
    if (body.sites !== undefined) await accounts.setSites(username, body.sites ?? undefined, by);
    if (body.disabled !== undefined) await accounts.setDisabled(username, body.disabled, by);
    return reply.status(204).send();
  });

  app.post('/accounts/:username/reset', {
    schema: { tags: ['accounts'], summary: 'A new first password; all sessions end', params: usernameParams, response: { 200: firstPasswordSchema, ...errors } },
  }, async (request) => ({ password: await accounts.resetPassword(request.params.username, changer(request)) }));

  app.get('/tokens', { schema: { tags: ['accounts'], summary: 'All tokens, without their secrets', response: { 200: Type.Object({ items: Type.Array(tokenSchema) }) } } },
    async () => ({ items: [...await accounts.tokens()] as never }));

  app.post('/tokens', {
    schema: {
      tags: ['accounts'], summary: 'A token for a program; its secret is told once',
      body: Type.Object({ label: Type.String(), username: Type.String(), scope: Type.Array(permissionSchema), sites: Type.Optional(sitesSchema), days: Type.Number() }, strict),
      response: { 201: Type.Object({ secret: Type.String(), token: tokenSchema }), ...errors },
    },
  }, async (request, reply) => {
    const { secret, token } = await accounts.addToken(request.body, changer(request));
    return reply.status(201).send({ secret, token: token as never });
  });

  app.delete('/tokens/:id', {
    schema: { tags: ['accounts'], summary: 'Ends a token', params: Type.Object({ id: Type.String({ maxLength: 64 }) }), response: { 204: Type.Null(), ...errors } },
  }, async (request, reply) => {
    if (!await accounts.removeToken(request.params.id, changer(request))) throw new AppError('ACCOUNT_NOT_FOUND', 'There is no such token');
    return reply.status(204).send();
  });
}
