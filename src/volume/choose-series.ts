/** From the headers of a study's instances to the stacks that can be analysed, the best first. */
import { text } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { Reason, SeriesAssessment } from '../findings/types.ts';
import { assessStack, type AssessedStack } from './assess-series.ts';
import { frameHeaders, seriesHeader, type FrameHeader } from './frame-header.ts';
import { groupFrames } from './group-frames.ts';
import { reason } from './reasons.ts';
import type { SeriesLimits } from './series-limits.ts';
import { buildStack } from './stack.ts';

/** An instance whose header was read. */
export interface StudyInstance {
  readonly dataset: Dataset;
  readonly transferSyntaxUID: string;
  /** Of the pixel data as stored: equal for copies of one image. */
  readonly pixelDigest: string;
}

export interface SeriesChoice {
  /** Eligible stacks, the one to analyse first. */
  readonly ranked: readonly AssessedStack[];
  readonly assessments: readonly SeriesAssessment[];
}

/** Higher score, then more slices, then lower series number, then UID: the same choice for the same study, always. */
function compare(a: AssessedStack, b: AssessedStack): number {
  return (
    b.score - a.score ||
    b.stack.frames.length - a.stack.frames.length ||
    (a.series.seriesNumber ?? Infinity) - (b.series.seriesNumber ?? Infinity) ||
    (a.series.seriesInstanceUID < b.series.seriesInstanceUID ? -1 : 1)
  );
}

/** The best stack of a series, told that it was one of several. */
function bestOf(stacks: readonly AssessedStack[]): AssessedStack | undefined {
  const eligible = stacks.filter((stack) => stack.eligible).sort(compare);
  const [best] = eligible;
  if (!best) return [...stacks].sort((a, b) => b.stack.frames.length - a.stack.frames.length)[0];
  if (eligible.length === 1) return best;
  return { ...best, warnings: [...best.warnings, reason('several-acquisitions', { acquisitions: eligible.length })] };
}

/** When the largest part of a series holds less than this of its images, the series is a mixture. */
const mainPart = 0.5;

function assessSeries(dataset: Dataset, frames: readonly FrameHeader[], instances: readonly StudyInstance[], limits: SeriesLimits, isPETStudy: boolean): AssessedStack | undefined {
  const series = seriesHeader(dataset);
  const digestOf = (frame: FrameHeader): string => instances[frame.instance]?.pixelDigest ?? '';
  const groups = groupFrames(frames);
  const syntaxes = (group: readonly FrameHeader[]): ReadonlySet<string> => new Set(group.map((frame) => instances[frame.instance]?.transferSyntaxUID ?? ''));
  const stacks = groups.length === 0
    ? [assessStack(series, { frames: [], refusals: [], warnings: [] }, new Set(), limits, isPETStudy)]
    : groups.map((group) => assessStack(series, buildStack(group, digestOf), syntaxes(group), limits, isPETStudy));
  const best = bestOf(stacks);
  const largest = groups[0]?.length ?? 0;
  if (best && !best.eligible && groups.length > 1 && largest < mainPart * frames.length && !best.refusals.some(({ code }) => code === 'not-ct')) {
    return { ...best, refusals: [reason('mixed', { parts: groups.length }), ...best.refusals] };
  }
  return best;
}

/** The assessment as findings.json shows it. */
export function toAssessment({ series, eligible, score, refusals, warnings }: AssessedStack): SeriesAssessment {
  return {
    seriesInstanceUID: series.seriesInstanceUID,
    ...(series.seriesNumber !== undefined && { seriesNumber: series.seriesNumber }),
    eligible,
    score,
    reasons: [...refusals, ...warnings],
  };
}

/** Judges every series of a study by its headers. */
export function chooseSeries(instances: readonly StudyInstance[], limits: SeriesLimits): SeriesChoice {
  const bySeries = new Map<string, { dataset: Dataset; frames: FrameHeader[] }>();
  instances.forEach(({ dataset }, instance) => {
    const uid = text(dataset, 'SeriesInstanceUID') ?? '';
    const known = bySeries.get(uid) ?? { dataset, frames: [] };
    known.frames.push(...frameHeaders(dataset, instance));
    bySeries.set(uid, known);
  });
  const isPETStudy = instances.some(({ dataset }) => text(dataset, 'Modality') === 'PT');
  const assessed = [...bySeries.values()]
    .map(({ dataset, frames }) => assessSeries(dataset, frames, instances, limits, isPETStudy))
    .filter((stack) => stack !== undefined);
  return { ranked: assessed.filter((stack) => stack.eligible).sort(compare), assessments: assessed.map(toAssessment) };
}

/** What explains best why nothing could be analysed: the main refusal of the CT series with most to offer. */
export function mainRefusal(assessments: readonly SeriesAssessment[]): { readonly reason: Reason; readonly seriesInstanceUID?: string } {
  const weight = ({ reasons, score }: SeriesAssessment): number => {
    const code = reasons[0]?.code;
    if (code === 'not-ct') return -2000;
    return code === 'localizer' || code === 'derived-secondary' ? score - 1000 : score;
  };
  const [best] = assessments.filter(({ eligible }) => !eligible).sort((a, b) => weight(b) - weight(a));
  const [main] = best?.reasons ?? [];
  return best && main ? { reason: main, seriesInstanceUID: best.seriesInstanceUID } : { reason: reason('no-images') };
}
