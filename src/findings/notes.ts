/** What may be wrong with the measurement of a finding, in words, and what must then not be stated. */
import type { Finding } from './types.ts';

interface BothLanguages {
  readonly en: string;
  readonly vi: string;
}

const notes: Readonly<Record<string, BothLanguages>> = {
  'gap-nearby': {
    en: 'Images are missing nearby; sizes may be wrong and no volume is given.',
    vi: 'Thiếu ảnh ở gần; kích thước có thể sai và không ghi thể tích.',
  },
  'not-segmented': {
    en: 'It could not be outlined; its diameter is an estimate and no volume is given.',
    vi: 'Không khoanh được viền; đường kính chỉ là ước tính và không ghi thể tích.',
  },
  'at-scan-edge': {
    en: 'It is cut by the first or last image; it may be larger than measured and no volume is given.',
    vi: 'Bị cắt ở ảnh đầu hoặc cuối; có thể lớn hơn số đo và không ghi thể tích.',
  },
  leaked: {
    en: 'Its outline may include neighbouring tissue; sizes may be too large.',
    vi: 'Đường viền có thể gồm cả mô lân cận; kích thước có thể lớn hơn thực tế.',
  },
  'axes-drawn': {
    en: 'A reader drew its axes on one image; it has no outline and no volume is given.',
    vi: 'Bác sĩ đo hai trục trên một ảnh; không có đường viền và không ghi thể tích.',
  },
  'one-axis': {
    en: 'Only one axis was drawn; it stands for both.',
    vi: 'Chỉ đo một trục; trục này được dùng cho cả hai.',
  },
};

/** A volume under these conditions would be a number that nobody measured. */
const withoutVolume: ReadonlySet<string> = new Set(['gap-nearby', 'not-segmented', 'at-scan-edge', 'axes-drawn']);

/** The sentence for a note; a note without one stands for itself. */
export function noteText(note: string): BothLanguages {
  return notes[note] ?? { en: note, vi: note };
}

/** Whether a report may state the volume of the finding. */
export function statesVolume(finding: Pick<Finding, 'notes'>): boolean {
  return !(finding.notes ?? []).some((note) => withoutVolume.has(note));
}

/** Whether a report may state its mean attenuation: without a border there is nothing to take the mean of. */
export function statesAttenuation({ notes = [] }: Pick<Finding, 'notes'>): boolean {
  return !notes.includes('not-segmented');
}
