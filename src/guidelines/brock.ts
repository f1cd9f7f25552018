/**
 * Brock University (PanCan) models 2a and 2b: probability that a nodule on a first screening CT is cancer
 * (McWilliams et al., N Engl J Med 2013;369:910–919).
 *
 * Decision support by a published model, not medical advice; a radiologist decides. The coefficients were read in
 * public copies and the worked examples recomputed. The models 1a and 1b are not here: their coefficients could not be
 * checked. A detection score of a network is not a risk and never enters here.
 */
import { decisionSupport, derived, given, insufficient, notApplicable, reason } from './answer.ts';
import type { Assessment, GuidelineInput, GuidelineReason } from './types.ts';

export interface BrockInput {
  readonly ageYears?: number;
  readonly sex?: 'female' | 'male';
  readonly hasFamilyHistoryOfLungCancer?: boolean;
  /** Seen on the CT. */
  readonly hasEmphysema?: boolean;
  /** Largest axial diameter, not a mean. */
  readonly maxAxialDiameterMm?: number;
  readonly kind?: 'solid' | 'part-solid' | 'ground-glass';
  /** Upper lobe of either side. */
  readonly isInUpperLobe?: boolean;
  /** Nodules on the scan, this one included. */
  readonly noduleCount?: number;
  /** Known either way: model 2b. Unknown: model 2a, which does not need it. */
  readonly hasSpiculation?: boolean;
}

export interface BrockAssessment extends Assessment<'estimated'> {
  /** 0 to 1; present when and only when the outcome is `estimated`. */
  readonly probability?: number;
}

interface Coefficients {
  readonly intercept: number;
  readonly agePerYear: number;
  readonly female: number;
  readonly familyHistory: number;
  readonly emphysema: number;
  readonly size: number;
  readonly upperLobe: number;
  readonly kind: Readonly<Record<'solid' | 'part-solid' | 'ground-glass', number>>;
  readonly perNodule: number;
  readonly spiculation: number;
}

export const brockCoefficients: Readonly<Record<'2a' | '2b', Coefficients>> = {
  '2a': {
    intercept: -6.8071, agePerYear: 0.0321, female: 0.5635, familyHistory: 0.3013, emphysema: 0.3462, size: -5.6693,
    upperLobe: 0.7116, kind: { solid: 0, 'part-solid': 0.3395, 'ground-glass': -0.3055 }, perNodule: -0.0803, spiculation: 0,
  },
  '2b': {
    intercept: -6.7892, agePerYear: 0.0287, female: 0.6011, familyHistory: 0.2961, emphysema: 0.2953, size: -5.3854,
    upperLobe: 0.6581, kind: { solid: 0, 'part-solid': 0.3770, 'ground-glass': -0.1276 }, perNodule: -0.0824, spiculation: 0.7729,
  },
};

/** Centring of the model: a man of 62 with 4 nodules of 4 mm has the intercept alone. */
const centre = { ageYears: 62, noduleCount: 4, size: 1.58113883 } as const;

const defaultedText = {
  hasFamilyHistoryOfLungCancer: { en: 'family history of lung cancer', vi: 'tiền sử gia đình ung thư phổi' },
  hasEmphysema: { en: 'emphysema', vi: 'khí phế thũng' },
} as const;

const limits = { ageYears: [18, 100], maxAxialDiameterMm: [1, 30] } as const;
const modelAgeYears = [50, 75] as const;

/**
 * Refuses (`insufficient-information`) without age, sex, diameter, kind, lobe or count; family history and emphysema
 * count as absent when unknown, and the answer lists them as defaults and as missing. `not-applicable` outside 18 to
 * 100 years or 1 to 30 mm.
 */
export function assessBrock(input: BrockInput): BrockAssessment {
  const model = input.hasSpiculation === undefined ? '2a' : '2b';
  const frame = { guideline: 'Brock', version: `PanCan full model ${model} (2013)`, inputs: givenInputs(input) } as const;
  const { ageYears, sex, maxAxialDiameterMm, kind, isInUpperLobe, noduleCount } = input;
  const age = finite(ageYears);
  const diameter = finite(maxAxialDiameterMm);
  const count = noduleCount !== undefined && Number.isInteger(noduleCount) && noduleCount >= 1 ? noduleCount : undefined;
  if (age === undefined || sex === undefined || diameter === undefined || kind === undefined || isInUpperLobe === undefined || count === undefined) {
    const needed = { ageYears: age, sex, maxAxialDiameterMm: diameter, kind, isInUpperLobe, noduleCount: count };
    return insufficient(frame, Object.entries(needed).flatMap(([name, value]) => value === undefined ? [name] : []));
  }
  const outside = [...outsideLimits('ageYears', age), ...outsideLimits('maxAxialDiameterMm', diameter)];
  if (outside.length > 0) return notApplicable(frame, outside);

  const c = brockCoefficients[model];
  const x = c.intercept
    + c.agePerYear * (age - centre.ageYears)
    + (sex === 'female' ? c.female : 0)
    + (input.hasFamilyHistoryOfLungCancer === true ? c.familyHistory : 0)
    + (input.hasEmphysema === true ? c.emphysema : 0)
    + c.size * ((diameter / 10) ** -0.5 - centre.size)
    + (isInUpperLobe ? c.upperLobe : 0)
    + c.kind[kind]
    + c.perNodule * (count - centre.noduleCount)
    + (input.hasSpiculation === true ? c.spiculation : 0);
  const probability = 1 / (1 + Math.exp(-x));
  const defaulted = (['hasFamilyHistoryOfLungCancer', 'hasEmphysema'] as const).filter((name) => input[name] === undefined);
  const taken = (language: 'en' | 'vi'): string => defaulted.map((name) => defaultedText[name][language]).join(', ');
  return {
    ...frame, outcome: 'estimated', probability,
    inputs: [...frame.inputs, ...defaulted.map((name): GuidelineInput => ({ name, value: false, unit: 'none', source: 'default' })), derived('linearPredictor', x, '1')],
    missing: [...defaulted, ...model === '2a' ? ['hasSpiculation'] : []],
    reasons: [reason('brock-probability', `Model ${model}: ${(probability * 100).toFixed(1)} % estimated probability of cancer.`, `Mô hình ${model}: xác suất ung thư ước tính ${(probability * 100).toFixed(1)} %.`)],
    caveats: [
      reason('first-screening', 'The model was made for the first (baseline) screening CT.', 'Mô hình được xây dựng cho lần chụp CT sàng lọc đầu tiên.'),
      ...age < modelAgeYears[0] || age > modelAgeYears[1] ? [reason('outside-model-age', `Age ${age}: the model was made with people of ${modelAgeYears[0]} to ${modelAgeYears[1]} years.`, `Tuổi ${age}: mô hình được xây dựng trên người từ ${modelAgeYears[0]} đến ${modelAgeYears[1]} tuổi.`)] : [],
      ...defaulted.length > 0 ? [reason('defaults', `Taken as absent because unknown: ${taken('en')}. The true probability may be higher.`, `Coi như không có vì chưa biết: ${taken('vi')}. Xác suất thực có thể cao hơn.`)] : [],
      decisionSupport,
    ],
  };
}

function givenInputs(input: BrockInput): readonly GuidelineInput[] {
  return [
    ...given('ageYears', input.ageYears, 'a'), ...given('sex', input.sex),
    ...given('hasFamilyHistoryOfLungCancer', input.hasFamilyHistoryOfLungCancer), ...given('hasEmphysema', input.hasEmphysema),
    ...given('maxAxialDiameterMm', input.maxAxialDiameterMm, 'mm'), ...given('kind', input.kind),
    ...given('isInUpperLobe', input.isInUpperLobe), ...given('noduleCount', input.noduleCount, '1'),
    ...given('hasSpiculation', input.hasSpiculation),
  ];
}

function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

function outsideLimits(name: keyof typeof limits, value: number): readonly GuidelineReason[] {
  const [from, to] = limits[name];
  return value >= from && value <= to ? [] : [reason(
    `outside-${name}`, `${name} is ${value}; the model is valid from ${from} to ${to}.`, `${name} là ${value}; mô hình chỉ áp dụng từ ${from} đến ${to}.`,
  )];
}
