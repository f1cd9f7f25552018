/** Waits until `probe` gives something, looking often; fails with the last thing seen when the deadline passes. */
import { setTimeout as pause } from 'node:timers/promises';

export async function until<T>(what: string, probe: () => Promise<T | undefined | false> | T | undefined | false, deadlineMs = 50_000): Promise<T> {
  const end = Date.now() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what} did not happen within ${deadlineMs} ms`, { cause: last });
    await pause(40);
  }
}
