import { expect, it } from 'vitest';
import { manufacturer } from '../../src/results/common-modules.ts';
import { isOwnResult } from '../../src/study/own-objects.ts';
import { dataset } from './instances.ts';

it.each([
  [manufacturer, 'SR', true], [manufacturer, 'SEG', true], [manufacturer, 'CT', false], ['Phoenix Medical', 'SR', false], [`${manufacturer} `, 'KO', true],
])('an object by %j of modality %s is our own result: %s', (by, modality, own) => {
  expect(isOwnResult(dataset({ Manufacturer: [by], Modality: [modality] }))).toBe(own);
});

it('a reference annotation that this software wrote is no result of it: it is there to be shown beside the results', () => {
  for (const modality of ['SEG', 'SR']) expect(isOwnResult(dataset({ Manufacturer: [manufacturer], ManufacturerModelName: ['Phoi reference annotation'], Modality: [modality] }))).toBe(false);
});

it('an object without a manufacturer is not', () => {
  expect(isOwnResult(dataset({ Modality: ['SR'] }))).toBe(false);
});
