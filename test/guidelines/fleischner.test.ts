import { describe, expect, it } from 'vitest';
import { assessFleischner, type FleischnerInput, type FleischnerNodule, type FleischnerPatient } from '../../src/guidelines/fleischner.ts';
import type { NoduleSize } from '../../src/guidelines/size.ts';
import { expectComplete, without } from './expect-answer.ts';

const mm = (meanDiameterMm: number): NoduleSize => ({ by: 'mean-diameter', meanDiameterMm });
const mm3 = (volumeMm3: number): NoduleSize => ({ by: 'volume', volumeMm3 });
const covered: FleischnerPatient = { ageYears: 60, hasKnownCancer: false, isImmunosuppressed: false, isScreening: false };

function assess(nodule: FleischnerNodule, patient: FleischnerPatient = { ...covered, risk: 'low' }, more: Partial<FleischnerInput> = { multiple: false }) {
  const answer = assessFleischner({ patient, nodule, ...more });
  expectComplete(answer);
  return answer;
}

const none = 'no-routine-follow-up';
const optional = 'optional-ct-12-months';

describe('solid', () => {
  const rows = [
    ['single', 'low', none, 'ct-6-12-months-then-consider-18-24', 'consider-ct-3-months-pet-ct-or-tissue'],
    ['single', 'high', optional, 'ct-6-12-months-then-18-24', 'consider-ct-3-months-pet-ct-or-tissue'],
    ['multiple', 'low', none, 'ct-3-6-months-then-consider-18-24', 'ct-3-6-months-then-consider-18-24'],
    ['multiple', 'high', optional, 'ct-3-6-months-then-18-24', 'ct-3-6-months-then-18-24'],
  ] as const;
  it.each(rows)('%s, %s risk: every column on both sides of its bounds', (count, risk, under, middle, over) => {
    const outcome = (size: NoduleSize) => assess({ kind: 'solid', size }, { ...covered, risk }, { multiple: count === 'multiple' }).outcome;
    expect([mm(3), mm(5), mm(5.49), mm3(99), mm3(99.4)].map(outcome)).toEqual(Array.from({ length: 5 }, () => under));
    expect([mm(5.5), mm(6), mm(8), mm(8.49), mm3(99.5), mm3(100), mm3(250), mm3(250.4)].map(outcome)).toEqual(Array.from({ length: 8 }, () => middle));
    expect([mm(8.5), mm(9), mm(30), mm3(250.5), mm3(251), mm3(5000)].map(outcome)).toEqual(Array.from({ length: 6 }, () => over));
  });

  it('rounds the mean of the axes once, to the whole mm', () => {
    const axes = (longAxisMm: number, shortAxisMm: number) => assess({ kind: 'solid', size: { by: 'axes', longAxisMm, shortAxisMm } }).outcome;
    // 5.46 would become 5.5 and then 6 if it were rounded twice.
    expect(axes(5.46, 5.46)).toBe(none);
    expect(axes(6, 5)).toBe('ct-6-12-months-then-consider-18-24');
  });

  it('uses its own volumes: 101 mm³ is in the middle column although a sphere of 5.4 mm is under 6 mm', () => {
    expect(assess({ kind: 'solid', size: mm3(101) }).outcome).toBe('ct-6-12-months-then-consider-18-24');
    expect(assess({ kind: 'solid', size: mm(5.4) }).outcome).toBe(none);
  });

  it('needs the risk only where the rows differ', () => {
    const outcome = (size: NoduleSize, multiple: boolean) => assess({ kind: 'solid', size }, covered, { multiple });
    expect(outcome(mm(9), false).outcome).toBe('consider-ct-3-months-pet-ct-or-tissue');
    for (const [size, multiple] of [[mm(5), false], [mm(7), false], [mm(5), true], [mm(7), true], [mm(9), true]] as const) {
      expect(outcome(size, multiple)).toMatchObject({ outcome: 'insufficient-information', missing: ['risk'] });
    }
  });

  it('a typical perifissural one needs no follow-up whatever the size, and no risk', () => {
    expect(assess({ kind: 'solid', size: mm(9), isTypicalPerifissural: true }, covered).outcome).toBe(none);
  });

  it.each([{ isInUpperLobe: true }, { hasSuspiciousMorphology: true }])('under 6 mm, %o may justify 12 months: said, not chosen', (more) => {
    const answer = assess({ kind: 'solid', size: mm(5), ...more });
    expect(answer.outcome).toBe(none);
    expect(answer.caveats.map(({ code }) => code)).toContain('may-justify-12-months');
    expect(assess({ kind: 'solid', size: mm(6), ...more }).caveats.map(({ code }) => code)).not.toContain('may-justify-12-months');
  });
});

describe('subsolid', () => {
  it.each([
    ['ground-glass', 5, undefined, none], ['ground-glass', 6, undefined, 'ct-6-12-months-then-every-2-years-to-5'], ['ground-glass', 20, undefined, 'ct-6-12-months-then-every-2-years-to-5'],
    ['part-solid', 5, undefined, none], ['part-solid', 6, 5.4, 'ct-3-6-months-then-annual-to-5'], ['part-solid', 12, 5.5, 'ct-3-6-months-highly-suspicious'], ['part-solid', 12, 6, 'ct-3-6-months-highly-suspicious'],
  ] as const)('single %s of %s mm with a solid component of %s mm', (kind, size, component, outcome) => {
    expect(assess({ kind, size: mm(size), ...component === undefined ? {} : { solidComponent: mm(component) } }, covered).outcome).toBe(outcome);
  });

  it.each([[99, none], [100, 'ct-6-12-months-then-every-2-years-to-5']] as const)('single ground glass of %s mm³', (volume, outcome) => {
    expect(assess({ kind: 'ground-glass', size: mm3(volume) }, covered).outcome).toBe(outcome);
  });

  it.each([
    ['ground-glass', 5, 'ct-3-6-months-then-consider-2-and-4-years'], ['part-solid', 5, 'ct-3-6-months-then-consider-2-and-4-years'],
    ['ground-glass', 6, 'ct-3-6-months-then-by-most-suspicious'], ['part-solid', 6, 'ct-3-6-months-then-by-most-suspicious'],
  ] as const)('multiple, %s of %s mm', (kind, size, outcome) => expect(assess({ kind, size: mm(size) }, covered, { multiple: true }).outcome).toBe(outcome));

  it('a part-solid one of 6 mm needs the diameter of its solid component', () => {
    for (const more of [{}, { solidComponent: mm3(50) }]) {
      const answer = assess({ kind: 'part-solid', size: mm(6), ...more }, covered);
      expect(answer).toMatchObject({ outcome: 'insufficient-information', missing: ['solidComponent'] });
      expect(answer.reasons.map(({ code }) => code)).toContain('common-first-step');
    }
  });
});

describe('applicability', () => {
  const nodule: FleischnerNodule = { kind: 'solid', size: mm(7) };
  it.each([
    [{ ageYears: 34 }, 'too-young'], [{ hasKnownCancer: true }, 'excluded-hasKnownCancer'],
    [{ isImmunosuppressed: true }, 'excluded-isImmunosuppressed'], [{ isScreening: true }, 'excluded-isScreening'],
  ] as const)('%o is not covered', (more, code) => {
    const answer = assess(nodule, { ...covered, risk: 'low', ...more });
    expect(answer.outcome).toBe('not-applicable');
    expect(answer.reasons.map((reason) => reason.code)).toEqual([code]);
  });

  it('holds from 35 years', () => expect(assess(nodule, { ...covered, ageYears: 35, risk: 'low' }).outcome).toBe('ct-6-12-months-then-consider-18-24'));

  it.each(['ageYears', 'hasKnownCancer', 'isImmunosuppressed', 'isScreening'] as const)('without %s it answers insufficient information and names it', (name) => {
    expect(assess(nodule, { ...without(covered, name), risk: 'low' })).toMatchObject({ outcome: 'insufficient-information', missing: [name] });
  });

  it('one exclusion is enough, whatever else is unknown', () => {
    expect(assess(nodule, { hasKnownCancer: true })).toMatchObject({ outcome: 'not-applicable', missing: ['ageYears', 'isImmunosuppressed', 'isScreening'] });
  });

  it('names everything that is missing', () => {
    expect(assess({ kind: 'unknown' }, {}, {})).toMatchObject({
      outcome: 'insufficient-information',
      missing: ['ageYears', 'hasKnownCancer', 'isImmunosuppressed', 'isScreening', 'kind', 'multiple', 'size'],
    });
  });

  it('a mass is not a nodule', () => {
    expect(assess({ kind: 'solid', size: mm(30.4) }).outcome).toBe('consider-ct-3-months-pet-ct-or-tissue');
    expect(assess({ kind: 'solid', size: mm(30.5) }).outcome).toBe('not-applicable');
  });

  it('says when the sections are thick', () => {
    const codes = (sliceThicknessMm: number) => assess(nodule, undefined, { multiple: false, sliceThicknessMm }).caveats.map(({ code }) => code);
    expect(codes(1.5)).not.toContain('thick-sections');
    expect(codes(1.51)).toContain('thick-sections');
  });
});

it('names the row', () => {
  expect(assess({ kind: 'solid', size: mm(7.4) }, { ...covered, risk: 'high' }).reasons[0]?.text).toEqual({
    en: 'Row: single solid, high risk; column 6 – 8 mm, the nodule is 7 mm.',
    vi: 'Dòng: một nốt đặc, nguy cơ cao; cột 6 – 8 mm, nốt 7 mm.',
  });
});
