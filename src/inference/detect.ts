/** Runs a detector over the lungs, window by window; memory does not grow with the number of windows. */
import { AppError } from '../errors.ts';
import { depthAt } from '../findings/lung-location.ts';
import type { LungMask } from '../findings/lung-mask.ts';
import { worldBounds } from '../volume/geometry.ts';
import { gridOver, gridToWorld, type LpsGrid, type LpsVolume, type Triple } from '../volume/lps-grid.ts';
import { resample } from '../volume/resample.ts';
import type { Vec3, Volume } from '../volume/types.ts';
import { add } from '../volume/vec3.ts';
import { inverse, toProbability } from './activation.ts';
import type { DetectorManifest } from './manifest.ts';
import type { ModelSession, TensorData } from './session.ts';
import { suppress } from './suppress.ts';
import { fillWindow, intensityTable, planWindows, type Window } from './windows.ts';

export interface Candidate {
  readonly worldPoint: Vec3;
  /** Of the detector, before the classifier and calibration. */
  readonly score: number;
  /** What the network said, if it says. */
  readonly diameterMm?: number;
}

export interface DetectOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number) => void;
}

/** More cells than this above the threshold: the model does not fit the images. */
const mostCells = 500_000;

/** The part of the volume that the detector reads, resampled. */
export function detectorVolume(volume: Volume, lungs: LungMask, { input, postprocess }: DetectorManifest): LpsVolume {
  const [low, high] = worldBounds(volume.geometry);
  const { use, marginMm } = postprocess.lungMask;
  const box = use === 'none' || !lungs.box ? undefined : lungs.box;
  const corner = (bound: Vec3, boxCorner: Vec3 | undefined, margin: number, pick: (a: number, b: number) => number): Vec3 =>
    boxCorner ? [pick(bound[0], boxCorner[0] + margin), pick(bound[1], boxCorner[1] + margin), pick(bound[2], boxCorner[2] + margin)] : bound;
  const grid = gridOver(corner(low, box?.[0], -marginMm, Math.max), corner(high, box?.[1], marginMm, Math.min), [...input.spacingMm]);
  return resample(volume, grid, input.padHU);
}

/** Whether any lung lies in the part of a window whose detections count. */
function holdsLung(window: Window, grid: LpsGrid, lungs: LungMask, marginMm: number): boolean {
  const low = gridToWorld(grid, [window[0].from, window[1].from, window[2].from]);
  const high = gridToWorld(grid, [window[0].to, window[1].to, window[2].to]);
  const [nz, ny, nx] = lungs.grid.size;
  const range = (axis: 0 | 1 | 2, spacing: number, count: number): readonly [number, number] => [
    Math.max(0, Math.floor((low[axis] - marginMm - lungs.grid.origin[axis]) / spacing)),
    Math.min(count - 1, Math.ceil((high[axis] + marginMm - lungs.grid.origin[axis]) / spacing)),
  ];
  const [x0, x1] = range(0, lungs.grid.spacingMm[2], nx);
  const [y0, y1] = range(1, lungs.grid.spacingMm[1], ny);
  const [z0, z1] = range(2, lungs.grid.spacingMm[0], nz);
  for (let z = z0; z <= z1; z++) for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) if (lungs.labels[(z * ny + y) * nx + x] !== 0) return true;
  return false;
}

function checkShape(name: string, tensor: TensorData | undefined, expected: readonly number[]): Float32Array {
  if (!tensor || tensor.dims.length !== expected.length || tensor.dims.some((size, n) => size !== expected[n])) {
    throw new AppError('MODEL_OUTPUT_INVALID', `output ${name} has shape [${tensor?.dims.join(', ') ?? ''}], expected [${expected.join(', ')}]`);
  }
  return tensor.data;
}

interface HeatmapReader {
  readonly manifest: DetectorManifest;
  readonly grid: LpsGrid;
  readonly cells: Triple;
  readonly results: ReadonlyMap<string, TensorData>;
  readonly batch: number;
}

/** Middle of the blob around a cell, as an offset in mm, where the model has no offset output of its own. */
function centroidOffset(heat: Float32Array, base: number, cells: Triple, cell: Triple, probability: (raw: number) => number, cellMm: Triple): Vec3 {
  let sum = 0;
  const moment: [number, number, number] = [0, 0, 0];
  for (let dz = -1; dz <= 1; dz++) {
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        const [z, y, x] = [cell[0] + dz, cell[1] + dy, cell[2] + dx];
        if (z < 0 || y < 0 || x < 0 || z >= cells[0] || y >= cells[1] || x >= cells[2]) continue;
        const weight = probability(heat[base + (z * cells[1] + y) * cells[2] + x] as number);
        sum += weight;
        moment[0] += weight * dx * cellMm[2];
        moment[1] += weight * dy * cellMm[1];
        moment[2] += weight * dz * cellMm[0];
      }
    }
  }
  return sum > 0 ? [moment[0] / sum, moment[1] / sum, moment[2] / sum] : [0, 0, 0];
}

/** Cells above the threshold in the counting part of one window of a batch. */
function readCells(reader: HeatmapReader, window: Window, n: number, found: Candidate[]): void {
  const { manifest: { output, postprocess }, grid, cells, results, batch } = reader;
  const plane = cells[0] * cells[1] * cells[2];
  const heat = checkShape(output.name, results.get(output.name), [batch, 1, ...cells]);
  const offsets = output.offset && checkShape(output.offset.name, results.get(output.offset.name), [batch, 3, ...cells]);
  const diameters = output.diameter && checkShape(output.diameter.name, results.get(output.diameter.name), [batch, 1, ...cells]);
  const lowest = inverse(postprocess.threshold, output.activation);
  const probability = (raw: number): number => toProbability(raw, output.activation, output.name);
  const { stride } = output;
  const cellMm: Triple = [stride[0] * grid.spacingMm[0], stride[1] * grid.spacingMm[1], stride[2] * grid.spacingMm[2]];
  const range = ([z, y, x]: Window, axis: 0 | 1 | 2): readonly [number, number] => {
    const part = [z, y, x][axis] ?? z;
    return [(part.from - part.start) / stride[axis], Math.min(cells[axis], (part.to - part.start) / stride[axis])];
  };
  const [[z0, z1], [y0, y1], [x0, x1]] = [range(window, 0), range(window, 1), range(window, 2)];
  for (let z = z0; z < z1; z++) {
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const cell = (z * cells[1] + y) * cells[2] + x;
        const raw = heat[n * plane + cell] as number;
        if (raw < lowest) continue;
        const score = probability(raw);
        const centre = gridToWorld(grid, [window[0].start + (z + 0.5) * stride[0] - 0.5, window[1].start + (y + 0.5) * stride[1] - 0.5, window[2].start + (x + 0.5) * stride[2] - 0.5]);
        const offset: Vec3 = offsets
          ? [offsets[(n * 3 + 2) * plane + cell] as number, offsets[(n * 3 + 1) * plane + cell] as number, offsets[n * 3 * plane + cell] as number]
          : centroidOffset(heat, n * plane, cells, [z, y, x], probability, cellMm);
        const said = diameters?.[n * plane + cell];
        const diameterMm = said === undefined ? undefined : output.diameter?.transform === 'log-mm' ? Math.exp(said) : said;
        if (![...offset, diameterMm ?? 0].every(Number.isFinite)) throw new AppError('MODEL_OUTPUT_INVALID', 'an offset or diameter is not a number');
        found.push({ worldPoint: add(centre, offset), score, ...(diameterMm !== undefined && { diameterMm }) });
        if (found.length > mostCells) throw new AppError('MODEL_OUTPUT_INVALID', `the detector marks more than ${mostCells} cells`);
      }
    }
  }
}

/** Candidates of the whole scan, best first. @throws AppError `MODEL_OUTPUT_INVALID`, `MODEL_FAILED`; the signal's reason when it aborts. */
export async function detect(volume: Volume, lungs: LungMask, manifest: DetectorManifest, session: ModelSession, options: DetectOptions): Promise<readonly Candidate[]> {
  const { input, output, postprocess } = manifest;
  const resampled = detectorVolume(volume, lungs, manifest);
  const { grid } = resampled;
  const shape: Triple = [...input.window];
  const cells: Triple = [shape[0] / output.stride[0], shape[1] / output.stride[1], shape[2] / output.stride[2]];
  const windows = planWindows(grid.size, shape, [...input.overlap], [...output.stride]).filter(
    (window) => postprocess.lungMask.use === 'none' || holdsLung(window, grid, lungs, postprocess.lungMask.marginMm),
  );
  const value = intensityTable(input.clipHU, input.scaleTo);
  const pad = value(input.padHU);
  const names = [output.name, ...(output.offset ? [output.offset.name] : []), ...(output.diameter ? [output.diameter.name] : [])];
  const windowSize = shape[0] * shape[1] * shape[2];
  const found: Candidate[] = [];
  for (let first = 0; first < windows.length; first += input.batch) {
    options.signal.throwIfAborted();
    const group = windows.slice(first, first + input.batch);
    const data = new Float32Array(group.length * windowSize);
    group.forEach(([z, y, x], n) => { fillWindow(resampled, [z.start, y.start, x.start], shape, value, pad, data, n * windowSize); });
    const results = await session.run(input.name, { data, dims: [group.length, 1, ...shape] }, names);
    group.forEach((window, n) => { readCells({ manifest, grid, cells, results, batch: group.length }, window, n, found); });
    options.onProgress(Math.min(1, (first + group.length) / windows.length));
  }
  const inLungs = postprocess.lungMask.use === 'mask' ? found.filter(({ worldPoint }) => depthAt(lungs, worldPoint) >= -postprocess.lungMask.marginMm) : found;
  return suppress(inLungs, postprocess.nmsRadiusMm, postprocess.maxCandidates);
}
