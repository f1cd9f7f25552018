import { expect, it } from 'vitest';
import { fitLine } from './fit-line.ts';

it('finds the line that points lie on', () => {
  const { base, slope, logSigma } = fitLine([[100, 13], [150, 13.5], [300, 15], [480, 16.8]]);
  expect(base).toBeCloseTo(12, 9);
  expect(slope).toBeCloseTo(0.01, 9);
  expect(logSigma).toBeCloseTo(0, 9);
});

it('tells how far they scatter', () => {
  const { base, slope, logSigma } = fitLine([[100, 10 * Math.E], [100, 10 / Math.E], [200, 10 * Math.E], [200, 10 / Math.E]]);
  expect(slope).toBeCloseTo(0, 9);
  expect(base).toBeCloseTo(10 * Math.cosh(1), 9);
  expect(logSigma).toBeCloseTo(Math.sqrt(((1 - Math.log(Math.cosh(1))) ** 2 + (1 + Math.log(Math.cosh(1))) ** 2) / 2), 9);
});
