/** `findings.json` of a volume that was not assembled from DICOM: the clinic's gates and models, as far as a volume without headers can meet them. */
import { findingsSchemaVersion, type FindingsDocument, type Reason, type SeriesAssessment } from '../findings/types.ts';
import { checkExtent } from '../volume/assess-extent.ts';
import { reason } from '../volume/reasons.ts';
import type { SeriesLimits } from '../volume/series-limits.ts';
import { checkTilt, isAxial } from '../volume/stack.ts';
import type { Volume } from '../volume/types.ts';
import { cross, normalize } from '../volume/vec3.ts';
import type { AnalysisResult, AnalyzeOptions } from './analyze-study.ts';
import { analyzeVolume, prepareVolume } from './analyze-volume.ts';
import { defaultThreshold } from './find-nodules.ts';
import { executionQuality, limitsOf } from './pipeline.ts';
import { stageClock } from './stage-clock.ts';
import { volumeQuality } from './volume-quality.ts';
import { weakCandidates } from './weak-candidates.ts';

export interface LooseVolume {
  readonly volume: Volume;
  /** SHA-256 of the file, hexadecimal. */
  readonly inputHash: string;
  /** Where the file is named after a series (LUNA16). */
  readonly seriesInstanceUID?: string;
}

export interface AnalyzeLooseOptions extends Omit<AnalyzeOptions, 'instances' | 'threads'> {
  /** Called for the volume itself, so that reading it counts as a stage. */
  readonly read: (onProgress: (fraction: number) => void, signal: AbortSignal) => Promise<LooseVolume>;
}

function assess({ geometry }: Volume, limits: SeriesLimits): { readonly refusals: readonly Reason[]; readonly warnings: readonly Reason[] } {
  const refusals: Reason[] = [];
  const warnings: Reason[] = [];
  const normal = normalize(cross(geometry.columnDirection, geometry.rowDirection));
  if (!isAxial(normal)) refusals.push(reason('not-axial'));
  checkTilt(geometry, normal, refusals, warnings);
  checkExtent(geometry, geometry.spacingMm[2], undefined, limits, refusals, warnings);
  // A volume file says nothing of the patient.
  if (limits.minAgeYears !== undefined) warnings.push(reason('age-unknown'));
  return { refusals, warnings };
}

/**
 * Finds and measures nodules in a volume. A volume that cannot be analysed gives a document with status 'not-analysed'
 * and a reason. There are no headers, so no DICOM objects can be written from the result.
 *
 * @throws AppError of `read` and for failures of the model; the signal's reason when it aborts.
 */
export async function analyzeLooseVolume(options: AnalyzeLooseOptions): Promise<AnalysisResult> {
  const signal = options.signal ?? new AbortController().signal;
  const clock = stageClock(options.onProgress ?? (() => undefined));
  const { model } = options;
  const accepts = limitsOf(model);
  clock.enter('read');
  const { volume, inputHash, seriesInstanceUID } = await options.read(clock.progress, signal);
  clock.enter('segment');
  const { refusals, warnings } = assess(volume, accepts);
  const [refusal] = refusals;
  const prepared = refusal ? { refusal } : prepareVolume(volume, accepts);
  const assessment = (reasons: readonly Reason[]): SeriesAssessment => ({ seriesInstanceUID: seriesInstanceUID ?? '', eligible: !('refusal' in prepared), score: 0, reasons });
  const common = {
    schemaVersion: findingsSchemaVersion, studyInstanceUID: '', model: model.identity, operatingPoint: defaultThreshold(model), inputHash,
  } as const;
  if ('refusal' in prepared) {
    const reasons = refusals.length > 0 ? refusals : [prepared.refusal];
    const findings: FindingsDocument = {
      ...common, seriesAssessments: [assessment([...reasons, ...warnings])],
      status: 'not-analysed', reason: prepared.refusal, warnings: [], findings: [], quality: {}, timingsMs: clock.finish(),
    };
    return { findings, masks: [], sourceHeaders: [], candidates: [] };
  }
  clock.enter('infer');
  const found = await analyzeVolume(prepared, model, {
    signal, onProgress: clock.progress, onMeasure: () => { clock.enter('measure'); },
    identity: `${inputHash}\n${model.identity.sha256}\n${model.identity.version}`,
  });
  const findings: FindingsDocument = {
    ...common, ...(seriesInstanceUID !== undefined && { seriesInstanceUID }),
    seriesAssessments: [assessment(warnings)],
    status: 'analysed', warnings: [...warnings, ...prepared.gate.warnings], findings: found.findings,
    candidates: weakCandidates(found.candidates, found.findings, common.operatingPoint),
    quality: { ...volumeQuality(prepared, found.candidates.length), ...executionQuality(model) }, timingsMs: clock.finish(),
  };
  return { findings, volume: { geometry: volume.geometry, slices: volume.slices }, masks: found.masks, sourceHeaders: [], candidates: found.candidates };
}
