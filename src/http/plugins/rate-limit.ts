/**
 * How often one person, program or unknown address may ask. Wide enough for a reader who scrolls through a study frame
 * by frame, and for a modality that stores instance by instance; it stops what has run wild. Ways in have limits of
 * their own (`entranceLimit`, src/http/login-throttle.ts).
 */
import rateLimit from '@fastify/rate-limit';
import { AppError } from '../../errors.ts';
import type { Http } from '../type-provider.ts';
import { identityOf } from './authentication.ts';

const windowMs = 60_000;

/** Of routes at which people log in: by address, however each attempt ends. */
export const entranceLimit = { rateLimit: { max: 60, timeWindow: windowMs } } as const;

/** Holds for the routes that are registered after it has loaded: interfaces and pages, not the probes. */
export function registerRateLimit(app: Http, requestsPerMinute: number): void {
  void app.register(rateLimit, {
    max: requestsPerMinute, timeWindow: windowMs,
    keyGenerator: (request) => {
      const identity = identityOf(request);
      return identity === undefined ? `address ${request.ip}` : `account ${identity.account.username}`;
    },
    errorResponseBuilder: (_request, { ttl }) => new AppError('HTTP_TOO_MANY_REQUESTS', 'Too many requests: try again later', {
      details: { retryAfterSeconds: Math.ceil(ttl / 1000) },
    }),
  });
}
