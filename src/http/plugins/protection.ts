/**
 * Who may talk to the service while there is no user management: the Host header is checked against DNS rebinding,
 * the Origin of changes against forged requests from other sites, and a token can be demanded of everybody.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../errors.ts';
import type { HttpConfig } from '../deps.ts';
import type { Http } from '../type-provider.ts';

const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Host name of a Host header: without port and brackets, lower case. */
function hostName(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host);
  return (bracketed?.[1] ?? host.replace(/:\d*$/, '')).toLowerCase().replace(/\.$/, '');
}

/**
 * Whether a request may name this host. A rebinding attack needs a DNS name of the attacker, so an address literal is
 * safe; names are accepted only when they are loopback names or were configured.
 */
export function isAcceptedHost(host: string | undefined, config: Pick<HttpConfig, 'publicUrl' | 'allowedHosts'>): boolean {
  // HTTP/1.0 probes send none; a browser always does.
  if (host === undefined) return true;
  const name = hostName(host);
  if (isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost')) return true;
  if (config.publicUrl !== undefined && new URL(config.publicUrl).hostname.toLowerCase() === name) return true;
  return config.allowedHosts?.some((allowed) => allowed.toLowerCase() === name) ?? false;
}

function isOwnOrigin(origin: string, host: string | undefined, config: HttpConfig): boolean {
  let url: URL;
  try {
    url = new URL(origin);
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
  if (config.publicUrl !== undefined && new URL(config.publicUrl).origin === url.origin) return true;
  if (config.corsOrigins?.includes(url.origin) === true) return true;
  return host !== undefined && url.host === host.toLowerCase();
}

function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** The token of an Authorization header: Bearer, or the password of Basic (RFC 6750, RFC 7617). */
export function presentedToken(header: string | undefined): string | undefined {
  const match = /^(Bearer|Basic)\s+(\S+)\s*$/i.exec(header ?? '');
  if (match === null) return undefined;
  if (match[1]!.toLowerCase() === 'bearer') return match[2];
  const pair = Buffer.from(match[2]!, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? undefined : pair.slice(colon + 1);
}

function mayReadAcrossOrigins(origin: string | undefined, config: HttpConfig): boolean {
  return config.corsOrigins?.some((allowed) => allowed === '*' || allowed === origin) ?? false;
}

function checkOrigin(request: FastifyRequest, config: HttpConfig): void {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (readingMethods.has(request.method)) {
    // A link from elsewhere may open a page here; anything else that a foreign page starts has no business here.
    if (site === 'cross-site' && request.headers['sec-fetch-mode'] !== 'navigate' && !mayReadAcrossOrigins(origin, config)) {
      throw new AppError('HTTP_FORBIDDEN_ORIGIN', 'The request comes from a page of another site.');
    }
    return;
  }
  const foreign = origin === undefined ? site === 'cross-site' || site === 'same-site' : !isOwnOrigin(origin, host, config);
  if (foreign) throw new AppError('HTTP_FORBIDDEN_ORIGIN', 'The request comes from a page of another site.');
}

export function registerProtection(app: Http, config: HttpConfig): void {
  app.addHook('onRequest', async (request, reply) => {
    if (!isAcceptedHost(request.headers.host, config)) {
      throw new AppError('HTTP_FORBIDDEN_HOST', 'The Host header names a host that this service does not answer for.');
    }
    checkOrigin(request, config);
    // A preflight request never carries credentials and reads nothing.
    if (config.token === undefined || request.url === '/healthz' || request.method === 'OPTIONS') return;
    const presented = presentedToken(request.headers.authorization);
    if (presented === undefined || !sameSecret(presented, config.token)) {
      void reply.header('www-authenticate', 'Basic realm="Phoi", charset="UTF-8"');
      throw new AppError('HTTP_UNAUTHORIZED', 'This service needs a token.');
    }
  });
}
