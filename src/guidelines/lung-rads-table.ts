/**
 * ACR Lung-RADS v2022 (November 2022): size rows and management of the assessment categories.
 *
 * Decision support by a published table, not medical advice; a radiologist decides. The size thresholds were written
 * from memory and cross-checked with public copies of the table (among them NBK568579, which prints v1.1).
 */
import { isBelow, type ReportedSize, type Threshold, thresholdFor } from './size.ts';
import type { LocalText } from './types.ts';
import type { LungRadsCategory } from './lung-rads-types.ts';

/** The columns of the size table. */
export type SizeBasis = 'baseline' | 'new' | 'growing';

export interface SizeRow {
  /** Exclusive upper bound; the last row has none. */
  readonly below?: Threshold;
  readonly category: LungRadsCategory;
}

const mm4 = { mm: 4, mm3: 34 };
const mm6 = { mm: 6, mm3: 113 };
const mm8 = { mm: 8, mm3: 268 };
const mm10 = { mm: 10, mm3: 524 };
const mm15 = { mm: 15, mm3: 1767 };
const mm30 = { mm: 30, mm3: 14137 };

export const solidRows: Readonly<Record<SizeBasis, readonly SizeRow[]>> = {
  baseline: [{ below: mm6, category: '2' }, { below: mm8, category: '3' }, { below: mm15, category: '4A' }, { category: '4B' }],
  new: [{ below: mm4, category: '2' }, { below: mm6, category: '3' }, { below: mm8, category: '4A' }, { category: '4B' }],
  growing: [{ below: mm8, category: '4A' }, { category: '4B' }],
};

/** Of the whole part-solid nodule: under this the baseline is category 2, a new one category 3. */
export const partSolidTotal: Threshold = mm6;

/** Of the solid component, at baseline of a nodule that reaches {@link partSolidTotal}. */
export const solidComponentRows: Readonly<Record<SizeBasis, readonly SizeRow[]>> = {
  baseline: [{ below: mm6, category: '3' }, { below: mm8, category: '4A' }, { category: '4B' }],
  new: [{ below: mm4, category: '4A' }, { category: '4B' }],
  growing: [{ below: mm4, category: '4A' }, { category: '4B' }],
};

export const groundGlassLimit: Threshold = mm30;
export const juxtapleuralLimit: Threshold = mm10;
/** From here on PET/CT may be considered, and a new solid nodule counts as large. */
export const largeSolid: Threshold = mm8;

/** The row a size falls into, with its bounds as text: `≥ 6 to < 8 mm`. */
export function findRow(rows: readonly SizeRow[], size: ReportedSize): { readonly category: LungRadsCategory; readonly bounds: string } {
  const unit = size.quantity === 'diameter' ? 'mm' : 'mm³';
  const index = rows.findIndex(({ below }) => below === undefined || isBelow(size, below));
  const row = rows[index]!;
  const from = index === 0 ? undefined : rows[index - 1]!.below;
  const lower = from === undefined ? '' : `≥ ${thresholdFor(size, from)}`;
  const upper = row.below === undefined ? '' : `< ${thresholdFor(size, row.below)}`;
  return { category: row.category, bounds: `${[lower, upper].filter((part) => part !== '').join(' – ')} ${unit}` };
}

const suspicionOrder: readonly LungRadsCategory[] = ['1', '2', '3', '4A', '4B', '4X'];

/** Above zero when the first is the more suspicious. */
export function compareSuspicion(a: LungRadsCategory, b: LungRadsCategory): number {
  return suspicionOrder.indexOf(a) - suspicionOrder.indexOf(b);
}

const referral: LocalText = {
  en: 'Referral for clinical evaluation: diagnostic chest CT with or without contrast, PET/CT if the solid nodule or component is ≥ 8 mm (≥ 268 mm³), tissue sampling, as clinically indicated. For a new large nodule after a screening examination, LDCT in 1 month may be used where infection is likely.',
  vi: 'Chuyển đánh giá lâm sàng: CT ngực chẩn đoán có hoặc không tiêm thuốc cản quang, PET/CT nếu nốt đặc hoặc phần đặc ≥ 8 mm (≥ 268 mm³), lấy mẫu mô, tùy chỉ định lâm sàng. Với nốt lớn mới xuất hiện sau lần chụp sàng lọc, có thể chụp LDCT sau 1 tháng nếu nhiều khả năng là nhiễm trùng.',
};
const annual: LocalText = { en: 'LDCT in 12 months.', vi: 'Chụp LDCT sau 12 tháng.' };

export const managementOf: Readonly<Record<LungRadsCategory, LocalText>> = {
  1: annual,
  2: annual,
  3: { en: 'LDCT in 6 months.', vi: 'Chụp LDCT sau 6 tháng.' },
  '4A': {
    en: 'LDCT in 3 months; PET/CT may be considered if the solid nodule or component is ≥ 8 mm (≥ 268 mm³).',
    vi: 'Chụp LDCT sau 3 tháng; có thể cân nhắc PET/CT nếu nốt đặc hoặc phần đặc ≥ 8 mm (≥ 268 mm³).',
  },
  '4B': referral,
  '4X': referral,
};
