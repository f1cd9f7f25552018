/** Decoded slices of the page, the least recently used leaving first. */
import { byteLengthOf, type SlicePixels } from './slice-pixels.ts';

/** Something with pixels: a slice, or several combined. */
export interface PixelSource {
  readonly imageId: string;
  readonly load: () => Promise<SlicePixels>;
}

export interface SliceCache {
  /** From the cache, from a load that is under way, or loaded now. What failed is tried again by the next call. */
  load(source: PixelSource): Promise<SlicePixels>;
  /** What is there now. */
  get(imageId: string): SlicePixels | undefined;
  has(imageId: string): boolean;
  /** These outlive {@link SliceCache.release}, until others take their place. */
  keep(imageIds: readonly string[]): void;
  remove(imageId: string): void;
  /** Forgets everything but what is kept. */
  release(): void;
  /** Calls the listener whenever a slice has come; gives the way to stop. */
  onLoaded(listener: (imageId: string) => void): () => void;
}

export function createSliceCache(maxBytes: number): SliceCache {
  /** A map remembers the order in which its keys came: the first is the one that was not used for longest. */
  const slices = new Map<string, SlicePixels>();
  const underWay = new Map<string, Promise<SlicePixels>>();
  const listeners = new Set<(imageId: string) => void>();
  let kept: ReadonlySet<string> = new Set();
  let bytes = 0;

  function remove(imageId: string): void {
    const pixels = slices.get(imageId);
    if (pixels !== undefined) bytes -= byteLengthOf(pixels);
    slices.delete(imageId);
    underWay.delete(imageId);
  }

  function put(imageId: string, pixels: SlicePixels): void {
    remove(imageId);
    slices.set(imageId, pixels);
    bytes += byteLengthOf(pixels);
    for (const each of slices.keys()) {
      if (bytes <= maxBytes) break;
      if (each !== imageId && !kept.has(each)) remove(each);
    }
    for (const listener of listeners) listener(imageId);
  }

  function get(imageId: string): SlicePixels | undefined {
    const pixels = slices.get(imageId);
    if (pixels === undefined) return undefined;
    slices.delete(imageId);
    slices.set(imageId, pixels);
    return pixels;
  }

  return {
    get, remove,
    has: (imageId) => slices.has(imageId),
    load(source) {
      const { imageId } = source;
      const there = get(imageId);
      if (there !== undefined) return Promise.resolve(there);
      const known = underWay.get(imageId);
      if (known !== undefined) return known;
      const loading = source.load().then((pixels) => {
        // Released meanwhile: nobody waits for it any more but the caller.
        if (underWay.get(imageId) === loading) put(imageId, pixels);
        return pixels;
      }, (error: unknown) => {
        if (underWay.get(imageId) === loading) underWay.delete(imageId);
        throw error;
      });
      underWay.set(imageId, loading);
      return loading;
    },
    keep(imageIds) { kept = new Set(imageIds); },
    release() {
      for (const imageId of [...slices.keys(), ...underWay.keys()]) if (!kept.has(imageId)) remove(imageId);
    },
    onLoaded(listener) {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
  };
}
