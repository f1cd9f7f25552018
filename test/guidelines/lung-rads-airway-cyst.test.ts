import { describe, expect, it } from 'vitest';
import { type AirwayNodule, assessLungRadsFinding, type AtypicalCyst } from '../../src/guidelines/lung-rads.ts';
import { expectComplete } from './expect-answer.ts';

function rate(finding: AirwayNodule | AtypicalCyst) {
  const answer = assessLungRadsFinding(finding);
  expectComplete(answer);
  return answer;
}

describe('airway', () => {
  it.each([
    ['subsegmental', 'baseline', '2'], ['subsegmental', 'new', '2'], ['subsegmental', 'stable', '2'], ['subsegmental', 'prior-unavailable', '2'],
    ['segmental-or-more-proximal', 'baseline', '4A'], ['segmental-or-more-proximal', 'prior-unavailable', '4A'], ['segmental-or-more-proximal', 'new', '4A'],
    ['segmental-or-more-proximal', 'stable', '4B'], ['segmental-or-more-proximal', 'growing', '4B'],
  ] as const)('%s, %s is category %s, from memory', (level, comparison, category) => {
    const answer = rate({ kind: 'airway', level, comparison });
    expect(answer.outcome).toBe(category);
    expect(answer.caveats.map(({ code }) => code)).toContain('row-not-checked-at-source');
  });

  it.each([['subsegmental', 'growing'], ['subsegmental', 'smaller'], ['segmental-or-more-proximal', 'smaller']] as const)('%s, %s has no row', (level, comparison) => {
    const answer = rate({ kind: 'airway', level, comparison });
    expect(answer).toMatchObject({ outcome: 'insufficient-information', missing: [] });
    expect(answer.reasons[0]?.code).toBe('no-row');
  });

  it('is not stepped down at 3 months: what persists is 4B', () => {
    expect(rate({ kind: 'airway', level: 'segmental-or-more-proximal', comparison: 'stable', followUp: { previousCategory: '4A', months: 3 } }).outcome).toBe('4B');
  });

  it('takes what looks like secretion as category 2', () => {
    expect(rate({ kind: 'airway', level: 'segmental-or-more-proximal', comparison: 'new', favoursSecretion: true }).outcome).toBe('2');
  });

  it('proposes category 0 for multiple or tubular subsegmental ones without choosing it', () => {
    const answer = rate({ kind: 'airway', level: 'subsegmental', comparison: 'new', multipleOrTubular: true });
    expect(answer.outcome).toBe('2');
    expect(answer.categoryZeroProposals.map(({ code }) => code)).toEqual(['zero-infection']);
    expect(rate({ kind: 'airway', level: 'subsegmental', comparison: 'new' }).categoryZeroProposals).toEqual([]);
    expect(rate({ kind: 'airway', level: 'segmental-or-more-proximal', comparison: 'new', multipleOrTubular: true }).categoryZeroProposals).toEqual([]);
  });

  it('needs the level', () => {
    expect(rate({ kind: 'airway', comparison: 'new' })).toMatchObject({ outcome: 'insufficient-information', missing: ['level'] });
  });
});

describe('atypical cyst', () => {
  const thick = { kind: 'cyst', wall: 'thick', locules: 'one' } as const;
  const thin = { kind: 'cyst', wall: 'thin', locules: 'one' } as const;
  it.each([
    ['thin with one locule', { ...thin, comparison: 'baseline' }, 'not-rated'],
    ['thick', { ...thick, comparison: 'baseline' }, '4A'],
    ['thick and new', { ...thick, comparison: 'new' }, '4A'],
    ['thin, multilocular at baseline', { ...thin, locules: 'several', comparison: 'baseline' }, '4A'],
    ['thin that became multilocular', { ...thin, locules: 'several', becameMultilocular: true, comparison: 'stable' }, '4A'],
    ['thick that became multilocular', { ...thick, locules: 'several', becameMultilocular: true, comparison: 'stable' }, '4A'],
    ['thick with growing wall', { ...thick, comparison: 'growing', growing: ['wall'] }, '4B'],
    ['thick with growing nodularity', { ...thick, comparison: 'growing', growing: ['cystic-component', 'nodularity'] }, '4B'],
    ['growing multilocular', { ...thin, locules: 'several', comparison: 'growing' }, '4B'],
    ['growing that became multilocular', { ...thin, locules: 'several', becameMultilocular: true, comparison: 'growing' }, '4B'],
    ['multilocular with more loculation', { ...thin, locules: 'several', moreLoculation: true, comparison: 'stable' }, '4B'],
    ['multilocular with new opacity', { ...thin, locules: 'several', newOrDenserOpacity: true, comparison: 'stable' }, '4B'],
    ['thick with growing cystic component', { ...thick, comparison: 'growing', growing: ['cystic-component'] }, '3'],
  ] as const satisfies readonly (readonly [string, AtypicalCyst, string])[])('%s', (_, cyst, category) => expect(rate(cyst).outcome).toBe(category));

  it('a benign cyst has no management', () => expect(rate({ ...thin, comparison: 'baseline' }).management).toBeUndefined());

  it('says that a benign cyst grows, and only then', () => {
    const says = (cyst: AtypicalCyst) => rate(cyst).caveats.some(({ code }) => code === 'growing-thin-wall');
    expect(says({ ...thin, comparison: 'growing' })).toBe(true);
    expect(says({ ...thin, comparison: 'baseline' })).toBe(false);
    expect(says({ ...thick, comparison: 'growing', growing: ['wall'] })).toBe(false);
  });

  it('says that 4A fits as well where the cystic component grew', () => {
    expect(rate({ ...thick, comparison: 'growing', growing: ['cystic-component'] }).caveats.map(({ code }) => code)).toContain('two-rows-fit');
  });

  it('names what is missing', () => {
    expect(rate({ kind: 'cyst', comparison: 'baseline' })).toMatchObject({ outcome: 'insufficient-information', missing: ['wall', 'locules'] });
    expect(rate({ ...thick, comparison: 'growing' })).toMatchObject({ outcome: 'insufficient-information', missing: ['growingPart'] });
  });

  it('has no row for a new thin multilocular one', () => {
    expect(rate({ ...thin, locules: 'several', comparison: 'new' }).reasons[0]?.code).toBe('no-row');
  });

  it('proposes category 0 where there is fluid', () => {
    expect(rate({ ...thick, comparison: 'baseline', containsFluid: true }).categoryZeroProposals).toHaveLength(1);
  });
});
