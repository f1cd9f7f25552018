import { expect, test } from 'vitest';
import { scaleBarLength, sideOf } from '../../viewer/reader/orientation.ts';
import { presetOf, presets } from '../../viewer/reader/presets.ts';

test.each([
  [[1, 0, 0], 'L'], [[-1, 0, 0], 'R'], [[0, 1, 0], 'P'], [[0, -1, 0], 'A'], [[0, 0, 1], 'H'], [[0, 0, -1], 'F'],
  [[0.95, 0.05, 0], 'L'], [[0.8, -0.6, 0], 'LA'],
] as const)('direction %j points to %s', (direction, side) => {
  expect(sideOf(direction)).toBe(side);
});

test('the scale bar is the longest round length that fits', () => {
  expect(scaleBarLength(1.5, 180)).toBe(100);
  expect(scaleBarLength(4, 180)).toBe(20);
  expect(scaleBarLength(400, 180)).toBe(1);
});

test('the lung window is the second preset', () => {
  expect(presets[1]).toMatchObject({ key: '2', window: { width: 1500, centre: -600 } });
  expect(presetOf({ width: 1500.2, centre: -600 })).toBe('2');
  expect(presetOf({ width: 1400, centre: -600 })).toBeUndefined();
});
