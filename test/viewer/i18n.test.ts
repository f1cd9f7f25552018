import { expect, test } from 'vitest';
import { errorCodes } from '../../src/errors.ts';
import { en } from '../../viewer/i18n/en.ts';
import { enReview } from '../../viewer/i18n/en-review.ts';
import { viReview } from '../../viewer/i18n/vi-review.ts';
import { vi } from '../../viewer/i18n/vi.ts';

const english: Readonly<Record<string, string>> = { ...en, ...enReview };
const vietnamese: Readonly<Record<string, string>> = { ...vi, ...viReview };
const catalogues: readonly (readonly [string, Readonly<Record<string, string>>])[] = [['English', english], ['Vietnamese', vietnamese]];

function placeholders(text: string): readonly string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).toSorted();
}

test('both catalogues have the same keys', () => {
  expect(Object.keys(vietnamese).toSorted()).toEqual(Object.keys(english).toSorted());
});

test.each(catalogues)('no %s text is empty', (_name, catalogue) => {
  expect(Object.entries(catalogue).filter(([, text]) => text.trim() === '')).toEqual([]);
});

test('a text has the same placeholders in both languages', () => {
  for (const [key, text] of Object.entries(vietnamese)) expect(placeholders(text), key).toEqual(placeholders(english[key]!));
});

test('every plural has both forms', () => {
  const stems = Object.keys(english).filter((key) => key.endsWith('.other') && !key.startsWith('error.') && key !== 'reject.other').map((key) => key.slice(0, -6));
  expect(stems.length).toBeGreaterThan(3);
  for (const stem of stems) expect(english).toHaveProperty([`${stem}.one`]);
});

test('a study that was not analysed is worded unlike one without findings', () => {
  for (const [, catalogue] of catalogues) {
    const worded = [catalogue['findings.none'], catalogue['findings.noResult'], catalogue['findings.pending'], catalogue['state.not-analysed'], catalogue['state.failed']];
    expect(new Set(worded).size).toBe(worded.length);
  }
});

test('the disclaimer says that a radiologist decides', () => {
  expect(english['app.disclaimer']).toBe('AI result. Not a certified medical device. A radiologist decides.');
  expect(vietnamese['app.disclaimer']).toContain('Bác sĩ chẩn đoán hình ảnh là người quyết định');
});

test('what the server can answer to a browser is said in words', () => {
  const reachable = Object.keys(errorCodes).filter((code) => /^(?:HTTP|UPLOAD|STUDY|DELIVERY|ARCHIVE|REVIEW)_/.test(code));
  expect(reachable.length).toBeGreaterThan(15);
  for (const code of reachable) expect(english).toHaveProperty([`error.${code}`]);
});
