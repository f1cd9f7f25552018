/** Runs a two-dimensional graph over whole slices, each with its neighbours as channels, and joins its maps to candidates. */
import { classProbability } from './activation.ts';
import { shaped, type Hit } from './decode/hit.ts';
import { createProbabilityVolume, type ProbabilityVolume } from './decode/probability-volume.ts';
import type { DetectOptions } from './detect-windows.ts';
import type { SliceInput } from './manifest/input.ts';
import type { SegmentationOutput } from './manifest/output.ts';
import type { ModelSession, TensorData } from './session.ts';
import type { TensorFrame, TensorVolume } from './tensor/frame.ts';
import { intensityTables } from './tensor/intensity.ts';
import { fitSlices, type SliceFit } from './tensor/slice-fit.ts';

export interface SliceHits {
  /** The frame in whose voxels the marks are given. */
  readonly frame: TensorFrame;
  readonly hits: readonly Hit[];
}

/** Turns an image round in place. */
function flipImage(data: Float32Array, at: number, [rows, columns]: readonly [number, number], flips: readonly number[]): void {
  const image = data.subarray(at, at + rows * columns);
  if (flips.includes(2)) for (let row = 0; row < rows; row++) image.subarray(row * columns, (row + 1) * columns).reverse();
  if (!flips.includes(1)) return;
  for (let row = 0; row < Math.floor(rows / 2); row++) {
    const other = (rows - 1 - row) * columns;
    const line = image.slice(row * columns, (row + 1) * columns);
    image.copyWithin(row * columns, other, other + columns);
    image.set(line, other);
  }
}

function addSlice(map: ProbabilityVolume, { probability }: SegmentationOutput, fit: SliceFit, tensor: TensorData | undefined, group: { readonly slice: number; readonly n: number; readonly batch: number }, flips: readonly number[]): void {
  const { name, channels = 1 } = probability;
  const [height, width] = fit.size;
  const data = shaped(name, tensor, [group.batch, channels, height, width]);
  const [, rows, columns] = map.frame.size;
  for (let row = 0; row < rows; row++) {
    const y = flips.includes(1) ? height - 1 - row - fit.offset[0] : row + fit.offset[0];
    for (let column = 0; column < columns; column++) {
      const x = flips.includes(2) ? width - 1 - column - fit.offset[1] : column + fit.offset[1];
      map.add((group.slice * rows + row) * columns + column, classProbability((channel) => data[((group.n * channels + channel) * height + y) * width + x] as number, probability));
    }
  }
}

/** Marks of the whole stack; flips are averaged in the map. */
export async function detectInSlices({ frame, hu }: TensorVolume, output: SegmentationOutput, input: SliceInput, session: ModelSession, options: DetectOptions): Promise<SliceHits> {
  const fit = fitSlices(frame, input);
  const [value = Number] = intensityTables(input.intensity);
  const pad = value(input.padHU);
  const channels = 2 * input.neighbours + 1;
  const plane = fit.size[0] * fit.size[1];
  const [count] = frame.size;
  const passes: readonly (readonly number[])[] = [[], ...(input.testTimeFlips ?? [])];
  const map = createProbabilityVolume(fit.frame, passes.length);
  let done = 0;
  for (const flips of passes) {
    for (let first = 0; first < count; first += input.batch) {
      options.signal.throwIfAborted();
      const batch = Math.min(input.batch, count - first);
      const data = new Float32Array(batch * channels * plane);
      for (let n = 0; n < batch; n++) {
        for (let channel = 0; channel < channels; channel++) {
          const step = channel - input.neighbours;
          const wanted = first + n + (flips.includes(0) ? -step : step);
          const at = (n * channels + channel) * plane;
          if (input.beyondEnds === 'pad' && (wanted < 0 || wanted >= count)) data.fill(pad, at, at + plane);
          else fit.fill(hu, Math.min(count - 1, Math.max(0, wanted)), value, pad, data, at);
          flipImage(data, at, fit.size, flips);
        }
      }
      const { name } = output.probability;
      const results = await session.run({ [input.name]: { data, dims: [batch, channels, ...fit.size] } }, [name]);
      for (let n = 0; n < batch; n++) addSlice(map, output, fit, results.get(name), { slice: first + n, n, batch }, flips);
      done += batch;
      options.onProgress(Math.min(1, done / (count * passes.length)));
    }
  }
  return { frame: fit.frame, hits: map.components(output) };
}
