import { expect } from 'vitest';

/** Looks again and again until the expectation holds; long enough for a busy machine. */
export function eventually<T>(probe: () => Promise<T> | T, what?: string): ReturnType<typeof expect.poll<T>> {
  return expect.poll(probe, { timeout: 50_000, interval: 50, ...(what === undefined ? {} : { message: what }) });
}
