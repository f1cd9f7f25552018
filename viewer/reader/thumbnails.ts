import { indexOfImage, type SliceImage } from '../rendering/slice-images.ts';
import { drawThumbnail, fetchSlice } from '../rendering/thumbnail.ts';
import type { ListedFinding } from '../review/listed.ts';
import { el } from '../ui/dom.ts';
import { lungWindow } from './presets.ts';

const pixels = 96;

export interface Thumbnails {
  /** The picture of a finding, drawn as soon as its slice is there; the same element every time. */
  readonly of: (listed: ListedFinding, images: readonly SliceImage[]) => HTMLElement | undefined;
}

/** Small pictures of the findings, from the slices themselves. */
export function thumbnails(): Thumbnails {
  const made = new Map<string, HTMLCanvasElement>();
  return {
    of({ finding }, images) {
      const slice = images[indexOfImage(images, finding.sliceInstanceUID, finding.sliceFrameNumber)];
      if (slice === undefined) return undefined;
      const key = `${slice.imageId} ${finding.worldPoint.join(',')} ${String(finding.diameterMm)}`;
      const known = made.get(key);
      if (known !== undefined) return known;
      const canvas = el('canvas', { class: 'thumbnail', aria: { hidden: true }, attributes: { width: String(pixels), height: String(pixels) } });
      made.set(key, canvas);
      const draw = (): boolean => drawThumbnail(canvas, slice, finding.worldPoint, finding.diameterMm, lungWindow);
      if (!draw()) void fetchSlice(slice).then((there) => (there ? draw() : made.delete(key)));
      return canvas;
    },
  };
}
