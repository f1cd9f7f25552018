/** A cache of byte arrays, bounded by their total size; what was used least recently goes first. */
export interface ByteCache {
  get(key: string): Uint8Array | undefined;
  set(key: string, value: Uint8Array): void;
  readonly sizeBytes: number;
}

export function createByteCache(maxBytes: number): ByteCache {
  const entries = new Map<string, Uint8Array>();
  let sizeBytes = 0;

  function remove(key: string): void {
    sizeBytes -= entries.get(key)?.byteLength ?? 0;
    entries.delete(key);
  }

  return {
    get sizeBytes() { return sizeBytes; },
    get(key) {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      // A Map keeps the order of insertion: putting it in again makes it the most recent.
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    set(key, value) {
      remove(key);
      // One value that would push out more than a quarter of everything is not worth keeping.
      if (value.byteLength > maxBytes / 4) return;
      entries.set(key, value);
      sizeBytes += value.byteLength;
      for (const oldest of entries.keys()) {
        if (sizeBytes <= maxBytes) break;
        remove(oldest);
      }
    },
  };
}
