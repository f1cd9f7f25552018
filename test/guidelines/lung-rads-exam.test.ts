import { describe, expect, it } from 'vitest';
import { assessLungRadsExam, type LungRadsExam } from '../../src/guidelines/lung-rads-exam.ts';
import { assessLungRadsFinding, type FollowUp, type LungRadsFinding, type SuspiciousFeature } from '../../src/guidelines/lung-rads.ts';
import { expectComplete } from './expect-answer.ts';

const solid = (comparison: LungRadsFinding['comparison'], meanDiameterMm: number, more: { followUp?: FollowUp; suspiciousFeatures?: readonly SuspiciousFeature[] } = {}): LungRadsFinding =>
  ({ kind: 'solid', comparison, size: { by: 'mean-diameter', meanDiameterMm }, ...more });
const rate = (finding: LungRadsFinding) => {
  const answer = assessLungRadsFinding(finding);
  expectComplete(answer);
  return answer;
};
const exam = (more: Partial<LungRadsExam>) => {
  const answer = assessLungRadsExam({ isScreening: true, lungsFullyEvaluated: true, findings: [], ...more });
  expectComplete(answer);
  return answer;
};
const codes = (list: readonly { readonly code: string }[]) => list.map(({ code }) => code);

describe('step-down', () => {
  it.each([
    ['3', 6, 'stable', 7, '2'], ['3', 6, 'smaller', 6.5, '2'], ['3', 12, 'stable', 7, '2'], ['3', 5.9, 'stable', 7, '3'], ['3', 3, 'smaller', 5, '3'],
    ['4A', 3, 'stable', 9, '3'], ['4A', 3, 'smaller', 5, '3'], ['4A', 2.9, 'stable', 9, '4A'], ['4A', 1, 'smaller', 5, '4A'],
    ['3', 6, 'stable', 8.0, '4A'], ['4A', 3, 'stable', 15, '4B'], ['2', 12, 'stable', 5, '2'], ['2', 12, 'stable', 6, '3'],
  ] as const)('category %s before, after %s months %s at %s mm is category %s', (previousCategory, months, comparison, size, category) => {
    expect(rate(solid(comparison, size, { followUp: { previousCategory, months } })).outcome).toBe(category);
  });

  it('holds for growing findings never', () => {
    expect(rate(solid('growing', 7, { followUp: { previousCategory: '3', months: 6 } })).outcome).toBe('4A');
  });

  it('takes a 4B proven benign as 2, and has no row for one that only became smaller', () => {
    expect(rate(solid('stable', 16, { followUp: { previousCategory: '4B', months: 6, provenBenign: true } })).outcome).toBe('2');
    expect(rate(solid('stable', 16, { followUp: { previousCategory: '4B', months: 6 } })).outcome).toBe('4B');
    expect(rate(solid('smaller', 7, { followUp: { previousCategory: '4B', months: 3 } }))).toMatchObject({ outcome: 'insufficient-information', missing: ['followUp.provenBenign'] });
  });

  it('says when the earlier category is not given', () => {
    const answer = rate(solid('stable', 7));
    expect(answer).toMatchObject({ outcome: '3', missing: ['followUp.previousCategory'] });
    expect(codes(answer.caveats)).toContain('step-down-unknown');
  });

  it('does not guess an interval', () => {
    expect(rate(solid('stable', 7, { followUp: { previousCategory: '3', months: Number.NaN } }))).toMatchObject({ outcome: 'insufficient-information', missing: ['followUp.months'] });
  });
});

describe('4X', () => {
  it.each(['spiculation', 'lymphadenopathy', 'metastasis', 'ground-glass-doubled-in-a-year'] as const)('%s makes 6.5 mm at baseline 4X', (feature) => {
    expect(rate(solid('baseline', 6.5, { suspiciousFeatures: [feature] }))).toMatchObject({ outcome: '4X' });
  });
  it.each([[6, '4X'], [8, '4X'], [15, '4X'], [5.9, '2']] as const)('spiculated, %s mm is %s', (size, category) => {
    expect(rate(solid('baseline', size, { suspiciousFeatures: ['spiculation'] })).outcome).toBe(category);
  });
  it('does not change category 2, but says so', () => {
    expect(codes(rate(solid('baseline', 5, { suspiciousFeatures: ['spiculation'] })).caveats)).toContain('features-without-category');
  });
  it('comes after the step-down', () => {
    expect(rate(solid('stable', 9, { followUp: { previousCategory: '4A', months: 3 }, suspiciousFeatures: ['spiculation'] })).outcome).toBe('4X');
    expect(rate(solid('stable', 7, { followUp: { previousCategory: '3', months: 6 }, suspiciousFeatures: ['spiculation'] })).outcome).toBe('2');
  });
});

describe('examination', () => {
  it('has the category of its most suspicious finding', () => {
    const answer = exam({ findings: [solid('baseline', 5), solid('baseline', 9), solid('baseline', 7)] });
    expect(answer.outcome).toBe('4A');
    expect(answer.findings.map(({ outcome }) => outcome)).toEqual(['2', '4A', '3']);
    expect(answer.reasons[0]?.text.en).toContain('number 2 of 3');
    expect(exam({ findings: [solid('baseline', 9), solid('baseline', 10)] }).reasons[0]?.text.en).toContain('number 1 of 2');
    expect(answer.management?.en).toContain('LDCT in 3 months');
  });

  it('is category 1 only where the lungs were read completely', () => {
    expect(exam({}).outcome).toBe('1');
    expect(assessLungRadsExam({ isScreening: true, findings: [] })).toMatchObject({ outcome: 'insufficient-information', missing: ['lungsFullyEvaluated'] });
    const notRead = exam({ lungsFullyEvaluated: false });
    expect(notRead.outcome).toBe('insufficient-information');
    expect(codes(notRead.reasons)).toEqual(['missing-lungsFullyEvaluated']);
    expect(exam({ findings: [{ kind: 'cyst', wall: 'thin', locules: 'one', comparison: 'baseline' }] }).outcome).toBe('1');
  });

  it('is for screening only', () => {
    expect(exam({ isScreening: false, findings: [solid('baseline', 9)] }).outcome).toBe('not-applicable');
    expect(assessLungRadsExam({ findings: [solid('baseline', 9)] })).toMatchObject({ outcome: 'insufficient-information', missing: ['isScreening'] });
  });

  it('has no category while a finding has none, unless another is 4X', () => {
    const open: LungRadsFinding = { kind: 'solid', comparison: 'baseline' };
    const answer = exam({ findings: [solid('baseline', 9), open] });
    expect(answer).toMatchObject({ outcome: 'insufficient-information', missing: ['findings[1].size'] });
    expect(codes(answer.reasons)).toEqual(['findings-not-rated']);
    const unread = assessLungRadsExam({ isScreening: true, findings: [solid('baseline', 9), open] });
    expect(unread.missing).toEqual(['findings[1].size']);
    expect(codes(unread.reasons)).toEqual(['findings-not-rated']);
    const nothing = exam({ findings: [open] });
    expect(nothing.missing).toEqual(['findings[0].size']);
    expect(codes(nothing.reasons)).toEqual(['findings-not-rated']);
    expect(answer.caveats.find(({ code }) => code === 'at-least')?.text.en).toContain('4A');
    expect(exam({ findings: [solid('baseline', 9, { suspiciousFeatures: ['metastasis'] }), open] }).outcome).toBe('4X');
  });

  it('carries S beside the category', () => {
    expect(exam({ hasOtherSignificantFinding: true, findings: [solid('baseline', 5)] })).toMatchObject({ outcome: '2', modifiers: ['S'] });
    expect(exam({ hasOtherSignificantFinding: false }).modifiers).toEqual([]);
  });

  it.each([
    [{ priorBeingLocated: true }, 'zero-prior'], [{ lungsFullyEvaluated: false }, 'zero-not-evaluable'], [{ suggestsInfection: true }, 'zero-infection'],
    [{ hasConsolidation: true }, 'zero-consolidation'], [{ isImmunocompromised: true }, 'zero-immunocompromised'],
    [{ findings: [solid('new', 8)] }, 'zero-large-new-solid'],
    [{ findings: Array.from({ length: 7 }, () => solid('new', 3)) }, 'zero-many-new'],
  ] as const)('%o only proposes category 0 (%s)', (more, code) => {
    const answer = exam({ findings: [solid('baseline', 5)], ...more });
    expect(codes(answer.categoryZeroProposals)).toEqual([code]);
    expect(answer.outcome).not.toBe('0');
    expect(answer.outcome).not.toBe('insufficient-information');
  });

  it('proposes nothing at the lower side of its limits', () => {
    expect(exam({ findings: [{ kind: 'solid', comparison: 'new', size: { by: 'mean-diameter', meanDiameterMm: 12 }, benignPattern: 'fat' }] }).categoryZeroProposals).toEqual([]);
    expect(exam({ findings: [solid('new', 7.9), ...Array.from({ length: 5 }, () => solid('new', 3))] }).categoryZeroProposals).toEqual([]);
  });
});

describe('comparison not known', () => {
  const size = (mm: number) => ({ by: 'mean-diameter', meanDiameterMm: mm } as const);

  it.each<readonly [string, LungRadsFinding, string]>([
    ['solid 7 mm: 3 at baseline, 4A when new', { kind: 'solid', comparison: 'unknown', size: size(7) }, 'insufficient-information'],
    ['solid 15 mm: 4B whatever it was before', { kind: 'solid', comparison: 'unknown', size: size(15) }, '4B'],
    ['ground glass under 30 mm: 2 whatever it was before', { kind: 'ground-glass', comparison: 'unknown', size: size(29) }, '2'],
    ['ground glass of 30 mm', { kind: 'ground-glass', comparison: 'unknown', size: size(30) }, 'insufficient-information'],
    ['benign', { kind: 'solid', comparison: 'unknown', benignPattern: 'fat' }, '1'],
    ['without a size', { kind: 'solid', comparison: 'unknown' }, 'insufficient-information'],
    ['airway', { kind: 'airway', comparison: 'unknown', level: 'segmental-or-more-proximal' }, 'insufficient-information'],
    ['of no known type', { kind: 'unknown', comparison: 'unknown' }, 'insufficient-information'],
  ])('%s', (_name, finding, outcome) => {
    const answer = assessLungRadsFinding(finding);
    expectComplete(answer);
    expect(answer.outcome).toBe(outcome);
    expect(answer.missing.includes('comparison')).toBe(outcome === 'insufficient-information');
  });
});
