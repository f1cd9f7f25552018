/**
 * Volume doubling time (VDT) of a nodule between two examinations: Δt·ln 2 / ln(V2/V1), or from diameters
 * Δt·ln 2 / (3·ln(D2/D1)).
 *
 * Decision support by a published formula, not medical advice; a radiologist decides. The formula and its examples
 * were computed and checked; the minimum interval of 30 days and the ±25 % variability of volumetry are from memory.
 */
import { decisionSupport, derived, given, insufficient, isUsable, notApplicable, reason } from './answer.ts';
import type { Assessment, GuidelineInput, GuidelineReason } from './types.ts';

/** Below this, the measurement error of both examinations outweighs growth. */
const minimumIntervalDays = 30;
const volumetryVariabilityPercent = 25;

/** Unrounded measurements of one quantity; the interval runs between the acquisition dates. */
export interface VolumeDoublingTimeInput {
  readonly quantity: 'volume' | 'diameter';
  /** mm³ or mm. */
  readonly previous?: number;
  readonly current?: number;
  readonly intervalDays?: number;
  /** Whether both were measured with the same segmentation method; a difference of methods looks like growth. */
  readonly sameMethod?: boolean;
}

export type VolumeDoublingTimeOutcome = 'doubling' | 'stable' | 'decreasing';

export interface VolumeDoublingTimeAssessment extends Assessment<VolumeDoublingTimeOutcome> {
  /** Days; present when and only when the outcome is `doubling`. */
  readonly volumeDoublingTimeDays?: number;
}

const frameOf = (inputs: readonly GuidelineInput[]) => ({ guideline: 'volume doubling time', version: 'exponential model', inputs }) as const;

/** Answers `insufficient-information` without two sizes, an interval and one method, `not-applicable` under 30 days. */
export function assessVolumeDoublingTime(input: VolumeDoublingTimeInput): VolumeDoublingTimeAssessment {
  const unit = input.quantity === 'volume' ? 'mm3' : 'mm';
  const frame = frameOf([
    ...given('quantity', input.quantity), ...given('previous', input.previous, unit), ...given('current', input.current, unit),
    ...given('intervalDays', input.intervalDays, 'd'), ...given('sameMethod', input.sameMethod),
  ]);
  const { previous, current, intervalDays } = input;
  if (!isUsable(previous) || !isUsable(current) || !isUsable(intervalDays) || input.sameMethod === undefined) {
    const missing = [
      ...isUsable(previous) ? [] : ['previous'], ...isUsable(current) ? [] : ['current'],
      ...isUsable(intervalDays) ? [] : ['intervalDays'], ...input.sameMethod === undefined ? ['sameMethod'] : [],
    ];
    return insufficient(frame, missing);
  }
  if (!input.sameMethod) {
    return notApplicable(frame, [reason('different-methods', 'The two sizes were measured with different methods; a doubling time would measure the methods.', 'Hai kích thước được đo bằng phương pháp khác nhau; thời gian nhân đôi sẽ chỉ phản ánh khác biệt phương pháp.')]);
  }
  if (intervalDays < minimumIntervalDays) {
    return notApplicable(frame, [reason('interval-too-short', `The interval of ${intervalDays} days is shorter than ${minimumIntervalDays} days.`, `Khoảng cách ${intervalDays} ngày ngắn hơn ${minimumIntervalDays} ngày.`)]);
  }
  const dimensions = input.quantity === 'volume' ? 1 : 3;
  const changePercent = ((current / previous) ** dimensions - 1) * 100;
  const answer = {
    ...frame, inputs: [...frame.inputs, derived('volumeChange', changePercent, '%')], missing: [],
    caveats: [...variability(changePercent), decisionSupport],
  };
  if (current === previous) {
    return { ...answer, outcome: 'stable', reasons: [reason('no-change', 'The size is unchanged: the doubling time is infinite.', 'Kích thước không đổi: thời gian nhân đôi là vô hạn.')] };
  }
  if (current < previous) {
    return { ...answer, outcome: 'decreasing', reasons: [reason('decrease', 'The nodule became smaller: there is no doubling time.', 'Nốt nhỏ đi: không có thời gian nhân đôi.')] };
  }
  const days = intervalDays * Math.LN2 / (dimensions * Math.log(current / previous));
  return {
    ...answer, outcome: 'doubling', volumeDoublingTimeDays: days,
    reasons: [reason('doubling-time', `The volume doubles in ${days.toFixed(1)} days (${intervalDays} days between the examinations).`, `Thể tích nhân đôi sau ${days.toFixed(1)} ngày (hai lần chụp cách nhau ${intervalDays} ngày).`)],
  };
}

function variability(changePercent: number): readonly GuidelineReason[] {
  if (Math.abs(changePercent) >= volumetryVariabilityPercent) return [];
  return [reason(
    'within-variability',
    `The change in volume of ${changePercent.toFixed(1)} % lies within the variability of volumetry (about ±${volumetryVariabilityPercent} %).`,
    `Thay đổi thể tích ${changePercent.toFixed(1)} % nằm trong sai số của phép đo thể tích (khoảng ±${volumetryVariabilityPercent} %).`,
  )];
}
