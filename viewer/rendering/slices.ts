/** The slices of this page: where they come from and what is kept of them. */
import { getFrame, getElementOf } from '../api/frames.ts';
import { hasPalette, readPalette } from './palette.ts';
import { createSliceCache, type PixelSource } from './slice-cache.ts';
import type { SliceImage } from './slice-images.ts';
import { decodePixels } from './slice-pixels.ts';

/** Pixels of loaded slices that are kept; older ones go first. Three series of 500 slices at 512 × 512 fit. */
const cacheBytes = 800 * 1024 * 1024;

export const slices = createSliceCache(cacheBytes);

/** How many images of this size the cache holds with room to spare. */
export function cacheableImages(rows: number, columns: number): number {
  return Math.max(8, Math.floor((cacheBytes * 0.8) / (rows * columns * 2)));
}

/** `background` gives way to what is being looked at. */
export function sliceSource(image: SliceImage, background = false): PixelSource {
  const { imageId, attributes } = image;
  return {
    imageId,
    async load() {
      const palette = hasPalette(attributes) ? readPalette(attributes, (elementTag) => getElementOf(imageId, elementTag)) : undefined;
      const [bytes, colours] = await Promise.all([getFrame(imageId, background), palette]);
      return decodePixels(bytes, attributes, colours);
    },
  };
}
