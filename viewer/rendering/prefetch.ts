import { nearestPending } from './nearest.ts';
import type { PixelSource } from './slice-cache.ts';
import { slices } from './slices.ts';

export interface Prefetcher {
  /** Loads around this slice next. */
  focus(index: number): void;
  stop(): void;
}

/** Requests under way at once: leaves the browser's connections free for the slice that is being looked at. */
const parallel = 4;
/** A slice that failed so often is left until it is looked at, where its error is shown. */
const attempts = 3;

/** What the prefetcher needs of {@link slices}. */
export interface PrefetchCache {
  has(imageId: string): boolean;
  load(source: PixelSource): Promise<unknown>;
}

/**
 * Loads the slices of a series in the background, nearest first, at most `capacity` of them around the current one.
 * `loaded` hears of every change of their count; `rests`: nothing is under way any more, all came or cannot be had.
 */
export function prefetchNearest(sources: readonly PixelSource[], capacity: number, loaded: (count: number, rests: boolean) => void, cache: PrefetchCache = slices): Prefetcher {
  const settled = new Set<number>();
  const there = new Set<number>();
  const failures = new Map<number, number>();
  const reach = Math.floor(capacity / 2);
  let centre = 0;
  let running = 0;
  let stopped = false;

  function fetch(index: number, source: PixelSource): void {
    running += 1;
    cache.load(source).then(() => {
      if (settled.has(index)) there.add(index);
      if (!stopped) loaded(there.size, false);
    }, () => {
      const failed = (failures.get(index) ?? 0) + 1;
      failures.set(index, failed);
      // Again after all others: a connection that broke is back by then.
      if (failed < attempts) retry.push(index);
    }).finally(() => { running -= 1; next(); });
  }

  const retry: number[] = [];
  function next(): void {
    const before = there.size;
    while (!stopped && running < parallel) {
      let index = nearestPending(centre, sources.length, reach, settled);
      if (index === undefined) {
        index = retry.shift();
        if (index !== undefined && Math.abs(index - centre) > reach) continue;
      }
      const source = index === undefined ? undefined : sources[index];
      if (index === undefined || source === undefined) break;
      settled.add(index);
      if (cache.has(source.imageId)) there.add(index);
      else fetch(index, source);
    }
    if ((there.size !== before || running === 0) && !stopped) loaded(there.size, running === 0);
  }

  return {
    focus(index) {
      centre = index;
      // Slices out of reach may have left the cache.
      for (const each of settled) {
        if (Math.abs(each - centre) <= reach) continue;
        settled.delete(each);
        there.delete(each);
        failures.delete(each);
      }
      next();
    },
    stop: () => { stopped = true; },
  };
}
