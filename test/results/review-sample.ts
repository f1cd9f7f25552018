/** Signed readings of the synthetic spheres. */
import { conclude } from '../../src/conclusions/conclude.ts';
import type { NoduleComparison, PatientContext } from '../../src/conclusions/types.ts';
import type { Finding } from '../../src/findings/types.ts';
import type { ReviewObjectsInput } from '../../src/results/review-objects.ts';
import type { ReviewedFinding, SignedReview } from '../../src/review/types.ts';
import { axial, documentOf, sampleInput, spheres } from './sample.ts';

export const reader = { id: 'bs.hoa', name: 'Trần^Thị Hoa' };
export const aiReport = { studyInstanceUID: '2.25.5', seriesInstanceUID: '2.25.600', sopInstanceUID: '2.25.601', sopClassUID: '1.2.840.10008.5.1.4.1.1.88.34' };
const screening: PatientContext = { ageYears: 70, sex: 'female', isScreening: true, prior: 'available', lungsFullyEvaluated: true };

export function reviewed(finding: Finding, change: Partial<ReviewedFinding> = {}): ReviewedFinding {
  return { trackingUID: finding.trackingUID, origin: 'ai', verdict: 'accepted', finding, edited: [], ...change };
}

export function signedReview(
  findings: readonly ReviewedFinding[],
  change: { readonly patient?: PatientContext; readonly comparisons?: readonly NoduleComparison[]; readonly impression?: string; readonly language?: 'en' | 'vi'; readonly version?: number } = {},
): Omit<SignedReview, 'objects'> {
  const { patient = screening, comparisons = [], impression = '', language = 'en', version = 1 } = change;
  const accepted = findings.filter(({ verdict }) => verdict === 'accepted');
  return {
    version, kind: version === 1 ? 'report' : 'addendum', reader, signedAt: '2026-03-05T01:02:03.000Z',
    draft: { findings, patient, impression, language }, comparisons, analysisVersion: 1,
    conclusions: conclude({
      findings: accepted.map(({ finding }) => finding), patient, comparisons,
      features: new Map(accepted.flatMap(({ trackingUID, features }) => (features === undefined ? [] : [[trackingUID, features] as const]))),
    }),
  };
}

/** The three spheres: edited, rejected, accepted; and one that the reader added. */
export function mixedReading(): ReviewObjectsInput {
  const input = sampleInput(axial, [...spheres, { centre: [24, 45, 24], radiusMm: 2.5, finding: { laterality: 'right', lobe: 'right-lower' } }]);
  const [first, second, third, fourth] = input.findings.findings;
  if (first === undefined || second === undefined || third === undefined || fourth === undefined) throw new Error('four findings are expected');
  const { probability, ...added } = { ...fourth, trackingUID: '2.25.900', trackingIdentifier: 'Reader nodule 1' };
  if (probability === undefined) throw new Error('the sample has a probability');
  const comparisons: readonly NoduleComparison[] = [
    { trackingUID: first.trackingUID, change: 'growing', priorStudyInstanceUID: '2.25.44', priorDate: '20251201', intervalDays: 92, priorTrackingUID: '2.25.445', priorDiameterMm: 7, priorVolumeMm3: 179.6, volumeDoublingTimeDays: 109.5 },
    { trackingUID: third.trackingUID, change: 'stable', priorStudyInstanceUID: '2.25.44', priorDate: '20251201', intervalDays: 92, priorTrackingUID: '2.25.446', priorDiameterMm: 16 },
    { trackingUID: added.trackingUID, change: 'new', priorStudyInstanceUID: '2.25.44', priorDate: '20251201', intervalDays: 92 },
  ];
  const review = signedReview([
    reviewed(first, {
      edited: ['longAxisMm', 'type', 'lobe', 'laterality'], comment: 'Bờ tua gai', features: { isSpiculated: true },
      finding: { ...first, longAxisMm: 11, diameterMm: 10.5, type: 'part-solid', solidDiameterMm: 6, lobe: 'right-middle' },
    }),
    reviewed(second, { verdict: 'rejected', rejectReason: 'vessel', comment: 'Vessel in cross-section' }),
    reviewed(third),
    { trackingUID: added.trackingUID, origin: 'reader', verdict: 'accepted', finding: added, edited: [] },
  ], { comparisons, impression: 'Growing spiculated nodule of the middle lobe.\nReferral.' });
  const masks = input.masks.map((mask, index) => (index === 2 ? undefined : mask));
  return {
    studyInstanceUID: '2.25.5', review, analysis: documentOf([first, second, third], { warnings: [{ code: 'few-slices', text: { en: 'The lung bases are not fully covered.', vi: 'Đáy phổi không được chụp đủ.' } }] }),
    originals: [added], masks, sourceHeaders: input.sourceHeaders, predecessors: [aiReport], organization: 'Bệnh viện Phổi', softwareVersion: '0.1.0',
    ...(input.volume === undefined ? {} : { volume: input.volume }),
  };
}

/** The second version, in Vietnamese: everything rejected, the lungs evaluated. */
export function addendum(): ReviewObjectsInput {
  const before = mixedReading();
  const findings = (before.analysis?.findings ?? []).map((finding) => reviewed(finding, { verdict: 'rejected', rejectReason: 'scar' }));
  return {
    ...before, masks: findings.map(() => undefined),
    review: signedReview(findings, { version: 2, language: 'vi', impression: 'Không thấy nốt phổi.', patient: { ...screening, prior: 'none' } }),
    predecessors: [aiReport, { ...aiReport, seriesInstanceUID: '2.25.700', sopInstanceUID: '2.25.701' }],
  };
}

/** No analysis, no image that could be measured, a reader without a structured name. */
export function readingWithoutAI(): ReviewObjectsInput {
  const { sourceHeaders } = mixedReading();
  const { analysisVersion, ...review } = signedReview([], { patient: {} });
  if (analysisVersion === undefined) throw new Error('the sample names an analysis');
  return {
    studyInstanceUID: '2.25.5', review: { ...review, reader: { id: '7', name: 'BS. Nguyễn Văn An \\ =x' } },
    masks: [], sourceHeaders, predecessors: [], softwareVersion: '0.1.0',
  };
}
