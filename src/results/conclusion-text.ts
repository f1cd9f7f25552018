/** The sentences of the conclusions. Careful by intent: what a table proposes, never what is so. */
import { fieldText } from '../conclusions/field-text.ts';
import type { Conclusions } from '../conclusions/types.ts';
import type { Assessment } from '../guidelines/types.ts';
import type { BothLanguages } from './summary-text.ts';

const heading: BothLanguages = {
  en: 'What published tables propose for these findings (a radiologist decides):',
  vi: 'Đề xuất theo các bảng đã công bố cho những tổn thương này (bác sĩ chẩn đoán hình ảnh là người quyết định):',
};

function list(names: readonly string[], language: keyof BothLanguages): string {
  return [...new Set(names.map((name) => fieldText(name)[language]))].join('; ');
}

/** `Lung-RADS v2022: category 4A. LDCT in 3 months.`, or why there is no answer. */
function line(name: BothLanguages, answer: Assessment, outcome: BothLanguages): BothLanguages {
  const { management, missing, reasons } = answer;
  if (answer.outcome === 'insufficient-information') {
    const why = missing.length === 0 ? { en: reasons[0]?.text.en ?? '', vi: reasons[0]?.text.vi ?? '' } : { en: `Missing: ${list(missing, 'en')}.`, vi: `Còn thiếu: ${list(missing, 'vi')}.` };
    return { en: `${name.en}: insufficient information. ${why.en}`, vi: `${name.vi}: chưa đủ thông tin. ${why.vi}` };
  }
  if (answer.outcome === 'not-applicable') {
    return { en: `${name.en}: not applicable. ${reasons[0]?.text.en ?? ''}`, vi: `${name.vi}: không áp dụng. ${reasons[0]?.text.vi ?? ''}` };
  }
  return {
    en: `${name.en}: ${outcome.en}.${management === undefined ? '' : ` ${management.en}`}`,
    vi: `${name.vi}: ${outcome.vi}.${management === undefined ? '' : ` ${management.vi}`}`,
  };
}

/** The category alone, for a title or a row: `4A`, `4AS` with the modifier; undefined where there is none. */
export function lungRadsLabel({ lungRads: { outcome, modifiers } }: Conclusions): string | undefined {
  return outcome === 'insufficient-information' || outcome === 'not-applicable' || outcome === 'not-rated' ? undefined : `${outcome}${modifiers.join('')}`;
}

function brockLines({ brock }: Conclusions, identifiers: readonly string[]): readonly BothLanguages[] {
  return brock.flatMap((risk, index) => {
    if (risk.probability === undefined) return [];
    const percent = `${(risk.probability * 100).toFixed(1)} %`;
    const defaults = risk.inputs.filter(({ source }) => source === 'default').map(({ name }) => name);
    const taken = defaults.length === 0 ? { en: '', vi: '' } : { en: ` (taken as absent because unknown: ${list(defaults, 'en')})`, vi: ` (coi như không có vì chưa biết: ${list(defaults, 'vi')})` };
    const name = identifiers[index] ?? `${index + 1}`;
    return [{
      en: `${name}: estimated probability of cancer by the Brock model ${percent}${taken.en}.`,
      vi: `${name}: xác suất ung thư ước tính theo mô hình Brock ${percent}${taken.vi}.`,
    }];
  });
}

/** Lines on Lung-RADS, Fleischner and Brock; `identifiers` names the nodules in the order of the conclusions. */
export function conclusionLines(conclusions: Conclusions, identifiers: readonly string[]): readonly BothLanguages[] {
  const { lungRads, fleischner } = conclusions;
  const category = lungRadsLabel(conclusions) ?? '';
  return [
    heading,
    line({ en: 'Lung-RADS v2022', vi: 'Lung-RADS v2022' }, lungRads, { en: `category ${category}`, vi: `nhóm ${category}` }),
    ...(fleischner === undefined ? [] : [line({ en: 'Fleischner 2017', vi: 'Fleischner 2017' }, fleischner, { en: 'recommendation', vi: 'khuyến nghị' })]),
    ...brockLines(conclusions, identifiers),
  ];
}
