/** When a delivery is tried again, and when it is given up. */
import type { RetrySettings } from './destination.ts';

export interface RetryPolicy {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly maxAttempts: number;
  readonly maxRefusals: number;
}

/** 10 s, doubled up to 1 h: 500 attempts are about three weeks. */
export const defaultRetryPolicy: RetryPolicy = { firstMs: 10_000, maxMs: 3_600_000, maxAttempts: 500, maxRefusals: 5 };

export function retryPolicyOf(settings: Partial<RetrySettings> | undefined, base: RetryPolicy): RetryPolicy {
  if (settings === undefined) return base;
  const firstMs = settings.firstSeconds === undefined ? base.firstMs : settings.firstSeconds * 1000;
  return {
    firstMs,
    maxMs: settings.maxSeconds === undefined ? base.maxMs : Math.max(firstMs, settings.maxSeconds * 1000),
    maxAttempts: settings.maxAttempts ?? base.maxAttempts,
    maxRefusals: settings.maxRefusals ?? base.maxRefusals,
  };
}

/** After `failures` earlier ones. */
export function retryDelayMs(failures: number, { firstMs, maxMs }: RetryPolicy): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(failures, 30));
}

/**
 * A considered refusal of this object is final after a few; what may pass (down, full, timed out) only after very many,
 * since nobody may be there to repair the other system for days.
 */
export function verdictOn(counts: { readonly attempts: number; readonly refusals: number }, policy: RetryPolicy): 'again' | 'give-up' {
  return counts.refusals >= policy.maxRefusals || counts.attempts >= policy.maxAttempts ? 'give-up' : 'again';
}
