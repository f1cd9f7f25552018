/** The sentences about completeness and contents, in the two languages of the screens. */
import type { Reason } from '../findings/types.ts';

/** The study holds nothing but objects that this service wrote. */
export function onlyOwnObjects(): Reason {
  return {
    code: 'no-images',
    text: {
      en: 'Not analysed: no images of this study have been received, only results.',
      vi: 'Chưa phân tích: chưa nhận được hình ảnh nào của ca chụp này, chỉ có kết quả.',
    },
  };
}

const shown = (value: number): string => value.toFixed(1);

/** A step along the slices that is about two or more times the usual one. `axis` is z for axial images. */
export function slicesMissing(gap: { readonly seriesInstanceUID: string; readonly seriesNumber?: number; readonly missing: number; readonly axis: string; readonly fromMm: number; readonly toMm: number }): Reason {
  const series = gap.seriesNumber === undefined ? '' : String(gap.seriesNumber);
  const where = `${gap.axis}=${shown(gap.fromMm)}`;
  const to = `${gap.axis}=${shown(gap.toMm)} mm`;
  const what = gap.missing === 1 ? 'slice missing' : `${gap.missing} slices missing`;
  return {
    code: 'slice-gap',
    text: {
      en: `${series === '' ? '' : `Series ${series}: `}${what} between ${where} and ${to}`,
      vi: `${series === '' ? '' : `Chuỗi ${series}: `}thiếu ${gap.missing} lát cắt giữa ${where} và ${to}`,
    },
    details: { seriesInstanceUID: gap.seriesInstanceUID, missing: gap.missing, fromMm: gap.fromMm, toMm: gap.toMm },
  };
}

/** More holes in a series than are worth a line each. */
export function furtherGaps(seriesInstanceUID: string, count: number): Reason {
  return {
    code: 'slice-gap',
    text: { en: `${count} further gaps between slices`, vi: `Còn ${count} khoảng trống khác giữa các lát cắt` },
    details: { seriesInstanceUID, gaps: count },
  };
}

/** Fewer instances than the sender announced. */
export function instancesMissing(shortfall: { readonly scope: 'study' | 'series' | 'acquisition' | 'concatenation'; readonly seriesInstanceUID?: string; readonly seriesNumber?: number; readonly expected: number; readonly received: number }): Reason {
  const { expected, received, scope } = shortfall;
  const series = shortfall.seriesNumber === undefined ? '' : ` ${shortfall.seriesNumber}`;
  const scopeEn = { study: 'Study', series: `Series${series}`, acquisition: `Series${series}`, concatenation: `Series${series}` }[scope];
  const scopeVi = { study: 'Ca chụp', series: `Chuỗi${series}`, acquisition: `Chuỗi${series}`, concatenation: `Chuỗi${series}` }[scope];
  return {
    code: `${scope}-count`,
    text: {
      en: `${scopeEn}: ${received} of ${expected} announced ${scope === 'acquisition' ? 'images' : 'objects'} received`,
      vi: `${scopeVi}: đã nhận ${received} trên ${expected} ${scope === 'acquisition' ? 'ảnh' : 'đối tượng'} được thông báo`,
    },
    details: { expected, received, ...(shortfall.seriesInstanceUID === undefined ? {} : { seriesInstanceUID: shortfall.seriesInstanceUID }) },
  };
}

/** Fewer series than the sender announced. */
export function seriesMissing(expected: number, received: number): Reason {
  return {
    code: 'series-count',
    text: {
      en: `Study: ${received} of ${expected} announced series received`,
      vi: `Ca chụp: đã nhận ${received} trên ${expected} chuỗi được thông báo`,
    },
    details: { expected, received },
  };
}

/** One Study Instance UID, several patients: a mix-up at the modality or in the PACS. The identifiers stay out of it. */
export function severalPatients(count: number): Reason {
  return {
    code: 'patient-mismatch',
    text: {
      en: `This study holds objects of ${count} different patient IDs: check the patient before reading`,
      vi: `Ca chụp này chứa dữ liệu của ${count} mã bệnh nhân khác nhau: hãy kiểm tra bệnh nhân trước khi đọc`,
    },
    details: { patients: count },
  };
}
