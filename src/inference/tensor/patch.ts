/** One patch around a point, in the order of a tensor's axes. */
import type { LpsGrid, Triple } from '../../volume/lps-grid.ts';
import { resample } from '../../volume/resample.ts';
import type { Vec3, Volume } from '../../volume/types.ts';
import type { PatchInput } from '../manifest/input.ts';
import { fillWindow } from '../windows.ts';
import { defaultAxes, reorient, worldToFrame, type TensorVolume } from './frame.ts';
import { frameOfGrid, nativeVoxels } from './network-volume.ts';

/** The grid of a patch (z, y, x) whose middle is the point. */
export function patchGrid(centre: Vec3, patch: Triple, spacingMm: Triple): LpsGrid {
  const low = (axis: 0 | 1 | 2): number => centre[2 - axis as 0 | 1 | 2] - ((patch[axis] - 1) / 2) * spacingMm[axis];
  return { size: patch, spacingMm, origin: [low(2), low(1), low(0)] };
}

export interface PatchSource {
  /** Fills `out` at `offset` with the patch around the point. */
  fill(centre: Vec3, value: (hu: number) => number, flips: readonly number[], out: Float32Array, offset: number): void;
}

/** Native voxels: the patch lies on the scanner's grid, its middle within half a voxel of the point. */
function nativeSource(tensor: TensorVolume, patch: Triple, padHU: number): PatchSource {
  return {
    fill(centre, value, flips, out, offset) {
      const [a, b, c] = worldToFrame(tensor.frame, centre);
      const start = (index: number, size: number): number => Math.round(index - (size - 1) / 2);
      fillWindow(tensor, [start(a, patch[0]), start(b, patch[1]), start(c, patch[2])], patch, { value, pad: value(padHU), flips }, out, offset);
    },
  };
}

export function patchSource(volume: Volume, input: PatchInput): PatchSource {
  const axes = input.axes ?? defaultAxes;
  const patch: Triple = [...input.patch];
  const { geometry } = volume;
  const { spacingMm } = input;
  if (spacingMm === 'native') {
    const whole = nativeVoxels(volume, [0, 0, 0], [geometry.columns - 1, geometry.rows - 1, geometry.slices - 1]);
    return nativeSource(reorient(whole, axes), patch, input.padHU);
  }
  /** From the order of the tensor's axes to z, y, x. */
  const ordered = (values: readonly [number, number, number]): Triple => {
    const at = (letters: string): number => values[axes.findIndex((letter) => letters.includes(letter)) as 0 | 1 | 2];
    return [at('SI'), at('PA'), at('LR')];
  };
  const [size, spacing] = [ordered(input.patch), ordered(spacingMm)];
  return {
    fill(centre, value, flips, out, offset) {
      const grid = patchGrid(centre, size, spacing);
      const tensor = reorient({ frame: frameOfGrid(grid), hu: resample(volume, grid, input.padHU).hu }, axes);
      fillWindow(tensor, [0, 0, 0], patch, { value, pad: 0, flips }, out, offset);
    },
  };
}
