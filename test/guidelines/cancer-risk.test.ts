import { describe, expect, it } from 'vitest';
import { assessBrock, type BrockInput } from '../../src/guidelines/brock.ts';
import { assessMayo, type MayoInput } from '../../src/guidelines/mayo.ts';
import { expectComplete, without } from './expect-answer.ts';

type Kind = NonNullable<BrockInput['kind']>;
const S: Kind = 'solid';
const PS: Kind = 'part-solid';
const NS: Kind = 'ground-glass';

/** age, female, family history, emphysema, diameter, kind, upper lobe, count, spiculation; x and p of 2b, x and p of 2a. */
interface Worked { readonly person: readonly [age: number, female: number, family: number, emphysema: number]; readonly nodule: readonly [diameterMm: number, kind: Kind, upper: number, count: number, spiculation: number]; readonly expected: readonly [x2b: number, p2b: number, x2a: number, p2a: number] }
const worked: readonly Worked[] = [
  { person: [62, 0, 0, 0], nodule: [4, S, 0, 4, 0], expected: [-6.7892, 0.001125, -6.8071, 0.001105] },
  { person: [62, 1, 0, 0], nodule: [8, S, 1, 1, 0], expected: [-2.7888, 0.057933, -2.6656, 0.065033] },
  { person: [62, 1, 0, 0], nodule: [8, S, 1, 1, 1], expected: [-2.0159, 0.117544, -2.6656, 0.065033] },
  { person: [70, 1, 1, 1], nodule: [15, PS, 1, 1, 1], expected: [0.8060, 0.691257, 0.2877, 0.571430] },
  { person: [55, 0, 0, 0], nodule: [5, NS, 0, 8, 0], expected: [-6.5483, 0.001430, -6.7122, 0.001215] },
  { person: [65, 0, 0, 1], nodule: [10, S, 0, 2, 0], expected: [-3.1133, 0.042561, -2.9093, 0.051693] },
  { person: [75, 1, 0, 0], nodule: [20, S, 1, 1, 1], expected: [0.5702, 0.638812, 0.0813, 0.520326] },
  { person: [50, 0, 0, 0], nodule: [3, S, 0, 1, 0], expected: [-8.2037, 0.000274, -8.3381, 0.000239] },
  { person: [68, 0, 1, 1], nodule: [6, PS, 1, 3, 0], expected: [-3.3456, 0.034041, -3.1907, 0.039518] },
];
const complete: BrockInput = {
  ageYears: 62, sex: 'female', hasFamilyHistoryOfLungCancer: false, hasEmphysema: false, maxAxialDiameterMm: 8,
  kind: 'solid', isInUpperLobe: true, noduleCount: 1, hasSpiculation: false,
};
function brock(input: BrockInput) {
  const answer = assessBrock(input);
  expectComplete(answer);
  expect(answer.probability !== undefined).toBe(answer.outcome === 'estimated');
  return answer;
}
describe('Brock', () => {
  it.each(worked)('person $person, nodule $nodule', ({ person: [age, female, family, emphysema], nodule: [diameter, kind, upper, count, spiculation], expected: [x2b, p2b, x2a, p2a] }) => {
    const shared: BrockInput = {
      ageYears: age, sex: female === 1 ? 'female' : 'male', hasFamilyHistoryOfLungCancer: family === 1, hasEmphysema: emphysema === 1,
      maxAxialDiameterMm: diameter, kind, isInUpperLobe: upper === 1, noduleCount: count,
    };
    for (const [input, x, p, model] of [[{ ...shared, hasSpiculation: spiculation === 1 }, x2b, p2b, '2b'], [shared, x2a, p2a, '2a']] as const) {
      const answer = brock(input);
      expect(answer.version).toContain(model);
      expect(Math.abs(answer.probability! - p)).toBeLessThan(1e-6);
      const predictor = answer.inputs.find(({ name }) => name === 'linearPredictor')?.value;
      expect(Math.abs(Number(predictor) - x)).toBeLessThan(6e-5);
    }
  });

  it('reports to 0.1 %', () => expect(brock(complete).reasons[0]?.text.en).toContain('5.8 %'));

  it.each(['ageYears', 'sex', 'maxAxialDiameterMm', 'kind', 'isInUpperLobe', 'noduleCount'] as const)('refuses without %s', (name) => {
    expect(brock(without(complete, name))).toMatchObject({ outcome: 'insufficient-information', missing: [name] });
  });
  it.each([{ ageYears: Number.NaN }, { noduleCount: 0 }, { noduleCount: 1.5 }, { maxAxialDiameterMm: Number.POSITIVE_INFINITY }])('refuses %o', (bad) => {
    expect(brock({ ...complete, ...bad })).toMatchObject({ outcome: 'insufficient-information', missing: Object.keys(bad) });
  });

  it('lists what it took as absent', () => {
    const answer = brock(without(without(complete, 'hasEmphysema'), 'hasFamilyHistoryOfLungCancer'));
    expect(answer.missing).toEqual(['hasFamilyHistoryOfLungCancer', 'hasEmphysema']);
    expect(answer.inputs.filter(({ source }) => source === 'default').map(({ name }) => name)).toEqual(answer.missing);
    expect(answer.caveats.map(({ code }) => code)).toContain('defaults');
    expect(answer.probability).toBe(brock(complete).probability);
    expect(brock(complete).caveats.map(({ code }) => code)).not.toContain('defaults');
  });

  it.each([[17.9, 'not-applicable'], [18, 'estimated'], [100, 'estimated'], [100.1, 'not-applicable']] as const)('age %s: %s', (ageYears, outcome) => expect(brock({ ...complete, ageYears }).outcome).toBe(outcome));
  it.each([[0.9, 'not-applicable'], [1, 'estimated'], [30, 'estimated'], [30.1, 'not-applicable']] as const)('%s mm: %s', (maxAxialDiameterMm, outcome) => expect(brock({ ...complete, maxAxialDiameterMm }).outcome).toBe(outcome));
  it.each([[49, true], [50, false], [75, false], [75.1, true]] as const)('age %s is outside the ages of the model: %s', (ageYears, outside) => {
    expect(brock({ ...complete, ageYears }).caveats.some(({ code }) => code === 'outside-model-age')).toBe(outside);
  });
});

describe('Mayo', () => {
  const reference: MayoInput = { ageYears: 60, hasEverSmoked: true, hadExtrathoracicCancer: false, diameterMm: 15, hasSpiculation: true, isInUpperLobe: true };
  const mayo = (input: MayoInput) => {
    const answer = assessMayo(input);
    expectComplete(answer);
    return answer;
  };
  const x = (input: MayoInput) => Number(mayo(input).inputs.find(({ name }) => name === 'linearPredictor')?.value);

  it('adds each term once', () => {
    const zero: MayoInput = { ageYears: 60, hasEverSmoked: false, hadExtrathoracicCancer: false, diameterMm: 10, hasSpiculation: false, isInUpperLobe: false };
    // -6.8272 + 2.346 + 1.274
    expect(x(zero)).toBeCloseTo(-3.2072, 10);
    expect(x({ ...zero, hasEverSmoked: true }) - x(zero)).toBeCloseTo(0.7917, 10);
    expect(x({ ...zero, hadExtrathoracicCancer: true }) - x(zero)).toBeCloseTo(1.3388, 10);
    expect(x({ ...zero, hasSpiculation: true }) - x(zero)).toBeCloseTo(1.0407, 10);
    expect(x({ ...zero, isInUpperLobe: true }) - x(zero)).toBeCloseTo(0.7838, 10);
    expect(mayo(zero).probability).toBeCloseTo(1 / (1 + Math.exp(3.2072)), 10);
  });

  it.each(Object.keys(reference) as readonly (keyof MayoInput)[])('refuses without %s', (name) => {
    const answer = mayo(without(reference, name));
    expect(answer).toMatchObject({ outcome: 'insufficient-information', missing: [name] });
    expect(answer.probability).toBeUndefined();
  });
  it.each([[3.9, 'not-applicable'], [4, 'estimated'], [30, 'estimated'], [30.1, 'not-applicable']] as const)('%s mm: %s', (diameterMm, outcome) => expect(mayo({ ...reference, diameterMm }).outcome).toBe(outcome));
});
