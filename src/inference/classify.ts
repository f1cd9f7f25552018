/** The second look: a classifier on a patch around each candidate. */
import { AppError } from '../errors.ts';
import type { NoduleType } from '../findings/types.ts';
import type { LpsGrid, Triple } from '../volume/lps-grid.ts';
import { resample } from '../volume/resample.ts';
import type { Vec3, Volume } from '../volume/types.ts';
import { calibrate, toProbability } from './activation.ts';
import type { Candidate } from './detect.ts';
import type { ClassifierManifest } from './manifest.ts';
import type { ModelSession, TensorData } from './session.ts';
import { intensityTable } from './windows.ts';

export interface ClassifiedCandidate extends Candidate {
  /** The classifier's, calibrated by its own manifest. */
  readonly classifierProbability: number;
  /** Softmax over the types the classifier knows. */
  readonly typeProbabilities?: Partial<Record<NoduleType, number>>;
}

/** The grid of a patch whose middle is the point. */
export function patchGrid(centre: Vec3, patch: Triple, spacingMm: Triple): LpsGrid {
  const low = (axis: 0 | 1 | 2): number => centre[2 - axis as 0 | 1 | 2] - ((patch[axis] - 1) / 2) * spacingMm[axis];
  return { size: patch, spacingMm, origin: [low(2), low(1), low(0)] };
}

function softmax(logits: readonly number[]): readonly number[] {
  const highest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Values of one sample of a batch; the output may be [N], [N, C] or have trailing ones. */
function sampleValues(tensor: TensorData | undefined, name: string, n: number, batch: number, channels: number): readonly number[] {
  if (tensor?.dims[0] !== batch || tensor.data.length !== batch * channels) {
    throw new AppError('MODEL_OUTPUT_INVALID', `output ${name} has shape [${tensor?.dims.join(', ') ?? ''}], expected [${batch}, ${channels}]`);
  }
  const values = [...tensor.data.subarray(n * channels, (n + 1) * channels)];
  if (!values.every(Number.isFinite)) throw new AppError('MODEL_OUTPUT_INVALID', `output ${name} is not a number`);
  return values;
}

function readSample({ output, calibration }: ClassifierManifest, results: ReadonlyMap<string, TensorData>, n: number, batch: number, candidate: Candidate): ClassifiedCandidate {
  const { probability, diameter, type } = output;
  const [raw = NaN] = sampleValues(results.get(probability.name), probability.name, n, batch, 1);
  const classifierProbability = calibrate(toProbability(raw, probability.activation, probability.name), calibration);
  const said = diameter && sampleValues(results.get(diameter.name), diameter.name, n, batch, 1)[0];
  const diameterMm = said === undefined ? candidate.diameterMm : diameter?.transform === 'log-mm' ? Math.exp(said) : said;
  const parts = type && softmax(sampleValues(results.get(type.name), type.name, n, batch, type.classes.length));
  return {
    ...candidate,
    classifierProbability,
    ...(diameterMm !== undefined && { diameterMm }),
    ...(type && parts && { typeProbabilities: Object.fromEntries(type.classes.map((name, at) => [name, parts[at] ?? 0])) }),
  };
}

/** Looks at every candidate again, in batches. @throws as `detect`. */
export async function classify(volume: Volume, candidates: readonly Candidate[], manifest: ClassifierManifest, session: ModelSession, options: { readonly signal: AbortSignal; readonly onProgress: (fraction: number) => void }): Promise<readonly ClassifiedCandidate[]> {
  const { input, output } = manifest;
  const patch: Triple = [...input.patch];
  const size = patch[0] * patch[1] * patch[2];
  const value = intensityTable(input.clipHU, input.scaleTo);
  const names = [output.probability.name, ...(output.diameter ? [output.diameter.name] : []), ...(output.type ? [output.type.name] : [])];
  const classified: ClassifiedCandidate[] = [];
  for (let first = 0; first < candidates.length; first += input.batch) {
    options.signal.throwIfAborted();
    const group = candidates.slice(first, first + input.batch);
    const data = new Float32Array(group.length * size);
    group.forEach(({ worldPoint }, n) => {
      const { hu } = resample(volume, patchGrid(worldPoint, patch, [...input.spacingMm]), input.padHU);
      for (let voxel = 0; voxel < size; voxel++) data[n * size + voxel] = value(hu[voxel] as number);
    });
    const results = await session.run(input.name, { data, dims: [group.length, 1, ...patch] }, names);
    group.forEach((candidate, n) => { classified.push(readSample(manifest, results, n, group.length, candidate)); });
    options.onProgress(Math.min(1, classified.length / candidates.length));
  }
  return classified;
}
