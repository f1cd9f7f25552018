import { describe, expect, it } from 'vitest';
import { assessBtsGrowth, assessFleischnerGrowth, assessLungRadsGrowth } from '../../src/guidelines/growth.ts';
import { assessVolumeDoublingTime, type VolumeDoublingTimeInput } from '../../src/guidelines/volume-doubling-time.ts';
import { expectComplete, without } from './expect-answer.ts';

/** Pairs of day and size. */
const diameters = (...pairs: readonly (readonly [day: number, meanDiameterMm: number])[]) => pairs.map(([day, meanDiameterMm]) => ({ day, size: { by: 'mean-diameter', meanDiameterMm } as const }));
const volumes = (...pairs: readonly (readonly [day: number, volumeMm3: number])[]) => pairs.map(([day, volumeMm3]) => ({ day, size: { by: 'volume', volumeMm3 } as const }));

function lungRads(examinations: Parameters<typeof assessLungRadsGrowth>[0]) {
  const answer = assessLungRadsGrowth(examinations);
  expectComplete(answer);
  return answer;
}

describe('Lung-RADS growth', () => {
  it.each([
    ['1.5 mm in 90 days', diameters([0, 6], [90, 7.5]), 'stable'],
    ['1.6 mm in 90 days', diameters([0, 6], [90, 7.6]), 'growing'],
    ['1.5 mm in a year, in decimals without exact binary form', diameters([0, 6.1], [365, 7.6]), 'stable'],
    ['1.6 mm in a year', diameters([0, 6], [365, 7.6]), 'growing'],
    ['1.6 mm in a year and 5 days', diameters([0, 6], [370, 7.6]), 'growing'],
    ['1.5 mm smaller', diameters([0, 7.5], [90, 6]), 'stable'],
    ['1.6 mm smaller', diameters([0, 7.6], [90, 6]), 'smaller'],
    ['1.0 mm a year over two years', diameters([0, 6], [365, 7], [730, 8]), 'slow-growing'],
    ['1.6 mm in the last of two years', diameters([0, 6], [365, 6], [730, 7.6]), 'growing'],
    ['examinations given in another order', diameters([365, 7.6], [0, 6]), 'growing'],
    ['2 mm³', volumes([0, 100], [90, 102]), 'stable'],
    ['3 mm³', volumes([0, 100], [90, 103]), 'growing'],
  ] as const)('%s', (_, examinations, outcome) => expect(lungRads(examinations).outcome).toBe(outcome));

  it('rounds before it compares', () => {
    expect(lungRads(diameters([0, 6.04], [90, 7.56])).outcome).toBe('growing');
    expect(lungRads(diameters([0, 5.96], [90, 7.54])).outcome).toBe('stable');
  });

  it('cannot tell growth from slow growth over a long gap', () => {
    const answer = lungRads(diameters([0, 6], [730, 8]));
    expect(answer).toMatchObject({ outcome: 'insufficient-information', missing: ['sizeBetween'] });
    expect(lungRads(diameters([0, 6], [730, 10])).outcome).toBe('growing');
    // 1.6 mm is more than 1.5 mm per 12 months up to 389 days.
    expect(lungRads(diameters([0, 6], [389, 7.6])).outcome).toBe('growing');
    expect(lungRads(diameters([0, 6], [390, 7.6])).outcome).toBe('insufficient-information');
  });

  it('needs two sizes of one quantity on different days', () => {
    expect(lungRads(diameters([0, 6])).missing).toEqual(['previousSize']);
    expect(lungRads(diameters([0, 6], [90, Number.NaN])).missing).toEqual(['previousSize']);
    expect(lungRads([...diameters([0, 6]), ...volumes([90, 200])]).missing).toEqual(['sizesOfOneQuantity']);
    expect(lungRads(diameters([5, 6], [5, 8])).missing).toEqual(['intervalDays']);
  });

  it('warns of the volume threshold', () => {
    expect(lungRads(volumes([0, 100], [90, 103])).caveats.map(({ code }) => code)).toContain('volume-threshold');
    expect(lungRads(diameters([0, 6], [90, 9])).caveats.map(({ code }) => code)).not.toContain('volume-threshold');
  });
});

describe('Fleischner growth', () => {
  it.each([[6, 7.4, 'stable'], [6, 7.5, 'growing'], [6, 8, 'growing'], [8, 6, 'smaller'], [8, 7, 'stable']] as const)('%s to %s mm: %s', (previous, current, outcome) => {
    const answer = assessFleischnerGrowth(previous, current);
    expectComplete(answer);
    expect(answer.outcome).toBe(outcome);
  });
  it('names what is missing', () => expect(assessFleischnerGrowth(undefined, 0).missing).toEqual(['previousMeanDiameterMm', 'currentMeanDiameterMm']));
});

describe('BTS growth', () => {
  it.each([[100, 124.9, 'stable'], [100, 125, 'growing'], [300, 375, 'growing'], [100, 75, 'smaller'], [100, 75.1, 'stable']] as const)('%s to %s mm³: %s', (previous, current, outcome) => {
    const answer = assessBtsGrowth(previous, current);
    expectComplete(answer);
    expect(answer.outcome).toBe(outcome);
  });
  it('gives the change in percent', () => {
    expect(Number(assessBtsGrowth(200, 250).inputs.find(({ name }) => name === 'change')?.value)).toBeCloseTo(25, 10);
  });
  it('names what is missing', () => expect(assessBtsGrowth(100, undefined).missing).toEqual(['currentVolumeMm3']));
});

describe('volume doubling time', () => {
  const vdt = (input: VolumeDoublingTimeInput) => {
    const answer = assessVolumeDoublingTime(input);
    expectComplete(answer);
    expect(answer.volumeDoublingTimeDays !== undefined).toBe(answer.outcome === 'doubling');
    return answer;
  };
  it.each([
    ['volume', 120, 180, 90, 153.9, 1], ['volume', 300, 330, 365, 2654, 0], ['diameter', 7.0, 8.5, 92, 109.5, 1], ['volume', 100, 200, 100, 100, 6],
  ] as const)('%s %s to %s in %s days is %s days', (quantity, previous, current, intervalDays, days, digits) => {
    expect(vdt({ quantity, previous, current, intervalDays, sameMethod: true }).volumeDoublingTimeDays).toBeCloseTo(days, digits);
  });

  const base: VolumeDoublingTimeInput = { quantity: 'volume', previous: 100, current: 150, intervalDays: 90, sameMethod: true };
  it.each([[100, 'stable'], [99.9, 'decreasing'], [100.1, 'doubling']] as const)('100 to %s mm³ is %s', (current, outcome) => expect(vdt({ ...base, current }).outcome).toBe(outcome));
  it.each([[29, 'not-applicable'], [30, 'doubling']] as const)('an interval of %s days: %s', (intervalDays, outcome) => expect(vdt({ ...base, intervalDays }).outcome).toBe(outcome));
  it('does not compare different methods', () => expect(vdt({ ...base, sameMethod: false }).outcome).toBe('not-applicable'));
  it.each(['previous', 'current', 'intervalDays', 'sameMethod'] as const)('refuses without %s', (name) => {
    expect(vdt(without(base, name))).toMatchObject({ outcome: 'insufficient-information', missing: [name] });
  });
  it.each([[124.9, true], [125, false], [75.1, true], [75, false]] as const)('100 to %s mm³ is within the variability: %s', (current, within) => {
    expect(vdt({ ...base, current }).caveats.some(({ code }) => code === 'within-variability')).toBe(within);
  });
});
