/**
 * Exact Euclidean distances on a grid, one axis at a time by lower envelopes of parabolas
 * (P. Felzenszwalb and D. Huttenlocher, Distance Transforms of Sampled Functions, 2012).
 */
import type { Triple } from '../volume/lps-grid.ts';

const far = 1e20;

/** Squared distances along one line, in place; `f` holds the line's values so far. */
function transformLine(f: Float64Array, count: number, spacing: number, vertex: Int32Array, bound: Float64Array, out: Float64Array): void {
  const square = spacing * spacing;
  let last = 0;
  vertex[0] = 0;
  bound[0] = -far;
  bound[1] = far;
  for (let q = 1; q < count; q++) {
    const value = f[q] as number;
    let crossing: number;
    for (;;) {
      const v = vertex[last] as number;
      crossing = (value + square * q * q - (f[v] as number) - square * v * v) / (2 * square * (q - v));
      if (crossing > (bound[last] as number) || last === 0) break;
      last--;
    }
    if (crossing <= (bound[last] as number)) {
      vertex[0] = q;
      bound[0] = -far;
      bound[1] = far;
      last = 0;
      continue;
    }
    last++;
    vertex[last] = q;
    bound[last] = crossing;
    bound[last + 1] = far;
  }
  let n = 0;
  for (let q = 0; q < count; q++) {
    while ((bound[n + 1] as number) < q) n++;
    const v = vertex[n] as number;
    const step = (q - v) * spacing;
    out[q] = step * step + (f[v] as number);
  }
}

/** Squared distances along x, by one scan in each direction. */
function scanRows(mask: Uint8Array, rows: number, nx: number, spacing: number, target: 0 | 1, squared: Float32Array): void {
  for (let row = 0; row < rows; row++) {
    const start = row * nx;
    let steps = Infinity;
    for (let x = 0; x < nx; x++) {
      steps = mask[start + x] === target ? 0 : steps + 1;
      squared[start + x] = steps;
    }
    steps = Infinity;
    for (let x = nx - 1; x >= 0; x--) {
      steps = mask[start + x] === target ? 0 : steps + 1;
      const mm = Math.min(steps, squared[start + x] as number) * spacing;
      squared[start + x] = mm === Infinity ? far : mm * mm;
    }
  }
}

/**
 * Distance in mm from every voxel's centre to the centre of the nearest voxel whose mask value is `target`.
 * Voxels of that value get 0; a mask without any gets a very large number everywhere.
 *
 * @param mask shape `size` (z, y, x)
 */
export function distanceTo(mask: Uint8Array, size: Triple, spacingMm: Triple, target: 0 | 1): Float32Array {
  const [nz, ny, nx] = size;
  const squared = new Float32Array(mask.length);
  scanRows(mask, nz * ny, nx, spacingMm[2], target, squared);
  const longest = Math.max(nz, ny);
  const line = new Float64Array(longest);
  const result = new Float64Array(longest);
  const vertex = new Int32Array(longest + 1);
  const bound = new Float64Array(longest + 2);
  const along = (count: number, stride: number, spacing: number, start: number): void => {
    let isFlat = true;
    const first = squared[start] as number;
    for (let n = 0, at = start; n < count; n++, at += stride) {
      const value = squared[at] as number;
      line[n] = value;
      if (value !== first) isFlat = false;
    }
    if (isFlat) return;
    transformLine(line, count, spacing, vertex, bound, result);
    for (let n = 0, at = start; n < count; n++, at += stride) squared[at] = result[n] as number;
  };
  for (let z = 0; z < nz; z++) for (let x = 0; x < nx; x++) along(ny, nx, spacingMm[1], z * ny * nx + x);
  for (let n = 0; n < ny * nx; n++) along(nz, ny * nx, spacingMm[0], n);
  for (let n = 0; n < squared.length; n++) squared[n] = Math.sqrt(squared[n] as number);
  return squared;
}

/** 1 where the distance is within (or, inverted, beyond) the radius. */
function threshold(distances: Float32Array, radiusMm: number, beyond: boolean): Uint8Array {
  const mask = new Uint8Array(distances.length);
  for (let n = 0; n < mask.length; n++) if ((distances[n] as number) > radiusMm === beyond) mask[n] = 1;
  return mask;
}

/** The mask grown by a ball. */
export function dilate(mask: Uint8Array, size: Triple, spacingMm: Triple, radiusMm: number): Uint8Array {
  return threshold(distanceTo(mask, size, spacingMm, 1), radiusMm, false);
}

/** The mask shrunk by a ball; outside the array counts as inside the mask. */
export function erode(mask: Uint8Array, size: Triple, spacingMm: Triple, radiusMm: number): Uint8Array {
  return threshold(distanceTo(mask, size, spacingMm, 0), radiusMm, true);
}

/** Grown, then shrunk: holes and notches narrower than the ball are filled. */
export function close(mask: Uint8Array, size: Triple, spacingMm: Triple, radiusMm: number): Uint8Array {
  const closed = erode(dilate(mask, size, spacingMm, radiusMm), size, spacingMm, radiusMm);
  for (let n = 0; n < mask.length; n++) if (mask[n] === 1) closed[n] = 1;
  return closed;
}
