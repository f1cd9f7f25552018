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
  const out = Float32Array.from(values);
  const line = new Float32Array(Math.max(nz, ny, nx) + 2 * radius);
  const along = (count: number, stride: number, start: number): void => {
    for (let n = -radius; n < count + radius; n++) line[n + radius] = out[start + (n < 0 ? 0 : n >= count ? count - 1 : n) * stride] as number;
    for (let n = 0; n < count; n++) {
      let sum = 0;
      for (let tap = 0; tap < kernel.length; tap++) sum += (kernel[tap] as number) * (line[n + tap] as number);
      out[start + n * stride] = sum;
    }
  };
  for (let row = 0; row < nz * ny; row++) along(nx, 1, row * nx);
  for (let z = 0; z < nz; z++) for (let x = 0; x < nx; x++) along(ny, nx, z * ny * nx + x);
  for (let n = 0; n < ny * nx; n++) along(nz, ny * nx, n);
  return out;
}
