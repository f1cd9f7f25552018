/**
 * British Thoracic Society 2015 (Callister et al., Thorax 2015;70 Suppl 2): first assessment of a nodule on CT.
 *
 * Decision support by a published guideline, not medical advice; a radiologist decides. Read in the published
 * abstract: no follow-up under 5 mm or 80 mm³. Everything else, the bands of the Brock and Herder risks included, is
 * from memory, and the answers say so. The Herder model itself is not here: its coefficients could not be checked; a
 * probability worked out elsewhere can be given.
 */
import { decisionSupport, derived, fromMemory, given, insufficient, isUsable, reason } from './answer.ts';
import { roundTo } from './size.ts';
import type { Assessment, GuidelineInput, GuidelineReason, LocalText } from './types.ts';

/** Volumetry is preferred; without it the largest axial diameter, not a mean. */
export type BtsSize =
  | { readonly by: 'volume'; readonly volumeMm3: number }
  | { readonly by: 'max-axial-diameter'; readonly maxAxialDiameterMm: number };

export interface BtsInput {
  readonly kind: 'solid' | 'part-solid' | 'ground-glass' | 'unknown';
  readonly size?: BtsSize;
  /** Diffuse, central, laminated or popcorn calcification, or macroscopic fat. */
  readonly hasBenignPattern?: boolean;
  /** Homogeneous, smooth, solid, lentiform or triangular, within 1 cm of a fissure or the pleura. Under 10 mm is asked here. */
  readonly isTypicalPerifissuralOrSubpleural?: boolean;
  /** 0 to 1, from the Brock model. */
  readonly brockProbability?: number;
  /** 0 to 1, from the Herder model after PET-CT. */
  readonly herderProbability?: number;
}

export type BtsOutcome =
  | 'no-follow-up' | 'ct-12-months' | 'ct-3-months' | 'pet-ct' | 'surveillance' | 'biopsy-excision-or-surveillance' | 'resection-or-treatment';

const management: Readonly<Record<BtsOutcome, LocalText>> = {
  'no-follow-up': { en: 'No follow-up; discharge.', vi: 'Không cần theo dõi; kết thúc theo dõi.' },
  'ct-12-months': { en: 'CT at 1 year.', vi: 'Chụp CT sau 1 năm.' },
  'ct-3-months': { en: 'CT at 3 months.', vi: 'Chụp CT sau 3 tháng.' },
  'pet-ct': { en: 'PET-CT, then the Herder risk.', vi: 'Chụp PET-CT, sau đó tính nguy cơ Herder.' },
  surveillance: { en: 'CT surveillance.', vi: 'Theo dõi bằng CT.' },
  'biopsy-excision-or-surveillance': { en: 'Biopsy; excision or surveillance as alternatives.', vi: 'Sinh thiết; hoặc cắt bỏ hoặc theo dõi.' },
  'resection-or-treatment': { en: 'Resection, or non-surgical treatment.', vi: 'Phẫu thuật cắt bỏ, hoặc điều trị không phẫu thuật.' },
};

/** The guideline's own numbers; they are not the volumes of spheres of these diameters. */
const smallest = { mm: 5, mm3: 80 } as const;
const largest = { mm: 8, mm3: 300 } as const;
const threeMonthsFromMm = 6;
const typicalBelowMm = 10;
const brockHigh = 0.1;
const herderBand = { from: 0.1, to: 0.7 } as const;

interface Measured { readonly value: number; readonly isVolume: boolean }

/** Answers by the first rule that holds; `insufficient-information` names what the next rule would need. */
export function assessBts(input: BtsInput): Assessment<BtsOutcome> {
  const size = measured(input.size);
  const frame = { guideline: 'BTS', version: '2015', inputs: inputsOf(input, size) } as const;
  const invalid = (['brockProbability', 'herderProbability'] as const).filter((name) => input[name] !== undefined && !isProbability(input[name]));
  if (invalid.length > 0) return insufficient(frame, invalid);
  const answer = (outcome: BtsOutcome, why: GuidelineReason, caveats: readonly GuidelineReason[] = [fromMemory]): Assessment<BtsOutcome> => ({
    ...frame, outcome, management: management[outcome], reasons: [why], missing: [], caveats: [...caveats, decisionSupport],
  });

  if (input.hasBenignPattern === true) return answer('no-follow-up', reason('benign-pattern', 'Benign calcification or fat: no follow-up.', 'Vôi hóa lành tính hoặc có mỡ: không cần theo dõi.'));
  if (size === undefined) return insufficient(frame, ['size']);
  const unit = size.isVolume ? 'mm³' : 'mm';
  const at = `${size.value} ${unit}`;
  const lower = size.isVolume ? smallest.mm3 : smallest.mm;
  const upper = size.isVolume ? largest.mm3 : largest.mm;
  if (size.value < lower) return answer('no-follow-up', reason('smallest', `${at} is under ${lower} ${unit}: no follow-up.`, `${at} dưới ${lower} ${unit}: không cần theo dõi.`), []);
  if (input.isTypicalPerifissuralOrSubpleural === true) {
    if (size.isVolume) return insufficient(frame, ['maxAxialDiameterMm'], { reasons: [reason('typical-needs-diameter', 'A typical perifissural or subpleural nodule needs no follow-up under 10 mm; a volume does not tell this.', 'Nốt cạnh rãnh liên thùy hoặc dưới màng phổi điển hình dưới 10 mm không cần theo dõi; thể tích không cho biết điều này.')] });
    if (size.value < typicalBelowMm) return answer('no-follow-up', reason('typical-perifissural', `Typical perifissural or subpleural nodule of ${at}, under ${typicalBelowMm} mm: no follow-up.`, `Nốt cạnh rãnh liên thùy hoặc dưới màng phổi điển hình ${at}, dưới ${typicalBelowMm} mm: không cần theo dõi.`));
  }
  if (input.kind === 'unknown') return insufficient(frame, ['kind']);
  if (input.kind !== 'solid') {
    if (size.isVolume) return insufficient(frame, ['maxAxialDiameterMm'], { reasons: [reason('subsolid-needs-diameter', 'The rows for subsolid nodules are by diameter.', 'Các dòng cho nốt bán đặc và kính mờ tính theo đường kính.')] });
    return answer('ct-3-months', reason('subsolid', `Subsolid nodule of ${at}, ${lower} mm or more: CT at 3 months.`, `Nốt bán đặc hoặc kính mờ ${at}, từ ${lower} mm trở lên: chụp CT sau 3 tháng.`));
  }
  if (!size.isVolume && size.value < threeMonthsFromMm) {
    return answer('ct-12-months', reason('solid-5-to-6', `Solid nodule of ${at}: ${lower} – < ${threeMonthsFromMm} mm, CT at 1 year.`, `Nốt đặc ${at}: ${lower} – < ${threeMonthsFromMm} mm, chụp CT sau 1 năm.`));
  }
  if (size.value < upper) {
    const from = size.isVolume ? lower : threeMonthsFromMm;
    return answer('ct-3-months', reason('solid-middle', `Solid nodule of ${at}: ${from} – < ${upper} ${unit}, CT at 3 months.`, `Nốt đặc ${at}: ${from} – < ${upper} ${unit}, chụp CT sau 3 tháng.`));
  }
  return byRisk(input, `${at}, ${upper} ${unit} or more`, `${at}, từ ${upper} ${unit} trở lên`, answer, () => insufficient(frame, ['brockProbability'], {
    reasons: [reason('needs-brock', `Solid nodule of ${at}, ${upper} ${unit} or more: the Brock probability decides.`, `Nốt đặc ${at}, từ ${upper} ${unit} trở lên: cần xác suất Brock.`)],
  }));
}

function byRisk(
  input: BtsInput, en: string, vi: string,
  answer: (outcome: BtsOutcome, why: GuidelineReason) => Assessment<BtsOutcome>, withoutBrock: () => Assessment<BtsOutcome>,
): Assessment<BtsOutcome> {
  const { brockProbability: brock, herderProbability: herder } = input;
  if (brock === undefined) return withoutBrock();
  if (brock < brockHigh) return answer('ct-3-months', reason('brock-low', `Solid nodule of ${en}; Brock ${percent(brock)}, under 10 %: CT at 3 months.`, `Nốt đặc ${vi}; Brock ${percent(brock)}, dưới 10 %: chụp CT sau 3 tháng.`));
  if (herder === undefined) return answer('pet-ct', reason('brock-high', `Solid nodule of ${en}; Brock ${percent(brock)}, 10 % or more: PET-CT.`, `Nốt đặc ${vi}; Brock ${percent(brock)}, từ 10 % trở lên: chụp PET-CT.`));
  const outcome = herder < herderBand.from ? 'surveillance' : herder <= herderBand.to ? 'biopsy-excision-or-surveillance' : 'resection-or-treatment';
  const band = herder < herderBand.from ? '< 10 %' : herder <= herderBand.to ? '10 – 70 %' : '> 70 %';
  return answer(outcome, reason('herder-band', `Solid nodule of ${en}; Brock ${percent(brock)}, Herder ${percent(herder)}: band ${band}.`, `Nốt đặc ${vi}; Brock ${percent(brock)}, Herder ${percent(herder)}: khoảng ${band}.`));
}

/** One decimal, as a risk is reported; the comparison is with the unrounded value. */
function percent(probability: number): string {
  return `${(probability * 100).toFixed(1)} %`;
}

function isProbability(value: number | undefined): boolean {
  return value !== undefined && value >= 0 && value <= 1;
}

function measured(size: BtsSize | undefined): Measured | undefined {
  if (size?.by === 'volume') return isUsable(size.volumeMm3) ? { value: roundTo(size.volumeMm3, 1), isVolume: true } : undefined;
  return isUsable(size?.maxAxialDiameterMm) ? { value: roundTo(size.maxAxialDiameterMm, 10), isVolume: false } : undefined;
}

function inputsOf(input: BtsInput, size: Measured | undefined): readonly GuidelineInput[] {
  const raw = input.size?.by === 'volume' ? given('volumeMm3', input.size.volumeMm3, 'mm3') : given('maxAxialDiameterMm', input.size?.maxAxialDiameterMm, 'mm');
  const rounded = size === undefined ? [] : [size.isVolume ? derived('reportedVolumeMm3', size.value, 'mm3') : derived('reportedMaxAxialDiameterMm', size.value, 'mm')];
  return [
    ...given('kind', input.kind), ...raw, ...rounded, ...given('hasBenignPattern', input.hasBenignPattern),
    ...given('isTypicalPerifissuralOrSubpleural', input.isTypicalPerifissuralOrSubpleural),
    ...given('brockProbability', input.brockProbability, '1'), ...given('herderProbability', input.herderProbability, '1'),
  ];
}
