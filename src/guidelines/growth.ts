/**
 * Growth as each guideline defines it: Lung-RADS v2022 (> 1.5 mm mean diameter, > 2 mm³, within 12 months),
 * Fleischner 2017 (≥ 2 mm), BTS 2015 (≥ 25 % of volume).
 *
 * Decision support by published tables, not medical advice; a radiologist decides. The Lung-RADS threshold was read in
 * a public copy; the thresholds of Fleischner and BTS, and that the average rate decides over longer intervals, are
 * from memory or our reading.
 */
import { decisionSupport, derived, fromMemory, given, insufficient, isUsable, reason } from './answer.ts';
import { type NoduleSize, type ReportedSize, reportedSize, roundTo, sizeText } from './size.ts';
import type { Assessment, GuidelineInput } from './types.ts';

/** A size with the day of its acquisition, counted from any common day. */
export interface DatedSize {
  readonly size: NoduleSize;
  readonly day: number;
}

export type LungRadsGrowth = 'growing' | 'slow-growing' | 'stable' | 'smaller';
export type SimpleGrowth = 'growing' | 'stable' | 'smaller';

const yearDays = 365;
/** Lung-RADS: more than this, in the quantity that was measured. */
const lungRadsIncrease = { diameter: 1.5, volume: 2 } as const;

interface Step { readonly size: ReportedSize; readonly day: number }

function lungRadsFrame(inputs: readonly GuidelineInput[]) {
  return { guideline: 'growth', version: 'Lung-RADS v2022', inputs } as const;
}

/**
 * Growth over two or more examinations, all of one quantity. `growing`: more than the threshold between two of them
 * at most 12 months apart, or on average per 12 months when they lie further apart. `slow-growing`: more than the
 * threshold in all, over three or more, without that. With two examinations more than 12 months apart nobody can
 * tell the two, and the answer is `insufficient-information`.
 */
export function assessLungRadsGrowth(examinations: readonly DatedSize[]): Assessment<LungRadsGrowth> {
  const ordered = examinations.toSorted((a, b) => a.day - b.day);
  const steps: Step[] = [];
  for (const { size, day } of ordered) {
    const reported = reportedSize(size, 10);
    if (reported !== undefined && Number.isFinite(day)) steps.push({ size: reported, day });
  }
  const frame = lungRadsFrame(steps.flatMap(({ size, day }) => [...given('day', day, 'd'), ...size.inputs]));
  const first = steps[0];
  const last = steps.at(-1);
  if (first === undefined || last === undefined || steps.length < 2 || steps.length < examinations.length) return insufficient(frame, ['previousSize']);
  if (steps.some(({ size }) => size.quantity !== first.size.quantity)) return insufficient(frame, ['sizesOfOneQuantity']);
  if (steps.some(({ day }, index) => index > 0 && day === steps[index - 1]!.day)) return insufficient(frame, ['intervalDays']);

  const threshold = lungRadsIncrease[first.size.quantity];
  const unit = first.size.quantity === 'diameter' ? 'mm' : 'mm³';
  const answer = {
    ...frame, missing: [], caveats: [
      ...first.size.quantity === 'volume' ? [reason('volume-threshold', 'The threshold of 2 mm³ is far below the variability of volumetry: confirm growth by diameter.', 'Ngưỡng 2 mm³ thấp hơn nhiều so với sai số đo thể tích: cần xác nhận tăng kích thước bằng đường kính.')] : [],
      decisionSupport,
    ],
  };
  const fast = fastestRise(steps, threshold);
  if (fast !== undefined) {
    return {
      ...answer, outcome: 'growing',
      reasons: [reason('growth-over-threshold', `Increase of ${fast.rise} ${unit} in ${fast.days} days (${fast.from} to ${fast.to}): more than ${threshold} ${unit} in 12 months.`, `Tăng ${fast.rise} ${unit} trong ${fast.days} ngày (từ ${fast.from} đến ${fast.to}): hơn ${threshold} ${unit} trong 12 tháng.`)],
    };
  }
  const total = roundTo(last.size.value - first.size.value, 10);
  if (total > threshold) {
    if (steps.length === 2) {
      return insufficient(frame, ['sizeBetween'], { reasons: [reason('growth-between-unknown', `Increase of ${total} ${unit} over more than 12 months: without an examination between, growing and slow-growing cannot be told apart.`, `Tăng ${total} ${unit} trong hơn 12 tháng: thiếu lần chụp ở giữa nên không phân biệt được tăng kích thước với tăng chậm.`)] });
    }
    return { ...answer, outcome: 'slow-growing', reasons: [reason('slow-growth', `Increase of ${total} ${unit} over ${steps.length} examinations, at most ${threshold} ${unit} in any 12 months.`, `Tăng ${total} ${unit} qua ${steps.length} lần chụp, không quá ${threshold} ${unit} trong bất kỳ 12 tháng nào.`)] };
  }
  const outcome = total < -threshold ? 'smaller' : 'stable';
  return { ...answer, outcome, reasons: [reason(`change-${outcome}`, `Change of ${total} ${unit}: not more than ${threshold} ${unit} of increase.`, `Thay đổi ${total} ${unit}: không tăng quá ${threshold} ${unit}.`)] };
}

function fastestRise(steps: readonly Step[], threshold: number) {
  let best: { readonly rise: number; readonly days: number; readonly from: string; readonly to: string; readonly perYear: number } | undefined;
  for (const [index, later] of steps.entries()) {
    for (const earlier of steps.slice(0, index)) {
      const days = later.day - earlier.day;
      const rise = roundTo(later.size.value - earlier.size.value, 10);
      const perYear = rise / Math.max(1, days / yearDays);
      if (perYear > threshold && (best === undefined || perYear > best.perYear)) {
        best = { rise, days, from: sizeText(earlier.size), to: sizeText(later.size), perYear };
      }
    }
  }
  return best;
}

/** Fleischner 2017: growth is an increase of the mean diameter, in whole mm, of 2 mm or more. */
export function assessFleischnerGrowth(previousMm: number | undefined, currentMm: number | undefined): Assessment<SimpleGrowth> {
  const frame = { guideline: 'growth', version: 'Fleischner 2017', inputs: [...given('previousMeanDiameterMm', previousMm, 'mm'), ...given('currentMeanDiameterMm', currentMm, 'mm')] } as const;
  if (!isUsable(previousMm) || !isUsable(currentMm)) {
    return insufficient(frame, [...isUsable(previousMm) ? [] : ['previousMeanDiameterMm'], ...isUsable(currentMm) ? [] : ['currentMeanDiameterMm']]);
  }
  const change = roundTo(currentMm, 1) - roundTo(previousMm, 1);
  return {
    ...frame, inputs: [...frame.inputs, derived('change', change, 'mm')], missing: [], caveats: [fromMemory, decisionSupport],
    outcome: change >= 2 ? 'growing' : change <= -2 ? 'smaller' : 'stable',
    reasons: [reason('fleischner-growth', `Change of ${change} mm in whole mm; growth is 2 mm or more.`, `Thay đổi ${change} mm (làm tròn mm); tăng kích thước khi từ 2 mm trở lên.`)],
  };
}

/** BTS 2015: growth is an increase of the volume of 25 % or more. */
export function assessBtsGrowth(previousMm3: number | undefined, currentMm3: number | undefined): Assessment<SimpleGrowth> {
  const frame = { guideline: 'growth', version: 'BTS 2015', inputs: [...given('previousVolumeMm3', previousMm3, 'mm3'), ...given('currentVolumeMm3', currentMm3, 'mm3')] } as const;
  if (!isUsable(previousMm3) || !isUsable(currentMm3)) {
    return insufficient(frame, [...isUsable(previousMm3) ? [] : ['previousVolumeMm3'], ...isUsable(currentMm3) ? [] : ['currentVolumeMm3']]);
  }
  // Multiplied out, since 1.25 is exact in binary and a quotient is not.
  const grows = currentMm3 >= previousMm3 * 1.25;
  const change = (currentMm3 / previousMm3 - 1) * 100;
  return {
    ...frame, inputs: [...frame.inputs, derived('change', change, '%')], missing: [], caveats: [fromMemory, decisionSupport],
    outcome: grows ? 'growing' : currentMm3 <= previousMm3 * 0.75 ? 'smaller' : 'stable',
    reasons: [reason('bts-growth', `Change in volume of ${change.toFixed(1)} %; growth is 25 % or more.`, `Thể tích thay đổi ${change.toFixed(1)} %; tăng kích thước khi từ 25 % trở lên.`)],
  };
}
