/** Fleischner 2017 for the most suspicious nodule of an examination. */
import { decisionSupport, derived, missingInput, reason } from '../guidelines/answer.ts';
import { assessFleischner, type FleischnerNodule, type FleischnerOutcome } from '../guidelines/fleischner.ts';
import { assessLungRadsFinding } from '../guidelines/lung-rads.ts';
import type { LungRadsAssessment } from '../guidelines/lung-rads-types.ts';
import type { Assessment, GuidelineReason } from '../guidelines/types.ts';
import { defined } from './defined.ts';
import type { ConcludedFinding, ConclusionInput } from './input.ts';
import { asLungRadsFinding } from './lung-rads-findings.ts';
import { measurementCaveats, sizeOf } from './measured-size.ts';

/** A nodule that could not be rated may be anything up to 4A: it ranks with those. */
const suspicion: Readonly<Record<LungRadsAssessment['outcome'], number>> = {
  'not-applicable': 0, 'not-rated': 0, 1: 0, 2: 1, 3: 2, 'insufficient-information': 3, '4A': 3, '4B': 4, '4X': 5,
};

/**
 * Index of the most suspicious finding; undefined without findings. The table leaves the choice to the reader. Here
 * it is the one in the highest row of the Lung-RADS size table (as if first seen, where nothing else is known), among
 * these the one with the larger mean diameter, among these the first.
 */
export function mostSuspicious(input: ConclusionInput): number | undefined {
  const ranked = input.findings.map((finding, index) => {
    const rated = asLungRadsFinding(finding, input);
    const { outcome } = assessLungRadsFinding(rated.comparison === 'unknown' ? { ...rated, comparison: 'baseline' } : rated);
    const mean = (finding.longAxisMm + finding.shortAxisMm) / 2;
    return { index, rank: suspicion[outcome], diameterMm: Number.isFinite(mean) ? mean : 0 };
  });
  return ranked.sort((a, b) => b.rank - a.rank || b.diameterMm - a.diameterMm || a.index - b.index)[0]?.index;
}

const upperLobes: ReadonlySet<string> = new Set(['right-upper', 'left-upper']);

/** Undefined where the lobe is not known. */
export function isInUpperLobe({ lobe }: Pick<ConcludedFinding, 'lobe'>): boolean | undefined {
  return lobe === undefined ? undefined : upperLobes.has(lobe);
}

/** How many nodules count: those with a benign pattern are no nodules to follow. */
export function countedNodules({ findings, features }: ConclusionInput): number {
  return findings.filter(({ trackingUID }) => features?.get(trackingUID)?.benignPattern === undefined).length;
}

const subsolidTypes: ReadonlySet<string> = new Set(['part-solid', 'ground-glass']);

/** Whether the row is that of several nodules: the rows of subsolid nodules are about subsolid ones alone. */
function isOneOfSeveral(finding: ConcludedFinding, input: ConclusionInput): boolean {
  const alike = subsolidTypes.has(finding.type) ? input.findings.filter(({ type }) => subsolidTypes.has(type)) : input.findings;
  return countedNodules({ ...input, findings: alike }) > 1;
}

export const countNotConfirmed: GuidelineReason = reason(
  'count-not-confirmed',
  'The number of nodules is that of the findings; no reader has stated that both lungs were evaluated completely.',
  'Số nốt được tính theo các tổn thương đã ghi nhận; chưa có bác sĩ xác nhận đã đánh giá đầy đủ hai phổi.',
);

/** A patient whom the table covers; only to ask what the row of a nodule needs besides. */
const coveredPatient = { ageYears: 60, hasKnownCancer: false, isImmunosuppressed: false, isScreening: false } as const;

/** The table asks for the patient first; a reader wants to hear at once what the row of the nodule needs as well. */
function namedAtOnce(answer: Assessment, nodule: FleischnerNodule, multiple: boolean, risk: 'low' | 'high' | undefined): Pick<Assessment, 'missing' | 'reasons'> {
  const ofRow = assessFleischner({ patient: { ...coveredPatient, ...(risk === undefined ? {} : { risk }) }, nodule, multiple });
  const more = ofRow.missing.filter((name) => !answer.missing.includes(name));
  return { missing: [...answer.missing, ...more], reasons: [...answer.reasons, ...more.map(missingInput)] };
}

/** Undefined without findings. */
export function concludeFleischner(input: ConclusionInput): Assessment<FleischnerOutcome> | undefined {
  const index = mostSuspicious(input);
  const finding = index === undefined ? undefined : input.findings[index];
  if (index === undefined || finding === undefined) return undefined;
  const { patient } = input;
  const features = input.features?.get(finding.trackingUID);
  const chosen = derived('nodule', `${index + 1}`);
  if (features?.benignPattern !== undefined) {
    return {
      guideline: 'Fleischner', version: '2017', outcome: 'not-applicable', missing: [], inputs: [chosen], caveats: [decisionSupport],
      reasons: [reason('benign-pattern', 'Every nodule has a benign pattern; the table is for nodules of unknown nature.', 'Mọi nốt đều có dạng lành tính; bảng chỉ dùng cho nốt chưa rõ bản chất.')],
    };
  }
  const size = sizeOf(finding);
  const multiple = isOneOfSeveral(finding, input);
  const nodule: FleischnerNodule = {
    kind: finding.type === 'calcified' ? 'solid' : finding.type,
    ...(size === undefined ? {} : { size }),
    ...(finding.type === 'part-solid' && finding.solidDiameterMm !== undefined ? { solidComponent: { by: 'mean-diameter', meanDiameterMm: finding.solidDiameterMm } } : {}),
    ...defined({ isTypicalPerifissural: features?.isPerifissural, isInUpperLobe: isInUpperLobe(finding), hasSuspiciousMorphology: features?.isSpiculated }),
  };
  const answer = assessFleischner({
    patient: defined({
      ageYears: patient.ageYears, hasKnownCancer: patient.hasKnownCancer, isImmunosuppressed: patient.isImmunosuppressed,
      isScreening: patient.isScreening, risk: patient.fleischnerRisk,
    }),
    nodule,
    multiple,
    ...(input.sliceThicknessMm === undefined ? {} : { sliceThicknessMm: input.sliceThicknessMm }),
  });
  const several = input.findings.length > 1
    ? [reason('most-suspicious-nodule', `Of the ${input.findings.length} nodules, number ${index + 1} was taken as the most suspicious: highest size row for its type, then largest diameter.`, `Trong ${input.findings.length} nốt, nốt số ${index + 1} được chọn là đáng ngờ nhất: dòng kích thước cao nhất theo loại nốt, rồi đường kính lớn nhất.`)]
    : [];
  return {
    ...answer,
    ...(answer.outcome === 'insufficient-information' ? namedAtOnce(answer, nodule, multiple, patient.fleischnerRisk) : {}),
    inputs: [chosen, ...answer.inputs],
    caveats: [...several, ...measurementCaveats(finding), ...(patient.lungsFullyEvaluated === true ? [] : [countNotConfirmed]), ...answer.caveats],
  };
}
