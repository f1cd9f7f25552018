/**
 * British Thoracic Society 2015: what a follow-up CT of a solid or subsolid nodule leads to.
 *
 * Decision support by a published guideline, not medical advice; a radiologist decides. All of it is from memory but
 * the discharge of nodules with stable volume after 1 year, which was read in the published abstract.
 */
import { decisionSupport, fromMemory, given, insufficient, isUsable, reason } from './answer.ts';
import type { Assessment, GuidelineReason, LocalText } from './types.ts';

export type BtsSurveillanceOutcome =
  | 'work-up' | 'ct-12-months' | 'ct-24-months' | 'discharge' | 'biopsy-or-surveillance' | 'discharge-or-surveillance'
  | 'ct-at-1-2-and-4-years' | 'discuss-surveillance-biopsy-or-resection' | 'favour-resection-or-biopsy';

const management: Readonly<Record<BtsSurveillanceOutcome, LocalText>> = {
  'work-up': { en: 'Further work-up; consider biopsy or resection.', vi: 'Đánh giá thêm; cân nhắc sinh thiết hoặc cắt bỏ.' },
  'ct-12-months': { en: 'CT at 1 year from the first CT.', vi: 'Chụp CT sau 1 năm kể từ lần đầu.' },
  'ct-24-months': { en: 'CT at 2 years from the first CT.', vi: 'Chụp CT sau 2 năm kể từ lần đầu.' },
  discharge: { en: 'Discharge.', vi: 'Kết thúc theo dõi.' },
  'biopsy-or-surveillance': { en: 'Biopsy or further surveillance.', vi: 'Sinh thiết hoặc tiếp tục theo dõi.' },
  'discharge-or-surveillance': { en: 'Discharge or further surveillance, by preference.', vi: 'Kết thúc hoặc tiếp tục theo dõi, tùy lựa chọn của bệnh nhân.' },
  'ct-at-1-2-and-4-years': { en: 'CT at 1, 2 and 4 years from the first CT.', vi: 'Chụp CT sau 1, 2 và 4 năm kể từ lần đầu.' },
  'discuss-surveillance-biopsy-or-resection': { en: 'Discuss surveillance, biopsy or resection.', vi: 'Thảo luận theo dõi, sinh thiết hoặc cắt bỏ.' },
  'favour-resection-or-biopsy': { en: 'Favour resection or biopsy.', vi: 'Ưu tiên cắt bỏ hoặc sinh thiết.' },
};

export interface BtsSolidSurveillance {
  /** Which follow-up this is, in months from the first CT. */
  readonly visit: '3-months' | '12-months' | '24-months';
  readonly method?: 'volumetry' | 'diameter';
  /** Change since the first CT, by volumetry. */
  readonly volumeChangePercent?: number;
  /** From `assessVolumeDoublingTime`; absent when the nodule did not grow. */
  readonly volumeDoublingTimeDays?: number;
  /** The reader's judgement; with diameters alone it stands for the change of volume. */
  readonly hasClearGrowth?: boolean;
}

const growthPercent = 25;
const fastDays = 400;
const slowDays = 600;

const frameOf = (inputs: Assessment['inputs']) => ({ guideline: 'BTS', version: '2015', inputs }) as const;

/**
 * Growth of 25 % or more is judged by its doubling time, anything less is stable; at 3 months a doubling time under
 * 400 days asks for work-up even where the change is smaller, and then the answer says that it may be measurement error.
 */
export function assessBtsSolidSurveillance(input: BtsSolidSurveillance): Assessment<BtsSurveillanceOutcome> {
  const { visit, method } = input;
  const change = finite(input.volumeChangePercent);
  const days = isUsable(input.volumeDoublingTimeDays) ? input.volumeDoublingTimeDays : undefined;
  const frame = frameOf([
    ...given('visit', visit), ...given('method', method), ...given('volumeChangePercent', input.volumeChangePercent, '%'),
    ...given('volumeDoublingTimeDays', input.volumeDoublingTimeDays, 'd'), ...given('hasClearGrowth', input.hasClearGrowth),
  ]);
  const answer = answerWith(frame);
  if (input.hasClearGrowth === true) return answer('work-up', reason('clear-growth', 'Clear growth.', 'Tăng kích thước rõ.'));
  const isJudgedStable = method === 'diameter' && input.hasClearGrowth === false;
  if (change === undefined && !isJudgedStable) return insufficient(frame, [method === 'diameter' ? 'hasClearGrowth' : 'volumeChangePercent']);
  const grows = change !== undefined && change >= growthPercent;
  if (change !== undefined && (grows || (visit === '3-months' && change > 0))) {
    if (days === undefined) return insufficient(frame, ['volumeDoublingTimeDays']);
    const judged = byDoublingTime(visit, change, days, grows);
    if (judged !== undefined) return answer(judged.outcome, judged.why, [...judged.caveats, fromMemory]);
  }
  const stable = change === undefined
    ? reason('stable', 'No clear growth of the diameter: stable.', 'Đường kính không tăng rõ: ổn định.')
    : reason('stable', `Volume change ${change.toFixed(1)} %, under ${growthPercent} %: stable.`, `Thể tích thay đổi ${change.toFixed(1)} %, dưới ${growthPercent} %: ổn định.`);
  if (visit === '3-months') return answer('ct-12-months', stable);
  if (visit === '24-months') return answer('discharge', stable);
  if (method === undefined) return insufficient(frame, ['method']);
  return method === 'volumetry' ? answer('discharge', stable, []) : answer('ct-24-months', stable);
}

interface Judged {
  readonly outcome: BtsSurveillanceOutcome;
  readonly why: GuidelineReason;
  readonly caveats: readonly GuidelineReason[];
}

function byDoublingTime(visit: BtsSolidSurveillance['visit'], change: number, days: number, grows: boolean): Judged | undefined {
  const en = `Volume change ${change.toFixed(1)} %, doubling time ${days.toFixed(0)} days`;
  const vi = `Thể tích thay đổi ${change.toFixed(1)} %, thời gian nhân đôi ${days.toFixed(0)} ngày`;
  const caveats = grows ? [] : [reason('within-variability', `The change is under ${growthPercent} % and may be measurement error.`, `Thay đổi dưới ${growthPercent} %, có thể do sai số đo.`)];
  if (days < fastDays) return { outcome: 'work-up', why: reason('vdt-fast', `${en}: under ${fastDays}.`, `${vi}: dưới ${fastDays}.`), caveats };
  if (!grows) return undefined;
  if (visit === '3-months') return { outcome: 'ct-12-months', why: reason('vdt-not-fast', `${en}: ${fastDays} or more at 3 months.`, `${vi}: từ ${fastDays} trở lên ở tháng thứ 3.`), caveats };
  return days <= slowDays
    ? { outcome: 'biopsy-or-surveillance', why: reason('vdt-middle', `${en}: ${fastDays} – ${slowDays}.`, `${vi}: ${fastDays} – ${slowDays}.`), caveats }
    : { outcome: 'discharge-or-surveillance', why: reason('vdt-slow', `${en}: over ${slowDays}.`, `${vi}: trên ${slowDays}.`), caveats };
}

function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

export interface BtsSubsolidSurveillance {
  readonly hasResolved?: boolean;
  /** Increase of the largest diameter since the first CT. */
  readonly diameterIncreaseMm?: number;
  readonly hasNewSolidComponent?: boolean;
  readonly hasConcerningMorphology?: boolean;
  /** 0 to 1. */
  readonly brockProbability?: number;
}

const subsolidGrowthMm = 2;

/** The CT at 3 months of a subsolid nodule of 5 mm or more. */
export function assessBtsSubsolidSurveillance(input: BtsSubsolidSurveillance): Assessment<BtsSurveillanceOutcome> {
  const { diameterIncreaseMm: increase, brockProbability: brock } = input;
  const frame = frameOf([
    ...given('hasResolved', input.hasResolved), ...given('diameterIncreaseMm', increase, 'mm'),
    ...given('hasNewSolidComponent', input.hasNewSolidComponent), ...given('hasConcerningMorphology', input.hasConcerningMorphology),
    ...given('brockProbability', brock, '1'),
  ]);
  const answer = answerWith(frame);
  if (input.hasResolved === true) return answer('discharge', reason('resolved', 'Resolved.', 'Nốt đã biến mất.'));
  if (input.hasNewSolidComponent === true) return answer('favour-resection-or-biopsy', reason('new-solid-component', 'New solid component.', 'Xuất hiện phần đặc mới.'));
  const measuredIncrease = finite(increase);
  if (measuredIncrease !== undefined && measuredIncrease >= subsolidGrowthMm) {
    return answer('favour-resection-or-biopsy', reason('subsolid-growth', `Growth of ${measuredIncrease} mm: ${subsolidGrowthMm} mm or more.`, `Tăng ${measuredIncrease} mm: từ ${subsolidGrowthMm} mm trở lên.`));
  }
  const missing = [
    ...input.hasResolved === undefined ? ['hasResolved'] : [], ...measuredIncrease === undefined ? ['diameterIncreaseMm'] : [],
    ...input.hasNewSolidComponent === undefined ? ['hasNewSolidComponent'] : [],
  ];
  if (missing.length > 0) return insufficient(frame, missing);
  if (input.hasConcerningMorphology === true) return answer('discuss-surveillance-biopsy-or-resection', reason('concerning-morphology', 'Stable with concerning morphology.', 'Ổn định nhưng hình thái đáng ngại.'));
  if (brock === undefined || !(brock >= 0 && brock <= 1)) return insufficient(frame, ['brockProbability']);
  const text = `${(brock * 100).toFixed(1)} %`;
  if (brock >= 0.1) return answer('discuss-surveillance-biopsy-or-resection', reason('brock-high', `Stable; Brock ${text}, 10 % or more.`, `Ổn định; Brock ${text}, từ 10 % trở lên.`));
  if (input.hasConcerningMorphology === undefined) return insufficient(frame, ['hasConcerningMorphology']);
  return answer('ct-at-1-2-and-4-years', reason('brock-low', `Stable; Brock ${text}, under 10 %, no concerning morphology.`, `Ổn định; Brock ${text}, dưới 10 %, hình thái không đáng ngại.`));
}

function answerWith(frame: ReturnType<typeof frameOf>) {
  return (outcome: BtsSurveillanceOutcome, why: GuidelineReason, caveats: readonly GuidelineReason[] = [fromMemory]): Assessment<BtsSurveillanceOutcome> => ({
    ...frame, outcome, management: management[outcome], reasons: [why], missing: [], caveats: [...caveats, decisionSupport],
  });
}
