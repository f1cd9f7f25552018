import type { Kernel, Scanner } from './types.ts';

interface KernelModel {
  /** Point-spread sigma in the plane, mm. */
  readonly sigmaMm: number;
  /** Edge enhancement: gain and sigma of the blurred part taken away. */
  readonly enhance: number;
  readonly enhanceSigmaMm: number;
  /** Noise of this kernel against the standard one. */
  readonly noiseGain: number;
  readonly noiseSigmaMm: number;
}

export const kernelModels: Readonly<Record<Kernel, KernelModel>> = {
  soft: { sigmaMm: 0.62, enhance: 0, enhanceSigmaMm: 1, noiseGain: 0.6, noiseSigmaMm: 0.8 },
  standard: { sigmaMm: 0.47, enhance: 0, enhanceSigmaMm: 1, noiseGain: 1, noiseSigmaMm: 0.57 },
  sharp: { sigmaMm: 0.36, enhance: 0.4, enhanceSigmaMm: 0.95, noiseGain: 2.3, noiseSigmaMm: 0.31 },
};

/** Normalised samples of a Gaussian integrated over each step, radius first index to last. */
export function gaussianTaps(sigma: number): Float32Array {
  if (sigma < 0.05) return Float32Array.of(1);
  const radius = Math.max(1, Math.ceil(3 * sigma));
  const taps = new Float32Array(2 * radius + 1);
  let sum = 0;
  for (let n = -radius; n <= radius; n++) {
    let value = 0;
    for (let m = -2; m <= 2; m++) value += Math.exp(-0.5 * ((n + m * 0.2) / sigma) ** 2);
    taps[n + radius] = value;
    sum += value;
  }
  for (let n = 0; n < taps.length; n++) taps[n]! /= sum;
  return taps;
}

/** One-dimensional point spread of the kernel on pixels of `pixelMm`. */
export function pointSpreadTaps(kernel: Kernel, pixelMm: number): Float32Array {
  const model = kernelModels[kernel];
  // The painter already blends edges over one pixel, a box of variance 1/12 px².
  const sigmaPx = Math.sqrt(Math.max((model.sigmaMm / pixelMm) ** 2 - 1 / 12, 0.01));
  const narrow = gaussianTaps(sigmaPx);
  if (model.enhance === 0) return narrow;
  const wide = gaussianTaps(model.enhanceSigmaMm / pixelMm);
  const taps = new Float32Array(Math.max(narrow.length, wide.length));
  const middle = (taps.length - 1) / 2;
  const put = (source: Float32Array, gain: number): void => {
    const shift = middle - (source.length - 1) / 2;
    for (let n = 0; n < source.length; n++) taps[n + shift]! += gain * source[n]!;
  };
  // Half the gain in each of two passes.
  put(narrow, 1 + model.enhance / 2);
  put(wide, -model.enhance / 2);
  return taps;
}

/** Slice thickness that holds: wide gaps between slices do not make slices thick. */
export const sliceThicknessOf = (spacingMm: number, scanner: Scanner): number => (
  Math.max(scanner.sliceThicknessMm ?? Math.min(spacingMm, 5), 0.5)
);

/** How many sub-slices one slice step is painted with, and the weights of the slice profile over them. */
export function sliceProfile(spacingMm: number, scanner: Scanner): { readonly perSlice: number; readonly weights: Float32Array } {
  const thickness = sliceThicknessOf(spacingMm, scanner);
  const perSlice = Math.max(1, Math.round(spacingMm / 1.1));
  const pitch = spacingMm / perSlice;
  const weights = gaussianTaps(Math.sqrt(Math.max((thickness / 2.5 / pitch) ** 2 - 1 / 12, 0.01)));
  return { perSlice, weights };
}

/** Blurs one image in place with the same taps along rows and columns. */
export function blurImage(image: Float32Array, columns: number, rows: number, taps: Float32Array, columnTaps: Float32Array = taps): void {
  if (taps.length > 1) {
    const line = new Float32Array(columns);
    for (let j = 0; j < rows; j++) {
      const start = j * columns;
      convolve(image.subarray(start, start + columns), line, taps);
      image.set(line, start);
    }
  }
  if (columnTaps.length > 1) blurColumns(image, columns, rows, columnTaps);
}

function convolve(source: Float32Array, out: Float32Array, taps: Float32Array): void {
  const n = source.length;
  const radius = (taps.length - 1) / 2;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    if (i >= radius && i < n - radius) for (let m = 0, p = i - radius; m < taps.length; m++, p++) sum += taps[m]! * source[p]!;
    else for (let m = 0; m < taps.length; m++) sum += taps[m]! * source[Math.min(Math.max(i + m - radius, 0), n - 1)]!;
    out[i] = sum;
  }
}

function blurColumns(image: Float32Array, columns: number, rows: number, taps: Float32Array): void {
  const radius = (taps.length - 1) / 2;
  const ring = Array.from({ length: taps.length }, () => new Float32Array(columns));
  const sum = new Float32Array(columns);
  const load = (row: number): void => {
    const source = Math.min(Math.max(row, 0), rows - 1) * columns;
    ring[((row % ring.length) + ring.length) % ring.length]!.set(image.subarray(source, source + columns));
  };
  for (let row = -radius; row < radius; row++) load(row);
  for (let j = 0; j < rows; j++) {
    // Rows below j are still unblurred in the image, those above live in the ring.
    load(j + radius);
    sum.fill(0);
    for (let m = 0; m < taps.length; m++) {
      const line = ring[((((j + m - radius) % ring.length) + ring.length) % ring.length)]!;
      const tap = taps[m]!;
      for (let i = 0; i < columns; i++) sum[i]! += tap * line[i]!;
    }
    image.set(sum, j * columns);
  }
}
