/** Detector, classifier, calibration and operating point: from a volume to scored candidates. */
import type { LungMask } from '../findings/lung-mask.ts';
import type { NoduleType } from '../findings/types.ts';
import type { Volume } from '../volume/types.ts';
import { calibrate } from './activation.ts';
import { classify, type ClassifiedCandidate } from './classify.ts';
import { detect, type Candidate, type DetectOptions } from './detect.ts';
import type { ModelPipeline } from './registry.ts';

export interface ScoredCandidate extends Candidate {
  /** Calibrated; what the operating point is compared with. */
  readonly probability: number;
  readonly typeProbabilities?: Partial<Record<NoduleType, number>>;
}

/** Part of the time that the detector takes when a classifier follows. */
const detectorShare = 0.8;

function combined({ score, classifierProbability }: ClassifiedCandidate, combine: 'classifier' | 'product'): number {
  return combine === 'classifier' ? classifierProbability : classifierProbability * score;
}

/** Every candidate with its calibrated probability, highest first. @throws as `detect` and `classify`. */
export async function findNodules(volume: Volume, lungs: LungMask, { detector, classifier }: ModelPipeline, options: DetectOptions): Promise<readonly ScoredCandidate[]> {
  const { manifest, session } = detector;
  const share = classifier ? detectorShare : 1;
  const candidates = await detect(volume, lungs, manifest, session, { signal: options.signal, onProgress: (fraction) => { options.onProgress(share * fraction); } });
  const classified = classifier && await classify(volume, candidates, classifier.manifest, classifier.session, {
    signal: options.signal,
    onProgress: (fraction) => { options.onProgress(share + (1 - share) * fraction); },
  });
  const combine = manifest.chain?.combine ?? 'classifier';
  const scored: readonly ScoredCandidate[] = classified
    ? classified.map((candidate) => ({ ...candidate, probability: calibrate(combined(candidate, combine), manifest.calibration) }))
    : candidates.map((candidate) => ({ ...candidate, probability: calibrate(candidate.score, manifest.calibration) }));
  return [...scored].sort((a, b) => b.probability - a.probability);
}

/** The threshold of the manifest's default operating point. */
export function defaultThreshold({ detector: { manifest } }: ModelPipeline): number {
  return manifest.operatingPoints.find(({ name }) => name === manifest.defaultOperatingPoint)?.threshold ?? 1;
}
