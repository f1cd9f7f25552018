import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assessLungRadsFinding, type Comparison, type LungRadsAssessment, type LungRadsFinding } from '../../src/guidelines/lung-rads.ts';
import type { NoduleSize } from '../../src/guidelines/size.ts';
import { expectComplete } from './expect-answer.ts';

const mm = (meanDiameterMm: number): NoduleSize => ({ by: 'mean-diameter', meanDiameterMm });
const mm3 = (volumeMm3: number): NoduleSize => ({ by: 'volume', volumeMm3 });

function rate(finding: LungRadsFinding): LungRadsAssessment {
  const answer = assessLungRadsFinding(finding);
  expectComplete(answer);
  return answer;
}
const solid = (comparison: Comparison, size: NoduleSize) => rate({ kind: 'solid', comparison, size }).outcome;

describe('solid', () => {
  it.each([
    ['baseline', 5.9, '2'], ['baseline', 6.0, '3'], ['baseline', 7.9, '3'], ['baseline', 8.0, '4A'], ['baseline', 14.9, '4A'], ['baseline', 15.0, '4B'],
    ['new', 3.9, '2'], ['new', 4.0, '3'], ['new', 5.9, '3'], ['new', 6.0, '4A'], ['new', 7.9, '4A'], ['new', 8.0, '4B'],
    ['growing', 4, '4A'], ['growing', 7.9, '4A'], ['growing', 8.0, '4B'],
    ['slow-growing', 5, '4B'], ['slow-growing', 20, '4B'],
    ['prior-unavailable', 5.9, '2'], ['prior-unavailable', 6.0, '3'],
    ['stable', 5.9, '2'], ['stable', 6.0, '3'], ['stable', 8.0, '4A'], ['smaller', 15.0, '4B'],
  ] as const)('%s, %s mm is category %s', (comparison, diameter, category) => expect(solid(comparison, mm(diameter))).toBe(category));

  it.each([
    ['baseline', 112, '2'], ['baseline', 113, '3'], ['baseline', 267, '3'], ['baseline', 268, '4A'], ['baseline', 1766, '4A'], ['baseline', 1767, '4B'],
    ['new', 33, '2'], ['new', 34, '3'], ['new', 112, '3'], ['new', 113, '4A'], ['new', 267, '4A'], ['new', 268, '4B'],
    ['growing', 267, '4A'], ['growing', 268, '4B'],
  ] as const)('%s, %s mm³ is category %s', (comparison, volume, category) => expect(solid(comparison, mm3(volume))).toBe(category));

  it('compares the rounded size: 0.1 mm, halves up, and whole mm³', () => {
    expect(solid('baseline', mm(5.94))).toBe('2');
    expect(solid('baseline', mm(5.9499))).toBe('2');
    expect(solid('baseline', mm(5.95))).toBe('3');
    expect(solid('baseline', mm3(112.4))).toBe('2');
    expect(solid('baseline', mm3(112.5))).toBe('3');
    // (6.0 + 5.9) / 2, each axis already to 0.1 mm.
    expect(solid('baseline', { by: 'axes', longAxisMm: 6.04, shortAxisMm: 5.86 })).toBe('3');
    expect(solid('baseline', { by: 'axes', longAxisMm: 6.04, shortAxisMm: 5.84 })).toBe('2');
  });

  it('never converts between diameter and volume', () => {
    expect(rate({ kind: 'solid', comparison: 'baseline', size: mm(6) }).inputs.map(({ unit }) => unit)).not.toContain('mm3');
    expect(rate({ kind: 'solid', comparison: 'baseline', size: mm3(120) }).inputs.map(({ unit }) => unit)).not.toContain('mm');
  });

  it('keeps the raw value beside the reported one and names the row', () => {
    const answer = rate({ kind: 'solid', comparison: 'baseline', size: mm(6.04) });
    expect(answer.inputs).toContainEqual({ name: 'meanDiameterMm', value: 6.04, unit: 'mm', source: 'given' });
    expect(answer.inputs).toContainEqual({ name: 'reportedMeanDiameterMm', value: 6, unit: 'mm', source: 'derived' });
    expect(answer.reasons).toEqual([{ code: 'size-row', text: {
      en: 'Size row for a solid nodule (baseline) of 6 mm: ≥ 6 – < 8 mm, category 3.',
      vi: 'Dòng kích thước cho nốt đặc (lần chụp đầu) 6 mm: ≥ 6 – < 8 mm, nhóm 3.',
    } }]);
    expect(answer.management?.en).toBe('LDCT in 6 months.');
  });

  it.each(['complete-calcification', 'central-calcification', 'popcorn-calcification', 'concentric-calcification', 'fat'] as const)('%s is category 1 whatever the size', (benignPattern) => {
    expect(rate({ kind: 'solid', comparison: 'growing', size: mm(20), benignPattern }).outcome).toBe('1');
    expect(rate({ kind: 'solid', comparison: 'baseline', benignPattern }).outcome).toBe('1');
  });

  it('flags an unavailable prior', () => {
    expect(rate({ kind: 'solid', comparison: 'prior-unavailable', size: mm(5) }).caveats.map(({ code }) => code)).toContain('prior-unavailable');
    expect(rate({ kind: 'solid', comparison: 'baseline', size: mm(5) }).caveats.map(({ code }) => code)).not.toContain('prior-unavailable');
  });

  it.each([undefined, mm(0), mm(-3), mm(Number.NaN), mm3(Number.POSITIVE_INFINITY), { by: 'axes', longAxisMm: 6, shortAxisMm: Number.NaN } as const])('answers insufficient information for the size %o', (size) => {
    const answer = rate({ kind: 'solid', comparison: 'baseline', ...size === undefined ? {} : { size } });
    expect(answer.outcome).toBe('insufficient-information');
    expect(answer.missing).toEqual(['size']);
  });

  it('never becomes less suspicious with size', () => {
    const order = ['2', '3', '4A', '4B'];
    fc.assert(fc.property(fc.constantFrom<Comparison>('baseline', 'new', 'growing'), fc.double({ min: 0.1, max: 40, noNaN: true }), fc.double({ min: 0, max: 20, noNaN: true }), (comparison, size, more) => {
      expect(order.indexOf(solid(comparison, mm(size + more)))).toBeGreaterThanOrEqual(order.indexOf(solid(comparison, mm(size))));
    }), { numRuns: 60 });
  });
});

describe('juxtapleural', () => {
  const at = (comparison: Comparison, size: NoduleSize, juxtapleural: { smooth?: boolean; shape?: 'oval' | 'lentiform' | 'triangular' | 'other' }) => rate({ kind: 'solid', comparison, size, juxtapleural });
  it.each([
    ['baseline', 9.9, true, 'oval', '2'], ['new', 9.9, true, 'triangular', '2'], ['stable', 9.9, true, 'lentiform', '2'],
    ['baseline', 10.0, true, 'oval', '4A'], ['new', 10.0, true, 'oval', '4B'],
    ['growing', 9.9, true, 'oval', '4B'], ['growing', 7.0, true, 'oval', '4A'], ['slow-growing', 7.0, true, 'oval', '4B'],
    ['baseline', 7.0, false, 'oval', '3'], ['baseline', 7.0, true, 'other', '3'],
  ] as const)('%s, %s mm, smooth %s, %s is category %s', (comparison, size, smooth, shape, category) => expect(at(comparison, mm(size), { smooth, shape }).outcome).toBe(category));

  it.each([[523, '2'], [524, '4A']] as const)('%s mm³ at baseline is category %s', (volume, category) => expect(at('baseline', mm3(volume), { smooth: true, shape: 'oval' }).outcome).toBe(category));

  it('asks for margin and shape only where they decide', () => {
    expect(at('baseline', mm(7), {})).toMatchObject({ outcome: 'insufficient-information', missing: ['juxtapleural.smooth', 'juxtapleural.shape'] });
    expect(at('baseline', mm(5), {}).outcome).toBe('2');
    expect(at('baseline', mm(12), {}).outcome).toBe('4A');
  });
});

describe('part-solid', () => {
  const ps = (comparison: Comparison, size: NoduleSize, solidComponent?: NoduleSize | 'not-measurable') => rate({ kind: 'part-solid', comparison, size, ...solidComponent === undefined ? {} : { solidComponent } });
  it.each([
    ['baseline', 5.9, 4, '2'], ['baseline', 6.0, 5.9, '3'], ['baseline', 10, 6.0, '4A'], ['baseline', 10, 7.9, '4A'], ['baseline', 10, 8.0, '4B'],
    ['new', 8, 3.9, '4A'], ['new', 8, 4.0, '4B'], ['new', 5.9, 3.9, '3'], ['new', 6.0, 3.9, '4A'],
    ['growing', 8, 3.9, '4A'], ['growing', 8, 4.0, '4B'], ['growing', 5, 3.9, '4A'], ['growing', 5, 4.0, '4B'],
    ['stable', 10, 5.9, '3'], ['slow-growing', 8, 3, '4B'],
  ] as const)('%s, %s mm with a solid component of %s mm is category %s', (comparison, total, component, category) => expect(ps(comparison, mm(total), mm(component)).outcome).toBe(category));

  it.each([
    ['baseline', 112, 34, '2'], ['baseline', 113, 112, '3'], ['baseline', 500, 113, '4A'], ['baseline', 500, 267, '4A'], ['baseline', 500, 268, '4B'],
    ['new', 112, 33, '3'], ['new', 113, 33, '4A'], ['new', 113, 34, '4B'], ['growing', 200, 33, '4A'], ['growing', 200, 34, '4B'],
  ] as const)('%s, %s mm³ with a solid component of %s mm³ is category %s', (comparison, total, component, category) => expect(ps(comparison, mm3(total), mm3(component)).outcome).toBe(category));

  it('new under 6 mm is category 3 without a solid size, and says what a solid component would change', () => {
    const answer = ps('new', mm(5.9));
    expect(answer).toMatchObject({ outcome: '3', missing: ['solidComponent'] });
    expect(answer.caveats.map(({ code }) => code)).toContain('solid-component-unknown');
    expect(ps('new', mm(5.9), 'not-measurable')).toMatchObject({ outcome: '3', missing: [] });
  });

  it('new under 6 mm with a solid component of 4 mm takes the more suspicious of two rows', () => {
    const answer = ps('new', mm(5.9), mm(4));
    expect(answer.outcome).toBe('4B');
    expect(answer.caveats.map(({ code }) => code)).toContain('two-rows-fit');
  });

  it('rates a new one without a measurable solid component as ground glass', () => {
    expect(ps('new', mm(8), 'not-measurable').outcome).toBe('2');
    expect(ps('new', mm(30), 'not-measurable').outcome).toBe('3');
    expect(ps('baseline', mm(8), 'not-measurable').outcome).toBe('3');
  });

  it.each(['baseline', 'new', 'growing', 'stable'] as const)('%s of 8 mm without a solid size is insufficient information', (comparison) => {
    expect(ps(comparison, mm(8))).toMatchObject({ outcome: 'insufficient-information', missing: ['solidComponent'] });
  });

  it('a growing one whose solid component cannot be measured is insufficient information', () => {
    expect(ps('growing', mm(8), 'not-measurable')).toMatchObject({ outcome: 'insufficient-information', missing: ['solidComponent'] });
  });

  it('lists the solid component among the inputs', () => {
    expect(ps('baseline', mm(10), mm(6.04)).inputs).toContainEqual({ name: 'solidComponent.reportedMeanDiameterMm', value: 6, unit: 'mm', source: 'derived' });
  });
});

describe('ground glass', () => {
  const ggn = (comparison: Comparison, size: NoduleSize) => rate({ kind: 'ground-glass', comparison, size });
  it.each([
    ['baseline', 29.9, '2'], ['new', 29.9, '2'], ['growing', 29.9, '2'], ['slow-growing', 29.9, '2'], ['stable', 29.9, '2'],
    ['baseline', 30.0, '3'], ['new', 30.0, '3'], ['stable', 30.0, '2'], ['smaller', 30.0, '2'], ['slow-growing', 30.0, '2'],
  ] as const)('%s, %s mm is category %s', (comparison, size, category) => expect(ggn(comparison, mm(size)).outcome).toBe(category));

  it.each([[14136, '2'], [14137, '3']] as const)('%s mm³ at baseline is category %s', (volume, category) => expect(ggn('baseline', mm3(volume)).outcome).toBe(category));

  it('a growing one of 30 mm has no row', () => {
    const answer = ggn('growing', mm(30));
    expect(answer.outcome).toBe('insufficient-information');
    expect(answer.reasons[0]?.code).toBe('no-row');
  });
});

it('an untyped nodule is insufficient information', () => {
  expect(rate({ kind: 'unknown', comparison: 'baseline' })).toMatchObject({ outcome: 'insufficient-information', missing: ['kind'] });
});
