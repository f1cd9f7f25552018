/** Colour frames as interleaved RGB (PS3.3 C.7.6.3.1.2). */
import type { PixelFormat } from './pixel-format.ts';
import type { Samples } from './samples.ts';

/** Plane after plane into pixel after pixel. */
export function interleave(samples: Samples, format: PixelFormat): Samples {
  const pixels = format.rows * format.columns;
  const out = samples.slice();
  for (let plane = 0; plane < format.samplesPerPixel; plane += 1) {
    for (let pixel = 0; pixel < pixels; pixel += 1) out[pixel * format.samplesPerPixel + plane] = samples[plane * pixels + pixel] ?? 0;
  }
  return out;
}

/** YBR_FULL to RGB, 8 bits, interleaved, in place. */
export function ybrFullToRgb(samples: Samples): void {
  const clamped = (value: number): number => Math.min(255, Math.max(0, Math.round(value)));
  for (let at = 0; at + 2 < samples.length; at += 3) {
    const y = samples[at] ?? 0;
    const cb = (samples[at + 1] ?? 0) - 128;
    const cr = (samples[at + 2] ?? 0) - 128;
    samples[at] = clamped(y + 1.402 * cr);
    samples[at + 1] = clamped(y - 0.344136 * cb - 0.714136 * cr);
    samples[at + 2] = clamped(y + 1.772 * cb);
  }
}

/** YBR_FULL_422 (Y Y Cb Cr for each pair of pixels) to three samples per pixel. */
export function expandYbr422(cells: Uint8Array, pixels: number): Uint8Array {
  const out = new Uint8Array(pixels * 3);
  for (let pair = 0; pair * 2 < pixels; pair += 1) {
    for (const side of [0, 1]) {
      const to = (pair * 2 + side) * 3;
      out[to] = cells[pair * 4 + side] ?? 0;
      out[to + 1] = cells[pair * 4 + 2] ?? 0;
      out[to + 2] = cells[pair * 4 + 3] ?? 0;
    }
  }
  return out;
}
