/** What every decoder gives, and what it is given. */
import { AppError } from '../../errors.ts';
import type { Triple } from '../../volume/lps-grid.ts';
import type { TensorData } from '../session.ts';

/** A mark of the network, in voxels of its input; whole numbers are voxel centres. */
export interface Hit {
  /** Where the cell lies that made the mark: it decides which window the mark belongs to. */
  readonly cell: Triple;
  readonly index: Triple;
  readonly score: number;
  /** Sides of the box along each axis, where the network gives one. */
  readonly sizeVoxels?: Triple;
  readonly diameterMm?: number;
}

/** The answer for one sample of a run. */
export interface Sample {
  readonly results: ReadonlyMap<string, TensorData>;
  /** Number of the sample in the batch, and how many there are. */
  readonly n: number;
  readonly batch: number;
  /** Shape of the sample. */
  readonly window: Triple;
  /** Distance between voxel centres, mm. */
  readonly spacingMm: Triple;
  /** Scores below are no marks. */
  readonly threshold: number;
}

/** More marks than this above the threshold: the model does not fit the images. */
export const mostHits = 500_000;

/** @throws AppError `MODEL_OUTPUT_INVALID` when the model marks everything. */
export function guardCount(count: number): void {
  if (count > mostHits) throw new AppError('MODEL_OUTPUT_INVALID', `the detector marks more than ${mostHits} places`);
}

/** The data of an output that has exactly this shape (-1 is any size). @throws AppError `MODEL_OUTPUT_INVALID`. */
export function shaped(name: string, tensor: TensorData | undefined, expected: readonly number[]): Float32Array {
  if (!tensor || tensor.dims.length !== expected.length || tensor.dims.some((size, n) => expected[n] !== -1 && size !== expected[n])) {
    throw new AppError('MODEL_OUTPUT_INVALID', `output ${name} has shape [${tensor?.dims.join(', ') ?? ''}], expected [${expected.join(', ')}]`);
  }
  return tensor.data;
}

/** @throws AppError `MODEL_OUTPUT_INVALID` unless every number is finite. */
export function finite(values: readonly number[], what: string): void {
  if (!values.every(Number.isFinite)) throw new AppError('MODEL_OUTPUT_INVALID', `${what} is not a number`);
}

export const cellsOf = (window: Triple, stride: Triple): Triple =>
  [Math.floor(window[0] / stride[0]), Math.floor(window[1] / stride[1]), Math.floor(window[2] / stride[2])];

/** Input index of the centre of a cell. */
export const cellCentre = (cell: Triple, stride: Triple): Triple =>
  [(cell[0] + 0.5) * stride[0] - 0.5, (cell[1] + 0.5) * stride[1] - 0.5, (cell[2] + 0.5) * stride[2] - 0.5];

/** A diameter from the sides of a box in mm. */
export function boxDiameterMm(sizeVoxels: Triple, spacingMm: Triple, how: 'mean' | 'max' | 'geometric-mean'): number {
  const sides = [sizeVoxels[0] * spacingMm[0], sizeVoxels[1] * spacingMm[1], sizeVoxels[2] * spacingMm[2]] as const;
  if (how === 'max') return Math.max(...sides);
  return how === 'mean' ? (sides[0] + sides[1] + sides[2]) / 3 : Math.cbrt(sides[0] * sides[1] * sides[2]);
}
