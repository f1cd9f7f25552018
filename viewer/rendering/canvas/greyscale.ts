import type { SlicePixels } from '../slice-pixels.ts';
import type { Window } from '../types.ts';

/** Opaque; a grey has the same byte three times, so the byte order does not matter but for this one. */
const opaque = 0xff000000;

/** Grey level of a modality value, 0..255 (PS3.3 C.11.2.1.3.2, LINEAR_EXACT). */
function levelOf(value: number, lower: number, perUnit: number): number {
  return Math.min(255, Math.max(0, (value - lower) * perUnit + 0.5)) | 0;
}

export interface GreyPainter {
  /** Fills `out`, one opaque RGBA cell for each pixel. Colours are shown as they are, but for the inversion. */
  readonly paint: (pixels: SlicePixels, window: Window, invert: boolean, out: Uint32Array) => void;
}

/** Windows pixels through a table of every 16-bit value, made anew only for another window. */
export function greyPainter(): GreyPainter {
  const table = new Uint32Array(65536);
  let made = '';

  function prepare({ width, centre }: Window, inverted: boolean): void {
    const key = `${String(width)} ${String(centre)} ${String(inverted)}`;
    if (key === made) return;
    made = key;
    const [lower, perUnit] = [centre - width / 2, 255 / Math.max(1e-6, width)];
    for (let at = 0; at < table.length; at++) {
      const level = levelOf(at - 32768, lower, perUnit);
      table[at] = opaque | (inverted ? 255 - level : level) * 0x010101;
    }
  }

  return {
    paint(pixels, window, invert, out) {
      if (pixels.kind === 'colour') {
        out.set(new Uint32Array(pixels.rgba.buffer));
        if (invert) for (let at = 0; at < out.length; at++) out[at] = (out[at] as number) ^ 0x00ffffff;
        return;
      }
      const { values } = pixels;
      const inverted = pixels.inverted !== invert;
      if (values instanceof Int16Array) {
        prepare(window, inverted);
        for (let at = 0; at < values.length; at++) out[at] = table[(values[at] as number) + 32768] as number;
        return;
      }
      const [lower, perUnit] = [window.centre - window.width / 2, 255 / Math.max(1e-6, window.width)];
      for (let at = 0; at < values.length; at++) {
        const level = levelOf(values[at] as number, lower, perUnit);
        out[at] = opaque | (inverted ? 255 - level : level) * 0x010101;
      }
    },
  };
}
