import { expect, test } from 'vitest';
import { linkedSlice, offsetBetween, startLink } from '../../viewer/reader/compare-link.ts';
import type { SliceImage } from '../../viewer/rendering/slice-images.ts';

/** An axial stack from head to feet, as the reader sorts it. */
function stack(places: readonly number[], frame = 'a', rowSign = 1): readonly SliceImage[] {
  return places.map((z, at) => ({
    imageId: `${frame} ${at}`, sopInstanceUID: `${frame}.${at}`, rows: 4, columns: 4,
    plane: { position: [0, 0, z], columnDirection: [1, 0, 0], rowDirection: [0, rowSign, 0], columnSpacingMm: 1, rowSpacingMm: 1 },
    attributes: { '00200052': { vr: 'UI', Value: [frame] } },
  }));
}

const now = stack([90, 60, 30, 0]);

test('matched nodules decide, the middle of their shifts when they disagree', () => {
  const before = stack([1090, 1060, 1030, 1000], 'b');
  const pair = (from: number, to: number) => ({ now: [0, 0, from], before: [0, 0, to] }) as const;
  expect(startLink(now, before, [pair(10, 1012), pair(50, 1050), pair(70, 1190)])).toEqual({ offsetMm: 1002, shiftMm: [0, 0, 1002], by: 'nodules', count: 3 });
});

test('one frame of reference needs no shift; else the middles lie on each other', () => {
  expect(startLink(now, stack([120, 90, 60, 30], 'a'), [])).toEqual({ offsetMm: 0, shiftMm: [0, 0, 0], by: 'frame', count: 0 });
  expect(startLink(now, stack([1110, 1010], 'b'), [])).toEqual({ offsetMm: 1060 - 45, shiftMm: [0, 0, 1020], by: 'scan', count: 0 });
});

test('the slice on the same level is found, and a shift set by hand is kept', () => {
  const before = stack([1100, 1080, 1060, 1040, 1020, 1000], 'b');
  expect(linkedSlice(now, 1, before, 1000)).toBe(2);
  expect(linkedSlice(now, 3, before, 1000)).toBe(5);
  expect(linkedSlice(now, 0, before, 500), 'the nearest end').toBe(5);
  const offset = offsetBetween(now, 2, before, 1);
  expect(linkedSlice(now, 2, before, offset!)).toBe(1);
});

test('an earlier scan whose images lie the other way round is linked by where they are', () => {
  const turned = stack([0, 30, 60, 90], 'b', -1);
  expect(linkedSlice(now, 1, turned, 0)).toBe(2);
});

test('without places there is no link', () => {
  const nowhere = now.map(({ imageId, sopInstanceUID, rows, columns, attributes }): SliceImage => ({ imageId, sopInstanceUID, rows, columns, attributes: { ...attributes, '00200052': undefined } }));
  expect(linkedSlice(now, 0, nowhere, 0)).toBeUndefined();
  expect(startLink(nowhere, nowhere, [])).toEqual({ offsetMm: 0, shiftMm: [0, 0, 0], by: 'scan', count: 0 });
});
