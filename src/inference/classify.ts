/** The second look: a classifier on a patch around each candidate. */
import { AppError } from '../errors.ts';
import type { NoduleType } from '../findings/types.ts';
import type { Volume } from '../volume/types.ts';
import { calibrate, classProbability, softmax } from './activation.ts';
import { toMm } from './decode/heatmap.ts';
import type { Candidate, DetectOptions } from './detect.ts';
import type { ClassifierManifest } from './manifest/manifest.ts';
import type { Probability } from './manifest/output.ts';
import type { ModelSession, TensorData } from './session.ts';
import { intensityTables } from './tensor/intensity.ts';
import { patchSource } from './tensor/patch.ts';

/** What one classifier says of one candidate. */
export interface Opinion {
  /** Calibrated by the classifier's own manifest. */
  readonly probability: number;
  readonly diameterMm?: number;
  /** Softmax over the types the classifier knows. */
  readonly typeProbabilities?: Partial<Record<NoduleType, number>>;
  /** Further probabilities by name, e.g. malignancy. */
  readonly scores?: Readonly<Record<string, number>>;
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

function readSample({ output, calibration }: ClassifierManifest, results: ReadonlyMap<string, TensorData>, n: number, batch: number): Opinion {
  const { probability, diameter, type, scores } = output;
  const values = (name: string, channels: number): readonly number[] => sampleValues(results.get(name), name, n, batch, channels);
  const read = (part: Probability): number => {
    const raw = values(part.name, part.channels ?? 1);
    return classProbability((channel) => raw[channel] ?? NaN, part);
  };
  const said = diameter && values(diameter.name, 1)[0];
  const parts = type && softmax(values(type.name, type.classes.length));
  return {
    probability: calibrate(read(probability), calibration),
    ...(diameter && said !== undefined && { diameterMm: toMm(said, diameter) }),
    ...(type && parts && { typeProbabilities: Object.fromEntries(type.classes.map((name, at) => [name, parts[at] ?? 0])) }),
    ...(scores && { scores: Object.fromEntries(Object.entries(scores).map(([name, part]) => [name, read(part)])) }),
  };
}

const mean = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length;

function meanOf<Key extends string>(records: readonly (Partial<Readonly<Record<Key, number>>> | undefined)[]): Partial<Record<Key, number>> | undefined {
  const known = records.filter((record) => record !== undefined);
  const [first] = known;
  if (!first) return undefined;
  return Object.fromEntries(Object.keys(first).map((key) => [key, mean(known.map((record) => record[key as Key] ?? 0))])) as Partial<Record<Key, number>>;
}

/** The mean of what several classifiers, or passes of one, say; `weights` count for the probability. */
export function meanOpinion(opinions: readonly Opinion[], weights: readonly number[] = []): Opinion {
  const weight = opinions.map((_, n) => weights[n] ?? 1);
  const diameters = opinions.flatMap(({ diameterMm }) => diameterMm ?? []);
  const typeProbabilities = meanOf(opinions.map((opinion) => opinion.typeProbabilities));
  const names = [...new Set(opinions.flatMap(({ scores }) => Object.keys(scores ?? {})))];
  const scores = Object.fromEntries(names.map((name) => [name, mean(opinions.flatMap((opinion) => opinion.scores?.[name] ?? []))]));
  return {
    probability: opinions.reduce((total, { probability }, n) => total + probability * (weight[n] ?? 1), 0) / weight.reduce((total, value) => total + value, 0),
    ...(diameters.length > 0 && { diameterMm: mean(diameters) }),
    ...(typeProbabilities && { typeProbabilities }),
    ...(names.length > 0 && { scores }),
  };
}

/** Looks at every candidate again, in batches; one opinion for each, in their order. @throws as `detect`. */
export async function classify(volume: Volume, candidates: readonly Candidate[], manifest: ClassifierManifest, session: ModelSession, options: DetectOptions): Promise<readonly Opinion[]> {
  const { input, output } = manifest;
  const [p0, p1, p2] = input.patch;
  const size = p0 * p1 * p2;
  const tables = intensityTables(input.intensity);
  const source = patchSource(volume, input);
  const names = [...new Set([
    output.probability.name, ...(output.diameter ? [output.diameter.name] : []), ...(output.type ? [output.type.name] : []),
    ...Object.values(output.scores ?? {}).map(({ name }) => name),
  ])];
  const passes: readonly (readonly number[])[] = [[], ...(input.testTimeFlips ?? [])];
  const opinions: Opinion[] = [];
  for (let first = 0; first < candidates.length; first += input.batch) {
    options.signal.throwIfAborted();
    const group = candidates.slice(first, first + input.batch);
    const answers: Opinion[][] = group.map(() => []);
    for (const flips of passes) {
      const data = new Float32Array(group.length * tables.length * size);
      group.forEach(({ worldPoint }, n) => tables.forEach((value, channel) => { source.fill(worldPoint, value, flips, data, (n * tables.length + channel) * size); }));
      const dims = input.slicesAsChannels === true ? [group.length, p0, p1, p2] : [group.length, tables.length, p0, p1, p2];
      const results = await session.run({ [input.name]: { data, dims } }, names);
      answers.forEach((list, n) => { list.push(readSample(manifest, results, n, group.length)); });
    }
    opinions.push(...answers.map((list) => meanOpinion(list)));
    options.onProgress(Math.min(1, opinions.length / candidates.length));
  }
  return opinions;
}
