/**
 * Mayo Clinic model: probability that a solitary, indeterminate, incidental nodule is cancer
 * (Swensen et al., Arch Intern Med 1997;157:849–855).
 *
 * Decision support by a published model, not medical advice; a radiologist decides. The coefficients were read in a
 * public copy, which misprints the intercept as -6.872; other public copies agree on -6.8272. The range of 4 to 30 mm
 * is from memory. There are no published worked examples to test against.
 */
import { decisionSupport, derived, given, insufficient, isUsable, notApplicable, reason } from './answer.ts';
import type { Assessment } from './types.ts';

export interface MayoInput {
  readonly ageYears?: number;
  /** Now or formerly. */
  readonly hasEverSmoked?: boolean;
  /** Cancer outside the chest more than 5 years ago. */
  readonly hadExtrathoracicCancer?: boolean;
  readonly diameterMm?: number;
  readonly hasSpiculation?: boolean;
  readonly isInUpperLobe?: boolean;
}

export interface MayoAssessment extends Assessment<'estimated'> {
  /** 0 to 1; present when and only when the outcome is `estimated`. */
  readonly probability?: number;
}

const diameterRangeMm = [4, 30] as const;

/** Nothing is defaulted: every input is needed. */
export function assessMayo(input: MayoInput): MayoAssessment {
  const { ageYears, hasEverSmoked, hadExtrathoracicCancer, diameterMm, hasSpiculation, isInUpperLobe } = input;
  const frame = {
    guideline: 'Mayo', version: '1997',
    inputs: [
      ...given('ageYears', ageYears, 'a'), ...given('hasEverSmoked', hasEverSmoked),
      ...given('hadExtrathoracicCancer', hadExtrathoracicCancer), ...given('diameterMm', diameterMm, 'mm'),
      ...given('hasSpiculation', hasSpiculation), ...given('isInUpperLobe', isInUpperLobe),
    ],
  } as const;
  if (!isUsable(ageYears) || hasEverSmoked === undefined || hadExtrathoracicCancer === undefined || !isUsable(diameterMm) || hasSpiculation === undefined || isInUpperLobe === undefined) {
    const known = { ageYears: isUsable(ageYears), hasEverSmoked: hasEverSmoked !== undefined, hadExtrathoracicCancer: hadExtrathoracicCancer !== undefined, diameterMm: isUsable(diameterMm), hasSpiculation: hasSpiculation !== undefined, isInUpperLobe: isInUpperLobe !== undefined };
    return insufficient(frame, Object.entries(known).flatMap(([name, isKnown]) => isKnown ? [] : [name]));
  }
  const [from, to] = diameterRangeMm;
  if (diameterMm < from || diameterMm > to) {
    return notApplicable(frame, [reason('outside-diameterMm', `${diameterMm} mm: the model is valid from ${from} to ${to} mm.`, `${diameterMm} mm: mô hình chỉ áp dụng từ ${from} đến ${to} mm.`)]);
  }
  const x = -6.8272
    + 0.0391 * ageYears
    + (hasEverSmoked ? 0.7917 : 0)
    + (hadExtrathoracicCancer ? 1.3388 : 0)
    + 0.1274 * diameterMm
    + (hasSpiculation ? 1.0407 : 0)
    + (isInUpperLobe ? 0.7838 : 0);
  const probability = 1 / (1 + Math.exp(-x));
  return {
    ...frame, outcome: 'estimated', probability, missing: [],
    inputs: [...frame.inputs, derived('linearPredictor', x, '1')],
    reasons: [reason('mayo-probability', `${(probability * 100).toFixed(1)} % estimated probability of cancer.`, `Xác suất ung thư ước tính ${(probability * 100).toFixed(1)} %.`)],
    caveats: [reason('solitary', 'The model was made for solitary incidental nodules of unknown nature.', 'Mô hình được xây dựng cho nốt đơn độc phát hiện tình cờ, chưa rõ bản chất.'), decisionSupport],
  };
}
