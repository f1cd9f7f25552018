import { Enums, imageLoader } from '@cornerstonejs/core';
import { nearestPending } from './nearest.ts';
import { isCached } from './start.ts';

export interface Prefetcher {
  /** Loads around this slice next. */
  focus(index: number): void;
  stop(): void;
}

/** Requests under way at once: leaves the browser's connections free for the slice that is being looked at. */
const parallel = 4;

/** Loads the slices of a series in the background, nearest first, at most `capacity` of them around the current one. */
export function prefetchNearest(imageIds: readonly string[], capacity: number, loaded: (count: number) => void): Prefetcher {
  const settled = new Set<number>();
  const reach = Math.floor(capacity / 2);
  let centre = 0;
  let running = 0;
  let done = 0;
  let stopped = false;

  const next = (): void => {
    while (!stopped && running < parallel) {
      const index = nearestPending(centre, imageIds.length, reach, settled);
      const imageId = index === undefined ? undefined : imageIds[index];
      if (index === undefined || imageId === undefined) return;
      settled.add(index);
      if (isCached(imageId)) {
        done += 1;
        continue;
      }
      running += 1;
      imageLoader.loadAndCacheImage(imageId, { priority: 10, requestType: Enums.RequestType.Prefetch }).then(
        () => { done += 1; loaded(done); },
        // It is asked for again when it is looked at, and its error is shown there; no second try in the background.
        () => undefined,
      ).finally(() => { running -= 1; next(); });
    }
  };
  return {
    focus(index) {
      centre = index;
      // Slices out of reach may have left the cache.
      for (const each of settled) if (Math.abs(each - centre) > reach && settled.delete(each)) done -= 1;
      next();
    },
    stop: () => { stopped = true; },
  };
}
