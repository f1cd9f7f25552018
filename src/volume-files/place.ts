/**
 * Stored axes to the order of this project: columns towards the left of the patient, rows towards the back, slices
 * towards the head, as near as the stored axes come to it. Axes are exchanged and turned round, never resampled, so that
 * an oblique volume keeps its obliquity and every voxel its place in the patient.
 */
import type { Vec3, VolumeGeometry } from '../volume/types.ts';
import { add, dot, length, normalize, scale, type Columns3 } from '../volume/vec3.ts';
import type { Fault } from './faults.ts';
import type { VolumeFileHeader } from './header.ts';

/** Cosine between two axes of a slice beyond which they are not at a right angle. */
const rightAngleTolerance = 1e-3;
/** Cosine between slices' direction and an axis of the slice: a gantry tilt of 30°. */
const mostTilt = 0.5;
/** Farther from the origin than this (mm) there is no patient; nearer than this no voxel has its neighbour. */
const farthestMm = 1e6;
const smallestStepMm = 1e-3;
const largestStepMm = 1e3;

type Axes = readonly [number, number, number];
const orders: readonly Axes[] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

export interface Placement {
  readonly geometry: VolumeGeometry;
  /** In the memory of the volume: place of the first voxel stored, and the step to the next along each stored axis. */
  readonly base: number;
  readonly strides: Axes;
}

/** The stored axis for x, for y and for z that together lie nearest to them. */
function nearestOrder(directions: Columns3): Axes {
  const fit = ([x, y, z]: Axes): number => Math.abs(directions[x]![0]) + Math.abs(directions[y]![1]) + Math.abs(directions[z]![2]);
  return orders.reduce((best, order) => (fit(order) > fit(best) + 1e-9 ? order : best));
}

function checkSteps(steps: Columns3, origin: Vec3, fault: Fault): Columns3 {
  if (![...origin, ...steps.flat()].every((value) => Math.abs(value) <= farthestMm)) throw fault('VOLUME_FILE_GEOMETRY', 'the position or a direction is not a number, or is out of any room');
  for (const step of steps) {
    const size = length(step);
    if (!(size >= smallestStepMm && size <= largestStepMm)) throw fault('VOLUME_FILE_GEOMETRY', `a distance between voxels of ${size} mm`);
  }
  return [normalize(steps[0]), normalize(steps[1]), normalize(steps[2])];
}

/** @throws AppError VOLUME_FILE_GEOMETRY where the axes are sheared, degenerate or not numbers */
export function placeVolume({ size, steps, origin }: Pick<VolumeFileHeader, 'size' | 'steps' | 'origin'>, fault: Fault): Placement {
  const directions = checkSteps(steps, origin, fault);
  const order = nearestOrder(directions);
  const sign = order.map((axis, n) => (directions[axis]![n]! < 0 ? -1 : 1)) as [number, number, number];
  const direction = (n: 0 | 1 | 2): Vec3 => scale(directions[order[n]]!, sign[n]);
  const [column, row, slice] = [direction(0), direction(1), direction(2)];
  const worst = (cosine: number, limit: number, what: string): void => {
    if (Math.abs(cosine) > limit) throw fault('VOLUME_FILE_GEOMETRY', `${what} are not at a right angle`);
  };
  worst(dot(column, row), rightAngleTolerance, 'the axes of a slice');
  worst(dot(column, slice), mostTilt, 'the slices and their rows');
  worst(dot(row, slice), mostTilt, 'the slices and their columns');
  const count = (n: 0 | 1 | 2): number => size[order[n]]!;
  const memory: Axes = [1, count(0), count(0) * count(1)];
  const strides: [number, number, number] = [0, 0, 0];
  let base = 0;
  let corner = origin;
  for (const n of [0, 1, 2] as const) {
    const axis = order[n];
    strides[axis] = sign[n] * memory[n];
    if (sign[n] > 0) continue;
    base += (count(n) - 1) * memory[n];
    corner = add(corner, scale(steps[axis]!, count(n) - 1));
  }
  const spacing = (n: 0 | 1 | 2): number => length(steps[order[n]]!);
  return {
    geometry: {
      columns: count(0), rows: count(1), slices: count(2), origin: corner,
      columnDirection: column, rowDirection: row, sliceDirection: slice,
      spacingMm: [spacing(0), spacing(1), spacing(2)], frameOfReferenceUID: '',
    },
    base, strides,
  };
}
