import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { assign } from '../../src/conclusions/assignment.ts';
import { compareNodules, type Examination, geometryOf } from '../../src/conclusions/compare-nodules.ts';
import type { WorldPoint } from '../../src/findings/types.ts';
import { compared, examination, lungBox } from './findings.ts';

const at: WorldPoint = [-60, -20, -80];
const now = (mm: number, change: Parameters<typeof compared>[3] = {}): Examination => examination('20260601', [compared('now', at, mm, change)]);
const before = (mm: number, change: Parameters<typeof compared>[3] = {}): Examination => examination('20260301', [compared('before', at, mm, change)]);

function moved(one: Examination, by: WorldPoint): Examination {
  const move = ([x, y, z]: WorldPoint): WorldPoint => [x + by[0], y + by[1], z + by[2]];
  return {
    ...one,
    findings: one.findings.map((finding) => ({ ...finding, worldPoint: move(finding.worldPoint) })),
    ...(one.lungBox === undefined ? {} : { lungBox: [move(one.lungBox[0]), move(one.lungBox[1])] }),
    ...(one.coverageMm === undefined ? {} : { coverageMm: [one.coverageMm[0] + by[2], one.coverageMm[1] + by[2]] }),
  };
}

describe('one nodule in two examinations', () => {
  it('gives growth and doubling time of the worked example', () => {
    // 7.0 to 8.5 mm in 92 days: 109.5 days.
    expect(compareNodules(now(8.5), before(7))).toEqual([{
      trackingUID: 'now', change: 'stable', priorStudyInstanceUID: '2.25.20260301', priorDate: '20260301', intervalDays: 92,
      priorTrackingUID: 'before', priorDiameterMm: 7, priorVolumeMm3: expect.closeTo(179.59, 1) as number, volumeDoublingTimeDays: expect.closeTo(109.5, 1) as number,
    }]);
    expect(compareNodules(now(8.6), before(7))[0]?.change).toBe('growing');
  });

  it.each<readonly [string, Examination, Examination, string]>([
    ['smaller', now(6), before(8), 'smaller'],
    ['more than 12 months apart and larger', now(8), examination('20240101', before(6).findings), 'undetermined'],
    ['an axis that nobody could measure', now(8, { shortAxisMm: 0 }), before(6), 'undetermined'],
  ])('%s', (_name, current, prior, change) => {
    expect(compareNodules(current, prior)).toMatchObject([{ change, priorTrackingUID: 'before' }]);
  });

  it.each<readonly [string, Examination, Examination]>([
    ['another method', now(10), { ...before(7), method: 'model 2' }],
    ['a method unknown', now(10), examination('20260301', before(7).findings, { method: undefined as unknown as string })],
    ['an outline that leaked', now(10, { notes: ['leaked'] }), before(7)],
    ['a volume withheld before', now(10), before(7, { notes: ['gap-nearby'] })],
    ['axes drawn by a reader', now(10, { isEdited: true }), before(7)],
    ['a change within the error of volumetry', now(7.4), before(7)],
    ['less than 30 days', now(10), examination('20260510', before(7).findings)],
  ])('gives no doubling time for %s', (_name, current, prior) => {
    const [comparison] = compareNodules(current, prior);
    expect(comparison?.priorTrackingUID).toBe('before');
    expect(comparison).not.toHaveProperty('volumeDoublingTimeDays');
  });

  it.each<readonly [string, Examination, Examination]>([
    ['the same day', now(8), examination('20260601', before(8).findings)],
    ['a later one given as the earlier', now(8), examination('20270101', before(8).findings)],
    ['a date that is none', now(8), examination('2026', before(8).findings)],
  ])('says nothing for %s', (_name, current, prior) => {
    expect(compareNodules(current, prior)).toEqual([]);
  });
});

describe('absent from the earlier examination', () => {
  const none = examination('20260301', []);
  it.each<readonly [string, Examination, readonly string[]]>([
    ['covered', none, ['new']],
    ['coverage unknown', examination('20260301', [], { coverageMm: undefined as unknown as readonly [number, number] }), []],
    ['not covered', examination('20260301', [], { coverageMm: [-70, 30] }), []],
    ['cut through the nodule', examination('20260301', [], { coverageMm: [-82, 30] }), []],
    ['thick slices', examination('20260301', [], { sliceThicknessMm: 5 }), []],
    ['lungs unknown', examination('20260301', [], { lungBox: undefined as unknown as typeof lungBox }), []],
    ['an earlier nodule nearby that may be the same', examination('20260301', [compared('b', [-60, -20, -100], 8)]), []],
    ['an earlier nodule far away', examination('20260301', [compared('b', [-60, -20, -180], 8)]), ['new']],
    ['an earlier nodule at the place on the other side', examination('20260301', [compared('b', [-60, -20, -80], 8, { laterality: 'left' })]), ['new']],
  ])('%s', (_name, prior, changes) => {
    expect(compareNodules(now(8), prior).map(({ change }) => change)).toEqual(changes);
  });
});

describe('laying one examination over the other', () => {
  it('follows the breath: lungs stretched from the apex', () => {
    const deep = examination('20260301', [compared('b', [-60, -20, -200], 8)]);
    const shallow: Examination = { ...examination('20260601', [compared('n', [-60, -20, -160], 8)]), lungBox: [[-140, -110, -200], [140, 90, 0]] };
    expect(compareNodules(shallow, deep)).toMatchObject([{ trackingUID: 'n', priorTrackingUID: 'b' }]);
  });

  it('does not stretch lungs that the scan cuts off', () => {
    const whole = examination('20260301', [compared('b', [-60, -20, -100], 8)]);
    const cut: Examination = { ...examination('20260601', [compared('n', [-60, -20, -100], 8)]), lungBox: [[-140, -110, -180], [140, 90, 0]], coverageMm: [-181, 30] };
    expect(compareNodules(cut, whole)).toMatchObject([{ trackingUID: 'n', priorTrackingUID: 'b' }]);
  });

  it('takes no end of the scan for the apex of the lungs', () => {
    const whole = examination('20260301', [compared('b', [-60, -20, -200], 8)]);
    // The same nodule; the scan begins below the apex, where the box then ends.
    const lower: Examination = { ...examination('20260601', [compared('n', [-60, -20, -200], 8)]), lungBox: [[-140, -110, -250], [140, 90, -101]], coverageMm: [-280, -100] };
    expect(compareNodules(lower, whole)).toEqual([]);
    const two = (one: Examination, place: WorldPoint): Examination => ({ ...one, findings: [...one.findings, compared(`${one.findings[0]?.trackingUID ?? ''}2`, place, 5)] });
    expect(compareNodules(two(lower, [80, 10, -150]), two(whole, [80, 10, -150])).map(({ priorTrackingUID }) => priorTrackingUID)).toEqual(['b', 'b2']);
  });

  it('takes one nodule for no proof of a shift, and two for one, where the lungs are unknown', () => {
    const blind = (one: Examination): Examination => ({ ...one, lungBox: undefined as unknown as typeof lungBox });
    expect(compareNodules(blind(now(8)), blind(moved(before(8), [0, 0, 400])))).toEqual([]);
    const two = examination('20260601', [compared('a', at, 8), compared('c', [70, 10, -150], 5)]);
    const earlier = examination('20260301', [compared('b', [70, 10, -150], 5), compared('d', at, 8)]);
    expect(compareNodules(blind(two), blind(moved(earlier, [20, -300, 411]))).map(({ trackingUID, priorTrackingUID }) => [trackingUID, priorTrackingUID]))
      .toEqual([['a', 'd'], ['c', 'b']]);
  });

  it('pairs neighbours by size where distance alone would swap them', () => {
    const current = examination('20260601', [compared('small', [-60, 0, -80], 4), compared('large', [-60, 8, -80], 12)]);
    const prior = examination('20260301', [compared('large before', [-60, 5, -80], 12), compared('small before', [-60, -3, -80], 4)]);
    expect(compareNodules(current, prior).map(({ priorTrackingUID }) => priorTrackingUID)).toEqual(['small before', 'large before']);
  });
});

it('reads the geometry that an analysis left', () => {
  const model = { id: 'm', version: '1', sha256: 'aa', name: 'M' };
  const quality = { lungLowXMm: -1, lungLowYMm: -2, lungLowZMm: -3, lungHighXMm: 4, lungHighYMm: 5, lungHighZMm: 6, scanLowZMm: -7, scanHighZMm: 8, sliceThicknessMm: 1 };
  expect(geometryOf({ quality, model })).toEqual({ lungBox: [[-1, -2, -3], [4, 5, 6]], coverageMm: [-7, 8], sliceThicknessMm: 1, method: 'm|1|aa' });
  expect(geometryOf({ quality: { lungLowXMm: -1, scanLowZMm: 'x' }, model })).toEqual({ method: 'm|1|aa' });
});

const point = fc.tuple(fc.integer({ min: -130, max: 130 }), fc.integer({ min: -100, max: 80 }), fc.integer({ min: -240, max: -10 }));
const nodules = fc.array(fc.tuple(point, fc.integer({ min: 3, max: 20 })), { maxLength: 6 });
const named = (prefix: string, list: readonly (readonly [WorldPoint, number])[]) => list.map(([place, mm], index) => compared(`${prefix}${index}`, place, mm));

describe('for any nodules', () => {
  it('pairs one to one and keeps the order', () => {
    fc.assert(fc.property(nodules, nodules, (current, prior) => {
      const result = compareNodules(examination('20260601', named('n', current)), examination('20260301', named('p', prior)));
      const priors = result.flatMap(({ priorTrackingUID }) => priorTrackingUID ?? []);
      expect(new Set(priors).size).toBe(priors.length);
      const order = result.map(({ trackingUID }) => Number(trackingUID.slice(1)));
      expect(order).toEqual(order.toSorted((a, b) => a - b));
      for (const { change, priorTrackingUID } of result) expect(change === 'new').toBe(priorTrackingUID === undefined);
    }));
  });

  it('does not depend on where the patient lay on the table', () => {
    fc.assert(fc.property(nodules, nodules, fc.tuple(fc.integer({ min: -60, max: 60 }), fc.integer({ min: -60, max: 60 }), fc.integer({ min: -900, max: 900 })), (current, prior, by) => {
      const [one, other] = [examination('20260601', named('n', current)), examination('20260301', named('p', prior))];
      expect(compareNodules(one, moved(other, by))).toEqual(compareNodules(one, other));
    }));
  });

  it('finds each again in the same examination, unchanged', () => {
    fc.assert(fc.property(nodules, (list) => {
      const distinct = list.filter(([place], index) => list.findIndex(([other]) => Math.hypot(place[0] - other[0], place[1] - other[1], place[2] - other[2]) < 1) === index);
      const result = compareNodules(examination('20260601', named('n', distinct)), examination('20260301', named('p', distinct)));
      expect(result.map(({ change, priorTrackingUID }) => [change, priorTrackingUID])).toEqual(distinct.map((_, index) => ['stable', `p${index}`]));
    }));
  });
});

describe('assignment', () => {
  /** By trying everything. */
  function best(costs: readonly (readonly (number | undefined)[])[], row = 0, used: ReadonlySet<number> = new Set()): readonly [pairs: number, cost: number] {
    if (row === costs.length) return [0, 0];
    let chosen = best(costs, row + 1, used);
    costs[row]?.forEach((cost, column) => {
      if (cost === undefined || used.has(column)) return;
      const [pairs, sum] = best(costs, row + 1, new Set([...used, column]));
      if (pairs + 1 > chosen[0] || (pairs + 1 === chosen[0] && sum + cost < chosen[1])) chosen = [pairs + 1, sum + cost];
    });
    return chosen;
  }

  it('is the best there is, for any costs', () => {
    const cost = fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined });
    const costs = fc.integer({ min: 0, max: 5 }).chain((columns) => fc.array(fc.array(cost, { minLength: columns, maxLength: columns }), { maxLength: 5 }));
    fc.assert(fc.property(costs, (table) => {
      const pairs = assign(table);
      const [count, sum] = best(table);
      expect(pairs).toHaveLength(count);
      expect(pairs.reduce((total, [row, column]) => total + (table[row]?.[column] ?? Number.NaN), 0)).toBe(sum);
      expect(new Set(pairs.map(([row]) => row)).size).toBe(count);
      expect(new Set(pairs.map(([, column]) => column)).size).toBe(count);
    }));
  });
});
