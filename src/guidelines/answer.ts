/** Small builders shared by the guidelines. */
import type { Assessment, GuidelineInput, GuidelineReason, GuidelineUnit } from './types.ts';

export function reason(code: string, en: string, vi: string): GuidelineReason {
  return { code, text: { en, vi } };
}

/** What the inputs of an answer are collected with: undefined values are left out, they belong to `missing`. */
export function given(name: string, value: GuidelineInput['value'] | undefined, unit: GuidelineUnit = 'none'): readonly GuidelineInput[] {
  return value === undefined ? [] : [{ name, value, unit, source: 'given' }];
}

export function derived(name: string, value: GuidelineInput['value'], unit: GuidelineUnit = 'none'): GuidelineInput {
  return { name, value, unit, source: 'derived' };
}

/** A measurement that can be compared with a threshold: finite and above zero. */
export function isUsable(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value > 0;
}

export function missingInput(name: string): GuidelineReason {
  return reason(
    `missing-${name}`,
    `The table cannot be applied: "${name}" is not given or not usable.`,
    `Không thể áp dụng bảng: "${name}" chưa có hoặc không dùng được.`,
  );
}

/** The answer's own caveats come first; the two that hold for all of them follow. */
export const decisionSupport: GuidelineReason = reason(
  'decision-support',
  'Decision support by a published table, not medical advice and not a certified medical device; a radiologist decides.',
  'Hỗ trợ quyết định theo bảng đã công bố, không phải lời khuyên y khoa và không phải thiết bị y tế được chứng nhận; bác sĩ chẩn đoán hình ảnh là người quyết định.',
);

export const fromMemory: GuidelineReason = reason(
  'row-not-checked-at-source',
  'This rule was written down from memory of the guideline and was not checked at its source.',
  'Quy tắc này được ghi lại theo trí nhớ về hướng dẫn và chưa được đối chiếu với nguồn gốc.',
);

type Frame = Pick<Assessment, 'guideline' | 'version' | 'inputs'>;

/** No answer because inputs are missing, each of which is named. */
export function insufficient(
  frame: Frame, missing: readonly string[],
  more: { readonly reasons?: readonly GuidelineReason[]; readonly caveats?: readonly GuidelineReason[] } = {},
): Assessment<never> {
  return {
    ...frame,
    outcome: 'insufficient-information',
    reasons: [...missing.map(missingInput), ...more.reasons ?? []],
    missing,
    caveats: [...more.caveats ?? [], decisionSupport],
  };
}

/** No answer because the guideline does not cover the case. */
export function notApplicable(frame: Frame, reasons: readonly GuidelineReason[], missing: readonly string[] = []): Assessment<never> {
  return { ...frame, outcome: 'not-applicable', reasons, missing, caveats: [decisionSupport] };
}
