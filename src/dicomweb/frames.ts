/** Frames of archived instances: from the cache, from a decoding that is under way, or decoded now. */
import type { InstanceArchive } from '../archive/port.ts';
import type { InstanceRecord } from '../study/types.ts';
import type { DecodePool } from './decode-pool.ts';
import { createByteCache } from './lru-cache.ts';

export interface Frames {
  /** One frame, `frameNumber` from 1: as stored, or as little-endian cells. Errors: HTTP_NOT_FOUND and those of decoding. */
  frame(record: InstanceRecord, frameNumber: number, stored: boolean): Promise<Uint8Array>;
}

export function createFrames(archive: InstanceArchive, pool: DecodePool, cacheBytes: number): Frames {
  const cache = createByteCache(cacheBytes);
  const underWay = new Map<string, Promise<Uint8Array>>();

  return {
    async frame(record, frameNumber, stored) {
      const key = `${record.blobKey} ${frameNumber} ${stored ? 'stored' : 'native'}`;
      const known = cache.get(key) ?? underWay.get(key);
      if (known !== undefined) return known;
      const decoding = pool.run<'frame'>({ kind: 'frame', path: archive.path(record.blobKey), frameIndex: frameNumber - 1, stored });
      underWay.set(key, decoding);
      try {
        const bytes = await decoding;
        cache.set(key, bytes);
        return bytes;
      } finally {
        underWay.delete(key);
      }
    },
  };
}
