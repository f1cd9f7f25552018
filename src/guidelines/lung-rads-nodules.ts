/**
 * Lung-RADS v2022: solid (with benign patterns and juxtapleural nodules), part-solid and ground-glass nodules.
 *
 * Decision support by a published table, not medical advice; a radiologist decides. Size thresholds: see
 * lung-rads-table.ts. That a stable nodule is reclassified by its size was read in a public copy; precedence between
 * rows that both fit is our reading and said in a caveat.
 */
import { fromMemory, given, reason } from './answer.ts';
import { basisOf, comparisonText, lacking, rated, type Rating, withoutRow } from './lung-rads-rating.ts';
import { findRow, groundGlassLimit, juxtapleuralLimit, partSolidTotal, type SizeRow, solidComponentRows, solidRows } from './lung-rads-table.ts';
import { isBelow, type ReportedSize, reportedSize, sizeText, thresholdFor } from './size.ts';
import type { BenignPattern, Comparison, GroundGlassNodule, JuxtapleuralShape, PartSolidNodule, SolidNodule } from './lung-rads-types.ts';
import type { GuidelineReason, LocalText } from './types.ts';

const solidText: LocalText = { en: 'solid nodule', vi: 'nốt đặc' };
const partSolidText: LocalText = { en: 'part-solid nodule', vi: 'nốt bán đặc' };
const solidComponentText: LocalText = { en: 'solid component of a part-solid nodule', vi: 'phần đặc của nốt bán đặc' };
const groundGlassText: LocalText = { en: 'ground-glass nodule', vi: 'nốt kính mờ' };

const benignPatterns: Readonly<Record<BenignPattern, LocalText>> = {
  'complete-calcification': { en: 'complete calcification', vi: 'vôi hóa toàn bộ' },
  'central-calcification': { en: 'central calcification', vi: 'vôi hóa trung tâm' },
  'popcorn-calcification': { en: 'popcorn calcification', vi: 'vôi hóa dạng bỏng ngô' },
  'concentric-calcification': { en: 'calcification in concentric rings', vi: 'vôi hóa dạng vòng đồng tâm' },
  fat: { en: 'fat', vi: 'có mỡ' },
};

const shapeText: Readonly<Record<Exclude<JuxtapleuralShape, 'other'>, LocalText>> = {
  oval: { en: 'oval', vi: 'bầu dục' },
  lentiform: { en: 'lentiform', vi: 'thấu kính' },
  triangular: { en: 'triangular', vi: 'tam giác' },
  typical: { en: 'oval, lentiform or triangular', vi: 'bầu dục, thấu kính hoặc tam giác' },
};

/** `Solid nodule, baseline, 6 mm: row ≥ 6 – < 8 mm, category 3.` */
function rowReason(what: LocalText, comparison: Comparison, size: ReportedSize, bounds: string, category: string): GuidelineReason {
  const compared = comparisonText[comparison];
  return reason(
    'size-row',
    `Size row for a ${what.en} (${compared.en}) of ${sizeText(size)}: ${bounds}, category ${category}.`,
    `Dòng kích thước cho ${what.vi} (${compared.vi}) ${sizeText(size)}: ${bounds}, nhóm ${category}.`,
  );
}

function byRows(rows: readonly SizeRow[], what: LocalText, comparison: Comparison, size: ReportedSize, compared = size): Rating {
  const { category, bounds } = findRow(rows, compared);
  const inputs = compared === size ? size.inputs : [...size.inputs, ...compared.inputs];
  return rated(category, rowReason(what, comparison, compared, bounds, category), { inputs });
}

function slowlyGrowing(what: LocalText, size: ReportedSize | undefined): Rating {
  return rated('4B', reason(
    'slow-growing',
    `A ${what.en} that grows slowly over several screens may be category 4B whatever its size.`,
    `${what.vi.charAt(0).toUpperCase()}${what.vi.slice(1)} tăng kích thước chậm qua nhiều lần sàng lọc có thể thuộc nhóm 4B, bất kể kích thước.`,
  ), { inputs: size?.inputs ?? [] });
}

export function rateSolid(nodule: SolidNodule): Rating {
  if (nodule.benignPattern !== undefined) {
    const pattern = benignPatterns[nodule.benignPattern];
    return rated('1', reason('benign-pattern', `Benign pattern (${pattern.en}): category 1.`, `Dạng lành tính (${pattern.vi}): nhóm 1.`), { inputs: given('benignPattern', nodule.benignPattern) });
  }
  const size = reportedSize(nodule.size, 10);
  const bySize = rateSolidSize(nodule.comparison, size);
  return nodule.juxtapleural === undefined ? bySize : rateJuxtapleural(nodule, nodule.juxtapleural, size, bySize);
}

function rateSolidSize(comparison: Comparison, size: ReportedSize | undefined): Rating {
  if (comparison === 'slow-growing') return slowlyGrowing(solidText, size);
  if (size === undefined) return lacking(['size']);
  return byRows(solidRows[basisOf(comparison)], solidText, comparison, size);
}

function rateJuxtapleural(nodule: SolidNodule, at: NonNullable<SolidNodule['juxtapleural']>, size: ReportedSize | undefined, bySize: Rating): Rating {
  const inputs = [...bySize.inputs, ...given('juxtapleural.smooth', at.smooth), ...given('juxtapleural.shape', at.shape)];
  const grows = nodule.comparison === 'growing' || nodule.comparison === 'slow-growing';
  const asSolid = (why: LocalText): Rating => ({
    ...bySize, inputs,
    reasons: [reason('juxtapleural-as-solid', `Juxtapleural, but ${why.en}: rated as a solid nodule.`, `Sát màng phổi nhưng ${why.vi}: xếp như nốt đặc.`), ...bySize.reasons],
  });
  if (size === undefined) return { ...bySize, inputs };
  if (grows) return asSolid({ en: 'growing', vi: 'tăng kích thước' });
  if (!isBelow(size, juxtapleuralLimit)) return asSolid({ en: `not under ${thresholdFor(size, juxtapleuralLimit)} ${size.quantity === 'diameter' ? 'mm' : 'mm³'}`, vi: `không dưới ${thresholdFor(size, juxtapleuralLimit)} ${size.quantity === 'diameter' ? 'mm' : 'mm³'}` });
  if (at.smooth === false || at.shape === 'other') return asSolid({ en: 'not smooth and oval, lentiform or triangular', vi: 'bờ không đều hoặc không có dạng bầu dục, thấu kính, tam giác' });
  if (at.smooth === undefined || at.shape === undefined) {
    if (bySize.outcome === '2') return { ...bySize, inputs };
    return lacking([...at.smooth === undefined ? ['juxtapleural.smooth'] : [], ...at.shape === undefined ? ['juxtapleural.shape'] : []], { inputs });
  }
  return rated('2', reason(
    'juxtapleural',
    `Juxtapleural solid nodule, smooth, ${shapeText[at.shape].en}, ${sizeText(size)} (under ${thresholdFor(size, juxtapleuralLimit)}): category 2.`,
    `Nốt đặc sát màng phổi, bờ đều, dạng ${shapeText[at.shape].vi}, ${sizeText(size)} (dưới ${thresholdFor(size, juxtapleuralLimit)}): nhóm 2.`,
  ), { inputs });
}

export function rateGroundGlass(nodule: Pick<GroundGlassNodule, 'comparison' | 'size'>): Rating {
  const size = reportedSize(nodule.size, 10);
  if (size === undefined) return lacking(['size']);
  const { comparison } = nodule;
  if (isBelow(size, groundGlassLimit)) return byRows([{ below: groundGlassLimit, category: '2' }], groundGlassText, comparison, size);
  if (comparison === 'growing') {
    return withoutRow(
      { en: 'a ground-glass nodule of 30 mm (14137 mm³) or more that grows faster than slowly; at baseline or new it would be category 3', vi: 'nốt kính mờ từ 30 mm (14137 mm³) tăng kích thước không chậm; nếu ở lần chụp đầu hoặc mới xuất hiện thì thuộc nhóm 3' },
      { inputs: size.inputs },
    );
  }
  const unchanged = comparison === 'stable' || comparison === 'smaller' || comparison === 'slow-growing';
  const category = unchanged ? '2' : '3';
  return rated(category, rowReason(groundGlassText, comparison, size, `≥ ${thresholdFor(size, groundGlassLimit)} ${size.quantity === 'diameter' ? 'mm' : 'mm³'}`, category), { inputs: size.inputs });
}

export function ratePartSolid(nodule: PartSolidNodule): Rating {
  const { comparison } = nodule;
  const total = reportedSize(nodule.size, 10);
  if (comparison === 'slow-growing') return slowlyGrowing(partSolidText, total);
  if (total === undefined) return lacking(['size']);
  const measurable = nodule.solidComponent === 'not-measurable' ? undefined : nodule.solidComponent;
  const solid = reportedSize(measurable, 10, 'solidComponent');
  const inputs = [...total.inputs, ...solid?.inputs ?? [], ...nodule.solidComponent === 'not-measurable' ? given('solidComponent', 'not-measurable') : []];
  const basis = basisOf(comparison);

  if (basis !== 'growing' && isBelow(total, partSolidTotal)) {
    const small = { ...byRows([{ below: partSolidTotal, category: basis === 'new' ? '3' : '2' }], partSolidText, comparison, total), inputs };
    return basis === 'new' ? newAndSmall(nodule, small, total, solid) : small;
  }
  if (nodule.solidComponent === 'not-measurable') {
    if (basis === 'growing') return lacking(['solidComponent'], { inputs });
    if (basis === 'new') return asGroundGlass(nodule);
    return rated('3', reason('solid-component-not-measurable', `Part-solid nodule (${comparisonText[comparison].en}) of ${sizeText(total)} whose solid component cannot be measured, under 6 mm: category 3.`, `Nốt bán đặc (${comparisonText[comparison].vi}) ${sizeText(total)}, phần đặc không đo được, dưới 6 mm: nhóm 3.`), { inputs });
  }
  if (solid === undefined) return lacking(['solidComponent'], { inputs });
  return byRows(solidComponentRows[basis], solidComponentText, comparison, total, solid);
}

/** New and under 6 mm is category 3 by its total; a solid component of 4 mm or more fits the row of 4B as well. */
function newAndSmall(nodule: PartSolidNodule, small: Rating, total: ReportedSize, solid: ReportedSize | undefined): Rating {
  if (solid === undefined) {
    return nodule.solidComponent === 'not-measurable' ? small : {
      ...small, missing: ['solidComponent'],
      caveats: [reason('solid-component-unknown', 'Rated by the total size; a solid component of 4 mm (34 mm³) or more would fit category 4B.', 'Xếp theo kích thước toàn bộ; nếu phần đặc từ 4 mm (34 mm³) trở lên thì phù hợp nhóm 4B.')],
    };
  }
  const component = byRows(solidComponentRows.new, solidComponentText, nodule.comparison, total, solid);
  if (component.outcome !== '4B') return small;
  return {
    ...component,
    caveats: [reason('two-rows-fit', 'The row for a new nodule under 6 mm in total (category 3) fits as well; the more suspicious one was taken.', 'Dòng cho nốt mới dưới 6 mm (nhóm 3) cũng phù hợp; đã chọn dòng đáng ngờ hơn.'), fromMemory],
  };
}

function asGroundGlass(nodule: PartSolidNodule): Rating {
  const rating = rateGroundGlass(nodule);
  return { ...rating, reasons: [reason('rated-as-ground-glass', 'New part-solid nodule without a measurable solid component: rated by the ground-glass rows.', 'Nốt bán đặc mới, phần đặc không đo được: xếp theo các dòng của nốt kính mờ.'), ...rating.reasons], inputs: [...rating.inputs, ...given('solidComponent', 'not-measurable')] };
}
