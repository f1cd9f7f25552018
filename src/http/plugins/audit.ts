/**
 * What people and peers do over HTTP, into the audit trail: who looked at which study, who changed what, who was
 * refused. A viewer makes hundreds of requests for one look, so looks of one address at one study are one entry in ten minutes.
 */
import type { FastifyRequest } from 'fastify';
import type { AuditActor, AuditEvent } from '../../audit/entry.ts';
import type { Recorder } from '../../audit/recording-index.ts';
import { createRepeats } from '../../audit/repeats.ts';
import { isUID } from '../../dicom/uid.ts';
import { toAppError } from '../../errors.ts';
import type { Http } from '../type-provider.ts';
import { identityOf } from './authentication.ts';

const silent = new Set(['/healthz', '/readyz', '/metrics', '/api/v1/openapi.json', '/api/v1/events', '/api/v1/system', '/api/v1/models']);

/** Where requests came from: a socket that is gone does not tell. */
const addresses = new WeakMap<FastifyRequest, string>();

/** Who made the request, as the trail names them. */
export function actorOf(request: FastifyRequest, hasToken: boolean): AuditActor {
  const identity = identityOf(request);
  const address = addresses.get(request) ?? request.ip;
  if (identity !== undefined) return { name: identity.account.username, kind: identity.by === 'session' ? 'person' : 'peer', address };
  return { name: hasToken ? 'token' : 'anonymous', kind: 'person', address };
}

function studyOf(request: FastifyRequest): string | undefined {
  const { studyInstanceUID } = (request.params ?? {}) as { readonly studyInstanceUID?: unknown };
  return typeof studyInstanceUID === 'string' && isUID(studyInstanceUID) ? studyInstanceUID : undefined;
}

/** The event of a request that was answered; undefined for one that touches nobody's data. */
export function eventOf(method: string, route: string, statusCode: number, studyInstanceUID: string | undefined, actor: AuditActor): AuditEvent | undefined {
  const study = studyInstanceUID === undefined ? {} : { studyInstanceUID };
  const what = `${method} ${route}`;
  if ((statusCode === 401 && route !== '/api/v1/session') || statusCode === 403) return { kind: 'access-refused', action: 'execute', outcome: 'serious-failure', actor, what, ...study, details: { statusCode } };
  // Logins are recorded where it is known whose they were.
  if (silent.has(route) || route === '/api/v1/session' || statusCode === 404) return undefined;
  if (method === 'GET' || method === 'HEAD') {
    if (statusCode >= 400) return undefined;
    if (studyInstanceUID !== undefined) return { kind: 'study-accessed', action: 'read', outcome: 'success', actor, what: route.startsWith('/dicom-web') ? 'DICOMweb' : 'REST', ...study };
    return route.startsWith('/api/v1/worklist') || route.startsWith('/dicom-web') ? { kind: 'study-query', action: 'execute', outcome: 'success', actor, what: route } : undefined;
  }
  // A draft is written every few seconds; what counts of a reading is recorded where it happens.
  if (statusCode < 400 && /\/studies\/[^/]+\/review(?:\/(?:lock|preview|measure|sign|reopen))?$/u.test(route)) return undefined;
  // Accounts and tokens write down themselves who was changed and how (src/audit/account-changes.ts).
  if (statusCode < 400 && /^\/api\/v1\/(?:accounts|tokens)(?:\/|$)/u.test(route)) return undefined;
  // What was to be recorded is in the trail already.
  if (statusCode < 400 && route === '/api/v1/audit/events') return undefined;
  // Arrivals are recorded by study, when it is complete.
  if (route.startsWith('/dicom-web') || route === '/api/v1/uploads' || method === 'OPTIONS') return undefined;
  return { kind: 'administration', action: 'execute', outcome: statusCode < 400 ? 'success' : 'minor-failure', actor, what, ...study, details: { statusCode } };
}

export interface AuditOptions {
  readonly hasToken: boolean;
  /** Whether a study is there and belongs to a site, whoever asks. */
  readonly siteOf?: (studyInstanceUID: string) => Promise<string | undefined>;
  readonly now?: () => number;
}

export function registerAudit(app: Http, record: Recorder, options: AuditOptions): void {
  const repeats = createRepeats(options.now);
  const isRepeated = ({ kind, actor, studyInstanceUID, what }: AuditEvent): boolean => kind !== 'administration' && repeats(kind, actor.name, actor.address, studyInstanceUID, what);

  /** Who is limited to sites is told that a study of another one is not there; that they asked for it is entered. */
  async function recordForeign(request: FastifyRequest, actor: AuditActor, what: string): Promise<void> {
    const studyInstanceUID = studyOf(request);
    if (studyInstanceUID === undefined || identityOf(request)?.sites === undefined || await options.siteOf?.(studyInstanceUID) === undefined) return;
    const event: AuditEvent = { kind: 'access-refused', action: 'execute', outcome: 'serious-failure', actor, what, studyInstanceUID, details: { statusCode: 404 } };
    if (!isRepeated(event)) await record(event);
  }

  app.addHook('onRequest', async (request) => { addresses.set(request, request.ip); });
  // Before the first byte leaves, and not when the last one has: whoever cuts the connection would leave no trace.
  app.addHook('onSend', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unmatched';
    const known = actorOf(request, options.hasToken);
    // Who came without the token is not its holder.
    const actor = reply.statusCode === 401 && identityOf(request) === undefined ? { ...known, name: 'unknown' } : known;
    // Without waiting: how long an answer takes must not tell whether the study is there.
    if (reply.statusCode === 404) void recordForeign(request, actor, `${request.method} ${route}`).catch((error: unknown) => request.log.error({ err: toAppError(error) }, 'A refusal could not be looked up for the audit trail'));
    const event = eventOf(request.method, route, reply.statusCode, studyOf(request), actor);
    if (event !== undefined && !isRepeated(event)) await record(event);
  });
}
