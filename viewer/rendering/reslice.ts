/** Planes of the patient cut out of a grid of slices: pure arithmetic on what is loaded. Points LPS, lengths mm. */
import type { Bitmap } from './placement.ts';
import type { ReformatPlane } from './reformat-view.ts';
import { combiner, type Slab } from './slab-slices.ts';
import { cornersOf, dot, indexOfOffset, type SliceGrid } from './slice-grid.ts';
import type { Point3 } from './slice-images.ts';

/** Unit vectors of a plane as it is looked at. */
interface PlaneAxes {
  readonly right: Point3;
  readonly down: Point3;
  /** Across it. */
  readonly normal: Point3;
}

/** As radiologists look at them: from the front, and from the patient's left with the face to the left. */
const axesOf: Readonly<Record<ReformatPlane, PlaneAxes>> = {
  coronal: { right: [1, 0, 0], down: [0, 0, -1], normal: [0, 1, 0] },
  sagittal: { right: [0, 1, 0], down: [0, 0, -1], normal: [1, 0, 0] },
};

/** A family of parallel planes over a grid: its picture and where that lies. */
export interface PlaneFrame extends PlaneAxes {
  readonly bitmap: Bitmap;
  /** Corner of the picture, the plane through the origin of the patient. */
  readonly corner: Point3;
  /** How far apart neighbouring samples across the plane may be without missing a voxel. */
  readonly acrossMm: number;
}

/** Above this cosine an axis of the grid counts as that of the plane: then samples fall on voxels. */
const aligned = 0.9999;

function spacingAlong(grid: SliceGrid, axis: Point3): number {
  const lengths = grid.steps.map((step) => Math.hypot(...step));
  const along = grid.steps.findIndex((step, at) => Math.abs(dot(step, axis)) > aligned * (lengths[at] ?? 0));
  return lengths[along] ?? Math.min(...lengths);
}

export function planeFrame(grid: SliceGrid, plane: ReformatPlane): PlaneFrame {
  const axes = axesOf[plane];
  const corners = cornersOf(grid);
  const extent = (axis: Point3): readonly [number, number] => {
    const along = corners.map((corner) => dot(corner, axis));
    return [Math.min(...along), Math.max(...along)];
  };
  const [left, right] = extent(axes.right);
  const [top, bottom] = extent(axes.down);
  const [columnSpacingMm, rowSpacingMm] = [spacingAlong(grid, axes.right), spacingAlong(grid, axes.down)];
  const on = (axis: 0 | 1 | 2): number => axes.right[axis] * left + axes.down[axis] * top;
  return {
    ...axes, corner: [on(0), on(1), on(2)], acrossMm: spacingAlong(grid, axes.normal),
    bitmap: { columnSpacingMm, rowSpacingMm, columns: Math.max(1, Math.round((right - left) / columnSpacingMm)), rows: Math.max(1, Math.round((bottom - top) / rowSpacingMm)) },
  };
}

/** The place of bitmap coordinates in the plane `acrossMm` along the normal. */
export function pointOf({ corner, right, down, normal, bitmap }: PlaneFrame, across: number, x: number, y: number): Point3 {
  const on = (axis: 0 | 1 | 2): number => corner[axis] + right[axis] * x * bitmap.columnSpacingMm + down[axis] * y * bitmap.rowSpacingMm + normal[axis] * across;
  return [on(0), on(1), on(2)];
}

/** Bitmap coordinates of the foot of the perpendicular from a point onto the planes. */
export function coordinatesOf({ corner, right, down, bitmap }: PlaneFrame, world: Point3): readonly [x: number, y: number] {
  const from: Point3 = [world[0] - corner[0], world[1] - corner[1], world[2] - corner[2]];
  return [dot(from, right) / bitmap.columnSpacingMm, dot(from, down) / bitmap.rowSpacingMm];
}

/** What is shown where there is no voxel, or none is loaded yet: below every window. */
export const nothing = -32768;
/** A slice is on its way. */
const pending = -32769;
/** So far beyond the centres of its outer voxels a grid still reaches; with room for rounding. */
const edge = 0.5 + 1e-6;

type Values = ArrayLike<number>;
/** Modality values of a slice; undefined while it is not loaded. */
export type SliceValues = (slice: number) => Values | undefined;

/** Row by row: linear between the eight voxels around each sample, four within a slice. */
function samplePlane(grid: SliceGrid, frame: PlaneFrame, across: number, valuesOf: SliceValues, out: Float32Array): void {
  const { columns, rows, slices } = grid;
  const { bitmap } = frame;
  const indexAt = (x: number, y: number): Point3 => {
    const point = pointOf(frame, across, x, y);
    return indexOfOffset(grid, [point[0] - grid.origin[0], point[1] - grid.origin[1], point[2] - grid.origin[2]]);
  };
  const [zero, one] = [indexAt(0, 0), indexAt(1, 0)];
  const [di, dj, dk] = [one[0] - zero[0], one[1] - zero[1], one[2] - zero[2]];
  const loaded = Array.from({ length: slices }, (_, slice) => valuesOf(slice));
  for (let y = 0; y < bitmap.rows; y++) {
    let [i, j, k] = indexAt(0.5, y + 0.5);
    const to = y * bitmap.columns;
    for (let x = 0; x < bitmap.columns; x++, i += di, j += dj, k += dk) {
      out[to + x] = nothing;
      if (i < -edge || j < -edge || k < -edge || i > columns - 1 + edge || j > rows - 1 + edge || k > slices - 1 + edge) continue;
      const ci = Math.min(columns - 1, Math.max(0, i));
      const cj = Math.min(rows - 1, Math.max(0, j));
      const ck = Math.min(slices - 1, Math.max(0, k));
      const i0 = ci | 0;
      const j0 = cj | 0;
      const k0 = ck | 0;
      const fi = ci - i0;
      const fj = cj - j0;
      const fk = ck - k0;
      const right = i0 + 1 < columns ? 1 : 0;
      const below = j0 + 1 < rows ? columns : 0;
      const at = j0 * columns + i0;
      const lower = loaded[k0];
      if (lower === undefined) {
        out[to + x] = pending;
        continue;
      }
      let value = (lower[at]! * (1 - fi) + lower[at + right]! * fi) * (1 - fj) + (lower[at + below]! * (1 - fi) + lower[at + below + right]! * fi) * fj;
      if (fk > 1e-4 && k0 + 1 < slices) {
        const upper = loaded[k0 + 1];
        if (upper === undefined) {
          out[to + x] = pending;
          continue;
        }
        const other = (upper[at]! * (1 - fi) + upper[at + right]! * fi) * (1 - fj) + (upper[at + below]! * (1 - fi) + upper[at + below + right]! * fi) * fj;
        value += (other - value) * fk;
      }
      out[to + x] = value;
    }
  }
}

/** Fills `out` with the modality values of one plane, or of a slab around it; {@link nothing} where there are none. */
export function reslice(grid: SliceGrid, frame: PlaneFrame, across: number, slab: Slab | undefined, valuesOf: SliceValues, out: Float32Array): void {
  const half = slab === undefined ? 0 : Math.floor(slab.thicknessMm / 2 / frame.acrossMm + 1e-6);
  const plane = half === 0 ? out : new Float32Array(out.length);
  const combine = slab === undefined || half === 0 ? undefined : combiner(slab.mode, out, nothing);
  const waits = new Uint8Array(out.length);
  for (let step = -half; step <= half; step++) {
    samplePlane(grid, frame, across + step * frame.acrossMm, valuesOf, plane);
    for (let at = 0; at < plane.length; at++) if (plane[at] === pending) waits[at] = 1;
    combine?.add(plane);
  }
  combine?.finish();
  // All of them or none: a slab without one of its slices would hide what is in it.
  for (let at = 0; at < out.length; at++) if (waits[at] === 1) out[at] = nothing;
}
