/** The sentences of a signed report, English and Vietnamese. */
import type { NoduleComparison } from '../conclusions/types.ts';
import { statesVolume } from '../findings/notes.ts';
import type { RejectReason, ReviewedFinding } from '../review/types.ts';
import { conclusionLines } from './conclusion-text.ts';
import { personName } from './person-name.ts';
import { reportedVerdict } from './review-groups.ts';
import { rejectedFindings, reportedFindings, type ReviewObjectsInput } from './review-input.ts';
import { type BothLanguages, findingText } from './summary-text.ts';

/** Stands in every signed report and in what goes with it. */
export const reviewDisclaimer: BothLanguages = {
  en: 'Read and signed by a radiologist, with the help of software that is not a certified medical device. The radiologist decided on every finding.',
  vi: 'Do bác sĩ chẩn đoán hình ảnh đọc và ký, có sự hỗ trợ của phần mềm không phải là thiết bị y tế được chứng nhận. Bác sĩ đã quyết định đối với từng tổn thương.',
};

const rejectReasonText: Readonly<Record<RejectReason, BothLanguages>> = {
  vessel: { en: 'vessel', vi: 'mạch máu' },
  'lymph-node': { en: 'lymph node', vi: 'hạch' },
  scar: { en: 'scar or atelectasis', vi: 'sẹo hoặc xẹp phổi' },
  pleural: { en: 'pleural change', vi: 'tổn thương màng phổi' },
  airway: { en: 'airway or its content', vi: 'đường thở hoặc dịch trong đường thở' },
  artefact: { en: 'artefact', vi: 'nhiễu ảnh' },
  infection: { en: 'infection or inflammation', vi: 'nhiễm trùng hoặc viêm' },
  benign: { en: 'benign, not to be reported', vi: 'lành tính, không cần báo cáo' },
  duplicate: { en: 'found twice', vi: 'trùng lặp' },
  other: { en: 'other reason', vi: 'lý do khác' },
};

const changeText: Readonly<Record<NoduleComparison['change'], BothLanguages>> = {
  new: { en: 'not among the earlier findings', vi: 'không có trong các tổn thương của lần chụp trước' },
  growing: { en: 'larger', vi: 'tăng kích thước' },
  'slow-growing': { en: 'slowly growing', vi: 'tăng kích thước chậm' },
  stable: { en: 'stable', vi: 'ổn định' },
  smaller: { en: 'smaller', vi: 'nhỏ đi' },
  undetermined: { en: 'growth undetermined', vi: 'chưa xác định được mức tăng kích thước' },
};

const verdictText = {
  accepted: { en: 'found by AI, confirmed', vi: 'AI phát hiện, bác sĩ xác nhận' },
  edited: { en: 'found by AI, confirmed with values changed by the reader', vi: 'AI phát hiện, bác sĩ xác nhận và sửa số liệu' },
  added: { en: 'added by the reader', vi: 'bác sĩ bổ sung' },
  rejected: { en: 'rejected by the reader', vi: 'bác sĩ loại bỏ' },
  undecided: { en: 'not decided', vi: 'chưa quyết định' },
} as const satisfies Record<string, BothLanguages>;

const ofOutline: BothLanguages = {
  en: 'The volume is that of the outline by the software, not of the edited axes.',
  vi: 'Thể tích tính theo đường viền của phần mềm, không theo trục đã sửa.',
};

/** `20260303` as people of either language write it. */
function day(date: string): BothLanguages {
  const parts = /^(\d{4})(\d{2})(\d{2})$/u.exec(date);
  return parts === null ? { en: date, vi: date } : { en: `${parts[1]}-${parts[2]}-${parts[3]}`, vi: `${parts[3]}/${parts[2]}/${parts[1]}` };
}

function comparisonText(comparison: NoduleComparison): BothLanguages {
  const { priorDiameterMm, volumeDoublingTimeDays, intervalDays } = comparison;
  const [on, change] = [day(comparison.priorDate), changeText[comparison.change]];
  const before = priorDiameterMm === undefined ? { en: '', vi: '' } : { en: `, mean diameter then ${priorDiameterMm.toFixed(1)} mm`, vi: `, đường kính trung bình khi đó ${priorDiameterMm.toFixed(1)} mm` };
  const doubling = volumeDoublingTimeDays === undefined ? { en: '', vi: '' } : { en: `, volume doubling time ${Math.round(volumeDoublingTimeDays)} days`, vi: `, thời gian nhân đôi thể tích ${Math.round(volumeDoublingTimeDays)} ngày` };
  return {
    en: `Compared with ${on.en} (${intervalDays} days): ${change.en}${before.en}${doubling.en}.`,
    vi: `So với ngày ${on.vi} (${intervalDays} ngày): ${change.vi}${before.vi}${doubling.vi}.`,
  };
}

/** One line for one finding: measures, whose it is, the comparison, the comment. */
export function reviewedFindingText(item: ReviewedFinding, comparison: NoduleComparison | undefined): BothLanguages {
  const line = findingText(item.finding);
  const verdict = verdictText[reportedVerdict(item)];
  const reason = item.rejectReason === undefined ? undefined : rejectReasonText[item.rejectReason];
  const compared = comparison === undefined ? undefined : comparisonText(comparison);
  const isVolumeOlder = statesVolume(item.finding) && (item.edited.includes('longAxisMm') || item.edited.includes('shortAxisMm'));
  const part = (language: keyof BothLanguages): string => [
    `${line[language]} [${verdict[language]}${reason === undefined ? '' : `: ${reason[language]}`}]`,
    ...(isVolumeOlder ? [ofOutline[language]] : []),
    ...(compared === undefined ? [] : [compared[language]]),
    ...(item.comment === undefined || item.comment.trim() === '' ? [] : [`“${item.comment.trim()}”`]),
  ].join(' ');
  return { en: part('en'), vi: part('vi') };
}

function counts(input: ReviewObjectsInput): BothLanguages {
  const reported = reportedFindings(input).length;
  const rejected = rejectedFindings(input).length;
  const nodules = reported === 0
    ? { en: 'No nodule was recorded.', vi: 'Không ghi nhận nốt nào.' }
    : { en: reported === 1 ? '1 nodule was recorded.' : `${reported} nodules were recorded.`, vi: `Ghi nhận ${reported} nốt.` };
  const others = rejected === 0 ? { en: '', vi: '' } : { en: ` ${rejected} of the findings of the AI ${rejected === 1 ? 'was' : 'were'} rejected.`, vi: ` Đã loại bỏ ${rejected} tổn thương do AI phát hiện.` };
  return { en: `${nodules.en}${others.en}`, vi: `${nodules.vi}${others.vi}` };
}

function analysisText({ analysis }: ReviewObjectsInput): BothLanguages {
  if (analysis === undefined) return { en: 'Read without an analysis by AI.', vi: 'Đọc không có kết quả phân tích AI.' };
  if (analysis.status === 'not-analysed') {
    return {
      en: `The AI did not analyse this study: ${analysis.reason?.text.en ?? 'reason unknown.'}`,
      vi: `AI chưa phân tích ca chụp này: ${analysis.reason?.text.vi ?? 'không rõ lý do.'}`,
    };
  }
  const { id, version } = analysis.model;
  return { en: `Read with the analysis by AI (${id} ${version}).`, vi: `Đọc cùng kết quả phân tích AI (${id} ${version}).` };
}

/** The whole summary: who, findings, conclusions, impression, disclaimer. */
export function reviewSummary(input: ReviewObjectsInput): BothLanguages {
  const { review } = input;
  const { reader, kind, version, draft } = review;
  const name = personName(reader.name, reader.id).replaceAll('^', ' ').trim();
  const title = kind === 'report'
    ? { en: `Report, version ${version}, signed by ${name}.`, vi: `Báo cáo, phiên bản ${version}, người ký: ${name}.` }
    : { en: `Addendum, version ${version}, signed by ${name}. It replaces the version before.`, vi: `Bản bổ sung, phiên bản ${version}, người ký: ${name}. Thay cho phiên bản trước.` };
  const comparisonOf = (trackingUID: string) => review.comparisons.find((comparison) => comparison.trackingUID === trackingUID);
  const reported = reportedFindings(input).map(({ item }) => item);
  const lines: readonly BothLanguages[] = [
    title, analysisText(input), counts(input),
    ...reported.map((item) => reviewedFindingText(item, comparisonOf(item.trackingUID))),
    ...rejectedFindings(input).map((item) => reviewedFindingText(item, undefined)),
    ...conclusionLines(review.conclusions, reported.map(({ finding }) => finding.trackingIdentifier)),
    ...(draft.impression.trim() === '' ? [] : [{ en: `Impression: ${draft.impression.trim()}`, vi: `Kết luận: ${draft.impression.trim()}` }]),
    ...(input.analysis?.warnings ?? []).map(({ text }) => ({ en: `! ${text.en}`, vi: `! ${text.vi}` })),
    reviewDisclaimer,
  ];
  return { en: lines.map(({ en }) => en).join('\r\n'), vi: lines.map(({ vi }) => vi).join('\r\n') };
}
