/** Whole slices brought to the size that a two-dimensional graph takes. */
import { AppError } from '../../errors.ts';
import { axisWeights } from '../../volume/axis-weights.ts';
import { scale } from '../../volume/vec3.ts';
import type { SliceInput } from '../manifest/input.ts';
import { frameToWorld, type TensorFrame } from './frame.ts';

export interface SliceFit {
  /** Rows and columns that the graph gets. */
  readonly size: readonly [number, number];
  /** Where the answer of the graph lies in the patient: one map for each slice, without what was padded. */
  readonly frame: TensorFrame;
  /** First row and column of the answer that belong to the image. */
  readonly offset: readonly [number, number];
  /** Fills `out` at `offset` with slice `slice` (values by table, beyond the image `pad`). */
  fill(hu: Int16Array, slice: number, value: (hu: number) => number, pad: number, out: Float32Array, offset: number): void;
}

function padded(frame: TensorFrame, size: readonly [number, number], offset: readonly [number, number]): SliceFit {
  const [, rows, columns] = frame.size;
  return {
    size, frame, offset,
    fill(hu, slice, value, pad, out, at) {
      out.fill(pad, at, at + size[0] * size[1]);
      for (let row = 0; row < rows; row++) {
        const source = (slice * rows + row) * columns;
        const target = at + (row + offset[0]) * size[1] + offset[1];
        for (let column = 0; column < columns; column++) out[target + column] = value(hu[source + column] as number);
      }
    },
  };
}

function resized(frame: TensorFrame, size: readonly [number, number]): SliceFit {
  const [slices, rows, columns] = frame.size;
  const [down, across] = [rows / size[0], columns / size[1]];
  const y = axisWeights(rows, size[0], (down - 1) / 2, down);
  const x = axisWeights(columns, size[1], (across - 1) / 2, across);
  const lines = new Float32Array(rows * size[1]);
  return {
    size, offset: [0, 0],
    frame: {
      size: [slices, ...size], origin: frameToWorld(frame, [0, (down - 1) / 2, (across - 1) / 2]),
      steps: [frame.steps[0], scale(frame.steps[1], down), scale(frame.steps[2], across)],
    },
    fill(hu, slice, value, _pad, out, at) {
      for (let row = 0; row < rows; row++) {
        const source = (slice * rows + row) * columns;
        for (let column = 0; column < size[1]; column++) {
          let sum = 0;
          const first = x.first[column] as number;
          for (let tap = 0; tap < (x.count[column] as number); tap++) sum += (x.weights[column * x.taps + tap] as number) * (hu[source + first + tap] as number);
          lines[row * size[1] + column] = sum;
        }
      }
      for (let row = 0; row < size[0]; row++) {
        const first = y.first[row] as number;
        for (let column = 0; column < size[1]; column++) {
          let sum = 0;
          for (let tap = 0; tap < (y.count[row] as number); tap++) sum += (y.weights[row * y.taps + tap] as number) * (lines[(first + tap) * size[1] + column] as number);
          out[at + row * size[1] + column] = value(Math.round(sum));
        }
      }
    },
  };
}

/** Whether images of this size can be given to the model. */
export function takesImages({ fit }: Pick<SliceInput, 'fit'>, rows: number, columns: number): boolean {
  return fit.kind !== 'pad' || (rows <= fit.size[0] && columns <= fit.size[1]);
}

/** @throws AppError `MODEL_FAILED` for images larger than the graph takes. */
export function fitSlices(frame: TensorFrame, { fit }: Pick<SliceInput, 'fit'>): SliceFit {
  const [, rows, columns] = frame.size;
  if (!takesImages({ fit }, rows, columns)) throw new AppError('MODEL_FAILED', `images of ${rows} x ${columns} are larger than the model takes`);
  if (fit.kind === 'resize') return resized(frame, [...fit.size]);
  if (fit.kind === 'pad') return padded(frame, [...fit.size], [Math.floor((fit.size[0] - rows) / 2), Math.floor((fit.size[1] - columns) / 2)]);
  return padded(frame, [Math.ceil(rows / fit.of[0]) * fit.of[0], Math.ceil(columns / fit.of[1]) * fit.of[1]], [0, 0]);
}
