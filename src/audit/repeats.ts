/** What comes again within ten minutes is one entry: a viewer asks hundreds of times in one look, a lost device calls every second. */
const windowMs = 10 * 60_000;
/** Beyond so many open windows the oldest are forgotten: at worst something is recorded twice. */
const maxWindows = 50_000;

export function createRepeats(now: () => number = Date.now): (...key: readonly (string | undefined)[]) => boolean {
  const windows = new Map<string, number>();
  return (...parts) => {
    const key = parts.join('\n');
    const since = windows.get(key);
    if (since !== undefined && now() - since < windowMs) return true;
    windows.delete(key);
    windows.set(key, now());
    if (windows.size > maxWindows) windows.delete(windows.keys().next().value!);
    return false;
  };
}
