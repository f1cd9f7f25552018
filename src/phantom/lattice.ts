import type { Vec3 } from '../volume/types.ts';

/** A coarse regular grid in patient coordinates on which the smooth anatomy is tabulated; x fastest. */
export interface Lattice {
  readonly origin: Vec3;
  readonly spacingMm: number;
  readonly size: readonly [nx: number, ny: number, nz: number];
}

/** Trilinear value of `field` at an LPS point; clamped at the border. */
export function sampleField(lattice: Lattice, field: Float32Array, x: number, y: number, z: number): number {
  const [nx, ny, nz] = lattice.size;
  const s = lattice.spacingMm;
  const fx = Math.min(Math.max((x - lattice.origin[0]) / s, 0), nx - 1.001);
  const fy = Math.min(Math.max((y - lattice.origin[1]) / s, 0), ny - 1.001);
  const fz = Math.min(Math.max((z - lattice.origin[2]) / s, 0), nz - 1.001);
  const i = Math.floor(fx);
  const j = Math.floor(fy);
  const k = Math.floor(fz);
  const u = fx - i;
  const v = fy - j;
  const w = fz - k;
  const p = (k * ny + j) * nx + i;
  const q = p + nx * ny;
  const low = (field[p]! * (1 - u) + field[p + 1]! * u) * (1 - v) + (field[p + nx]! * (1 - u) + field[p + nx + 1]! * u) * v;
  const high = (field[q]! * (1 - u) + field[q + 1]! * u) * (1 - v) + (field[q + nx]! * (1 - u) + field[q + nx + 1]! * u) * v;
  return low * (1 - w) + high * w;
}

/** Divides an implicit function by its gradient, so that it reads as mm near its zero surface. */
export function normaliseToDistance(lattice: Lattice, field: Float32Array): Float32Array {
  const [nx, ny, nz] = lattice.size;
  const out = new Float32Array(field.length);
  const plane = nx * ny;
  const step = 2 * lattice.spacingMm;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) {
        const p = k * plane + j * nx + i;
        const gx = (field[i < nx - 1 ? p + 1 : p]! - field[i > 0 ? p - 1 : p]!) / step;
        const gy = (field[j < ny - 1 ? p + nx : p]! - field[j > 0 ? p - nx : p]!) / step;
        const gz = (field[k < nz - 1 ? p + plane : p]! - field[k > 0 ? p - plane : p]!) / step;
        out[p] = field[p]! / Math.min(Math.max(Math.sqrt(gx * gx + gy * gy + gz * gz), 0.35), 3);
      }
    }
  }
  return out;
}

/** White noise smoothed by `passes` three-point averages along each axis, scaled to unit standard deviation. */
export function smoothNoise(lattice: Lattice, normal: () => number, passes: number): Float32Array {
  const [nx, ny, nz] = lattice.size;
  const field = new Float32Array(nx * ny * nz);
  for (let p = 0; p < field.length; p++) field[p] = normal();
  const strides: readonly (readonly [number, number])[] = [[1, nx], [nx, ny], [nx * ny, nz]];
  for (let pass = 0; pass < passes; pass++) {
    for (const [stride, length] of strides) smoothAlong(field, stride, length);
  }
  let sum = 0;
  for (const value of field) sum += value * value;
  const scale = 1 / Math.sqrt(sum / field.length);
  for (let p = 0; p < field.length; p++) field[p]! *= scale;
  return field;
}

/** Noise with structure of 15 to 30 mm: made three times coarser and interpolated. */
export function coarseNoise(lattice: Lattice, normal: () => number): Float32Array {
  const [nx, ny, nz] = lattice.size;
  const coarse: Lattice = {
    origin: [0, 0, 0], spacingMm: 3, size: [Math.ceil(nx / 3) + 2, Math.ceil(ny / 3) + 2, Math.ceil(nz / 3) + 2],
  };
  const source = smoothNoise(coarse, normal, 3);
  const out = new Float32Array(nx * ny * nz);
  let p = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) out[p++] = sampleField(coarse, source, i, j, k);
    }
  }
  return out;
}

function smoothAlong(field: Float32Array, stride: number, length: number): void {
  const block = stride * length;
  for (let base = 0; base < field.length; base += block) {
    for (let offset = 0; offset < stride; offset++) {
      let before = field[base + offset]!;
      for (let n = 0, p = base + offset; n < length; n++, p += stride) {
        const here = field[p]!;
        const after = n < length - 1 ? field[p + stride]! : here;
        field[p] = 0.25 * before + 0.5 * here + 0.25 * after;
        before = here;
      }
    }
  }
}
