import { expect } from 'vitest';
import type { Assessment } from '../../src/guidelines/types.ts';

/** What holds for every answer, whatever its outcome: reasons in both languages, and the caveat that a person decides. */
export function expectComplete(assessment: Assessment): void {
  expect(assessment.reasons.length).toBeGreaterThan(0);
  for (const { code, text } of [...assessment.reasons, ...assessment.caveats]) {
    expect(code).toMatch(/^[a-zA-Z0-9.-]+$/);
    expect(text.en).not.toMatch(/undefined|NaN|\[object/);
    expect(text.vi).not.toMatch(/undefined|NaN|\[object/);
    expect(text.en.length).toBeGreaterThan(4);
    expect(text.vi.length).toBeGreaterThan(4);
    expect(text.vi).not.toBe(text.en);
  }
  expect(assessment.caveats.map(({ code }) => code)).toContain('decision-support');
  expect(new Set(assessment.missing).size).toBe(assessment.missing.length);
  if (assessment.outcome === 'insufficient-information' || assessment.outcome === 'not-applicable') {
    expect(assessment.management).toBeUndefined();
  }
}

/** A copy that lacks one field. */
export function without<T extends object, K extends keyof T>(input: T, name: K): Omit<T, K> {
  const copy = { ...input };
  Reflect.deleteProperty(copy, name);
  return copy;
}
