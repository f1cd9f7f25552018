/** Failed logins, or bad tokens, of one address, so that guessing over many accounts is slow as well. */
import { AppError } from '../errors.ts';

const windowMs = 10 * 60_000;
const maxFailures = 20;
const maxAddresses = 10_000;

export interface LoginThrottle {
  /** @throws AppError ACCOUNT_LOCKED */
  check(address: string): void;
  failed(address: string): void;
}

export function createLoginThrottle(now: () => number = Date.now): LoginThrottle {
  const failures = new Map<string, { count: number; since: number }>();
  function current(address: string): { count: number; since: number } | undefined {
    const found = failures.get(address);
    if (found === undefined || now() - found.since < windowMs) return found;
    failures.delete(address);
    return undefined;
  }
  return {
    check(address) {
      const found = current(address);
      if (found !== undefined && found.count >= maxFailures) {
        throw new AppError('ACCOUNT_LOCKED', 'Too many failed attempts: try again later', { details: { retryAfterSeconds: Math.max(1, Math.ceil((found.since + windowMs - now()) / 1000)) } });
      }
    },
    failed(address) {
      const found = current(address);
      if (found !== undefined) found.count += 1;
      else failures.set(address, { count: 1, since: now() });
      if (failures.size > maxAddresses) failures.delete(failures.keys().next().value!);
    },
  };
}
