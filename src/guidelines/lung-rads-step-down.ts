/**
 * Lung-RADS v2022 stepped management: category 3 stable or smaller at 6 months becomes 2, 4A at 3 months becomes 3
 * (not for airway nodules), a 4B proven benign becomes 2. The interval counts from the examination at which the
 * category was given. Decision support, not medical advice; a radiologist decides. That an examination before its
 * interval keeps the earlier category is our reading: the table says nothing.
 */
import { given, missingInput, reason } from './answer.ts';
import { compareSuspicion } from './lung-rads-table.ts';
import type { Rating } from './lung-rads-rating.ts';
import type { FollowUp, LungRadsCategory, LungRadsFinding } from './lung-rads-types.ts';

const steps = { 3: { months: 6, to: '2' }, '4A': { months: 3, to: '3' } } as const satisfies Record<string, { months: number; to: LungRadsCategory }>;

export function stepDown(rating: Rating, finding: LungRadsFinding): Rating {
  const { outcome } = rating;
  if (outcome === 'insufficient-information' || outcome === 'not-rated' || outcome === '1') return rating;
  if (finding.comparison !== 'stable' && finding.comparison !== 'smaller') return rating;
  if (finding.followUp === undefined) return withoutPrevious(rating);
  const { followUp } = finding;
  const inputs = [
    ...rating.inputs, ...given('followUp.previousCategory', followUp.previousCategory),
    ...given('followUp.months', followUp.months, 'mo'), ...given('followUp.provenBenign', followUp.provenBenign),
  ];
  return { ...step(rating, outcome, followUp, finding.kind), inputs };
}

function withoutPrevious(rating: Rating): Rating {
  return {
    ...rating, missing: [...rating.missing, 'followUp.previousCategory'],
    caveats: [reason('step-down-unknown', 'Rated by its size; the earlier category is not given, so a step down was not considered.', 'Xếp theo kích thước; chưa có nhóm của lần trước nên chưa xét giảm bậc.'), ...rating.caveats],
  };
}

function step(rating: Rating, bySize: LungRadsCategory, followUp: FollowUp, kind: LungRadsFinding['kind']): Rating {
  const { previousCategory, months } = followUp;
  if (previousCategory === '4B') return afterWorkUp(rating, bySize, followUp);
  if (previousCategory === '4A' && kind === 'airway') return rating;
  if (compareSuspicion(bySize, previousCategory) > 0) {
    return { ...rating, reasons: [...rating.reasons, reason('reclassified-by-size', `Category ${previousCategory} before; reclassified by size without growth: ${bySize}.`, `Lần trước nhóm ${previousCategory}; xếp lại theo kích thước dù không tăng: ${bySize}.`)] };
  }
  if (previousCategory === '2') return rating;
  const { months: needed, to } = steps[previousCategory];
  if (!Number.isFinite(months)) {
    return { ...rating, outcome: 'insufficient-information', reasons: [missingInput('followUp.months')], missing: [...rating.missing, 'followUp.months'] };
  }
  if (months < needed) {
    return { ...rating, outcome: previousCategory, reasons: [...rating.reasons, reason('before-interval', `Category ${previousCategory} ${months} months ago; a step down needs ${needed} months, the category stays.`, `Nhóm ${previousCategory} cách đây ${months} tháng; giảm bậc cần ${needed} tháng nên giữ nguyên nhóm.`)] };
  }
  return { ...rating, outcome: to, reasons: [...rating.reasons, reason('step-down', `Category ${previousCategory} before, stable or smaller after ${months} months (at least ${needed}): category ${to}.`, `Lần trước nhóm ${previousCategory}, ổn định hoặc nhỏ đi sau ${months} tháng (ít nhất ${needed}): nhóm ${to}.`)] };
}

function afterWorkUp(rating: Rating, bySize: LungRadsCategory, followUp: FollowUp): Rating {
  if (followUp.provenBenign === true) {
    return { ...rating, outcome: '2', reasons: [...rating.reasons, reason('proven-benign', 'Category 4B before, proven benign by its work-up: category 2.', 'Lần trước nhóm 4B, đã chứng minh lành tính: nhóm 2.')] };
  }
  if (bySize === '4B') return rating;
  return {
    ...rating, outcome: 'insufficient-information', missing: [...rating.missing, 'followUp.provenBenign'],
    reasons: [...rating.reasons, reason('no-row', `Category 4B before and not said to be proven benign; by size alone it would be ${bySize}. The table has no row for this.`, `Lần trước nhóm 4B và chưa được chứng minh lành tính; chỉ theo kích thước sẽ là ${bySize}. Bảng không có dòng cho trường hợp này.`)],
  };
}
