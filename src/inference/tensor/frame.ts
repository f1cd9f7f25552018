/** Where the voxels of a tensor lie in the patient. */
import type { Triple } from '../../volume/lps-grid.ts';
import type { Vec3 } from '../../volume/types.ts';
import { add, determinant, dot, invertColumns, length, scale, subtract, type Columns3 } from '../../volume/vec3.ts';
import type { AxisLetter } from '../manifest/input.ts';

/** Voxel (a, b, c) of a tensor has its centre at `origin` + a * steps[0] + b * steps[1] + c * steps[2], LPS mm. */
export interface TensorFrame {
  readonly size: Triple;
  readonly origin: Vec3;
  readonly steps: Columns3;
}

/** Hounsfield units in the order of a tensor's axes. */
export interface TensorVolume {
  readonly frame: TensorFrame;
  readonly hu: Int16Array;
}

export const defaultAxes: readonly [AxisLetter, AxisLetter, AxisLetter] = ['S', 'P', 'L'];

const directions: Readonly<Record<AxisLetter, Vec3>> = { L: [1, 0, 0], R: [-1, 0, 0], P: [0, 1, 0], A: [0, -1, 0], S: [0, 0, 1], I: [0, 0, -1] };

/** Unit vector (LPS) of a letter. */
export const directionOf = (letter: AxisLetter): Vec3 => directions[letter];

export function frameToWorld({ origin, steps }: TensorFrame, [a, b, c]: Triple): Vec3 {
  return add(origin, add(scale(steps[0], a), add(scale(steps[1], b), scale(steps[2], c))));
}

export function worldToFrame({ origin, steps }: TensorFrame, world: Vec3): Triple {
  const rows = invertColumns(steps);
  const relative = subtract(world, origin);
  return [dot(rows[0], relative), dot(rows[1], relative), dot(rows[2], relative)];
}

/** Distance between voxel centres along each axis, mm. */
export const spacingOf = ({ steps }: TensorFrame): Triple => [length(steps[0]), length(steps[1]), length(steps[2])];

/** Volume of one voxel, mm³. */
export const voxelMm3 = ({ steps }: TensorFrame): number => Math.abs(determinant(steps));

/** The box in LPS mm that holds the part of a tensor from index `from` to index `to`. */
export function worldBox(frame: TensorFrame, from: Triple, to: Triple): readonly [Vec3, Vec3] {
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => frameToWorld(frame, [n & 1 ? to[0] : from[0], n & 2 ? to[1] : from[1], n & 4 ? to[2] : from[2]]));
  const bound = (pick: (...values: number[]) => number): Vec3 => [
    pick(...corners.map(([x]) => x)), pick(...corners.map(([, y]) => y)), pick(...corners.map(([, , z]) => z)),
  ];
  return [bound(Math.min), bound(Math.max)];
}

const permutations = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] as const;

/**
 * The volume with its axes in the wanted order and directions: each wanted axis is the source axis that runs most nearly
 * along it, or against it and then reversed. No voxel is interpolated.
 */
export function reorient({ frame, hu }: TensorVolume, axes: readonly [AxisLetter, AxisLetter, AxisLetter]): TensorVolume {
  const wanted = axes.map(directionOf) as [Vec3, Vec3, Vec3];
  const spacing = spacingOf(frame);
  const along = (axis: 0 | 1 | 2, source: 0 | 1 | 2): number => dot(frame.steps[source], wanted[axis]) / spacing[source];
  const fit = ([a, b, c]: readonly [0 | 1 | 2, 0 | 1 | 2, 0 | 1 | 2]): number => Math.abs(along(0, a)) + Math.abs(along(1, b)) + Math.abs(along(2, c));
  const order = permutations.reduce((best, current) => (fit(current) > fit(best) + 1e-9 ? current : best));
  const flip = ([0, 1, 2] as const).map((axis) => along(axis, order[axis]) < 0);
  if (order[0] === 0 && order[1] === 1 && !flip.includes(true)) return { frame, hu };
  const size: Triple = [frame.size[order[0]], frame.size[order[1]], frame.size[order[2]]];
  const strides = [frame.size[1] * frame.size[2], frame.size[2], 1] as const;
  const last = (axis: 0 | 1 | 2): number => (flip[axis] === true ? frame.size[order[axis]] - 1 : 0);
  const first: [number, number, number] = [0, 0, 0];
  for (const axis of [0, 1, 2] as const) first[order[axis]] = last(axis);
  const step = (axis: 0 | 1 | 2): number => (flip[axis] === true ? -strides[order[axis]] : strides[order[axis]]);
  const [s0, s1, s2] = [step(0), step(1), step(2)];
  const start = first[0] * strides[0] + first[1] * strides[1] + first[2];
  const out = new Int16Array(hu.length);
  let n = 0;
  for (let a = 0; a < size[0]; a++) {
    for (let b = 0; b < size[1]; b++) {
      let source = start + a * s0 + b * s1;
      for (let c = 0; c < size[2]; c++, source += s2) out[n++] = hu[source] as number;
    }
  }
  const turned = (axis: 0 | 1 | 2): Vec3 => scale(frame.steps[order[axis]], flip[axis] === true ? -1 : 1);
  return { frame: { size, origin: frameToWorld(frame, first), steps: [turned(0), turned(1), turned(2)] }, hu: out };
}
