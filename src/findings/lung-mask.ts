/**
 * The lungs on a coarse LPS grid, found without a model: air inside the body, less the large airways and gas of the gut,
 * split into right and left, closed so that vessels and nodules on the pleura lie inside.
 */
import { worldBounds } from '../volume/geometry.ts';
import { gridOver, gridToWorld, type LpsGrid, type LpsVolume, type Triple } from '../volume/lps-grid.ts';
import { resample } from '../volume/resample.ts';
import type { Vec3, Volume } from '../volume/types.ts';
import { labelComponents } from './components.ts';
import { close, dilate, distanceTo } from './distance-transform.ts';
import { smooth } from './gaussian.ts';
import { airInsideBody, findAirways } from './lung-air.ts';
import { leftLung, rightLung, splitLungs } from './lung-split.ts';

export const lungGridSpacingMm = 2.5;
/** Closing with this ball takes vessels and nodules on the pleura into the mask. */
const closingRadiusMm = 12;
const marginMm = 20;
/** Takes the steps of the coarse voxels out of the surface; standard deviation in voxels. */
const surfaceSmoothing = 0.9;
/** A part of the lungs is at least this large. */
const smallestPartMl = 40;
/** Gas of the gut is emptier than lung even with severe emphysema. */
const gasHU = -965;

export interface LungMask {
  readonly grid: LpsGrid;
  /** 0 outside, 1 right lung, 2 left lung, pleural nodules and vessels included; shape of the grid. */
  readonly labels: Uint8Array;
  /** Signed distance in mm from the surface of the mask: positive inside. */
  readonly depthMm: Float32Array;
  /** Aerated volume in millilitres. */
  readonly rightMl: number;
  readonly leftMl: number;
  /** Mean HU of the aerated part; NaN when there is none. */
  readonly meanHU: number;
  /** Area of aerated lung on the outermost slices, cm²: large where the scan cuts the lungs. */
  readonly topAreaCm2: number;
  readonly bottomAreaCm2: number;
  /** LPS mm: smallest box around the mask, absent when no lung was found. */
  readonly box?: readonly [Vec3, Vec3];
}

/** The parts of `air` that are lung: large enough, not the gas of stomach or colon, and not behind or before the lungs. */
function lungParts(air: Uint8Array, volume: LpsVolume): Uint8Array {
  const { grid, hu } = volume;
  const voxelMl = (grid.spacingMm[0] * grid.spacingMm[1] * grid.spacingMm[2]) / 1000;
  const { labels, components } = labelComponents(air, grid.size);
  const [, ny, nx] = grid.size;
  const parts = components.map(() => ({ hu: 0, y: 0, lowY: ny, highY: -1 }));
  for (let n = 0; n < labels.length; n++) {
    const part = parts[(labels[n] as number) - 1];
    if (!part) continue;
    const y = Math.floor(n / nx) % ny;
    part.hu += hu[n] as number;
    part.y += y;
    if (y < part.lowY) part.lowY = y;
    if (y > part.highY) part.highY = y;
  }
  const tissue = components.filter(({ label, voxels }) => voxels * voxelMl >= smallestPartMl && (parts[label - 1]?.hu ?? 0) / voxels > gasHU);
  const largest = parts[(tissue[0]?.label ?? 0) - 1];
  const kept = new Set<number>();
  for (const { label, voxels } of tissue) {
    // The hollow of the patient table is as large and as empty as a lung, but lies behind both.
    const y = (parts[label - 1]?.y ?? 0) / voxels;
    if (largest && y >= largest.lowY && y <= largest.highY) kept.add(label);
  }
  const mask = new Uint8Array(air.length);
  for (let n = 0; n < mask.length; n++) if (kept.has(labels[n] as number)) mask[n] = 1;
  return mask;
}

/** Lower and upper index (inclusive) of the voxels that are set, z, y, x; undefined when none is. */
function boundingBox(mask: Uint8Array, size: Triple): readonly [Triple, Triple] | undefined {
  const low = [...size] as [number, number, number];
  const high: [number, number, number] = [-1, -1, -1];
  const [nz, ny, nx] = size;
  for (let z = 0, n = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, n++) {
        if (mask[n] === 0) continue;
        if (z < low[0]) low[0] = z;
        if (y < low[1]) low[1] = y;
        if (x < low[2]) low[2] = x;
        if (z > high[0]) high[0] = z;
        if (y > high[1]) high[1] = y;
        if (x > high[2]) high[2] = x;
      }
    }
  }
  return high[0] < 0 ? undefined : [low, high];
}

/** The part of an array from `start` with `size`; voxels outside are 0. */
function crop(source: Uint8Array, sourceSize: Triple, start: Triple, size: Triple): Uint8Array {
  const out = new Uint8Array(size[0] * size[1] * size[2]);
  for (let z = 0; z < size[0]; z++) {
    const sz = z + start[0];
    if (sz < 0 || sz >= sourceSize[0]) continue;
    for (let y = 0; y < size[1]; y++) {
      const sy = y + start[1];
      if (sy < 0 || sy >= sourceSize[1]) continue;
      for (let x = 0; x < size[2]; x++) {
        const sx = x + start[2];
        if (sx < 0 || sx >= sourceSize[2]) continue;
        out[(z * size[1] + y) * size[2] + x] = source[(sz * sourceSize[1] + sy) * sourceSize[2] + sx] as number;
      }
    }
  }
  return out;
}

function where(labels: Uint8Array, holds: (label: number) => boolean): Uint8Array {
  const mask = new Uint8Array(labels.length);
  for (let n = 0; n < mask.length; n++) if (holds(labels[n] as number)) mask[n] = 1;
  return mask;
}

/** Each lung closed on its own, so that the mediastinum between them stays open. */
function closeEach(labels: Uint8Array, grid: LpsGrid): Uint8Array {
  const out = new Uint8Array(labels.length);
  const margin = Math.ceil(closingRadiusMm / Math.min(...grid.spacingMm)) + 1;
  for (const side of [rightLung, leftLung]) {
    const lung = where(labels, (label) => label === side);
    const box = boundingBox(lung, grid.size);
    if (!box) continue;
    const start: Triple = [box[0][0] - margin, box[0][1] - margin, box[0][2] - margin];
    const size: Triple = [box[1][0] - box[0][0] + 1 + 2 * margin, box[1][1] - box[0][1] + 1 + 2 * margin, box[1][2] - box[0][2] + 1 + 2 * margin];
    const closed = close(crop(lung, grid.size, start, size), size, grid.spacingMm, closingRadiusMm);
    paste(closed, size, start, grid.size, (n) => { if (out[n] === 0 || labels[n] === side) out[n] = side; });
  }
  return out;
}

/** Calls `visit` with the place in the whole array of every voxel that is set in a part of it. */
function paste(part: Uint8Array, partSize: Triple, start: Triple, size: Triple, visit: (n: number) => void): void {
  for (let z = 0, n = 0; z < partSize[0]; z++) {
    for (let y = 0; y < partSize[1]; y++) {
      for (let x = 0; x < partSize[2]; x++, n++) {
        if (part[n] !== 1) continue;
        const [tz, ty, tx] = [z + start[0], y + start[1], x + start[2]];
        if (tz >= 0 && ty >= 0 && tx >= 0 && tz < size[0] && ty < size[1] && tx < size[2]) visit((tz * size[1] + ty) * size[2] + tx);
      }
    }
  }
}

function signedDepth(labels: Uint8Array, grid: LpsGrid): Float32Array {
  const mask = where(labels, (label) => label !== 0);
  const depth = distanceTo(mask, grid.size, grid.spacingMm, 0);
  const outside = distanceTo(mask, grid.size, grid.spacingMm, 1);
  const half = Math.min(...grid.spacingMm) / 2;
  for (let n = 0; n < depth.length; n++) depth[n] = mask[n] === 1 ? (depth[n] as number) - half : half - (outside[n] as number);
  return smooth(depth, grid.size, surfaceSmoothing);
}

function count(labels: Uint8Array, label: number): number {
  let sum = 0;
  for (let n = 0; n < labels.length; n++) if (labels[n] === label) sum++;
  return sum;
}

function planeAreaCm2(mask: Uint8Array, grid: LpsGrid, z: number): number {
  const plane = grid.size[1] * grid.size[2];
  return (count(mask.subarray(z * plane, (z + 1) * plane), 1) * grid.spacingMm[1] * grid.spacingMm[2]) / 100;
}

function meanOver(mask: Uint8Array, hu: Int16Array): number {
  let sum = 0;
  let voxels = 0;
  for (let n = 0; n < mask.length; n++) {
    if (mask[n] !== 1) continue;
    sum += hu[n] as number;
    voxels++;
  }
  return voxels === 0 ? NaN : sum / voxels;
}

/** Segments the lungs of a CT volume. An empty mask (both volumes 0) when there is no lung. */
export function segmentLungs(volume: Volume): LungMask {
  const spacing: Triple = [lungGridSpacingMm, lungGridSpacingMm, lungGridSpacingMm];
  const [low, high] = worldBounds(volume.geometry);
  const coarse = resample(volume, gridOver(low, high, spacing), -1024);
  const { size } = coarse.grid;
  const air = airInsideBody(coarse);
  const airways = dilate(findAirways(coarse, air), size, spacing, lungGridSpacingMm);
  for (let n = 0; n < air.length; n++) if (airways[n] === 1) air[n] = 0;
  const aerated = lungParts(air, coarse);
  const box = boundingBox(aerated, size);
  if (!box) {
    return { grid: coarse.grid, labels: aerated, depthMm: new Float32Array(aerated.length).fill(-1e10), rightMl: 0, leftMl: 0, meanHU: NaN, topAreaCm2: 0, bottomAreaCm2: 0 };
  }
  const margin = Math.ceil(marginMm / lungGridSpacingMm);
  const start: Triple = [box[0][0] - margin, box[0][1] - margin, box[0][2] - margin];
  const cropped: Triple = [box[1][0] - box[0][0] + 1 + 2 * margin, box[1][1] - box[0][1] + 1 + 2 * margin, box[1][2] - box[0][2] + 1 + 2 * margin];
  const grid: LpsGrid = { size: cropped, spacingMm: spacing, origin: gridToWorld(coarse.grid, start) };
  const parts = splitLungs(crop(aerated, size, start, cropped), grid, (cropped[2] - 1) / 2);
  const labels = closeEach(parts, grid);
  const voxelMl = lungGridSpacingMm ** 3 / 1000;
  const hull = boundingBox(labels, cropped) ?? box;
  return {
    grid,
    labels,
    depthMm: signedDepth(labels, grid),
    rightMl: count(parts, rightLung) * voxelMl,
    leftMl: count(parts, leftLung) * voxelMl,
    meanHU: meanOver(aerated, coarse.hu),
    topAreaCm2: planeAreaCm2(aerated, coarse.grid, size[0] - 1),
    bottomAreaCm2: planeAreaCm2(aerated, coarse.grid, 0),
    box: [gridToWorld(grid, hull[0]), gridToWorld(grid, hull[1])],
  };
}
