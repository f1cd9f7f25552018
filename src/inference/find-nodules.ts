/** Detectors, classifiers, calibration and operating point: from a volume to scored candidates. */
import type { LungMask } from '../findings/lung-mask.ts';
import type { NoduleType } from '../findings/types.ts';
import type { Volume } from '../volume/types.ts';
import { calibrate } from './activation.ts';
import { classify, meanOpinion, type Opinion } from './classify.ts';
import { cluster } from './cluster.ts';
import { detect, type Candidate, type DetectOptions } from './detect.ts';
import type { Finder, ModelPipeline, Stage } from './pipeline.ts';

export interface ScoredCandidate extends Candidate {
  /** Calibrated; what the operating point is compared with. */
  readonly probability: number;
  readonly typeProbabilities?: Partial<Record<NoduleType, number>>;
  /** Further probabilities that the models state by name, e.g. malignancy. */
  readonly scores?: Readonly<Record<string, number>>;
}

type Looked = Omit<ScoredCandidate, 'probability'>;

/** Part of the time that the detector takes when a classifier follows. */
const detectorShare = 0.8;

/** The part of a progress from `from` to `to`. */
function part(options: DetectOptions, from: number, to: number): DetectOptions {
  return { signal: options.signal, onProgress: (fraction) => { options.onProgress(from + (to - from) * fraction); } };
}

function combinedScore(before: number, opinions: readonly Opinion[], { among, combine, classifiers }: Stage): number {
  const said = among === 'max' ? Math.max(...opinions.map(({ probability }) => probability))
    : meanOpinion(opinions, classifiers.map(({ weight }) => weight)).probability;
  if (combine === 'replace') return said;
  return combine === 'product' ? said * before : (said + before) / 2;
}

async function lookAgain(volume: Volume, candidates: readonly Looked[], stage: Stage, options: DetectOptions): Promise<readonly Looked[]> {
  const count = stage.classifiers.length;
  const all: (readonly Opinion[])[] = [];
  for (const [n, { model }] of stage.classifiers.entries()) {
    all.push(await classify(volume, candidates, model.manifest, model.session, part(options, n / count, (n + 1) / count)));
  }
  return candidates.map((candidate, n) => {
    const opinions = all.flatMap((list) => list[n] ?? []);
    const { diameterMm, typeProbabilities, scores } = meanOpinion(opinions);
    return {
      ...candidate, score: combinedScore(candidate.score, opinions, stage),
      ...(diameterMm !== undefined && { diameterMm }), ...(typeProbabilities && { typeProbabilities }),
      ...(scores && { scores: { ...candidate.scores, ...scores } }),
    };
  });
}

async function marksOf(volume: Volume, lungs: LungMask, finder: Finder, options: DetectOptions): Promise<readonly Looked[]> {
  if (finder.kind === 'detector') return detect(volume, lungs, finder.manifest, finder.session, options);
  const { members, manifest: { combine, absent = 'zero', clusterRadiusMm, maxCandidates } } = finder;
  const found: (readonly Looked[])[] = [];
  for (const [n, member] of members.entries()) {
    const scored = await findWith(volume, lungs, member.finder, part(options, n / members.length, (n + 1) / members.length));
    found.push(scored.map(({ probability, ...candidate }) => ({ ...candidate, score: probability })));
  }
  return cluster(found, { radiusMm: clusterRadiusMm, combine, absent, weights: members.map(({ weight }) => weight) }).slice(0, maxCandidates);
}

async function findWith(volume: Volume, lungs: LungMask, finder: Finder, options: DetectOptions): Promise<readonly ScoredCandidate[]> {
  const { stages } = finder;
  const share = stages.length > 0 ? detectorShare : 1;
  let looked = await marksOf(volume, lungs, finder, part(options, 0, share));
  for (const [n, stage] of stages.entries()) {
    const at = (done: number): number => share + ((1 - share) * done) / stages.length;
    looked = await lookAgain(volume, looked, stage, part(options, at(n), at(n + 1)));
  }
  return looked
    .map((candidate) => ({ ...candidate, probability: calibrate(candidate.score, finder.manifest.calibration) }))
    .sort((a, b) => b.probability - a.probability);
}

/** Every candidate with its calibrated probability, highest first. @throws as `detect` and `classify`. */
export async function findNodules(volume: Volume, lungs: LungMask, { finder }: ModelPipeline, options: DetectOptions): Promise<readonly ScoredCandidate[]> {
  return findWith(volume, lungs, finder, options);
}

/** The threshold of the manifest's default operating point. */
export function defaultThreshold({ manifest }: ModelPipeline): number {
  return manifest.operatingPoints.find(({ name }) => name === manifest.defaultOperatingPoint)?.threshold ?? 1;
}
