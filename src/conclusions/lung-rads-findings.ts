/** Findings as Lung-RADS v2022 takes them, and the category of the examination. */
import { missingInput, reason } from '../guidelines/answer.ts';
import { assessLungRadsExam } from '../guidelines/lung-rads-exam.ts';
import type { Comparison, LungRadsExamAssessment, LungRadsFinding } from '../guidelines/lung-rads-types.ts';
import type { GuidelineReason } from '../guidelines/types.ts';
import type { ConcludedFinding, ConclusionInput } from './input.ts';
import { measurementCaveats, sizeOf } from './measured-size.ts';

/** Of the earlier examination as stated, where the nodule itself was not compared. */
const withoutComparison = { none: 'baseline', unavailable: 'prior-unavailable', available: 'unknown' } as const;

function comparisonOf({ trackingUID }: ConcludedFinding, { comparisons, patient }: ConclusionInput): Comparison {
  const change = comparisons.find((comparison) => comparison.trackingUID === trackingUID)?.change;
  if (change !== undefined) return change === 'undetermined' ? 'unknown' : change;
  return patient.prior === undefined ? 'unknown' : withoutComparison[patient.prior];
}

/**
 * Calcified by its density is rated as solid: which pattern the lime has, and so whether it is benign, is for a
 * reader to say. Whether a nodule lies on the pleura as Lung-RADS means it, too.
 */
export function asLungRadsFinding(finding: ConcludedFinding, input: ConclusionInput): LungRadsFinding {
  const size = sizeOf(finding);
  const features = input.features?.get(finding.trackingUID);
  const common = {
    comparison: comparisonOf(finding, input),
    ...(size === undefined ? {} : { size }),
    ...(features?.isSpiculated === true ? { suspiciousFeatures: ['spiculation'] as const } : {}),
  };
  switch (finding.type) {
    case 'part-solid': {
      const solid = finding.solidDiameterMm;
      return { ...common, kind: 'part-solid', ...(solid === undefined ? {} : { solidComponent: { by: 'mean-diameter', meanDiameterMm: solid } }) };
    }
    case 'ground-glass':
      return { ...common, kind: 'ground-glass' };
    case 'solid':
    case 'calcified':
      return {
        ...common, kind: 'solid',
        ...(features?.benignPattern === undefined ? {} : { benignPattern: features.benignPattern }),
        ...(features?.isPerifissural === true ? { juxtapleural: { smooth: true, shape: 'typical' } } : {}),
      };
  }
}

function caveatsOf(finding: ConcludedFinding, input: ConclusionInput): readonly GuidelineReason[] {
  const isBenign = input.features?.get(finding.trackingUID)?.benignPattern !== undefined;
  return [
    ...measurementCaveats(finding),
    ...(finding.type === 'calcified' && !isBenign
      ? [reason('calcification-pattern-unknown', 'Calcified by its density; without a benign pattern stated by a reader it is rated as a solid nodule.', 'Vôi hóa theo tỷ trọng; khi bác sĩ chưa xác nhận dạng vôi hóa lành tính thì xếp như nốt đặc.')]
      : []),
    ...(finding.type === 'part-solid' && finding.solidDiameterMm !== undefined
      ? [reason('solid-component-largest', 'The largest diameter of the solid component was used in place of its mean diameter.', 'Đã dùng đường kính lớn nhất của phần đặc thay cho đường kính trung bình.')]
      : []),
  ];
}

/** Fields of the patient without which the examination has no category; all are named at once. */
function openFields({ patient, findings, comparisons }: ConclusionInput): readonly string[] {
  const compared = new Set(comparisons.map(({ trackingUID }) => trackingUID));
  const needsPrior = findings.some(({ trackingUID }) => !compared.has(trackingUID));
  return [
    ...(patient.isScreening === undefined ? ['isScreening'] : []),
    ...(patient.prior === undefined && needsPrior ? ['prior'] : []),
    ...(patient.lungsFullyEvaluated !== true && findings.length === 0 ? ['lungsFullyEvaluated'] : []),
  ];
}

/**
 * The category by the table, with the findings in the order given. Without a screening examination, a known prior or
 * (for category 1) a reader's word that both lungs were evaluated there is none, and `missing` names what lacks.
 */
export function concludeLungRads(input: ConclusionInput): LungRadsExamAssessment {
  const { patient } = input;
  const exam = assessLungRadsExam({
    findings: input.findings.map((finding) => asLungRadsFinding(finding, input)),
    ...(patient.isScreening === undefined ? {} : { isScreening: patient.isScreening }),
    ...(patient.lungsFullyEvaluated === undefined ? {} : { lungsFullyEvaluated: patient.lungsFullyEvaluated }),
    ...(patient.isImmunosuppressed === undefined ? {} : { isImmunocompromised: patient.isImmunosuppressed }),
    ...(patient.hasOtherSignificantFinding === undefined ? {} : { hasOtherSignificantFinding: patient.hasOtherSignificantFinding }),
  });
  const findings = exam.findings.map((assessment, index) => {
    const finding = input.findings[index];
    return finding === undefined ? assessment : { ...assessment, caveats: [...caveatsOf(finding, input), ...assessment.caveats] };
  });
  if (exam.outcome !== 'insufficient-information') {
    return { ...exam, findings, caveats: exam.outcome === 'not-applicable' ? exam.caveats : [...distinct(input), ...exam.caveats] };
  }
  const open = openFields(input).filter((name) => !exam.missing.includes(name));
  // The comparison of every nodule hangs on the one field of the patient.
  const named = exam.missing.filter((name) => !(open.includes('prior') && /^findings\[\d+\]\.comparison$/u.test(name)));
  return { ...exam, findings, missing: [...named, ...open], reasons: [...exam.reasons, ...open.map(missingInput)] };
}

function distinct(input: ConclusionInput): readonly GuidelineReason[] {
  return [...new Map(input.findings.flatMap((finding) => caveatsOf(finding, input)).map((caveat) => [caveat.code, caveat])).values()];
}
