import { describe, expect, it } from 'vitest';
import { assessBts, type BtsInput } from '../../src/guidelines/bts.ts';
import { assessBtsSolidSurveillance, assessBtsSubsolidSurveillance, type BtsSolidSurveillance, type BtsSubsolidSurveillance } from '../../src/guidelines/bts-surveillance.ts';
import { expectComplete, without } from './expect-answer.ts';

const mm = (maxAxialDiameterMm: number) => ({ by: 'max-axial-diameter', maxAxialDiameterMm }) as const;
const mm3 = (volumeMm3: number) => ({ by: 'volume', volumeMm3 }) as const;

function assess(input: BtsInput) {
  const answer = assessBts(input);
  expectComplete(answer);
  return answer;
}

describe('first assessment', () => {
  it.each([
    [4.9, 'no-follow-up'], [4.94, 'no-follow-up'], [4.95, 'ct-12-months'], [5.0, 'ct-12-months'], [5.9, 'ct-12-months'], [6.0, 'ct-3-months'], [7.9, 'ct-3-months'],
  ] as const)('solid of %s mm: %s', (size, outcome) => expect(assess({ kind: 'solid', size: mm(size) }).outcome).toBe(outcome));

  it.each([[79, 'no-follow-up'], [80, 'ct-3-months'], [299, 'ct-3-months']] as const)('solid of %s mm³: %s', (size, outcome) => expect(assess({ kind: 'solid', size: mm3(size) }).outcome).toBe(outcome));

  it.each([mm(8), mm3(300)])('from %o on the Brock probability is needed and decides', (size) => {
    expect(assess({ kind: 'solid', size })).toMatchObject({ outcome: 'insufficient-information', missing: ['brockProbability'] });
    expect(assess({ kind: 'solid', size, brockProbability: 0.0999 }).outcome).toBe('ct-3-months');
    expect(assess({ kind: 'solid', size, brockProbability: 0.1 }).outcome).toBe('pet-ct');
  });

  it.each([[0.099, 'surveillance'], [0.1, 'biopsy-excision-or-surveillance'], [0.7, 'biopsy-excision-or-surveillance'], [0.701, 'resection-or-treatment']] as const)('Herder %s: %s', (herderProbability, outcome) => {
    expect(assess({ kind: 'solid', size: mm(12), brockProbability: 0.3, herderProbability }).outcome).toBe(outcome);
  });

  it.each([[0.099, '< 10 %'], [0.1, '10 – 70 %'], [0.7, '10 – 70 %'], [0.701, '> 70 %']] as const)('names the band of Herder %s', (herderProbability, band) => {
    expect(assess({ kind: 'solid', size: mm(12), brockProbability: 0.3, herderProbability }).reasons[0]?.text.en).toContain(`band ${band}`);
  });

  it.each([30, 1.001, -0.001, Number.NaN])('refuses %s, which is no probability', (wrong) => {
    expect(assess({ kind: 'solid', size: mm(12), brockProbability: wrong })).toMatchObject({ outcome: 'insufficient-information', missing: ['brockProbability'] });
    expect(assess({ kind: 'solid', size: mm(12), brockProbability: 0.3, herderProbability: wrong })).toMatchObject({ outcome: 'insufficient-information', missing: ['herderProbability'] });
  });

  it('takes 0 and 1 as probabilities', () => {
    expect(assess({ kind: 'solid', size: mm(12), brockProbability: 0 }).outcome).toBe('ct-3-months');
    expect(assess({ kind: 'solid', size: mm(12), brockProbability: 1, herderProbability: 1 }).outcome).toBe('resection-or-treatment');
  });

  it('marks what is from memory, and not the smallest sizes', () => {
    const codes = (size: number) => assess({ kind: 'solid', size: mm(size) }).caveats.map(({ code }) => code);
    expect(codes(4)).not.toContain('row-not-checked-at-source');
    expect(codes(7)).toContain('row-not-checked-at-source');
  });

  it('benign patterns need no follow-up and no size', () => expect(assess({ kind: 'solid', hasBenignPattern: true }).outcome).toBe('no-follow-up'));

  it.each([[9.9, 'no-follow-up'], [10, 'insufficient-information']] as const)('typical perifissural or subpleural of %s mm: %s', (size, outcome) => {
    expect(assess({ kind: 'solid', size: mm(size), isTypicalPerifissuralOrSubpleural: true }).outcome).toBe(outcome);
  });

  it('does not take a volume for the 10 mm of a typical perifissural one', () => {
    expect(assess({ kind: 'solid', size: mm3(200), isTypicalPerifissuralOrSubpleural: true })).toMatchObject({ outcome: 'insufficient-information', missing: ['maxAxialDiameterMm'] });
  });

  it.each([['part-solid', 4.9, 'no-follow-up'], ['ground-glass', 4.9, 'no-follow-up'], ['part-solid', 5, 'ct-3-months'], ['ground-glass', 20, 'ct-3-months']] as const)('%s of %s mm: %s', (kind, size, outcome) => {
    expect(assess({ kind, size: mm(size) }).outcome).toBe(outcome);
  });

  it('subsolid rows are by diameter', () => {
    expect(assess({ kind: 'ground-glass', size: mm3(79) }).outcome).toBe('no-follow-up');
    expect(assess({ kind: 'ground-glass', size: mm3(80) })).toMatchObject({ outcome: 'insufficient-information', missing: ['maxAxialDiameterMm'] });
  });

  it('names what is missing', () => {
    expect(assess({ kind: 'solid' })).toMatchObject({ outcome: 'insufficient-information', missing: ['size'] });
    expect(assess({ kind: 'unknown', size: mm(7) })).toMatchObject({ outcome: 'insufficient-information', missing: ['kind'] });
    expect(assess({ kind: 'solid', size: mm(Number.NaN) })).toMatchObject({ outcome: 'insufficient-information', missing: ['size'] });
  });
});

describe('surveillance of solid nodules', () => {
  const follow = (input: BtsSolidSurveillance) => {
    const answer = assessBtsSolidSurveillance(input);
    expectComplete(answer);
    return answer;
  };
  it.each([
    ['3-months', 30, 399, 'work-up'], ['3-months', 30, 400, 'ct-12-months'], ['3-months', 20, 399, 'work-up'], ['3-months', 20, 400, 'ct-12-months'],
    ['12-months', 25, 399, 'work-up'], ['12-months', 25, 400, 'biopsy-or-surveillance'], ['12-months', 25, 600, 'biopsy-or-surveillance'], ['12-months', 25, 601, 'discharge-or-surveillance'],
    ['24-months', 40, 601, 'discharge-or-surveillance'], ['12-months', 24.9, 900, 'discharge'],
  ] as const)('%s, %s %% with a doubling time of %s days: %s', (visit, volumeChangePercent, volumeDoublingTimeDays, outcome) => {
    expect(follow({ visit, method: 'volumetry', volumeChangePercent, volumeDoublingTimeDays }).outcome).toBe(outcome);
  });
  it('clear growth is worked up at any visit', () => expect(follow({ visit: '12-months', hasClearGrowth: true }).outcome).toBe('work-up'));
  it('discharges stable volume after 1 year, and stable diameters after 2', () => {
    expect(follow({ visit: '3-months', method: 'volumetry', volumeChangePercent: 0 }).outcome).toBe('ct-12-months');
    expect(follow({ visit: '12-months', method: 'volumetry', volumeChangePercent: -10 }).outcome).toBe('discharge');
    expect(follow({ visit: '12-months', method: 'diameter', hasClearGrowth: false }).outcome).toBe('ct-24-months');
    expect(follow({ visit: '24-months', method: 'diameter', hasClearGrowth: false }).outcome).toBe('discharge');
  });
  it('names what is missing', () => {
    expect(follow({ visit: '12-months' }).missing).toEqual(['volumeChangePercent']);
    expect(follow({ visit: '12-months', method: 'diameter' }).missing).toEqual(['hasClearGrowth']);
    expect(follow({ visit: '12-months', volumeChangePercent: 25 }).missing).toEqual(['volumeDoublingTimeDays']);
    expect(follow({ visit: '3-months', volumeChangePercent: 10 }).missing).toEqual(['volumeDoublingTimeDays']);
    expect(follow({ visit: '12-months', volumeChangePercent: 0 }).missing).toEqual(['method']);
  });
  it('says when the change may be measurement error', () => {
    expect(follow({ visit: '3-months', volumeChangePercent: 20, volumeDoublingTimeDays: 300 }).caveats.map(({ code }) => code)).toContain('within-variability');
    expect(follow({ visit: '3-months', volumeChangePercent: 25, volumeDoublingTimeDays: 300 }).caveats.map(({ code }) => code)).not.toContain('within-variability');
  });
});

describe('surveillance of subsolid nodules', () => {
  const stable = { hasResolved: false, diameterIncreaseMm: 0, hasNewSolidComponent: false, hasConcerningMorphology: false } as const;
  const follow = (input: BtsSubsolidSurveillance) => {
    const answer = assessBtsSubsolidSurveillance(input);
    expectComplete(answer);
    return answer;
  };
  it.each([
    [{ hasResolved: true }, 'discharge'],
    [{ ...stable, diameterIncreaseMm: 2, brockProbability: 0.01 }, 'favour-resection-or-biopsy'],
    [{ ...stable, diameterIncreaseMm: 1.9, brockProbability: 0.01 }, 'ct-at-1-2-and-4-years'],
    [{ ...stable, hasNewSolidComponent: true, brockProbability: 0.01 }, 'favour-resection-or-biopsy'],
    [{ ...stable, brockProbability: 0.099 }, 'ct-at-1-2-and-4-years'],
    [{ ...stable, brockProbability: 0.1 }, 'discuss-surveillance-biopsy-or-resection'],
    [{ ...stable, hasConcerningMorphology: true }, 'discuss-surveillance-biopsy-or-resection'],
  ] as const)('%o: %s', (input, outcome) => expect(follow(input).outcome).toBe(outcome));
  it('names what is missing', () => {
    expect(follow({}).missing).toEqual(['hasResolved', 'diameterIncreaseMm', 'hasNewSolidComponent']);
    expect(follow(stable).missing).toEqual(['brockProbability']);
    for (const wrong of [-0.001, 1.001, Number.NaN]) expect(follow({ ...stable, brockProbability: wrong }).missing).toEqual(['brockProbability']);
    expect(follow({ ...stable, brockProbability: 0 }).outcome).toBe('ct-at-1-2-and-4-years');
    expect(follow({ ...stable, brockProbability: 1 }).outcome).toBe('discuss-surveillance-biopsy-or-resection');
    expect(follow({ ...stable, diameterIncreaseMm: Number.POSITIVE_INFINITY }).missing).toEqual(['diameterIncreaseMm']);
    expect(follow({ ...without(stable, 'hasConcerningMorphology'), brockProbability: 0.05 }).missing).toEqual(['hasConcerningMorphology']);
  });
});
