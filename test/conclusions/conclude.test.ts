import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { conclude, type ConclusionInput } from '../../src/conclusions/conclude.ts';
import { mostSuspicious } from '../../src/conclusions/fleischner-nodule.ts';
import type { NoduleComparison, NoduleFeatures, PatientContext } from '../../src/conclusions/types.ts';
import { expectComplete } from '../guidelines/expect-answer.ts';
import { concluded } from './findings.ts';

const screening: PatientContext = { ageYears: 62, sex: 'female', isScreening: true, prior: 'none', lungsFullyEvaluated: true };
const incidental: PatientContext = {
  ageYears: 62, sex: 'female', isScreening: false, prior: 'none', lungsFullyEvaluated: true, hasKnownCancer: false, isImmunosuppressed: false, fleischnerRisk: 'low',
};

function input(change: Partial<ConclusionInput> = {}): ConclusionInput {
  return { findings: [concluded()], patient: screening, comparisons: [], ...change };
}

function comparison(change: NoduleComparison['change'], trackingUID = '2.25.1'): NoduleComparison {
  return { trackingUID, change, priorStudyInstanceUID: '2.25.9', priorDate: '20250101', intervalDays: 300 };
}

function features(value: NoduleFeatures, trackingUID = '2.25.1'): ReadonlyMap<string, NoduleFeatures> {
  return new Map([[trackingUID, value]]);
}

describe('Lung-RADS of an examination', () => {
  it.each<readonly [string, Partial<ConclusionInput>, string]>([
    ['a solid nodule at baseline by its axes', {}, '3'],
    ['small', { findings: [concluded({ longAxisMm: 5.9 })] }, '2'],
    ['calcified by density, without a pattern stated: as solid', { findings: [concluded({ type: 'calcified' })] }, '3'],
    ['calcified, a reader states a benign pattern', { findings: [concluded({ type: 'calcified' })], features: features({ benignPattern: 'popcorn-calcification' }) }, '1'],
    ['typical perifissural', { features: features({ isPerifissural: true }) }, '2'],
    ['spiculated', { features: features({ isSpiculated: true }) }, '4X'],
    ['not spiculated', { features: features({ isSpiculated: false }) }, '3'],
    ['part-solid with its solid component', { findings: [concluded({ type: 'part-solid', longAxisMm: 10, solidDiameterMm: 6 })] }, '4A'],
    ['part-solid without', { findings: [concluded({ type: 'part-solid', longAxisMm: 10 })] }, 'insufficient-information'],
    ['ground glass', { findings: [concluded({ type: 'ground-glass', longAxisMm: 20 })] }, '2'],
    ['new', { comparisons: [comparison('new')] }, '4A'],
    ['growing', { comparisons: [comparison('growing')] }, '4A'],
    ['stable', { comparisons: [comparison('stable')] }, '3'],
    ['the worst of two', { findings: [concluded(), concluded({ trackingUID: '2.25.2', longAxisMm: 15 })] }, '4B'],
    ['earlier examination not at hand: as baseline', { patient: { ...screening, prior: 'unavailable' } }, '3'],
    ['earlier examination compared, this nodule not', { patient: { ...screening, prior: 'available' } }, 'insufficient-information'],
    ['growth that could not be told', { comparisons: [comparison('undetermined')] }, 'insufficient-information'],
    ['no nodule, lungs evaluated by a reader', { findings: [] }, '1'],
    ['no nodule, nobody evaluated the lungs', { findings: [], patient: { isScreening: true, prior: 'none' } }, 'insufficient-information'],
    ['no nodule, lungs evaluated in part', { findings: [], patient: { ...screening, lungsFullyEvaluated: false } }, 'insufficient-information'],
    ['not a screening examination', { patient: incidental }, 'not-applicable'],
  ])('%s', (_name, change, outcome) => {
    const { lungRads } = conclude(input(change));
    expect(lungRads.outcome).toBe(outcome);
    expectComplete(lungRads);
    lungRads.findings.forEach(expectComplete);
  });

  it('names everything that lacks at once', () => {
    expect(conclude(input({ patient: {} })).lungRads.missing).toEqual(['isScreening', 'prior']);
    expect(conclude(input({ patient: {}, findings: [] })).lungRads.missing).toEqual(['isScreening', 'lungsFullyEvaluated']);
    expect(conclude(input({ patient: { isScreening: true } })).lungRads.missing).toEqual(['prior']);
    expect(conclude(input({ patient: { isScreening: true }, comparisons: [comparison('stable')] })).lungRads.outcome).toBe('3');
    expect(conclude(input({ patient: { ...screening, prior: 'available' } })).lungRads.missing).toEqual(['findings[0].comparison']);
  });

  it('says what it would be at baseline where the earlier examination is unknown', () => {
    const { lungRads } = conclude(input({ patient: { isScreening: true } }));
    expect(lungRads.findings[0]?.caveats.map(({ code }) => code)).toContain('at-baseline');
    expect(lungRads.findings[0]?.caveats.find(({ code }) => code === 'at-baseline')?.text.en).toContain('category 3');
  });

  it('needs no earlier examination where every comparison gives the same category', () => {
    expect(conclude(input({ patient: { isScreening: true }, findings: [concluded({ type: 'ground-glass' })] })).lungRads.outcome).toBe('2');
    expect(conclude(input({ patient: { isScreening: true }, findings: [concluded({ longAxisMm: 15 })] })).lungRads.outcome).toBe('4B');
  });

  it('never uses a volume that a note withholds', () => {
    const finding = concluded({ shortAxisMm: Number.NaN, volumeMm3: 150 });
    expect(conclude(input({ findings: [finding] })).lungRads.outcome).toBe('3');
    for (const note of ['gap-nearby', 'not-segmented', 'at-scan-edge']) {
      const { lungRads, fleischner } = conclude(input({ findings: [{ ...finding, notes: [note] }] }));
      expect(lungRads.missing).toEqual(['findings[0].size']);
      expect(JSON.stringify(fleischner)).not.toContain('150');
    }
  });

  it('says what is weak about the measurement', () => {
    const { lungRads, fleischner, brock } = conclude(input({ findings: [concluded({ notes: ['leaked'] })], patient: { ...incidental, isScreening: true } }));
    for (const answer of [lungRads.findings[0], lungRads, brock[0]]) expect(answer?.caveats.map(({ code }) => code)).toContain('measurement-leaked');
    expect(fleischner?.outcome).toBe('not-applicable');
  });
});

describe('Fleischner of the most suspicious nodule', () => {
  it.each<readonly [string, Partial<ConclusionInput>, string]>([
    ['single, 6 to 8 mm, low risk', {}, 'ct-6-12-months-then-consider-18-24'],
    ['two, 6 to 8 mm, low risk', { findings: [concluded(), concluded({ trackingUID: '2.25.2', longAxisMm: 5 })] }, 'ct-3-6-months-then-consider-18-24'],
    ['two, one of them benign', { findings: [concluded(), concluded({ trackingUID: '2.25.2', longAxisMm: 20 })], features: features({ benignPattern: 'fat' }, '2.25.2') }, 'ct-6-12-months-then-consider-18-24'],
    ['one subsolid beside a solid one', { findings: [concluded({ longAxisMm: 5 }), concluded({ trackingUID: '2.25.2', type: 'ground-glass', longAxisMm: 8 })] }, 'ct-6-12-months-then-every-2-years-to-5'],
    ['one part-solid beside solid ones', { findings: [concluded({ longAxisMm: 5 }), concluded({ trackingUID: '2.25.2', longAxisMm: 4 }), concluded({ trackingUID: '2.25.3', type: 'part-solid', longAxisMm: 12, solidDiameterMm: 5 })] }, 'ct-3-6-months-then-annual-to-5'],
    ['two subsolid', { findings: [concluded({ type: 'ground-glass', longAxisMm: 8 }), concluded({ trackingUID: '2.25.2', type: 'part-solid', longAxisMm: 5, solidDiameterMm: 2 })] }, 'ct-3-6-months-then-by-most-suspicious'],
    ['a solid one beside a subsolid one', { findings: [concluded(), concluded({ trackingUID: '2.25.2', type: 'ground-glass', longAxisMm: 7 })] }, 'ct-3-6-months-then-consider-18-24'],
    ['benign', { features: features({ benignPattern: 'fat' }) }, 'not-applicable'],
    ['perifissural', { features: features({ isPerifissural: true }) }, 'no-routine-follow-up'],
    ['screening', { patient: screening }, 'not-applicable'],
    ['risk unknown', { patient: { ageYears: 62, isScreening: false, hasKnownCancer: false, isImmunosuppressed: false } }, 'insufficient-information'],
    ['a mass', { findings: [concluded({ longAxisMm: 31 })] }, 'not-applicable'],
  ])('%s', (_name, change, outcome) => {
    const { fleischner } = conclude(input({ patient: incidental, ...change }));
    expect(fleischner?.outcome).toBe(outcome);
    if (fleischner !== undefined) expectComplete(fleischner);
  });

  it('names what the row of the nodule needs together with what the table needs', () => {
    const missing = (change: Partial<ConclusionInput>) => conclude(input({ patient: { ageYears: 62 }, ...change })).fleischner?.missing;
    const ofPatient = ['hasKnownCancer', 'isImmunosuppressed', 'isScreening'];
    expect(missing({})).toEqual([...ofPatient, 'risk']);
    expect(missing({ findings: [concluded({ longAxisMm: 9 })] })).toEqual(ofPatient);
    expect(missing({ findings: [concluded({ type: 'part-solid' })] })).toEqual([...ofPatient, 'solidComponent']);
  });

  it('is absent without nodules', () => {
    expect(conclude(input({ patient: incidental, findings: [] })).fleischner).toBeUndefined();
  });

  it.each<readonly [string, readonly Parameters<typeof concluded>[0][], number]>([
    ['the larger of two solid ones', [{ longAxisMm: 6 }, { longAxisMm: 7 }], 1],
    ['a solid one of 9 mm before ground glass of 25 mm', [{ type: 'ground-glass', longAxisMm: 25 }, { longAxisMm: 9 }], 1],
    ['a part-solid one whose solid component nobody measured before a solid one of 7 mm', [{ longAxisMm: 7 }, { type: 'part-solid', longAxisMm: 7 }], 1],
    ['the first of equals', [{}, {}], 0],
  ])('takes %s', (_name, changes, index) => {
    const findings = changes.map((change, at) => concluded({ ...change, trackingUID: `2.25.${at}` }));
    expect(mostSuspicious(input({ findings }))).toBe(index);
  });
});

describe('Brock of each nodule', () => {
  it('gives the published example with the longest diameter, 2b when spiculation was stated', () => {
    const findings = [concluded({ longAxisMm: 8, shortAxisMm: 4 })];
    const [known] = conclude(input({ findings, features: features({ isSpiculated: true }) })).brock;
    expect(known?.version).toContain('2b');
    expect(known?.probability).toBeCloseTo(0.117544, 5);
    const [unknown] = conclude(input({ findings })).brock;
    expect(unknown?.version).toContain('2a');
    expect(unknown?.probability).toBeCloseTo(0.065033, 5);
  });

  it('refuses without age, sex or lobe, and names them', () => {
    const { lobe, ...nowhere } = concluded();
    expect(lobe).toBeDefined();
    const [answer] = conclude(input({ findings: [nowhere], patient: {} })).brock;
    expect(answer).toMatchObject({ outcome: 'insufficient-information', missing: ['ageYears', 'sex', 'isInUpperLobe'] });
  });

  it('says when nobody confirmed the number of nodules', () => {
    const { lungsFullyEvaluated, ...unread } = screening;
    expect(lungsFullyEvaluated).toBe(true);
    expect(conclude(input({ patient: unread })).brock[0]?.caveats.map(({ code }) => code)).toContain('count-not-confirmed');
    expect(conclude(input()).brock[0]?.caveats.map(({ code }) => code)).not.toContain('count-not-confirmed');
  });
});

const anyFinding = fc.record({
  type: fc.constantFrom('solid' as const, 'part-solid' as const, 'ground-glass' as const, 'calcified' as const),
  longAxisMm: fc.oneof(fc.double({ min: 1, max: 40, noNaN: true }), fc.constantFrom(0, Number.NaN, Infinity, -1)),
  notes: fc.subarray(['gap-nearby', 'leaked', 'at-scan-edge', 'not-segmented']),
});
const anyPatient = fc.record({
  ageYears: fc.integer({ min: 0, max: 110 }), sex: fc.constantFrom('female' as const, 'male' as const), isScreening: fc.boolean(),
  fleischnerRisk: fc.constantFrom('low' as const, 'high' as const), hasKnownCancer: fc.boolean(), isImmunosuppressed: fc.boolean(),
  prior: fc.constantFrom('none' as const, 'unavailable' as const, 'available' as const), lungsFullyEvaluated: fc.boolean(),
}, { requiredKeys: [] });

describe('for any findings and any knowledge of the patient', () => {
  it('answers in full, one Brock for each finding, and no category 1 or missing knowledge taken for "no"', () => {
    fc.assert(fc.property(fc.array(anyFinding, { maxLength: 5 }), anyPatient, (findings, patient) => {
      const known = findings.map((finding, at) => concluded({ ...finding, trackingUID: `2.25.${at}` }));
      const { lungRads, fleischner, brock } = conclude({ findings: known, patient, comparisons: [] });
      for (const answer of [lungRads, ...lungRads.findings, ...brock, ...(fleischner === undefined ? [] : [fleischner])]) expectComplete(answer);
      expect(brock).toHaveLength(findings.length);
      expect(fleischner === undefined).toBe(findings.length === 0);
      if (lungRads.outcome === '1') expect(patient).toMatchObject({ isScreening: true, lungsFullyEvaluated: true });
      if (patient.isScreening !== true) expect(['insufficient-information', 'not-applicable']).toContain(lungRads.outcome);
      if (fleischner !== undefined && fleischner.management !== undefined) expect(patient).toMatchObject({ isScreening: false, hasKnownCancer: false, isImmunosuppressed: false });
    }));
  });

  it('does not depend on the order of findings', () => {
    fc.assert(fc.property(fc.array(anyFinding, { minLength: 1, maxLength: 5 }), anyPatient, (findings, patient) => {
      const known = findings.map((finding, at) => concluded({ ...finding, trackingUID: `2.25.${at}` }));
      const [one, other] = [known, known.toReversed()].map((list) => conclude({ findings: list, patient, comparisons: [] }));
      expect(other?.lungRads.outcome).toBe(one?.lungRads.outcome);
      expect(other?.brock.map(({ probability }) => probability).toReversed()).toEqual(one?.brock.map(({ probability }) => probability));
    }));
  });
});
