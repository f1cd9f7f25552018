/** The whole way from a study's files to `findings.json`; the clinic, the command line and the benchmark call this one function. */
import { text } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { toAppError } from '../errors.ts';
import { findingsSchemaVersion, type FindingsDocument, type Reason, type SeriesAssessment } from '../findings/types.ts';
import { assembleVolume } from '../volume/assemble.ts';
import { effectiveThicknessMm, type AssessedStack } from '../volume/assess-series.ts';
import { chooseSeries, mainRefusal } from '../volume/choose-series.ts';
import { classifyKernel } from '../volume/score-series.ts';
import { reason } from '../volume/reasons.ts';
import type { MaskBox, SliceReference, Volume, VolumeGeometry } from '../volume/types.ts';
import { analyzeVolume, prepareVolume, type PreparedVolume } from './analyze-volume.ts';
import { defaultThreshold, type ScoredCandidate } from './find-nodules.ts';
import { cutViews, type FindingViews } from './finding-views.ts';
import { readStudy, type InstanceSource, type ReadStudy } from './read-study.ts';
import type { ModelPipeline } from './registry.ts';
import { executionQuality, limitsOf } from './pipeline.ts';
import { round } from './round.ts';
import { stageClock, type AnalysisStage, type StageClock } from './stage-clock.ts';
import { volumeQuality } from './volume-quality.ts';
import { weakCandidates } from './weak-candidates.ts';

export type { InstanceSource } from './read-study.ts';
export type { AnalysisStage } from './stage-clock.ts';

export interface AnalyzeOptions {
  readonly instances: readonly InstanceSource[];
  readonly model: ModelPipeline;
  /** `fraction` is of the whole analysis, 0..1. */
  readonly onProgress?: (stage: AnalysisStage, fraction: number) => void;
  readonly signal?: AbortSignal;
  /** For decoding; the model's own threads were set when it was loaded. Default 2. */
  readonly threads?: number;
}

export interface AnalysisResult {
  readonly findings: FindingsDocument;
  /** Of the series that was analysed; absent when none was. */
  readonly volume?: { readonly geometry: VolumeGeometry; readonly slices: readonly SliceReference[] };
  /** One for each finding, in the same order. */
  readonly masks: readonly MaskBox[];
  /**
   * Headers (without pixel data) of the analysed series in slice order; when nothing was analysed, of the series that came nearest.
   * Empty only when no instance could be read.
   */
  readonly sourceHeaders: readonly Dataset[];
  /** Everything that the model marked, also below the operating point, best first; for evaluation. */
  readonly candidates: readonly ScoredCandidate[];
  /** For pictures, of the first findings, in their order; absent where nothing was analysed. */
  readonly views?: readonly FindingViews[];
}

interface Attempt {
  readonly chosen: AssessedStack;
  readonly prepared: PreparedVolume;
}

type Refused = { readonly refusal: Reason };

/** Assembles one series and looks for lungs in it. */
async function tryStack(chosen: AssessedStack, study: ReadStudy, options: AnalyzeOptions, clock: StageClock, signal: AbortSignal): Promise<Attempt | Refused> {
  const { plan } = chosen.stack;
  if (!plan) return { refusal: reason('missing-geometry') };
  clock.enter('assemble');
  let volume: Volume;
  try {
    const read = async (instance: number): Promise<Uint8Array> => study.instances[instance]?.source.read() ?? new Uint8Array();
    volume = await assembleVolume(plan, read, { threads: options.threads ?? 2, signal, onProgress: clock.progress });
  } catch (error) {
    const { code, message } = toAppError(error);
    if (!code.startsWith('DICOM_')) throw error;
    return { refusal: reason('undecodable', { code, problem: message.slice(0, 200) }) };
  }
  clock.enter('segment');
  const prepared = prepareVolume(volume, limitsOf(options.model));
  return 'refusal' in prepared ? prepared : { chosen, prepared };
}

/** Marks a series as refused after its pixels were seen. */
function withRefusal(assessments: readonly SeriesAssessment[], seriesInstanceUID: string, refusal: Reason): readonly SeriesAssessment[] {
  return assessments.map((assessment) =>
    assessment.seriesInstanceUID === seriesInstanceUID ? { ...assessment, eligible: false, reasons: [refusal, ...assessment.reasons] } : assessment,
  );
}

function qualityOf({ chosen, prepared }: Attempt, candidates: number, model: ModelPipeline): FindingsDocument['quality'] {
  const [first] = chosen.stack.frames;
  return {
    ...volumeQuality(prepared, candidates),
    sliceThicknessMm: round(first?.sliceThicknessMm ?? effectiveThicknessMm(chosen.stack), 3),
    kernel: (first?.kernel ?? '').slice(0, 32),
    kernelKind: classifyKernel(first?.kernel ?? ''),
    contrastAgent: chosen.series.contrastAgent,
    ...executionQuality(model),
  };
}

function headersOf(study: ReadStudy, seriesInstanceUID: string | undefined, order?: readonly SliceReference[]): readonly Dataset[] {
  const ofSeries = study.instances.map(({ dataset }) => dataset).filter((dataset) => seriesInstanceUID === undefined || text(dataset, 'SeriesInstanceUID') === seriesInstanceUID);
  if (!order) return ofSeries.slice(0, seriesInstanceUID === undefined ? 1 : undefined);
  const byUID = new Map(ofSeries.map((dataset) => [text(dataset, 'SOPInstanceUID') ?? '', dataset]));
  return [...new Set(order.map(({ sopInstanceUID }) => sopInstanceUID))].map((uid) => byUID.get(uid)).filter((dataset) => dataset !== undefined);
}

/**
 * Chooses a series, assembles it, finds and measures nodules.
 * Input that cannot be analysed gives a document with status 'not-analysed' and a reason; it is never an empty list of findings.
 *
 * @throws AppError for failures of the model or of reading the sources; the signal's reason when it aborts.
 */
export async function analyzeStudy(options: AnalyzeOptions): Promise<AnalysisResult> {
  const signal = options.signal ?? new AbortController().signal;
  const clock = stageClock(options.onProgress ?? (() => undefined));
  const { model } = options;
  const accepts = limitsOf(model);
  clock.enter('read');
  const study = await readStudy(options.instances, signal, clock.progress);
  const choice = chooseSeries(study.instances, accepts);
  let { assessments } = choice;
  let attempt: Attempt | undefined;
  for (const chosen of choice.ranked) {
    const result = await tryStack(chosen, study, options, clock, signal);
    if ('prepared' in result) {
      attempt = result;
      break;
    }
    assessments = withRefusal(assessments, chosen.series.seriesInstanceUID, result.refusal);
  }
  const unreadable = study.unreadable.length > 0 ? [reason('unreadable-instance', { files: study.unreadable.length })] : [];
  const common = {
    schemaVersion: findingsSchemaVersion,
    studyInstanceUID: text(study.instances[0]?.dataset ?? {}, 'StudyInstanceUID') ?? '',
    seriesAssessments: assessments,
    model: model.identity,
    operatingPoint: defaultThreshold(model),
    inputHash: study.inputHash,
  } as const;
  if (!attempt) {
    const { reason: main, seriesInstanceUID } = mainRefusal(assessments);
    const findings: FindingsDocument = { ...common, status: 'not-analysed', reason: main, warnings: unreadable, findings: [], quality: {}, timingsMs: clock.finish() };
    return { findings, masks: [], sourceHeaders: headersOf(study, seriesInstanceUID), candidates: [] };
  }
  const { chosen, prepared } = attempt;
  const { volume, gate } = prepared;
  const { seriesInstanceUID } = chosen.series;
  clock.enter('infer');
  const found = await analyzeVolume(prepared, model, {
    signal,
    onProgress: clock.progress,
    onMeasure: () => { clock.enter('measure'); },
    identity: `${seriesInstanceUID}\n${study.inputHash}\n${model.identity.sha256}\n${model.identity.version}`,
  });
  const findings: FindingsDocument = {
    ...common,
    seriesInstanceUID,
    frameOfReferenceUID: volume.geometry.frameOfReferenceUID,
    status: 'analysed',
    warnings: [...chosen.warnings, ...gate.warnings, ...unreadable],
    findings: found.findings,
    candidates: weakCandidates(found.candidates, found.findings, common.operatingPoint),
    quality: qualityOf(attempt, found.candidates.length, model),
    timingsMs: clock.finish(),
  };
  return {
    findings,
    volume: { geometry: volume.geometry, slices: volume.slices },
    masks: found.masks,
    sourceHeaders: headersOf(study, seriesInstanceUID, volume.slices),
    candidates: found.candidates,
    views: cutViews(volume, found.findings),
  };
}
