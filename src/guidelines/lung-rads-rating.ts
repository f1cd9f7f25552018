/** A category before step-down and the modifiers: what the rules for single kinds of findings give. */
import { missingInput, reason } from './answer.ts';
import type { Comparison, LungRadsOutcome } from './lung-rads-types.ts';
import type { SizeBasis } from './lung-rads-table.ts';
import type { GuidelineInput, GuidelineReason, LocalText } from './types.ts';

export interface Rating {
  readonly outcome: LungRadsOutcome | 'insufficient-information';
  readonly reasons: readonly GuidelineReason[];
  readonly inputs: readonly GuidelineInput[];
  readonly missing: readonly string[];
  readonly caveats: readonly GuidelineReason[];
  readonly categoryZeroProposals: readonly GuidelineReason[];
}

type Extras = Partial<Pick<Rating, 'inputs' | 'caveats' | 'categoryZeroProposals' | 'missing'>>;

const empty = { reasons: [], inputs: [], missing: [], caveats: [], categoryZeroProposals: [] } as const;

export function rated(outcome: LungRadsOutcome, why: GuidelineReason, extras: Extras = {}): Rating {
  return { ...empty, ...extras, outcome, reasons: [why] };
}

export function lacking(names: readonly string[], extras: Extras = {}): Rating {
  return { ...empty, ...extras, outcome: 'insufficient-information', reasons: names.map(missingInput), missing: names };
}

/** The table has no row for this case: not a category, a case for the reader. */
export function withoutRow(what: LocalText, extras: Extras = {}): Rating {
  return {
    ...empty, ...extras, outcome: 'insufficient-information',
    reasons: [reason('no-row', `The table has no row for this case: ${what.en}.`, `Bảng không có dòng cho trường hợp này: ${what.vi}.`)],
  };
}

/** Stable and smaller findings are rated by size in the baseline column before any step-down. */
export function basisOf(comparison: Exclude<Comparison, 'slow-growing'>): SizeBasis {
  return comparison === 'new' || comparison === 'growing' ? comparison : 'baseline';
}

export const comparisonText: Readonly<Record<Comparison, LocalText>> = {
  baseline: { en: 'baseline', vi: 'lần chụp đầu' },
  'prior-unavailable': { en: 'prior not available, rated as baseline', vi: 'không có ảnh cũ, xếp như lần chụp đầu' },
  unknown: { en: 'comparison not known', vi: 'chưa rõ so sánh' },
  new: { en: 'new', vi: 'mới xuất hiện' },
  growing: { en: 'growing', vi: 'tăng kích thước' },
  'slow-growing': { en: 'slowly growing', vi: 'tăng kích thước chậm' },
  stable: { en: 'stable', vi: 'ổn định' },
  smaller: { en: 'smaller', vi: 'nhỏ đi' },
};
