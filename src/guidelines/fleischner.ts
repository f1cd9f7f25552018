/**
 * Fleischner Society 2017 (MacMahon et al., Radiology 2017;284:228–243) for incidental nodules of adults.
 *
 * Decision support by a published table, not medical advice; a radiologist decides. The table and the applicability
 * were read in public copies; the measuring rules (whole mm, mass over 30 mm, thin sections) are from memory.
 */
import { decisionSupport, derived, given, insufficient, isUsable, notApplicable, reason } from './answer.ts';
import { columnBounds, fleischnerManagement, type FleischnerOutcome, type RiskRow, type SizeColumn, solidTable } from './fleischner-table.ts';
import { type NoduleSize, type ReportedSize, reportedSize, sizeText } from './size.ts';
import type { Assessment, GuidelineInput, GuidelineReason } from './types.ts';

export type { FleischnerOutcome } from './fleischner-table.ts';

export interface FleischnerPatient {
  readonly ageYears?: number;
  readonly hasKnownCancer?: boolean;
  readonly isImmunosuppressed?: boolean;
  /** Whether the CT was made for lung cancer screening. */
  readonly isScreening?: boolean;
  /** `low`: estimated cancer risk under 5 %; `high`: 5 % and more, which holds the intermediate risk too. */
  readonly risk?: RiskRow;
}

/** Of several nodules, the most suspicious one. */
export interface FleischnerNodule {
  readonly kind: 'solid' | 'part-solid' | 'ground-glass' | 'unknown';
  readonly size?: NoduleSize;
  /** Largest solid component of a part-solid nodule; a diameter, since the table gives no volume for it. */
  readonly solidComponent?: NoduleSize;
  readonly isTypicalPerifissural?: boolean;
  readonly isInUpperLobe?: boolean;
  readonly hasSuspiciousMorphology?: boolean;
}

export interface FleischnerInput {
  readonly patient: FleischnerPatient;
  readonly nodule: FleischnerNodule;
  /** Whether the patient has more than one nodule; for a subsolid one, more than one subsolid nodule. */
  readonly multiple?: boolean;
  readonly sliceThicknessMm?: number;
}

const minimumAgeYears = 35;
const massMm = 30;
const thinSectionMm = 1.5;

const exclusions = [
  ['hasKnownCancer', 'known cancer', 'đã biết có ung thư'],
  ['isImmunosuppressed', 'immunosuppression', 'suy giảm miễn dịch'],
  ['isScreening', 'lung cancer screening', 'chụp sàng lọc ung thư phổi'],
] as const;

/**
 * The recommendation for the nodule. `not-applicable` as soon as one criterion excludes the patient or the nodule is a
 * mass; otherwise `insufficient-information` with every input that the row needs and that was not given.
 */
export function assessFleischner(input: FleischnerInput): Assessment<FleischnerOutcome> {
  const { patient, nodule } = input;
  const size = reportedSize(nodule.size, 1);
  const solid = reportedSize(nodule.solidComponent, 1, 'solidComponent');
  const frame = frameOf([
    ...given('ageYears', patient.ageYears, 'a'), ...given('hasKnownCancer', patient.hasKnownCancer),
    ...given('isImmunosuppressed', patient.isImmunosuppressed), ...given('isScreening', patient.isScreening),
    ...given('risk', patient.risk), ...given('kind', nodule.kind), ...given('multiple', input.multiple),
    ...given('isTypicalPerifissural', nodule.isTypicalPerifissural), ...given('isInUpperLobe', nodule.isInUpperLobe),
    ...given('hasSuspiciousMorphology', nodule.hasSuspiciousMorphology), ...given('sliceThicknessMm', input.sliceThicknessMm, 'mm'),
    ...size?.inputs ?? [], ...solid?.inputs ?? [],
  ]);
  const excluded = exclusionReasons(patient, size);
  const unknown = [
    ...isUsable(patient.ageYears) ? [] : ['ageYears'],
    ...exclusions.flatMap(([name]) => patient[name] === undefined ? [name] : []),
  ];
  if (excluded.length > 0) return notApplicable(frame, excluded, unknown);
  const missing = [
    ...unknown, ...nodule.kind === 'unknown' ? ['kind'] : [],
    ...input.multiple === undefined ? ['multiple'] : [], ...size === undefined ? ['size'] : [],
  ];
  if (missing.length > 0 || size === undefined || nodule.kind === 'unknown' || input.multiple === undefined) return insufficient(frame, missing);

  const column = columnOf(size);
  const framed = { ...frame, inputs: [...frame.inputs, derived('sizeColumn', column)] };
  const choice = nodule.kind === 'solid'
    ? solidOutcome(nodule, patient.risk, input.multiple, column)
    : subsolidOutcome(nodule.kind, input.multiple, column, solid);
  if (choice === 'risk' || choice === 'solidComponent') {
    return insufficient(framed, [choice], choice === 'risk' ? {} : {
      reasons: [reason('common-first-step', 'CT at 3 to 6 months comes first whatever the solid component.', 'Bước đầu là chụp CT sau 3 đến 6 tháng, bất kể phần đặc.')],
    });
  }
  return {
    ...framed, outcome: choice, management: fleischnerManagement[choice], missing: [],
    reasons: [rowReason(input, nodule.kind, size, column)],
    caveats: [...caveatsOf(input, size, column), decisionSupport],
  };
}

function frameOf(inputs: readonly GuidelineInput[]) {
  return { guideline: 'Fleischner', version: '2017', inputs } as const;
}

function exclusionReasons(patient: FleischnerPatient, size: ReportedSize | undefined): readonly GuidelineReason[] {
  return [
    ...isUsable(patient.ageYears) && patient.ageYears < minimumAgeYears
      ? [reason('too-young', `Age ${patient.ageYears}: the table holds from ${minimumAgeYears} years.`, `Tuổi ${patient.ageYears}: bảng chỉ áp dụng từ ${minimumAgeYears} tuổi.`)]
      : [],
    ...exclusions.flatMap(([name, en, vi]) => patient[name] === true ? [reason(`excluded-${name}`, `The table does not hold in case of: ${en}.`, `Bảng không áp dụng khi: ${vi}.`)] : []),
    ...size?.quantity === 'diameter' && size.value > massMm
      ? [reason('mass', `${sizeText(size)} is more than ${massMm} mm: a mass, not a nodule.`, `${sizeText(size)} lớn hơn ${massMm} mm: là khối u, không phải nốt.`)]
      : [],
  ];
}

function columnOf(size: ReportedSize): SizeColumn {
  const { from, to } = columnBounds[size.quantity];
  if (size.value < from) return 'under-6';
  return size.value <= to ? '6-to-8' : 'over-8';
}

function solidOutcome(nodule: FleischnerNodule, risk: RiskRow | undefined, multiple: boolean, column: SizeColumn): FleischnerOutcome | 'risk' {
  if (nodule.isTypicalPerifissural === true) return 'no-routine-follow-up';
  const rows = solidTable[multiple ? 'multiple' : 'single'];
  if (risk !== undefined) return rows[risk][column];
  return rows.low[column] === rows.high[column] ? rows.low[column] : 'risk';
}

function subsolidOutcome(kind: 'part-solid' | 'ground-glass', multiple: boolean, column: SizeColumn, solid: ReportedSize | undefined): FleischnerOutcome | 'solidComponent' {
  const small = column === 'under-6';
  if (multiple) return small ? 'ct-3-6-months-then-consider-2-and-4-years' : 'ct-3-6-months-then-by-most-suspicious';
  if (small) return 'no-routine-follow-up';
  if (kind === 'ground-glass') return 'ct-6-12-months-then-every-2-years-to-5';
  if (solid?.quantity !== 'diameter') return 'solidComponent';
  return solid.value < columnBounds.diameter.from ? 'ct-3-6-months-then-annual-to-5' : 'ct-3-6-months-highly-suspicious';
}

const kindText = {
  solid: ['solid', 'đặc'], 'part-solid': ['part-solid', 'bán đặc'], 'ground-glass': ['ground-glass', 'kính mờ'],
} as const;

function rowReason(input: FleischnerInput, kind: keyof typeof kindText, size: ReportedSize, column: SizeColumn): GuidelineReason {
  const { from, to, unit } = columnBounds[size.quantity];
  const bounds = { 'under-6': `< ${from} ${unit}`, '6-to-8': `${from} – ${to} ${unit}`, 'over-8': `> ${to} ${unit}` }[column];
  const [en, vi] = kindText[kind];
  if (kind === 'solid' && input.nodule.isTypicalPerifissural === true) {
    return reason('perifissural', `Typical perifissural nodule of ${sizeText(size)}: no follow-up whatever the size.`, `Nốt cạnh rãnh liên thùy điển hình ${sizeText(size)}: không cần theo dõi, bất kể kích thước.`);
  }
  const risk = kind === 'solid' && input.patient.risk !== undefined ? { low: [', low risk', ', nguy cơ thấp'], high: [', high risk', ', nguy cơ cao'] }[input.patient.risk] : ['', ''];
  return reason(
    'table-row',
    `Row: ${input.multiple === true ? 'multiple' : 'single'} ${en}${risk[0]!}; column ${bounds}, the nodule is ${sizeText(size)}.`,
    `Dòng: ${input.multiple === true ? 'nhiều nốt' : 'một nốt'} ${vi}${risk[1]!}; cột ${bounds}, nốt ${sizeText(size)}.`,
  );
}

function caveatsOf(input: FleischnerInput, size: ReportedSize, column: SizeColumn): readonly GuidelineReason[] {
  const { nodule } = input;
  const raises = column === 'under-6' && nodule.kind === 'solid' && nodule.isTypicalPerifissural !== true && (nodule.isInUpperLobe === true || nodule.hasSuspiciousMorphology === true);
  return [
    ...raises ? [reason('may-justify-12-months', 'Suspicious morphology or an upper-lobe place may justify CT at 12 months although the nodule is under 6 mm.', 'Hình thái đáng ngờ hoặc vị trí thùy trên có thể là lý do chụp CT sau 12 tháng dù nốt dưới 6 mm.')] : [],
    ...isUsable(input.sliceThicknessMm) && input.sliceThicknessMm > thinSectionMm ? [reason('thick-sections', `Measured on sections of ${input.sliceThicknessMm} mm; the guideline asks for ${thinSectionMm} mm or less.`, `Đo trên lát cắt ${input.sliceThicknessMm} mm; hướng dẫn yêu cầu ${thinSectionMm} mm trở xuống.`)] : [],
    ...size.quantity === 'volume' ? [reason('mass-by-diameter', `Whether this is a mass (more than ${massMm} mm) cannot be told from a volume.`, `Không thể xác định khối u (lớn hơn ${massMm} mm) từ thể tích.`)] : [],
  ];
}
