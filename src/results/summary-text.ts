/** The sentences of a report, English and Vietnamese. What they say must hold for a reader who reads nothing else. */
import type { Conclusions } from '../conclusions/types.ts';
import { noteText, statesVolume } from '../findings/notes.ts';
import type { Finding, FindingsDocument, Lobe, NoduleType } from '../findings/types.ts';
import { conclusionLines } from './conclusion-text.ts';

export interface BothLanguages {
  readonly en: string;
  readonly vi: string;
}

/** Stands in every report. */
export const disclaimer: BothLanguages = {
  en: 'This is the result of an automatic analysis by artificial intelligence. It does not come from a certified medical device. It may be wrong or incomplete; a radiologist decides.',
  vi: 'Đây là kết quả phân tích tự động bằng trí tuệ nhân tạo, không phải của thiết bị y tế được chứng nhận. Kết quả có thể sai hoặc thiếu; bác sĩ chẩn đoán hình ảnh là người quyết định.',
};

const lobes: Readonly<Record<Lobe, BothLanguages>> = {
  'right-upper': { en: 'right upper lobe', vi: 'thùy trên phổi phải' },
  'right-middle': { en: 'right middle lobe', vi: 'thùy giữa phổi phải' },
  'right-lower': { en: 'right lower lobe', vi: 'thùy dưới phổi phải' },
  'left-upper': { en: 'left upper lobe', vi: 'thùy trên phổi trái' },
  'left-lower': { en: 'left lower lobe', vi: 'thùy dưới phổi trái' },
};
const sides = {
  right: { en: 'right lung', vi: 'phổi phải' },
  left: { en: 'left lung', vi: 'phổi trái' },
  unknown: { en: 'lung, side unknown', vi: 'phổi, chưa rõ bên' },
} as const satisfies Record<string, BothLanguages>;
export const typeTexts: Readonly<Record<NoduleType, BothLanguages>> = {
  solid: { en: 'solid', vi: 'đặc' },
  'part-solid': { en: 'part-solid', vi: 'bán đặc' },
  'ground-glass': { en: 'ground glass', vi: 'kính mờ' },
  calcified: { en: 'calcified', vi: 'vôi hóa' },
};

export function placeText(finding: Pick<Finding, 'lobe' | 'laterality'>): BothLanguages {
  return finding.lobe === undefined ? sides[finding.laterality] : lobes[finding.lobe];
}

/** A fraction as a percentage with at most one decimal: a threshold of 0.345 is not one of 35 %. */
export function percent(fraction: number): string {
  return `${Number((fraction * 100).toFixed(1))} %`;
}

/** One line for one finding. */
export function findingText(finding: Omit<Finding, 'probability'> & { readonly probability?: number }): BothLanguages {
  const where = placeText(finding);
  const type = typeTexts[finding.type];
  const diameter = finding.diameterMm.toFixed(1);
  const axes = `${finding.longAxisMm.toFixed(1)} × ${finding.shortAxisMm.toFixed(1)} mm`;
  const cubic = `${Math.round(finding.volumeMm3)} mm³`;
  const volume = statesVolume(finding) ? { en: `, volume ${cubic}`, vi: `, thể tích ${cubic}` } : { en: '', vi: '' };
  const part = finding.type === 'part-solid' && finding.solidDiameterMm !== undefined ? `${finding.solidDiameterMm.toFixed(1)} mm` : undefined;
  const solid = part === undefined ? { en: '', vi: '' } : { en: `, solid component ${part}`, vi: `, phần đặc ${part}` };
  const limits = (finding.notes ?? []).map(noteText);
  const score = finding.probability === undefined
    ? { en: '', vi: '' }
    : { en: `, detection score ${percent(finding.probability)}`, vi: `, điểm phát hiện ${percent(finding.probability)}` };
  return {
    en: [`${finding.trackingIdentifier}: ${where.en}, ${type.en}, mean diameter ${diameter} mm (${axes})${solid.en}${volume.en}${score.en}.`, ...limits.map(({ en }) => en)].join(' '),
    vi: [`${finding.trackingIdentifier}: ${where.vi}, ${type.vi}, đường kính trung bình ${diameter} mm (${axes})${solid.vi}${volume.vi}${score.vi}.`, ...limits.map(({ vi }) => vi)].join(' '),
  };
}

function analysed(document: FindingsDocument): BothLanguages {
  const threshold = percent(document.operatingPoint);
  const count = document.findings.length;
  if (count === 0) {
    return {
      en: `The CT series was analysed. No nodule with a detection score at or above the threshold of ${threshold} was found. This does not exclude nodules.`,
      vi: `Chuỗi ảnh CT đã được phân tích. Không phát hiện nốt nào có điểm phát hiện từ ngưỡng ${threshold} trở lên. Điều này không loại trừ có nốt phổi.`,
    };
  }
  const lines = document.findings.map(findingText);
  return {
    en: [`The CT series was analysed. ${count === 1 ? '1 possible lung nodule was' : `${count} possible lung nodules were`} found with a detection score at or above the threshold of ${threshold}.`, ...lines.map(({ en }) => en)].join('\r\n'),
    vi: [`Chuỗi ảnh CT đã được phân tích. Phát hiện ${count} nốt phổi nghi ngờ có điểm phát hiện từ ngưỡng ${threshold} trở lên.`, ...lines.map(({ vi }) => vi)].join('\r\n'),
  };
}

/** The whole summary: status, findings, conclusions, limitations, disclaimer. */
export function summary(document: FindingsDocument, conclusions?: Conclusions): BothLanguages {
  const reason = document.reason?.text ?? { en: 'reason unknown', vi: 'không rõ lý do' };
  const status = document.status === 'analysed'
    ? analysed(document)
    : {
      en: `NOT ANALYSED: ${reason.en} Nothing is said about the presence or absence of nodules.`,
      vi: `CHƯA ĐƯỢC PHÂN TÍCH: ${reason.vi} Báo cáo này không cho biết có hay không có nốt phổi.`,
    };
  const concluded = conclusions === undefined ? [] : conclusionLines(conclusions, document.findings.map(({ trackingIdentifier }) => trackingIdentifier));
  const parts = (language: keyof BothLanguages): string => [
    status[language], ...concluded.map((line) => line[language]), ...document.warnings.map(({ text }) => `! ${text[language]}`), disclaimer[language],
  ].join('\r\n');
  return { en: parts('en'), vi: parts('vi') };
}
