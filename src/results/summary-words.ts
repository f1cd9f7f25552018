/** The words of summary pages: picture and document, English and Vietnamese. */
import type { BothLanguages } from './summary-text.ts';

export const words = {
  banner: { en: 'AI RESULT, NOT A DIAGNOSIS', vi: 'KẾT QUẢ CỦA AI, KHÔNG PHẢI CHẨN ĐOÁN' },
  bannerDetail: { en: 'Not verified by a radiologist. Not a certified medical device.', vi: 'Chưa được bác sĩ chẩn đoán hình ảnh xác nhận. Không phải thiết bị y tế được chứng nhận.' },
  title: { en: 'Lung nodules on chest CT', vi: 'Nốt phổi trên CT ngực' },
  patient: { en: 'Patient', vi: 'Bệnh nhân' },
  patientID: { en: 'Patient ID', vi: 'Mã bệnh nhân' },
  birthDate: { en: 'Date of birth', vi: 'Ngày sinh' },
  sex: { en: 'Sex', vi: 'Giới' },
  study: { en: 'Study', vi: 'Ca chụp' },
  studyDate: { en: 'Study date', vi: 'Ngày chụp' },
  accession: { en: 'Accession number', vi: 'Số phiếu' },
  series: { en: 'Series analysed', vi: 'Chuỗi ảnh được phân tích' },
  model: { en: 'Model', vi: 'Mô hình' },
  threshold: { en: 'Threshold of the detection score', vi: 'Ngưỡng điểm phát hiện' },
  software: { en: 'Software', vi: 'Phần mềm' },
  created: { en: 'Created', vi: 'Thời điểm tạo' },
  none: { en: 'No nodule at or above the threshold', vi: 'Không phát hiện nốt nào từ ngưỡng trở lên' },
  noneDetail: { en: 'The CT series was analysed. This does not exclude nodules.', vi: 'Chuỗi ảnh CT đã được phân tích. Điều này không loại trừ có nốt phổi.' },
  refused: { en: 'NOT ANALYSED', vi: 'CHƯA ĐƯỢC PHÂN TÍCH' },
  refusedDetail: { en: 'Nothing is said about the presence or absence of nodules.', vi: 'Kết quả này không cho biết có hay không có nốt phổi.' },
  unknownReason: { en: 'Reason unknown.', vi: 'Không rõ lý do.' },
  nodule: { en: 'Nodule', vi: 'Nốt' },
  place: { en: 'Location', vi: 'Vị trí' },
  type: { en: 'Type', vi: 'Loại' },
  diameter: { en: 'Mean diameter (axes), mm', vi: 'Đường kính trung bình (các trục), mm' },
  volume: { en: 'Volume, mm³', vi: 'Thể tích, mm³' },
  score: { en: 'Score', vi: 'Điểm phát hiện' },
  detectionScore: { en: 'detection score', vi: 'điểm phát hiện' },
  image: { en: 'Image', vi: 'Ảnh số' },
  notStated: { en: 'not given', vi: 'không ghi' },
  conclusions: { en: 'Guidelines', vi: 'Theo hướng dẫn' },
  limitations: { en: 'Limitations', vi: 'Hạn chế' },
  technical: { en: 'How this was made', vi: 'Thông tin kỹ thuật' },
  axial: { en: 'Axial', vi: 'Cắt ngang' },
  coronal: { en: 'Coronal', vi: 'Đứng ngang' },
  sagittal: { en: 'Sagittal', vi: 'Đứng dọc' },
  overview: { en: 'Level', vi: 'Mức cắt' },
  notPrintable: { en: 'not printable here', vi: 'không in được ở đây' },
  nameNotPrintable: { en: 'Name not printable here: see the Patient ID', vi: 'Không in được tên ở đây: xem mã bệnh nhân' },
  empty: { en: 'not stated', vi: 'không ghi' },
} as const satisfies Record<string, BothLanguages>;

const sexes: Readonly<Record<string, BothLanguages>> = {
  F: { en: 'Female', vi: 'Nữ' }, M: { en: 'Male', vi: 'Nam' }, O: { en: 'Other', vi: 'Khác' },
};

export function sexText(code: string | undefined): BothLanguages | undefined {
  return code === undefined ? undefined : sexes[code] ?? { en: code, vi: code };
}

export function foundText(count: number): BothLanguages {
  return { en: count === 1 ? '1 possible lung nodule' : `${count} possible lung nodules`, vi: `${count} nốt phổi nghi ngờ` };
}

export function foundDetail(threshold: string): BothLanguages {
  return { en: `With a detection score at or above the threshold of ${threshold}.`, vi: `Có điểm phát hiện từ ngưỡng ${threshold} trở lên.` };
}

export function solidPart(mm: string): BothLanguages {
  return { en: `solid part ${mm} mm`, vi: `phần đặc ${mm} mm` };
}

export function imagesText(count: number): BothLanguages {
  return { en: `${count} images`, vi: `${count} ảnh` };
}

/** Said where not every finding has a picture. */
export function picturesText(shown: number, of: number): BothLanguages {
  return { en: `Key images show the first ${shown} of ${of} findings.`, vi: `Ảnh minh họa chỉ gồm ${shown} tổn thương đầu tiên trong số ${of}.` };
}

export function pageText(page: number, of: number): BothLanguages {
  return { en: `Page ${page} of ${of}`, vi: `Trang ${page} trên ${of}` };
}
