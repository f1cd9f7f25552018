/** Which voxels of both lungs belong to the right one and which to the left. */
import type { LpsGrid, Triple } from '../volume/lps-grid.ts';
import { labelComponents, type Component } from './components.ts';
import { distanceTo } from './distance-transform.ts';

export const rightLung = 1;
export const leftLung = 2;

/** The smaller lung is at least this part of the larger one; else only one lung is there (or the split failed). */
const smallestRatio = 1 / 6;
const largestErosionMm = 32;

/** Mean x index of every label. */
function centresX(labels: Int32Array, nx: number, wanted: readonly Component[]): readonly number[] {
  return wanted.map(({ label, voxels }) => {
    let sum = 0;
    for (let n = 0; n < labels.length; n++) if (labels[n] === label) sum += n % nx;
    return sum / voxels;
  });
}

/** Grows the seeds through the mask, one layer of 6 neighbours at a time; the first to arrive keeps the voxel. */
function growSeeds(mask: Uint8Array, seeds: Uint8Array, size: Triple): Uint8Array {
  const [nz, ny, nx] = size;
  const plane = ny * nx;
  const labels = seeds.slice();
  let layer: number[] = [];
  for (let n = 0; n < labels.length; n++) if (labels[n] !== 0) layer.push(n);
  while (layer.length > 0) {
    const next: number[] = [];
    for (const voxel of layer) {
      const z = Math.floor(voxel / plane);
      const y = Math.floor((voxel - z * plane) / nx);
      const x = voxel % nx;
      const reach = (inside: boolean, neighbour: number): void => {
        if (!inside || mask[neighbour] !== 1 || labels[neighbour] !== 0) return;
        labels[neighbour] = labels[voxel] as number;
        next.push(neighbour);
      };
      reach(x > 0, voxel - 1);
      reach(x < nx - 1, voxel + 1);
      reach(y > 0, voxel - nx);
      reach(y < ny - 1, voxel + nx);
      reach(z > 0, voxel - plane);
      reach(z < nz - 1, voxel + plane);
    }
    layer = next;
  }
  return labels;
}

/** 0 outside, 1 right, 2 left. Parts that touch neither seed are given by the side of `middleX` on which they lie. */
export function splitLungs(mask: Uint8Array, grid: LpsGrid, middleX: number): Uint8Array {
  const [, , nx] = grid.size;
  const seeds = new Uint8Array(mask.length);
  const depth = distanceTo(mask, grid.size, grid.spacingMm, 0);
  const step = Math.min(...grid.spacingMm);
  for (let erosionMm = 0; erosionMm <= largestErosionMm; erosionMm += step) {
    const core = new Uint8Array(mask.length);
    for (let n = 0; n < core.length; n++) if ((depth[n] as number) > erosionMm) core[n] = 1;
    const { labels, components } = labelComponents(core, grid.size);
    const [first, second] = components;
    if (!first || !second || second.voxels < smallestRatio * first.voxels) continue;
    const [a = 0, b = 0] = centresX(labels, nx, [first, second]);
    if (Math.abs(a - b) * grid.spacingMm[2] < 50) continue;
    const right = a < b ? first.label : second.label;
    const left = a < b ? second.label : first.label;
    for (let n = 0; n < seeds.length; n++) {
      if (labels[n] === right) seeds[n] = rightLung;
      else if (labels[n] === left) seeds[n] = leftLung;
    }
    break;
  }
  const labels = growSeeds(mask, seeds, grid.size);
  for (let n = 0; n < labels.length; n++) {
    if (mask[n] === 1 && labels[n] === 0) labels[n] = n % nx < middleX ? rightLung : leftLung;
  }
  return labels;
}
