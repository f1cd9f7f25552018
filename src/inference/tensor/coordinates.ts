/** The input that tells a window where in the whole volume it lies. */
import type { Triple } from '../../volume/lps-grid.ts';
import type { TensorData } from '../session.ts';

/**
 * Three channels, one an axis, one value a cell: -0.5 at the first cell of the volume, 0.5 at its last, and beyond them for cells
 * beyond the volume the nearest of these. Flipped with the window.
 */
export function coordinateTensor(starts: readonly Triple[], window: Triple, size: Triple, stride: Triple, flips: readonly number[]): TensorData {
  const cells: Triple = [window[0] / stride[0], window[1] / stride[1], window[2] / stride[2]];
  const plane = cells[0] * cells[1] * cells[2];
  const data = new Float32Array(starts.length * 3 * plane);
  const values = (start: Triple, axis: 0 | 1 | 2): Float32Array => {
    const last = Math.max(1, Math.ceil(size[axis] / stride[axis]) - 1);
    return Float32Array.from({ length: cells[axis] }, (_, n) => {
      const cell = Math.floor(start[axis] / stride[axis]) + (flips.includes(axis) ? cells[axis] - 1 - n : n);
      return Math.min(last, Math.max(0, cell)) / last - 0.5;
    });
  };
  starts.forEach((start, sample) => {
    const [as, bs, cs] = [values(start, 0), values(start, 1), values(start, 2)];
    let cell = sample * 3 * plane;
    for (let a = 0; a < cells[0]; a++) {
      for (let b = 0; b < cells[1]; b++) {
        for (let c = 0; c < cells[2]; c++, cell++) {
          data[cell] = as[a] as number;
          data[cell + plane] = bs[b] as number;
          data[cell + 2 * plane] = cs[c] as number;
        }
      }
    }
  });
  return { data, dims: [starts.length, 3, ...cells] };
}
