import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparableTime, matchesElement, matchesFuzzyName, matchesWildcard, rangeOf } from '../../src/index/match-values.ts';

/** The definition, without any cleverness: try every length for each star. */
function plainly(value: readonly string[], key: readonly string[]): boolean {
  const [first, ...rest] = key;
  if (first === undefined) return value.length === 0;
  if (first === '*') return value.some((_, at) => plainly(value.slice(at), rest)) || plainly([], rest);
  return value.length > 0 && (first === '?' || first === value[0]) && plainly(value.slice(1), rest);
}

describe('wildcards', () => {
  it('match what their definition says', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'Đ', '😀'), { maxLength: 8 });
    const key = fc.array(fc.constantFrom('a', 'b', 'Đ', '😀', '*', '?'), { maxLength: 7 });
    fc.assert(fc.property(text, key, (value, pattern) => {
      expect(matchesWildcard(value.join(''), pattern.join(''))).toBe(plainly(value, pattern));
    }), { numRuns: 2000 });
  });

  it('do not keep anybody waiting, whatever the key', () => {
    expect(matchesWildcard('a'.repeat(20_000), `${'*a'.repeat(500)}*b`)).toBe(false);
  });
});

describe('times and dates', () => {
  it.each([
    ['10', '0', '100000.000000'], ['10', '9', '109999.999999'], ['101530', '9', '101530.999999'], ['101530.5', '0', '101530.500000'], ['10:15:30', '0', '101530.000000'], ['', '0', ''],
  ] as const)('%j filled with %s is %s', (time, fill, expected) => {
    expect(comparableTime(time, fill)).toBe(expected);
  });

  it('are ranges with open ends', () => {
    const same = (text: string): string => text;
    expect(rangeOf('a-b', same)).toEqual({ from: 'a', to: 'b' });
    expect(rangeOf('a-', same)).toEqual({ from: 'a' });
    expect(rangeOf('-b', same)).toEqual({ to: 'b' });
    expect(rangeOf('a', same)).toEqual({ from: 'a', to: 'a' });
  });

  it.each([
    ['DA', '20260102', '20260101-20260131', true], ['DA', '2026.01.02', '20260102', true], ['DA', '20260201', '-20260131', false],
    ['TM', '235959.9', '2359', true], ['TM', '10', '0900-0959', false],
    ['DT', '20260102101530+0700', '20260102', true], ['DT', '20260102101530', '202601021015-202601021016', true], ['DT', '20260103', '20260102', false],
  ])('of VR %s: %s in %s is %s', (vr, value, key, expected) => {
    expect(matchesElement({ vr, Value: [value] }, key, false)).toBe(expected);
  });
});

describe('elements', () => {
  it.each([
    [{ vr: 'CS', Value: ['ORIGINAL', 'PRIMARY'] }, 'PRIMARY', true], [{ vr: 'CS', Value: ['ORIGINAL', 'PRIMARY'] }, 'DERIVED\\PRIMARY', true], [{ vr: 'CS', Value: ['ORIGINAL'] }, 'original', false],
    [{ vr: 'DS', Value: [1.5] }, '1.50', true], [{ vr: 'IS', Value: [7] }, '70', false], [{ vr: 'US', Value: [512] }, '512', true],
    [{ vr: 'UI', Value: ['1.2'] }, '1.*', false], [{ vr: 'LO' }, '""', true], [{ vr: 'LO', Value: ['x'] }, '""', false], [{ vr: 'LO' }, '*', true], [{ vr: 'LO' }, '?*', false],
    [{ vr: 'SQ', Value: [{}] }, 'x', false],
  ])('%j against %j: %s', (element, key, expected) => {
    expect(matchesElement(element, key, false)).toBe(expected);
  });

  it('that are absent match only what asks for nothing', () => {
    expect(matchesElement(undefined, '', false)).toBe(true);
    expect(matchesElement(undefined, '""', false)).toBe(true);
    expect(matchesElement(undefined, 'x', true)).toBe(false);
  });

  it('that are names, fuzzily', () => {
    expect(matchesFuzzyName('Nguyễn^Văn Đức=阮文德', 'van nguyen')).toBe(true);
    expect(matchesFuzzyName('Nguyễn^Văn Đức=阮文德', '阮')).toBe(true);
    expect(matchesElement({ vr: 'PN', Value: [{ Alphabetic: 'Đặng^Hương' }] }, 'dang hu', true)).toBe(true);
    expect(matchesElement({ vr: 'PN', Value: [{ Alphabetic: 'Đặng^Hương' }] }, 'ang', true)).toBe(false);
  });
});
