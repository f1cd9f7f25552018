/** Names of inputs of the guidelines for people: what a report or a page says is missing. */
import type { LocalText } from '../guidelines/types.ts';

const fields: Readonly<Record<string, LocalText>> = {
  ageYears: { en: 'age', vi: 'tuổi' },
  sex: { en: 'sex', vi: 'giới tính' },
  isScreening: { en: 'whether this is a screening examination', vi: 'có phải chụp sàng lọc hay không' },
  prior: { en: 'whether there is an earlier examination', vi: 'có lần chụp trước hay không' },
  lungsFullyEvaluated: { en: 'whether a reader evaluated both lungs completely', vi: 'bác sĩ đã đánh giá đầy đủ hai phổi hay chưa' },
  risk: { en: 'risk of lung cancer', vi: 'nguy cơ ung thư phổi' },
  fleischnerRisk: { en: 'risk of lung cancer', vi: 'nguy cơ ung thư phổi' },
  hasKnownCancer: { en: 'known cancer', vi: 'tiền sử ung thư' },
  isImmunosuppressed: { en: 'immunosuppression', vi: 'suy giảm miễn dịch' },
  hasFamilyHistoryOfLungCancer: { en: 'family history of lung cancer', vi: 'tiền sử gia đình ung thư phổi' },
  hasEmphysema: { en: 'emphysema', vi: 'khí phế thũng' },
  hasSpiculation: { en: 'spiculation', vi: 'bờ tua gai' },
  comparison: { en: 'comparison with the earlier examination', vi: 'so sánh với lần chụp trước' },
  size: { en: 'size', vi: 'kích thước' },
  kind: { en: 'type', vi: 'loại nốt' },
  solidComponent: { en: 'size of the solid component', vi: 'kích thước phần đặc' },
  isInUpperLobe: { en: 'lobe', vi: 'thùy phổi' },
  maxAxialDiameterMm: { en: 'longest diameter', vi: 'đường kính lớn nhất' },
  noduleCount: { en: 'number of nodules', vi: 'số nốt' },
  multiple: { en: 'number of nodules', vi: 'số nốt' },
  'followUp.previousCategory': { en: 'category of the earlier examination', vi: 'nhóm của lần chụp trước' },
  'followUp.provenBenign': { en: 'result of the work-up', vi: 'kết quả đánh giá thêm' },
};

/** `findings[1].size` becomes "size of nodule 2". A name that is not listed stands for itself. */
export function fieldText(name: string): LocalText {
  const ofFinding = /^findings\[(\d+)\]\.(.+)$/u.exec(name);
  if (ofFinding !== null) {
    const { en, vi } = fieldText(ofFinding[2]!);
    const number = Number(ofFinding[1]) + 1;
    return { en: `${en} of nodule ${number}`, vi: `${vi} của nốt ${number}` };
  }
  return Object.hasOwn(fields, name) ? fields[name]! : { en: name, vi: name };
}
