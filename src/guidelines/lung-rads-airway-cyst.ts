/**
 * Lung-RADS v2022: airway nodules and atypical pulmonary cysts.
 *
 * Decision support by a published table, not medical advice; a radiologist decides. These sub-rules are from memory
 * and were not checked at the source (every answer says so), but for secretion in airways.
 */
import { fromMemory, given, reason } from './answer.ts';
import { comparisonText, lacking, rated, type Rating, withoutRow } from './lung-rads-rating.ts';
import type { AirwayNodule, AtypicalCyst, LungRadsOutcome } from './lung-rads-types.ts';
import type { GuidelineReason, LocalText } from './types.ts';

const possibleInfection: GuidelineReason = reason(
  'zero-infection',
  'Category 0 may be considered: the appearance may be infection or inflammation (LDCT in 1 to 3 months).',
  'Có thể cân nhắc nhóm 0: hình ảnh có thể do nhiễm trùng hoặc viêm (chụp LDCT sau 1 đến 3 tháng).',
);

export function rateAirway(nodule: AirwayNodule): Rating {
  const { comparison, level } = nodule;
  const inputs = [...given('level', level), ...given('favoursSecretion', nodule.favoursSecretion), ...given('multipleOrTubular', nodule.multipleOrTubular)];
  const categoryZeroProposals = level === 'subsegmental' && nodule.multipleOrTubular === true ? [possibleInfection] : [];
  if (level === undefined) return lacking(['level'], { inputs });
  const where: LocalText = level === 'subsegmental'
    ? { en: 'subsegmental airway nodule', vi: 'nốt trong đường thở dưới phân thùy' }
    : { en: 'segmental or more proximal airway nodule', vi: 'nốt trong đường thở phân thùy hoặc gần trung tâm hơn' };
  const compared = comparisonText[comparison];
  const answer = (outcome: LungRadsOutcome): Rating => rated(
    outcome,
    reason('airway-row', `Row for a ${where.en} (${compared.en}): category ${outcome}.`, `Dòng cho ${where.vi} (${compared.vi}): nhóm ${outcome}.`),
    { inputs, caveats: [fromMemory], categoryZeroProposals },
  );
  const noRow = (): Rating => withoutRow({ en: `${where.en}, ${compared.en}`, vi: `${where.vi}, ${compared.vi}` }, { inputs, categoryZeroProposals });

  if (level === 'subsegmental') return comparison === 'growing' || comparison === 'smaller' ? noRow() : answer('2');
  if (nodule.favoursSecretion === true) {
    return rated('2', reason('airway-secretion', 'Air, dependent or fluid material in the airway favours secretion: category 2.', 'Có khí, chất lắng hoặc dịch trong đường thở gợi ý chất tiết: nhóm 2.'), { inputs });
  }
  if (comparison === 'smaller') return noRow();
  return answer(comparison === 'stable' || comparison === 'growing' ? '4B' : '4A');
}

interface CystRow {
  readonly outcome: LungRadsOutcome;
  readonly applies: (cyst: AtypicalCyst) => boolean;
  readonly text: LocalText;
}

const isThick = (cyst: AtypicalCyst): boolean => cyst.wall === 'thick';
const hasSeveral = (cyst: AtypicalCyst): boolean => cyst.locules === 'several';

/** In order: the first that applies is the answer. */
const cystRows: readonly CystRow[] = [
  { outcome: '4B', applies: (c) => isThick(c) && (grew(c, 'wall') || grew(c, 'nodularity')), text: { en: 'thick-walled with growing wall or nodularity', vi: 'thành dày, thành hoặc nốt thành tăng kích thước' } },
  { outcome: '4B', applies: (c) => hasSeveral(c) && (c.comparison === 'growing'), text: { en: 'multilocular and growing', vi: 'nhiều ngăn, tăng kích thước' } },
  { outcome: '4B', applies: (c) => hasSeveral(c) && (c.moreLoculation === true || c.newOrDenserOpacity === true), text: { en: 'multilocular with more loculation or new or denser opacity', vi: 'nhiều ngăn, thêm ngăn hoặc đám mờ mới hay đặc hơn' } },
  { outcome: '4A', applies: (c) => c.becameMultilocular === true, text: { en: 'became multilocular', vi: 'trở thành nhiều ngăn' } },
  // More special than the row for every thick wall, which would otherwise always hide it.
  { outcome: '3', applies: (c) => isThick(c) && !hasSeveral(c) && grew(c, 'cystic-component'), text: { en: 'thick-walled with growing cystic component', vi: 'thành dày, phần nang tăng kích thước' } },
  { outcome: '4A', applies: isThick, text: { en: 'thick-walled', vi: 'thành dày' } },
  { outcome: '4A', applies: (c) => hasSeveral(c) && c.comparison !== 'new', text: { en: 'multilocular', vi: 'nhiều ngăn' } },
  { outcome: 'not-rated', applies: (c) => c.wall === 'thin' && c.locules === 'one', text: { en: 'thin-walled (under 2 mm) with one locule: benign', vi: 'thành mỏng (dưới 2 mm), một ngăn: lành tính' } },
];

function grew(cyst: AtypicalCyst, part: 'cystic-component' | 'wall' | 'nodularity'): boolean {
  return cyst.comparison === 'growing' && (cyst.growing ?? []).includes(part);
}

export function rateCyst(cyst: AtypicalCyst): Rating {
  const inputs = [
    ...given('wall', cyst.wall), ...given('locules', cyst.locules),
    ...given('growingPart', cyst.growing?.join(', ')), ...given('becameMultilocular', cyst.becameMultilocular),
    ...given('moreLoculation', cyst.moreLoculation), ...given('newOrDenserOpacity', cyst.newOrDenserOpacity),
    ...given('containsFluid', cyst.containsFluid),
  ];
  const categoryZeroProposals = cyst.containsFluid === true ? [possibleInfection] : [];
  const missing = [
    ...cyst.wall === undefined ? ['wall'] : [], ...cyst.locules === undefined ? ['locules'] : [],
    ...isThick(cyst) && cyst.comparison === 'growing' && (cyst.growing ?? []).length === 0 ? ['growingPart'] : [],
  ];
  if (missing.length > 0) return lacking(missing, { inputs, categoryZeroProposals });
  const row = cystRows.find(({ applies }) => applies(cyst));
  if (row === undefined) return withoutRow({ en: 'a new thin-walled multilocular cyst', vi: 'kén thành mỏng nhiều ngăn mới xuất hiện' }, { inputs, categoryZeroProposals });
  const grows = row.outcome === 'not-rated' && cyst.comparison === 'growing';
  const caveats = [
    ...row.outcome === '3' ? [reason('two-rows-fit', 'The row for any thick-walled cyst (category 4A) fits as well.', 'Dòng cho mọi kén thành dày (nhóm 4A) cũng phù hợp.')] : [],
    ...grows ? [reason('growing-thin-wall', 'The cyst grows; no row names this.', 'Kén tăng kích thước; không có dòng nào nêu trường hợp này.')] : [],
    fromMemory,
  ];
  return rated(row.outcome, row.outcome === 'not-rated'
    ? reason('cyst-not-rated', `Cyst, ${row.text.en}; Lung-RADS does not rate it.`, `Kén phổi, ${row.text.vi}; Lung-RADS không xếp nhóm.`)
    : reason('cyst-row', `Row for an atypical cyst, ${row.text.en}: category ${row.outcome}.`, `Dòng cho kén không điển hình, ${row.text.vi}: nhóm ${row.outcome}.`), { inputs, caveats, categoryZeroProposals });
}
