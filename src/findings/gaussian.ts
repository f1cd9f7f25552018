/** Gaussian smoothing of a small isotropic grid. */
import type { Triple } from '../volume/lps-grid.ts';

function kernelOf(sigma: number): Float32Array {
  const radius = Math.max(1, Math.ceil(2.5 * sigma));
  const kernel = new Float32Array(2 * radius + 1);
  let sum = 0;
  for (let n = -radius; n <= radius; n++) sum += kernel[n + radius] = Math.exp((-n * n) / (2 * sigma * sigma));
  for (let n = 0; n < kernel.length; n++) kernel[n] = (kernel[n] as number) / sum;
  return kernel;
}

/** Smoothed copy; `sigma` in voxels; values beyond the border repeat the border. */
export function smooth(values: ArrayLike<number>, size: Triple, sigma: number): Float32Array {
  const kernel = kernelOf(sigma);
  const radius = (kernel.length - 1) / 2;
  const [nz, ny, nx] = size;
  let source = Float32Array.from(values);
  const axes: readonly (readonly [number, number])[] = [[nx, 1], [ny, nx], [nz, ny * nx]];
  for (const [count, stride] of axes) {
    const target = new Float32Array(source.length);
    for (let n = 0; n < source.length; n++) {
      const at = Math.floor(n / stride) % count;
      let sum = 0;
      for (let tap = -radius; tap <= radius; tap++) {
        const shifted = at + tap < 0 ? 0 : at + tap >= count ? count - 1 : at + tap;
        sum += (kernel[tap + radius] as number) * (source[n + (shifted - at) * stride] as number);
      }
      target[n] = sum;
    }
    source = target;
  }
  return source;
}
