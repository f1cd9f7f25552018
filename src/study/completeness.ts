/**
 * What the received instances of a study say about whether more must come. No sender says "that was all", so three
 * witnesses are asked: counts that the sender wrote into the objects, holes between slices, and (elsewhere) silence.
 */
import type { Reason } from '../findings/types.ts';
import { furtherGaps, instancesMissing, seriesMissing, severalPatients, slicesMissing } from './reasons.ts';
import { findSliceGaps } from './slice-gaps.ts';
import type { InstancePlacement, InstanceSummary } from './types.ts';

export interface CompletenessAssessment {
  /** What is missing; empty when nothing is known to be. */
  readonly missing: readonly Reason[];
  /** What is wrong with the study although nothing is missing; it does not keep it open. */
  readonly warnings: readonly Reason[];
  /** The announced number of the whole study is there and nothing contradicts it: no need to wait for silence. */
  readonly proven: boolean;
}

/** Beyond this an announced count is a mistake of the sender. */
const largestPlausibleCount = 20_000;
/** Holes of a series that get a line each. */
const namedGaps = 3;

type CountKey = 'numberOfSeriesRelatedInstances' | 'numberOfStudyRelatedInstances' | 'numberOfStudyRelatedSeries' | 'imagesInAcquisition' | 'inConcatenationTotalNumber';

/** The count that the objects announce, the latest word counting; undefined when it cannot be right. */
function announced(placements: readonly InstancePlacement[], key: CountKey, received: number): number | undefined {
  const count = placements.findLast((placement) => placement[key] !== undefined)?.[key];
  return count !== undefined && count >= Math.max(1, received) && count <= largestPlausibleCount ? count : undefined;
}

function groupOf(placements: readonly InstancePlacement[], keyOf: (placement: InstancePlacement) => string | undefined): readonly (readonly InstancePlacement[])[] {
  const groups = new Map<string, InstancePlacement[]>();
  for (const placement of placements) {
    const key = keyOf(placement);
    if (key === undefined) continue;
    groups.set(key, [...(groups.get(key) ?? []), placement]);
  }
  return [...groups.values()];
}

/** Images of one acquisition within the series (0020,1002): trusted only where every image says the same. */
function acquisitionShortfall(placements: readonly InstancePlacement[]): { readonly expected: number; readonly received: number } | undefined {
  for (const images of groupOf(placements, ({ acquisitionNumber }) => String(acquisitionNumber ?? ''))) {
    const expected = announced(images, 'imagesInAcquisition', images.length);
    if (expected !== undefined && images.length < expected && images.every(({ imagesInAcquisition }) => imagesInAcquisition === expected)) {
      return { expected, received: images.length };
    }
  }
  return undefined;
}

function concatenationShortfall(placements: readonly InstancePlacement[]): { readonly expected: number; readonly received: number } | undefined {
  for (const parts of groupOf(placements, ({ concatenationUID }) => concatenationUID)) {
    const expected = announced(parts, 'inConcatenationTotalNumber', parts.length);
    if (expected !== undefined && parts.length < expected) return { expected, received: parts.length };
  }
  return undefined;
}

function missingInSeries(seriesInstanceUID: string, placements: readonly InstancePlacement[]): readonly Reason[] {
  const seriesNumber = placements.find((placement) => placement.seriesNumber !== undefined)?.seriesNumber;
  const series = { seriesInstanceUID, ...(seriesNumber === undefined ? {} : { seriesNumber }) };
  const reasons: Reason[] = [];
  const gaps = findSliceGaps(placements);
  for (const gap of gaps.slice(0, namedGaps)) reasons.push(slicesMissing({ ...series, ...gap }));
  if (gaps.length > namedGaps) reasons.push(furtherGaps(seriesInstanceUID, gaps.length - namedGaps));
  const expected = announced(placements, 'numberOfSeriesRelatedInstances', placements.length);
  if (expected !== undefined) {
    if (placements.length < expected) reasons.push(instancesMissing({ scope: 'series', ...series, expected, received: placements.length }));
  } else {
    // A weaker witness, asked only where the series' own count is not known.
    const acquisition = acquisitionShortfall(placements);
    if (acquisition !== undefined) reasons.push(instancesMissing({ scope: 'acquisition', ...series, ...acquisition }));
  }
  const concatenation = concatenationShortfall(placements);
  if (concatenation !== undefined) reasons.push(instancesMissing({ scope: 'concatenation', ...series, ...concatenation }));
  return reasons;
}

/** Looks at every instance of a study that is not our own. */
export function assessCompleteness(instances: readonly InstanceSummary[]): CompletenessAssessment {
  const foreign = instances.filter(({ own }) => !own);
  const bySeries = new Map<string, InstancePlacement[]>();
  for (const { seriesInstanceUID, placement } of foreign) {
    const series = bySeries.get(seriesInstanceUID);
    if (series === undefined) bySeries.set(seriesInstanceUID, [placement]);
    else series.push(placement);
  }
  const placements = foreign.map(({ placement }) => placement);
  const missing = [...bySeries].flatMap(([seriesInstanceUID, series]) => missingInSeries(seriesInstanceUID, series));
  const expectedSeries = announced(placements, 'numberOfStudyRelatedSeries', bySeries.size);
  if (expectedSeries !== undefined && bySeries.size < expectedSeries) missing.push(seriesMissing(expectedSeries, bySeries.size));
  const expected = announced(placements, 'numberOfStudyRelatedInstances', foreign.length);
  if (expected !== undefined && foreign.length < expected) missing.push(instancesMissing({ scope: 'study', expected, received: foreign.length }));
  const countsOfAllSeries = expectedSeries === bySeries.size && [...bySeries.values()]
    .every((series) => announced(series, 'numberOfSeriesRelatedInstances', series.length) === series.length);
  const patients = new Set(placements.flatMap(({ patientID }) => patientID ?? [])).size;
  const warnings = patients > 1 ? [severalPatients(patients)] : [];
  return { missing, warnings, proven: foreign.length > 0 && missing.length === 0 && (expected === foreign.length || countsOfAllSeries) };
}
