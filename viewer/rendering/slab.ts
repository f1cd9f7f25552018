/**
 * Thick slices made in the browser: each is the maximum, minimum or mean of the slices around one slice. They are
 * sources of pixels like any other, so window, zoom and marks need to know nothing of it.
 */
import { combineSlices, slicesAlong, type Slab } from './slab-slices.ts';
import type { PixelSource } from './slice-cache.ts';
import { normalOf, type SliceImage } from './slice-images.ts';
import type { SlicePixels } from './slice-pixels.ts';
import { slices, sliceSource } from './slices.ts';

/** The slices of the slab around this one, itself first; undefined where places are unknown. */
export function slicesOfSlab(images: readonly SliceImage[], index: number, thicknessMm: number): readonly number[] | undefined {
  const centre = images[index];
  if (centre?.plane === undefined) return undefined;
  const normal = normalOf(centre.plane);
  const along = images.map(({ plane, rows, columns }) => (
    plane === undefined || rows !== centre.rows || columns !== centre.columns ? undefined : plane.position.reduce((sum, at, axis) => sum + at * (normal[axis] ?? 0), 0)
  ));
  return slicesAlong(along, index, thicknessMm);
}

async function combined(members: readonly SliceImage[], { mode }: Slab): Promise<SlicePixels> {
  // All of them or none: a slab without one of its slices would hide what is in it.
  const parts = await Promise.all(members.map((image) => slices.load(sliceSource(image))));
  const grey = parts.filter((part) => part.kind === 'grey');
  const [first] = parts;
  const [own] = grey;
  if (first === undefined) throw new RangeError('a slab has at least one slice');
  // Colours have no order.
  if (own === undefined || grey.length < parts.length) return first;
  return { ...own, values: combineSlices(mode, grey.map(({ values }) => values)) };
}

/** What is shown for each slice: the slab around it, or the slice itself where nothing can be combined. */
export function shownSources(images: readonly SliceImage[], slab: Slab | undefined): readonly PixelSource[] {
  return images.map((image, index) => {
    const members = slab === undefined ? undefined : slicesOfSlab(images, index, slab.thicknessMm);
    if (slab === undefined || members === undefined || members.length < 2) return sliceSource(image);
    return {
      imageId: `${image.imageId}#${slab.mode}-${String(slab.thicknessMm)}`,
      load: () => combined(members.flatMap((at) => images[at] ?? []), slab),
    };
  });
}
