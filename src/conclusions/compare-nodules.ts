/**
 * The nodules of an examination against those of an earlier one: new, growing, stable, smaller, and how fast the
 * volume doubles. Decision support, not medical advice; a radiologist decides.
 */
import { statesVolume } from '../findings/notes.ts';
import type { WorldPoint } from '../findings/types.ts';
import { assessLungRadsGrowth } from '../guidelines/growth.ts';
import { assessVolumeDoublingTime } from '../guidelines/volume-doubling-time.ts';
import { daysBetween } from './dicom-date.ts';
import type { ComparedFinding, Examination } from './examination.ts';
import { matchNodules, meanDiameterMm } from './match-nodules.ts';
import type { NoduleComparison } from './types.ts';

export { type ComparedFinding, type Examination, geometryOf } from './examination.ts';

/** Above this, small nodules hide between the slices of the earlier examination, and absence there says nothing. */
const thickestForAbsenceMm = 2.5;
/** A smaller change of volume lies within the variability of volumetry; a doubling time would be made of noise. */
const leastVolumeChange = 0.25;

function hasUsableAxes({ longAxisMm, shortAxisMm }: ComparedFinding): boolean {
  return [longAxisMm, shortAxisMm].every((length) => Number.isFinite(length) && length > 0);
}

/** A volume that belongs to the axes, without any note on its outline. */
function hasComparableVolume(finding: ComparedFinding): boolean {
  return statesVolume(finding) && !(finding.notes ?? []).includes('leaked') && finding.isEdited !== true
    && Number.isFinite(finding.volumeMm3) && finding.volumeMm3 > 0;
}

function growthOf(current: ComparedFinding, prior: ComparedFinding, intervalDays: number): NoduleComparison['change'] {
  if (!hasUsableAxes(current) || !hasUsableAxes(prior)) return 'undetermined';
  const axes = ({ longAxisMm, shortAxisMm }: ComparedFinding) => ({ by: 'axes', longAxisMm, shortAxisMm } as const);
  const { outcome } = assessLungRadsGrowth([{ size: axes(prior), day: 0 }, { size: axes(current), day: intervalDays }]);
  return outcome === 'insufficient-information' || outcome === 'not-applicable' ? 'undetermined' : outcome;
}

/** Days; undefined where the volumes are not of one method or their change is within the error of measuring. */
function doublingTime(current: ComparedFinding, prior: ComparedFinding, intervalDays: number, sameMethod: boolean): number | undefined {
  if (!sameMethod || !hasComparableVolume(current) || !hasComparableVolume(prior)) return undefined;
  if (current.volumeMm3 < prior.volumeMm3 * (1 + leastVolumeChange)) return undefined;
  return assessVolumeDoublingTime({ quantity: 'volume', previous: prior.volumeMm3, current: current.volumeMm3, intervalDays, sameMethod }).volumeDoublingTimeDays;
}

/** Whether the earlier examination shows the place so well that a nodule absent there was not there. */
function covers(prior: Examination, place: WorldPoint, marginMm: number): boolean {
  if (prior.coverageMm === undefined || prior.sliceThicknessMm === undefined) return false;
  const [low, high] = prior.coverageMm;
  return prior.sliceThicknessMm <= thickestForAbsenceMm && place[2] - marginMm >= low && place[2] + marginMm <= high;
}

/**
 * One comparison for each present finding of which something can be said, in the order of the findings. A finding
 * without one is not among the earlier findings, and that does not show it to be new: the place is not covered, the
 * slices are too thick, an earlier nodule nearby may be the same, or the two could not be laid over each other.
 * `new` means absent from the earlier findings: whoever made those may have missed it, so a reader looks there.
 * Growth is by mean diameter (Lung-RADS v2022); `slow-growing` needs a third examination and is never given here.
 * Empty when the earlier examination is not earlier, or a date is unusable.
 */
export function compareNodules(current: Examination, prior: Examination): readonly NoduleComparison[] {
  const intervalDays = daysBetween(prior.date, current.date);
  if (intervalDays === undefined || intervalDays <= 0) return [];
  const matches = matchNodules(current, prior);
  if (matches === undefined) return [];
  const common = { priorStudyInstanceUID: prior.studyInstanceUID, priorDate: prior.date, intervalDays };
  const sameMethod = current.method !== undefined && current.method === prior.method;
  const priorOf = new Map(matches.pairs);
  return current.findings.flatMap((finding, index): readonly NoduleComparison[] => {
    const { trackingUID } = finding;
    const before = prior.findings[priorOf.get(index) ?? -1];
    if (before === undefined) {
      const isNew = !matches.doubtful.has(index) && covers(prior, matches.alignment.toPrior(finding.worldPoint), meanDiameterMm(finding) / 2);
      return isNew ? [{ trackingUID, change: 'new', ...common }] : [];
    }
    const days = doublingTime(finding, before, intervalDays, sameMethod);
    return [{
      trackingUID, change: growthOf(finding, before, intervalDays), ...common,
      priorTrackingUID: before.trackingUID,
      ...(hasUsableAxes(before) ? { priorDiameterMm: meanDiameterMm(before) } : {}),
      ...(hasComparableVolume(before) ? { priorVolumeMm3: before.volumeMm3 } : {}),
      ...(days === undefined ? {} : { volumeDoublingTimeDays: days }),
    }];
  });
}
