/** From a volume in Hounsfield units to measured findings: what `analyzeStudy` does once a series is assembled, and the benchmark with any volume. */
import { ballMeasurement } from '../findings/ball-measurement.ts';
import { checkPlausibleHU, gateLungs, type LungGate } from '../findings/lung-gate.ts';
import { segmentLungs, type LungMask } from '../findings/lung-mask.ts';
import { measureNodule, type Measurement } from '../findings/measure.ts';
import type { Finding, Reason } from '../findings/types.ts';
import type { SeriesLimits } from '../volume/series-limits.ts';
import type { MaskBox, Volume } from '../volume/types.ts';
import { buildFinding, isSameNodule } from './build-finding.ts';
import type { DetectOptions } from './detect.ts';
import { defaultThreshold, findNodules, type ScoredCandidate } from './find-nodules.ts';
import type { ModelPipeline } from './registry.ts';

/** A volume with lungs that the model may read. */
export interface PreparedVolume {
  readonly volume: Volume;
  readonly lungs: LungMask;
  readonly gate: LungGate;
}

/** Looks for lungs; a refusal when the values are no Hounsfield units or there is no chest. */
export function prepareVolume(volume: Volume, limits: SeriesLimits): PreparedVolume | { readonly refusal: Reason } {
  const implausible = checkPlausibleHU(volume);
  if (implausible) return { refusal: implausible };
  const lungs = segmentLungs(volume);
  const gate = gateLungs(lungs, volume, limits);
  return gate.refusal ? { refusal: gate.refusal } : { volume, lungs, gate };
}

export interface VolumeFindings {
  /** Above the model's default operating point, highest probability first. */
  readonly findings: readonly Finding[];
  /** One for each finding, in the same order. */
  readonly masks: readonly MaskBox[];
  /** Everything that the model marked, whatever its probability, for evaluation. */
  readonly candidates: readonly ScoredCandidate[];
}

export interface AnalyzeVolumeOptions extends DetectOptions {
  /** Goes into the tracking UIDs: series, input and model. */
  readonly identity: string;
  /** Called once between finding and measuring. */
  readonly onMeasure?: () => void;
}

interface Measured {
  readonly candidate: ScoredCandidate;
  readonly measurement: Measurement;
}

/** Measures candidates, best first; two that turn out to be one nodule become one, and one without a border stays as a ball. */
function measureAll({ volume, lungs }: PreparedVolume, candidates: readonly ScoredCandidate[], { signal, onProgress }: DetectOptions): readonly Measured[] {
  const measured: Measured[] = [];
  candidates.forEach((candidate, n) => {
    signal.throwIfAborted();
    const measurement = measureNodule(volume, lungs, candidate) ?? ballMeasurement(volume, lungs, candidate);
    onProgress((n + 1) / candidates.length);
    if (!measured.some((other) => isSameNodule(volume, measurement, other.measurement))) {
      measured.push({ candidate, measurement });
    }
  });
  return measured;
}

/** Finds and measures nodules. @throws AppError for failures of the model; the signal's reason when it aborts. */
export async function analyzeVolume(prepared: PreparedVolume, model: ModelPipeline, options: AnalyzeVolumeOptions): Promise<VolumeFindings> {
  const { volume, lungs, gate } = prepared;
  const candidates = await findNodules(volume, lungs, model, options);
  const threshold = defaultThreshold(model);
  options.onMeasure?.();
  const measured = measureAll(prepared, candidates.filter(({ probability }) => probability >= threshold), options);
  const context = { volume, lungs, lungsComplete: gate.isComplete, identity: options.identity };
  return {
    findings: measured.map(({ candidate, measurement }, n) => buildFinding(context, n + 1, candidate, measurement)),
    masks: measured.map(({ measurement }) => measurement.mask),
    candidates,
  };
}
