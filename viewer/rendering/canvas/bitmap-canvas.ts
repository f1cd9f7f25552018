import { el } from '../../ui/dom.ts';
import type { SlicePixels } from '../slice-pixels.ts';
import type { Matrix } from '../placement.ts';
import type { Window } from '../types.ts';
import { greyPainter } from './greyscale.ts';

/** A picture of pixels that the browser puts on the screen: the processor windows them, a CSS transform places them. */
export interface BitmapCanvas {
  readonly element: HTMLCanvasElement;
  readonly paint: (pixels: SlicePixels, window: Window, invert: boolean) => void;
  /** From bitmap coordinates to CSS pixels of the parent element. */
  readonly place: (matrix: Matrix) => void;
}

export function bitmapCanvas(): BitmapCanvas {
  const element = el('canvas', { class: 'bitmap' });
  // The pixels come from the processor and go to it: no copy to a graphics card in between.
  const context = element.getContext('2d', { alpha: false, willReadFrequently: true });
  if (context === null) throw new Error('this browser has no canvas');
  const painter = greyPainter();
  let image: ImageData | undefined;
  let cells = new Uint32Array(0);
  return {
    element,
    paint(pixels, window, invert) {
      const { columns, rows } = pixels;
      if (image?.width !== columns || image.height !== rows) {
        element.width = columns;
        element.height = rows;
        image = context.createImageData(columns, rows);
        cells = new Uint32Array(image.data.buffer);
      }
      painter.paint(pixels, window, invert, cells);
      context.putImageData(image, 0, 0);
    },
    place(matrix) { element.style.transform = `matrix(${matrix.join(',')})`; },
  };
}
