/**
 * Lung-RADS v2022: the category of an examination, which is that of its most suspicious finding, with the modifier S
 * and the reasons for which a reader may choose category 0.
 *
 * Decision support by a published table, not medical advice; a radiologist decides. Category 1 is never given from the
 * absence of findings alone: someone has to say that the lungs were read completely.
 */
import { decisionSupport, given, insufficient, missingInput, notApplicable, reason } from './answer.ts';
import { assessLungRadsFinding, lungRadsFrame } from './lung-rads.ts';
import { compareSuspicion, largeSolid, managementOf } from './lung-rads-table.ts';
import { isBelow, reportedSize } from './size.ts';
import type { LungRadsAssessment, LungRadsCategory, LungRadsExamAssessment, LungRadsFinding } from './lung-rads-types.ts';
import type { GuidelineReason } from './types.ts';

export interface LungRadsExam {
  /** Whether this is a low-dose CT of lung cancer screening; Lung-RADS holds for nothing else. */
  readonly isScreening?: boolean;
  readonly findings: readonly LungRadsFinding[];
  /** Whether a reader has evaluated both lungs completely; false also proposes category 0. */
  readonly lungsFullyEvaluated?: boolean;
  readonly priorBeingLocated?: boolean;
  readonly suggestsInfection?: boolean;
  readonly hasConsolidation?: boolean;
  readonly isImmunocompromised?: boolean;
  /** A finding other than lung cancer that is or may be clinically significant: modifier S. */
  readonly hasOtherSignificantFinding?: boolean;
}

const manyNewNodules = 6;

export function assessLungRadsExam(exam: LungRadsExam): LungRadsExamAssessment {
  const findings = exam.findings.map(assessLungRadsFinding);
  const inputs = [
    ...given('isScreening', exam.isScreening), ...given('findings', findings.length, '1'), ...given('lungsFullyEvaluated', exam.lungsFullyEvaluated),
    ...given('priorBeingLocated', exam.priorBeingLocated), ...given('suggestsInfection', exam.suggestsInfection),
    ...given('hasConsolidation', exam.hasConsolidation), ...given('isImmunocompromised', exam.isImmunocompromised),
    ...given('hasOtherSignificantFinding', exam.hasOtherSignificantFinding),
  ];
  const frame = { ...lungRadsFrame, inputs };
  const rest = {
    findings,
    modifiers: exam.hasOtherSignificantFinding === true ? ['S'] as const : [],
    categoryZeroProposals: [...zeroProposals(exam), ...findings.flatMap(({ categoryZeroProposals }) => categoryZeroProposals)],
  };
  if (exam.isScreening === undefined) return { ...insufficient(frame, ['isScreening']), ...rest };
  if (!exam.isScreening) {
    const why = reason('not-screening', 'Lung-RADS holds for low-dose CT of lung cancer screening only.', 'Lung-RADS chỉ áp dụng cho CT liều thấp sàng lọc ung thư phổi.');
    return { ...notApplicable(frame, [why]), ...rest, modifiers: [], categoryZeroProposals: [] };
  }
  return { ...examCategory(frame, exam, findings), ...rest };
}

type ExamAnswer = Pick<LungRadsAssessment, 'guideline' | 'version' | 'outcome' | 'management' | 'reasons' | 'inputs' | 'missing' | 'caveats'>;

function examCategory(frame: Pick<ExamAnswer, 'guideline' | 'version' | 'inputs'>, exam: LungRadsExam, findings: readonly LungRadsAssessment[]): ExamAnswer {
  const categories = findings.map(({ outcome }) => outcome).filter(isCategory);
  const worst = categories.reduce<LungRadsCategory | undefined>((a, b) => a === undefined || compareSuspicion(b, a) > 0 ? b : a, undefined);
  const index = findings.findIndex(({ outcome }) => outcome === worst);
  const open = findings.filter(({ outcome }) => outcome === 'insufficient-information').length;
  // A finding that is still open will give a category; only without any does it hang on the reader's word.
  const needsReading = worst === undefined && open === 0 && exam.lungsFullyEvaluated !== true;
  const missing = [
    ...findings.flatMap((finding, at) => finding.missing.map((name) => `findings[${at}].${name}`)),
    ...needsReading ? ['lungsFullyEvaluated'] : [],
  ];
  // Nothing that is still open can be more suspicious than 4X.
  if ((open > 0 && worst !== '4X') || needsReading) {
    const atLeast = worst === undefined ? [] : [reason('at-least', `The findings that could be rated make it at least category ${worst}.`, `Các tổn thương xếp được cho thấy ít nhất nhóm ${worst}.`)];
    return {
      ...frame, outcome: 'insufficient-information', missing, caveats: [...atLeast, decisionSupport],
      reasons: [
        ...open > 0 ? [reason('findings-not-rated', `${open} of ${findings.length} findings could not be rated.`, `${open} trong ${findings.length} tổn thương chưa xếp nhóm được.`)] : [],
        ...needsReading ? [missingInput('lungsFullyEvaluated')] : [],
      ],
    };
  }
  const category = worst ?? '1';
  const why = worst === undefined
    ? reason('no-rated-finding', 'Both lungs were evaluated completely and no finding is to be rated: category 1.', 'Hai phổi đã được đánh giá đầy đủ và không có tổn thương cần xếp nhóm: nhóm 1.')
    : reason('most-suspicious', `The most suspicious finding (number ${index + 1} of ${findings.length}) decides: category ${category}.`, `Tổn thương đáng ngờ nhất (số ${index + 1} trong ${findings.length}) quyết định: nhóm ${category}.`);
  return { ...frame, outcome: category, management: managementOf[category], reasons: [why, ...findings[index]?.reasons ?? []], missing, caveats: [...distinctCaveats(findings), decisionSupport] };
}

function isCategory(outcome: LungRadsAssessment['outcome']): outcome is LungRadsCategory {
  return outcome !== 'insufficient-information' && outcome !== 'not-applicable' && outcome !== 'not-rated';
}

function distinctCaveats(findings: readonly LungRadsAssessment[]): readonly GuidelineReason[] {
  const byCode = new Map(findings.flatMap(({ caveats }) => caveats.map((caveat) => [caveat.code, caveat] as const)));
  byCode.delete(decisionSupport.code);
  return [...byCode.values()];
}

function zeroProposals(exam: LungRadsExam): readonly GuidelineReason[] {
  const fresh = exam.findings.filter(({ comparison }) => comparison === 'new');
  const hasLargeNewSolid = fresh.some((finding) => {
    const size = finding.kind === 'solid' && finding.benignPattern === undefined ? reportedSize(finding.size, 10) : undefined;
    return size !== undefined && !isBelow(size, largeSolid);
  });
  return [
    ...exam.priorBeingLocated === true ? [reason('zero-prior', 'Category 0 may be chosen while a prior CT is being located; compare with it.', 'Có thể chọn nhóm 0 trong khi tìm ảnh CT cũ; cần so sánh với ảnh đó.')] : [],
    ...exam.lungsFullyEvaluated === false ? [reason('zero-not-evaluable', 'Category 0 may be chosen: part of the lungs cannot be evaluated; additional LDCT images.', 'Có thể chọn nhóm 0: một phần phổi không đánh giá được; cần chụp bổ sung LDCT.')] : [],
    ...[
      [exam.suggestsInfection === true, 'infection', 'findings suggest infection or inflammation', 'hình ảnh gợi ý nhiễm trùng hoặc viêm'],
      [exam.hasConsolidation === true, 'consolidation', 'consolidation', 'đông đặc phổi'],
      [exam.isImmunocompromised === true, 'immunocompromised', 'the patient is immunocompromised', 'bệnh nhân suy giảm miễn dịch'],
      [fresh.length > manyNewNodules, 'many-new', `more than ${manyNewNodules} new nodules`, `hơn ${manyNewNodules} nốt mới`],
      [hasLargeNewSolid, 'large-new-solid', 'a new solid nodule of 8 mm (268 mm³) or more, if it appeared in a short interval', 'nốt đặc mới từ 8 mm (268 mm³) trở lên, nếu xuất hiện trong thời gian ngắn'],
    ].flatMap(([holds, code, en, vi]) => holds === true
      ? [reason(`zero-${String(code)}`, `Category 0 may be considered (LDCT in 1 to 3 months): ${String(en)}.`, `Có thể cân nhắc nhóm 0 (chụp LDCT sau 1 đến 3 tháng): ${String(vi)}.`)]
      : []),
  ];
}
