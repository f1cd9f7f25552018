import { expect, test } from 'vitest';
import type { Finding } from '../../src/findings/types.ts';
import { nextFinding, orderOfFindings } from '../../viewer/reader/finding-order.ts';
import { boxDocument, makeBoxSeries } from './helpers/box-series.ts';

const [template] = boxDocument(makeBoxSeries({ name: 'order' }), { name: 'order' }).findings;
const finding = (diameterMm: number, z: number): Finding => ({ ...template!, diameterMm, worldPoint: [0, 0, z] });
const findings = [finding(5, 10), finding(20, -40), finding(20, 90), finding(8, 0)];

test('the list goes by rank, by size, or from head to feet', () => {
  expect(orderOfFindings(findings, 'number')).toEqual([0, 1, 2, 3]);
  expect(orderOfFindings(findings, 'size')).toEqual([1, 2, 3, 0]);
  expect(orderOfFindings(findings, 'slice')).toEqual([2, 0, 3, 1]);
});

test('next and previous follow the list and go round its ends', () => {
  const order = orderOfFindings(findings, 'slice');
  expect(nextFinding(order, undefined, 1)).toBe(2);
  expect(nextFinding(order, undefined, -1)).toBe(1);
  expect(nextFinding(order, 2, 1)).toBe(0);
  expect(nextFinding(order, 1, 1)).toBe(2);
  expect(nextFinding(order, 2, -1)).toBe(1);
  expect(nextFinding([], undefined, 1)).toBeUndefined();
});
