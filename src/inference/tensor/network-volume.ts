/** The part of a scan that a model reads, in the order, directions and spacing of its tensor. */
import { depthAt } from '../../findings/lung-location.ts';
import type { LungMask } from '../../findings/lung-mask.ts';
import { voxelSteps, worldBounds, worldToIndex } from '../../volume/geometry.ts';
import { gridOver, type LpsGrid, type Triple } from '../../volume/lps-grid.ts';
import { resample } from '../../volume/resample.ts';
import type { Vec3, Volume } from '../../volume/types.ts';
import type { DetectorManifest } from '../manifest/manifest.ts';
import { defaultAxes, frameToWorld, reorient, type TensorFrame, type TensorVolume } from './frame.ts';

type Box = readonly [low: Vec3, high: Vec3];

const axesOf = [0, 1, 2] as const;

/** The box of the scan that matters, LPS mm. */
export function boxToRead(volume: Volume, lungs: LungMask, { use, marginMm }: DetectorManifest['postprocess']['lungMask']): Box {
  const [low, high] = worldBounds(volume.geometry);
  if (use === 'none' || !lungs.box) return [low, high];
  const [lungLow, lungHigh] = lungs.box;
  const bound = (pick: (a: number, b: number) => number, scan: Vec3, lung: Vec3, margin: number): Vec3 =>
    [pick(scan[0], lung[0] + margin), pick(scan[1], lung[1] + margin), pick(scan[2], lung[2] + margin)];
  return [bound(Math.max, low, lungLow, -marginMm), bound(Math.min, high, lungHigh, marginMm)];
}

/** The frame of an LPS grid, axes z, y, x. */
export function frameOfGrid({ size, spacingMm, origin }: LpsGrid): TensorFrame {
  return { size, origin, steps: [[0, 0, spacingMm[0]], [0, spacingMm[1], 0], [spacingMm[2], 0, 0]] };
}

/** The scanner's own voxels within a box of indices (i, j, k), `to` inclusive; axes k, j, i. */
export function nativeVoxels({ geometry, hu }: Volume, from: Vec3, to: Vec3): TensorVolume {
  const [i, j, k] = voxelSteps(geometry);
  const whole: TensorFrame = { size: [geometry.slices, geometry.rows, geometry.columns], origin: geometry.origin, steps: [k, j, i] };
  const size: Triple = [to[2] - from[2] + 1, to[1] - from[1] + 1, to[0] - from[0] + 1];
  const frame: TensorFrame = { ...whole, size, origin: frameToWorld(whole, [from[2], from[1], from[0]]) };
  if (size.every((count, axis) => count === whole.size[axis])) return { frame, hu };
  const out = new Int16Array(size[0] * size[1] * size[2]);
  let n = 0;
  for (let z = from[2]; z <= to[2]; z++) {
    for (let y = from[1]; y <= to[1]; y++, n += size[2]) {
      const row = (z * geometry.rows + y) * geometry.columns;
      out.set(hu.subarray(row + from[0], row + to[0] + 1), n);
    }
  }
  return { frame, hu: out };
}

/** Smallest box of whole indices that holds a box in LPS mm, cut to the scan. */
function indexBox({ geometry }: Volume, [low, high]: Box): Box {
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => worldToIndex(geometry, [n & 1 ? high[0] : low[0], n & 2 ? high[1] : low[1], n & 4 ? high[2] : low[2]]));
  const last: Vec3 = [geometry.columns - 1, geometry.rows - 1, geometry.slices - 1];
  const cut = (value: number, axis: 0 | 1 | 2): number => Math.min(last[axis], Math.max(0, value));
  const from = axesOf.map((axis) => cut(Math.floor(Math.min(...corners.map((corner) => corner[axis])) + 1e-6), axis));
  const to = axesOf.map((axis) => cut(Math.ceil(Math.max(...corners.map((corner) => corner[axis])) - 1e-6), axis));
  return [from as unknown as Vec3, to as unknown as Vec3];
}

/** Gives every voxel outside the grown lung mask one value. */
function fillOutside(tensor: TensorVolume, lungs: LungMask, { fillHU, marginMm }: { readonly fillHU: number; readonly marginMm: number }): TensorVolume {
  const { frame } = tensor;
  const hu = Int16Array.from(tensor.hu);
  const [n0, n1, n2] = frame.size;
  for (let a = 0, n = 0; a < n0; a++) {
    for (let b = 0; b < n1; b++) {
      for (let c = 0; c < n2; c++, n++) if (depthAt(lungs, frameToWorld(frame, [a, b, c])) < -marginMm) hu[n] = fillHU;
    }
  }
  return { frame, hu };
}

/** What the detector reads of a scan. */
export function networkVolume(volume: Volume, lungs: LungMask, { input, postprocess }: Pick<DetectorManifest, 'input' | 'postprocess'>): TensorVolume {
  const box = boxToRead(volume, lungs, postprocess.lungMask);
  const axes = input.axes ?? defaultAxes;
  const { geometry } = volume;
  let tensor: TensorVolume;
  if (input.kind === 'slices') {
    // Whole slices: only those that show no lung are left out.
    const [from, to] = indexBox(volume, box);
    tensor = reorient(nativeVoxels(volume, [0, 0, from[2]], [geometry.columns - 1, geometry.rows - 1, to[2]]), axes);
  } else if (input.spacingMm === 'native') {
    tensor = reorient(nativeVoxels(volume, ...indexBox(volume, box)), axes);
  } else {
    // Spacing is in the order of the tensor's axes; the grid wants z, y, x.
    const at = (letters: string): number => input.spacingMm[axes.findIndex((letter) => letters.includes(letter)) as 0 | 1 | 2] as number;
    const grid = gridOver(...box, [at('SI'), at('PA'), at('LR')]);
    tensor = reorient({ frame: frameOfGrid(grid), hu: resample(volume, grid, input.padHU).hu }, axes);
  }
  return input.outsideLungs ? fillOutside(tensor, lungs, input.outsideLungs) : tensor;
}
