/** Runs a graph over a volume window by window; memory does not grow with the number of windows. */
import type { LungMask } from '../findings/lung-mask.ts';
import type { Triple } from '../volume/lps-grid.ts';
import { decodeBoxes } from './decode/boxes.ts';
import { decodeDetections } from './decode/detections.ts';
import { decodeGrid } from './decode/grid.ts';
import { decodeHeatmap } from './decode/heatmap.ts';
import { guardCount, shaped, type Hit, type Sample } from './decode/hit.ts';
import { createProbabilityVolume, type ProbabilityVolume } from './decode/probability-volume.ts';
import { classProbability } from './activation.ts';
import { coordinateTensor } from './tensor/coordinates.ts';
import { spacingOf, worldBox, type TensorFrame, type TensorVolume } from './tensor/frame.ts';
import { intensityTables } from './tensor/intensity.ts';
import type { WindowInput } from './manifest/input.ts';
import type { DetectorManifest } from './manifest/manifest.ts';
import type { DetectorOutput, SegmentationOutput } from './manifest/output.ts';
import type { ModelSession, TensorData } from './session.ts';
import { fillWindow, fittedWindow, planWindows, startOf, type Window } from './windows.ts';

export interface DetectOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number) => void;
}

/** Every output that the decoder of this kind reads. */
export function outputNames(output: DetectorOutput): readonly string[] {
  switch (output.kind) {
    case 'heatmap': return [output.probability.name, ...(output.offset ? [output.offset.name] : []), ...(output.diameter ? [output.diameter.name] : [])];
    case 'segmentation': return [output.probability.name];
    case 'boxes': return output.levels.flatMap(({ classification, regression }) => [classification, regression]);
    case 'grid': return [output.name];
    case 'detections': return [output.boxes.name, output.scores.name, ...(output.labels ? [output.labels.name] : [])];
  }
}

/** Largest cell along each axis: windows start at multiples of it. */
function largestStride(output: DetectorOutput): Triple {
  if (output.kind === 'heatmap' || output.kind === 'grid') return [...output.stride];
  if (output.kind !== 'boxes') return [1, 1, 1];
  const largest = (axis: 0 | 1 | 2): number => Math.max(...output.levels.map(({ stride }) => stride[axis]));
  return [largest(0), largest(1), largest(2)];
}

function decode(output: Exclude<DetectorOutput, SegmentationOutput>, sample: Sample): readonly Hit[] {
  switch (output.kind) {
    case 'heatmap': return decodeHeatmap(output, sample);
    case 'boxes': return decodeBoxes(output, sample);
    case 'grid': return decodeGrid(output, sample);
    case 'detections': return decodeDetections(output, sample);
  }
}

/** Whether any lung lies in the part of a window whose detections count. */
export function holdsLung([a, b, c]: Window, frame: TensorFrame, lungs: LungMask, marginMm: number): boolean {
  const [low, high] = worldBox(frame, [a.from, b.from, c.from], [a.to, b.to, c.to]);
  const { grid, labels } = lungs;
  const [nz, ny, nx] = grid.size;
  const range = (axis: 0 | 1 | 2, spacing: number, count: number): readonly [number, number] => [
    Math.max(0, Math.floor((low[axis] - marginMm - grid.origin[axis]) / spacing)),
    Math.min(count - 1, Math.ceil((high[axis] + marginMm - grid.origin[axis]) / spacing)),
  ];
  const [x0, x1] = range(0, grid.spacingMm[2], nx);
  const [y0, y1] = range(1, grid.spacingMm[1], ny);
  const [z0, z1] = range(2, grid.spacingMm[0], nz);
  for (let z = z0; z <= z1; z++) for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) if (labels[(z * ny + y) * nx + x] !== 0) return true;
  return false;
}

/** The marks of one window that count, in voxels of the whole volume. */
function globalHits(hits: readonly Hit[], window: Window, shape: Triple, flips: readonly number[]): readonly Hit[] {
  const unflip = (place: Triple): Triple => [0, 1, 2].map((axis) => (flips.includes(axis) ? shape[axis as 0 | 1 | 2] - 1 - place[axis as 0 | 1 | 2] : place[axis as 0 | 1 | 2])) as unknown as Triple;
  const start = startOf(window);
  const shift = (place: Triple): Triple => [place[0] + start[0], place[1] + start[1], place[2] + start[2]];
  return hits.flatMap((hit) => {
    const cell = shift(unflip(hit.cell));
    const counts = window.every(({ from, to }, axis) => cell[axis as 0 | 1 | 2] >= from - 0.5 && cell[axis as 0 | 1 | 2] < to - 0.5);
    return counts ? [{ ...hit, cell, index: shift(unflip(hit.index)) }] : [];
  });
}

/** Adds the counting part of one window's map to the whole. */
function addToMap(map: ProbabilityVolume, output: SegmentationOutput, { results, n, batch, window: shape }: Sample, window: Window, flips: readonly number[]): void {
  const { probability } = output;
  const { name, channels = 1 } = probability;
  const data = shaped(name, results.get(name), [batch, channels, ...shape]);
  const plane = shape[0] * shape[1] * shape[2];
  const { size } = map.frame;
  const range = (axis: 0 | 1 | 2): readonly [number, number] => [Math.max(0, window[axis].from), Math.min(size[axis], window[axis].to)];
  const local = (axis: 0 | 1 | 2, at: number): number => (flips.includes(axis) ? shape[axis] - 1 - (at - window[axis].start) : at - window[axis].start);
  const [[a0, a1], [b0, b1], [c0, c1]] = [range(0), range(1), range(2)];
  for (let a = a0; a < a1; a++) {
    for (let b = b0; b < b1; b++) {
      const row = (local(0, a) * shape[1] + local(1, b)) * shape[2];
      for (let c = c0; c < c1; c++) {
        const cell = row + local(2, c);
        map.add((a * size[1] + b) * size[2] + c, classProbability((channel) => data[(n * channels + channel) * plane + cell] as number, probability));
      }
    }
  }
}

/** The shape of every window of one volume. */
function windowShape({ window, windowMultiple, overlap, padEnds = false }: WindowInput, { size }: TensorFrame): Triple {
  if (!windowMultiple) return [...window];
  const along = (axis: 0 | 1 | 2): number => fittedWindow(size[axis], { window: window[axis], overlap: overlap[axis], multiple: windowMultiple[axis], padEnds });
  return [along(0), along(1), along(2)];
}

/** Marks of each pass over the volume (as it is, and with each set of flips), in voxels of the volume. */
export async function detectInWindows(
  tensor: TensorVolume, lungs: LungMask, manifest: DetectorManifest, input: WindowInput, session: ModelSession, options: DetectOptions,
): Promise<readonly (readonly Hit[])[]> {
  const { output, postprocess: { threshold, lungMask } } = manifest;
  const { frame } = tensor;
  const shape = windowShape(input, frame);
  const windows = planWindows(frame.size, { window: shape, overlap: [...input.overlap], stride: largestStride(output), padEnds: input.padEnds === true })
    .filter((window) => lungMask.use === 'none' || holdsLung(window, frame, lungs, lungMask.marginMm));
  const tables = intensityTables(input.intensity);
  const names = outputNames(output);
  const voxels = shape[0] * shape[1] * shape[2];
  const passes: readonly (readonly number[])[] = [[], ...(input.testTimeFlips ?? [])];
  const map = output.kind === 'segmentation' ? createProbabilityVolume(frame, passes.length) : undefined;
  const found: Hit[][] = passes.map(() => []);
  let done = 0;
  for (const [pass, flips] of passes.entries()) {
    for (let first = 0; first < windows.length; first += input.batch) {
      options.signal.throwIfAborted();
      const group = windows.slice(first, first + input.batch);
      const data = new Float32Array(group.length * tables.length * voxels);
      group.forEach((window, n) => tables.forEach((value, channel) => {
        const pad = input.padMode === 'edge' ? {} : { pad: value(input.padHU) };
        fillWindow(tensor, startOf(window), shape, { value, flips, ...pad }, data, (n * tables.length + channel) * voxels);
      }));
      const inputs: Record<string, TensorData> = { [input.name]: { data, dims: [group.length, tables.length, ...shape] } };
      if (input.coordinates) inputs[input.coordinates.name] = coordinateTensor(group.map(startOf), shape, frame.size, input.coordinates.stride, flips);
      const results = await session.run(inputs, names);
      group.forEach((window, n) => {
        const sample: Sample = { results, n, batch: group.length, window: shape, spacingMm: spacingOf(frame), threshold };
        if (output.kind === 'segmentation') {
          if (map) addToMap(map, output, sample, window, flips);
        } else {
          for (const hit of globalHits(decode(output, sample), window, shape, flips)) found[pass]?.push(hit);
          guardCount(found[pass]?.length ?? 0);
        }
      });
      done += group.length;
      options.onProgress(Math.min(1, done / (windows.length * passes.length)));
    }
  }
  return output.kind === 'segmentation' && map ? [map.components(output)] : found;
}
