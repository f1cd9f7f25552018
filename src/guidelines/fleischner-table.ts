/**
 * Fleischner Society 2017 (MacMahon et al., Radiology 2017;284:228–243), table 1: the recommendations by row and column.
 * Decision support by a published table, not medical advice; a radiologist decides. The table was read in public copies.
 */
import type { LocalText } from './types.ts';

export type FleischnerOutcome =
  | 'no-routine-follow-up'
  | 'optional-ct-12-months'
  | 'ct-6-12-months-then-consider-18-24'
  | 'ct-6-12-months-then-18-24'
  | 'consider-ct-3-months-pet-ct-or-tissue'
  | 'ct-3-6-months-then-consider-18-24'
  | 'ct-3-6-months-then-18-24'
  | 'ct-6-12-months-then-every-2-years-to-5'
  | 'ct-3-6-months-then-annual-to-5'
  | 'ct-3-6-months-highly-suspicious'
  | 'ct-3-6-months-then-consider-2-and-4-years'
  | 'ct-3-6-months-then-by-most-suspicious';

export const fleischnerManagement: Readonly<Record<FleischnerOutcome, LocalText>> = {
  'no-routine-follow-up': { en: 'No routine follow-up.', vi: 'Không cần theo dõi thường quy.' },
  'optional-ct-12-months': { en: 'Optional CT at 12 months.', vi: 'Có thể chụp CT sau 12 tháng (tùy chọn).' },
  'ct-6-12-months-then-consider-18-24': { en: 'CT at 6 to 12 months, then consider CT at 18 to 24 months.', vi: 'Chụp CT sau 6 đến 12 tháng, sau đó cân nhắc CT sau 18 đến 24 tháng.' },
  'ct-6-12-months-then-18-24': { en: 'CT at 6 to 12 months, then CT at 18 to 24 months.', vi: 'Chụp CT sau 6 đến 12 tháng, sau đó CT sau 18 đến 24 tháng.' },
  'consider-ct-3-months-pet-ct-or-tissue': { en: 'Consider CT at 3 months, PET/CT or tissue sampling.', vi: 'Cân nhắc CT sau 3 tháng, PET/CT hoặc lấy mẫu mô.' },
  'ct-3-6-months-then-consider-18-24': { en: 'CT at 3 to 6 months, then consider CT at 18 to 24 months.', vi: 'Chụp CT sau 3 đến 6 tháng, sau đó cân nhắc CT sau 18 đến 24 tháng.' },
  'ct-3-6-months-then-18-24': { en: 'CT at 3 to 6 months, then CT at 18 to 24 months.', vi: 'Chụp CT sau 3 đến 6 tháng, sau đó CT sau 18 đến 24 tháng.' },
  'ct-6-12-months-then-every-2-years-to-5': { en: 'CT at 6 to 12 months to confirm persistence, then CT every 2 years until 5 years.', vi: 'Chụp CT sau 6 đến 12 tháng để xác nhận nốt còn tồn tại, sau đó CT mỗi 2 năm đến 5 năm.' },
  'ct-3-6-months-then-annual-to-5': { en: 'CT at 3 to 6 months; if unchanged and the solid component stays under 6 mm, annual CT for 5 years.', vi: 'Chụp CT sau 3 đến 6 tháng; nếu không đổi và phần đặc vẫn dưới 6 mm thì chụp CT hằng năm trong 5 năm.' },
  'ct-3-6-months-highly-suspicious': { en: 'CT at 3 to 6 months; a persistent solid component of 6 mm or more is highly suspicious.', vi: 'Chụp CT sau 3 đến 6 tháng; phần đặc từ 6 mm trở lên còn tồn tại là rất đáng ngờ.' },
  'ct-3-6-months-then-consider-2-and-4-years': { en: 'CT at 3 to 6 months; if stable, consider CT at 2 and 4 years.', vi: 'Chụp CT sau 3 đến 6 tháng; nếu ổn định, cân nhắc CT sau 2 và 4 năm.' },
  'ct-3-6-months-then-by-most-suspicious': { en: 'CT at 3 to 6 months, then management by the most suspicious nodule.', vi: 'Chụp CT sau 3 đến 6 tháng, sau đó xử trí theo nốt đáng ngờ nhất.' },
};

export type SizeColumn = 'under-6' | '6-to-8' | 'over-8';
export type RiskRow = 'low' | 'high';

/** Both bounds belong to the middle column, after rounding. The volumes are the guideline's own numbers. */
export const columnBounds = { diameter: { from: 6, to: 8, unit: 'mm' }, volume: { from: 100, to: 250, unit: 'mm³' } } as const;

export const solidTable: Readonly<Record<'single' | 'multiple', Readonly<Record<RiskRow, Readonly<Record<SizeColumn, FleischnerOutcome>>>>>> = {
  single: {
    low: { 'under-6': 'no-routine-follow-up', '6-to-8': 'ct-6-12-months-then-consider-18-24', 'over-8': 'consider-ct-3-months-pet-ct-or-tissue' },
    high: { 'under-6': 'optional-ct-12-months', '6-to-8': 'ct-6-12-months-then-18-24', 'over-8': 'consider-ct-3-months-pet-ct-or-tissue' },
  },
  multiple: {
    low: { 'under-6': 'no-routine-follow-up', '6-to-8': 'ct-3-6-months-then-consider-18-24', 'over-8': 'ct-3-6-months-then-consider-18-24' },
    high: { 'under-6': 'optional-ct-12-months', '6-to-8': 'ct-3-6-months-then-18-24', 'over-8': 'ct-3-6-months-then-18-24' },
  },
};
