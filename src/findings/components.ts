/** Connected parts (6 neighbours) of a mask. */
import type { Triple } from '../volume/lps-grid.ts';

export interface Component {
  /** Its number in `labels`, from 1. */
  readonly label: number;
  readonly voxels: number;
}

export interface Components {
  /** 0 outside the mask, else the number of the part; shape as the mask. */
  readonly labels: Int32Array;
  /** Largest first. */
  readonly components: readonly Component[];
}

/** Visits every voxel that is connected to `seeds` through voxels for which `accept` holds. `visited` is marked 1. */
export function flood(seeds: Iterable<number>, size: Triple, accept: (voxel: number) => boolean, visited: Uint8Array, visit: (voxel: number) => void): void {
  const [nz, ny, nx] = size;
  const plane = ny * nx;
  let stack = new Int32Array(4096);
  let top = 0;
  const push = (voxel: number): void => {
    if (visited[voxel] === 1 || !accept(voxel)) return;
    visited[voxel] = 1;
    if (top === stack.length) {
      const larger = new Int32Array(stack.length * 2);
      larger.set(stack);
      stack = larger;
    }
    stack[top++] = voxel;
  };
  for (const seed of seeds) push(seed);
  while (top > 0) {
    const voxel = stack[--top] as number;
    visit(voxel);
    const z = Math.floor(voxel / plane);
    const inPlane = voxel - z * plane;
    const y = Math.floor(inPlane / nx);
    const x = inPlane - y * nx;
    if (x > 0) push(voxel - 1);
    if (x < nx - 1) push(voxel + 1);
    if (y > 0) push(voxel - nx);
    if (y < ny - 1) push(voxel + nx);
    if (z > 0) push(voxel - plane);
    if (z < nz - 1) push(voxel + plane);
  }
}

export function labelComponents(mask: Uint8Array, size: Triple): Components {
  const labels = new Int32Array(mask.length);
  const visited = new Uint8Array(mask.length);
  const components: Component[] = [];
  const inMask = (voxel: number): boolean => mask[voxel] === 1;
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] !== 1 || visited[start] === 1) continue;
    const label = components.length + 1;
    let voxels = 0;
    flood([start], size, inMask, visited, (voxel) => {
      labels[voxel] = label;
      voxels++;
    });
    components.push({ label, voxels });
  }
  return { labels, components: components.sort((a, b) => b.voxels - a.voxels || a.label - b.label) };
}
