/** A segmented nodule on the scanner's own slices: outlines, axes and voxels in index space. */
import { indexToWorld, voxelSteps, worldToIndex } from '../volume/geometry.ts';
import { gridToWorld, worldToGrid, type Triple } from '../volume/lps-grid.ts';
import type { Vec3, Volume } from '../volume/types.ts';
import { add, dot, length, scale } from '../volume/vec3.ts';
import { measureAxes, type Point2 } from './axes.ts';
import { contours, signedArea, type Polygon } from './contour.ts';
import { dilate } from './distance-transform.ts';
import type { LesionPatch } from './lesion-patch.ts';
import type { WorldPoint } from './types.ts';
import { coverBody, type Body, type IndexBox, type VoxelCover } from './voxel-cover.ts';

export interface SliceAxes {
  readonly slice: number;
  readonly areaMm2: number;
  readonly longMm: number;
  readonly shortMm: number;
  readonly longWorld: readonly [WorldPoint, WorldPoint];
  readonly shortWorld: readonly [WorldPoint, WorldPoint];
}

export interface LesionSlices {
  /** The voxels that were looked at. */
  readonly box: IndexBox;
  /** Polygons in column, row of the whole image, by slice. */
  readonly outlines: ReadonlyMap<number, readonly Polygon[]>;
  /** On the slice where the nodule is largest. */
  readonly axes: SliceAxes;
}

/** Native voxels around everything that is set in the patch. */
function nativeBox(volume: Volume, patch: LesionPatch, mask: Uint8Array): IndexBox | undefined {
  const { geometry } = volume;
  const [, ny, nx] = patch.grid.size;
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (let n = 0; n < mask.length; n++) {
    if (mask[n] !== 1) continue;
    const index = worldToIndex(geometry, gridToWorld(patch.grid, [Math.floor(n / (ny * nx)), Math.floor(n / nx) % ny, n % nx]));
    for (const axis of [0, 1, 2] as const) {
      low[axis] = Math.min(low[axis], index[axis]);
      high[axis] = Math.max(high[axis], index[axis]);
    }
  }
  const limit = [geometry.columns - 1, geometry.rows - 1, geometry.slices - 1] as const;
  const from = ([0, 1, 2] as const).map((axis) => Math.max(0, Math.floor(low[axis]) - 1));
  const to = ([0, 1, 2] as const).map((axis) => Math.min(limit[axis], Math.ceil(high[axis]) + 1));
  const [i = 0, j = 0, k = 0] = from;
  const [i1 = -1, j1 = -1, k1 = -1] = to;
  return high[0] === -Infinity ? undefined : { start: [i, j, k], size: [i1 - i + 1, j1 - j + 1, k1 - k + 1] };
}

/** Value of a patch array at the voxel nearest to a point; 0 outside. */
function nearest(patch: LesionPatch, array: ArrayLike<number>, world: Vec3): number {
  const [z, y, x] = worldToGrid(patch.grid, world).map(Math.round) as unknown as Triple;
  const [nz, ny, nx] = patch.grid.size;
  if (z < 0 || y < 0 || x < 0 || z >= nz || y >= ny || x >= nx) return 0;
  return array[(z * ny + y) * nx + x] as number;
}

/**
 * HU above the border, on one slice. Where the nodule was cut from its neighbour both sides are dense; there the value
 * outside is mirrored, which puts the contour half way between the two pixels.
 */
function sliceField(volume: Volume, patch: LesionPatch, mask: Uint8Array, near: Uint8Array, thresholdHU: number, faint: boolean, box: IndexBox, k: number): Float32Array {
  const { geometry, hu } = volume;
  const [width, height] = box.size;
  const field = new Float32Array(width * height);
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      const index: Vec3 = [box.start[0] + i, box.start[1] + j, k];
      const world = indexToWorld(geometry, index);
      const native = hu[(k * geometry.rows + index[1]) * geometry.columns + index[0]] as number;
      const above = (faint ? nearest(patch, patch.smoothHU, world) : native) - thresholdHU;
      const isIn = nearest(patch, mask, world) === 1;
      const isNear = isIn || nearest(patch, near, world) === 1;
      field[j * width + i] = isIn ? above : isNear ? -Math.abs(above) : -Math.max(100, Math.abs(above));
    }
  }
  return field;
}

function toWorld(volume: Volume, point: Point2, slice: number, perMm: readonly [Vec3, Vec3]): WorldPoint {
  const base = indexToWorld(volume.geometry, [0, 0, slice]);
  return add(base, add(scale(perMm[0], point[0]), scale(perMm[1], point[1])));
}

function axesOf(volume: Volume, polygon: Polygon, slice: number): SliceAxes {
  const [columnStep, rowStep] = voxelSteps(volume.geometry);
  const [columnMm, rowMm] = [length(columnStep), length(rowStep)];
  const points: Point2[] = [];
  for (let n = 0; n < polygon.length; n += 2) points.push([(polygon[n] as number) * columnMm, (polygon[n + 1] as number) * rowMm]);
  const axes = measureAxes(points);
  const perMm = [scale(columnStep, 1 / columnMm), scale(rowStep, 1 / rowMm)] as const;
  const ends = (pair: readonly [Point2, Point2]): readonly [WorldPoint, WorldPoint] => [toWorld(volume, pair[0], slice, perMm), toWorld(volume, pair[1], slice, perMm)];
  return {
    slice,
    areaMm2: Math.abs(signedArea(polygon)) * columnMm * rowMm,
    longMm: axes.longMm,
    shortMm: axes.shortMm,
    longWorld: ends(axes.long),
    shortWorld: ends(axes.short),
  };
}

/** Outlines smaller than this are noise beside the nodule, square pixels. */
const smallestArea = 1.5;

/** Contours of every slice, outer ones only, in the coordinates of the whole image. */
function outlinesOf(fields: readonly Float32Array[], box: IndexBox): ReadonlyMap<number, readonly Polygon[]> {
  const outlines = new Map<number, readonly Polygon[]>();
  fields.forEach((field, n) => {
    const found = contours(field, box.size[0], box.size[1]);
    const largest = Math.max(0, ...found.map((polygon) => Math.abs(signedArea(polygon))));
    const outer = Math.sign(found.map(signedArea).find((area) => Math.abs(area) === largest) ?? 1);
    const kept = found.filter((polygon) => signedArea(polygon) * outer >= Math.min(smallestArea, largest));
    if (kept.length > 0) outlines.set(box.start[2] + n, kept.map((polygon) => polygon.map((value, at) => value + box.start[at % 2 as 0 | 1])));
  });
  return outlines;
}

/**
 * The nodule on the slices it crosses; undefined when it lies between two slices and touches neither.
 *
 * @param faint take densities from the smoothed patch
 */
export function lesionSlices(volume: Volume, patch: LesionPatch, mask: Uint8Array, thresholdHU: number, faint: boolean): LesionSlices | undefined {
  const box = nativeBox(volume, patch, mask);
  if (!box) return undefined;
  const pixelMm = Math.max(volume.geometry.spacingMm[0], volume.geometry.spacingMm[1]);
  const near = dilate(mask, patch.grid.size, patch.grid.spacingMm, pixelMm * 1.5);
  const fields = Array.from({ length: box.size[2] }, (_, n) => sliceField(volume, patch, mask, near, thresholdHU, faint, box, box.start[2] + n));
  const outlines = outlinesOf(fields, box);
  const candidates = [...outlines].flatMap(([slice, polygons]) => polygons.map((polygon) => ({ slice, polygon, area: Math.abs(signedArea(polygon)) })));
  const [largest] = candidates.sort((a, b) => b.area - a.area || a.slice - b.slice);
  if (!largest) return undefined;
  return { box, outlines, axes: axesOf(volume, largest.polygon, largest.slice) };
}

/** The segmented nodule as a body in the patient. */
function bodyOf({ grid, spacingMm }: LesionPatch, mask: Uint8Array): Body {
  const [nz, ny, nx] = grid.size;
  const [ox, oy, oz] = grid.origin;
  return (x, y, z) => {
    const [column, row, slice] = [Math.round((x - ox) / spacingMm), Math.round((y - oy) / spacingMm), Math.round((z - oz) / spacingMm)];
    return column >= 0 && row >= 0 && slice >= 0 && column < nx && row < ny && slice < nz && mask[(slice * ny + row) * nx + column] === 1;
  };
}

/** The nodule's voxels on the scanner's grid, and their volume. */
export function lesionVoxels(volume: Volume, patch: LesionPatch, mask: Uint8Array, box: IndexBox): VoxelCover {
  return coverBody(volume.geometry, box, bodyOf(patch, mask), patch.spacingMm / 2);
}

/** Largest in-slice diameter of a part of the nodule, mm; undefined when it shows on no slice. */
export function largestDiameterMm(volume: Volume, patch: LesionPatch, mask: Uint8Array, thresholdHU: number): number | undefined {
  const slices = lesionSlices(volume, patch, mask, thresholdHU, false);
  if (!slices) return undefined;
  return Math.max(...[...slices.outlines].flatMap(([slice, polygons]) => polygons.map((polygon) => axesOf(volume, polygon, slice).longMm)));
}

/** Distance between two planes of the stack, mm. */
export function planeDistanceMm(volume: Volume): number {
  const [columnStep, rowStep, sliceStep] = voxelSteps(volume.geometry);
  const normal: Vec3 = [
    columnStep[1] * rowStep[2] - columnStep[2] * rowStep[1],
    columnStep[2] * rowStep[0] - columnStep[0] * rowStep[2],
    columnStep[0] * rowStep[1] - columnStep[1] * rowStep[0],
  ];
  return Math.abs(dot(normal, sliceStep)) / length(normal);
}
