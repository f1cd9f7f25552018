import { expect, test } from 'vitest';
import { createMeasures } from '../../viewer/reader/measures.ts';
import { combineSlices, slicesAlong } from '../../viewer/rendering/slab-slices.ts';

const slices = [[1, 5, -3], [4, 2, -9], [-2, 8, 0]];

test.each([['mip', [4, 8, 0]], ['minip', [-2, 2, -9]], ['average', [1, 5, -4]]] as const)('%s of slices, pixel by pixel', (mode, expected) => {
  expect([...combineSlices(mode, slices)]).toEqual(expected);
});

test('a slab holds the slices within half its thickness on both sides, and never one across a slice without a place', () => {
  const at = [0, 3, 6, 9, 12, 15];
  expect(slicesAlong(at, 2, 3)).toEqual([2]);
  expect(slicesAlong(at, 2, 6)).toEqual([2, 1, 3]);
  expect(slicesAlong(at, 0, 12)).toEqual([0, 1, 2]);
  expect(slicesAlong(at, 2, 1000)).toEqual([2, 1, 0, 3, 4, 5]);
  expect(slicesAlong([0, 3, undefined, 9], 1, 1000)).toEqual([1, 0]);
  expect(slicesAlong([undefined, 3], 0, 10)).toBeUndefined();
});

test('every step of measuring can be taken back and done again', () => {
  const measures = createMeasures();
  const length = { kind: 'length', sopInstanceUID: '1.2', long: [[0, 0], [3, 4]] } as const;
  measures.add(length);
  measures.add({ ...length, sopInstanceUID: '1.3' });
  const [first] = measures.store.get().all;
  measures.preview({ ...first!, long: [[0, 0], [9, 9]] });
  measures.replace({ ...first!, long: [[0, 0], [6, 8]] });
  measures.remove(2);
  const now = (): readonly string[] => measures.store.get().all.map(({ id, long }) => `${id}: ${long[1].join(',')}`);
  expect(now()).toEqual(['1: 6,8']);
  measures.undo();
  expect(now()).toEqual(['1: 6,8', '2: 3,4']);
  measures.undo();
  expect(now()).toEqual(['1: 3,4', '2: 3,4']);
  measures.redo();
  expect(now()).toEqual(['1: 6,8', '2: 3,4']);
  measures.undo();
  measures.undo();
  measures.undo();
  measures.undo();
  expect(now()).toEqual([]);
  measures.redo();
  expect(now()).toEqual(['1: 3,4']);
  measures.add(length);
  measures.redo();
  expect(now(), 'a new step ends what could be done again').toEqual(['1: 3,4', '3: 3,4']);
});
