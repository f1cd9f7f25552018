import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../src/findings/measure.ts';
import { isSameNodule } from '../../src/inference/build-finding.ts';
import type { Volume } from '../../src/volume/types.ts';
import { indexToWorld } from '../../src/volume/geometry.ts';

const geometry = {
  columns: 40, rows: 40, slices: 40, spacingMm: [0.8, 0.8, 1.25], origin: [0, 0, 0],
  rowDirection: [1, 0, 0], columnDirection: [0, 1, 0], sliceDirection: [0, 0, 1],
} as unknown as Volume['geometry'];
const volume = { geometry } as Volume;

/** A ball of voxels, marked at `mark`. */
function ball(middle: readonly [number, number, number], radius: number, mark = middle): Measurement {
  const start = middle.map((value) => value - radius) as [number, number, number];
  const side = 2 * radius + 1;
  const data = new Uint8Array(side ** 3);
  for (let n = 0; n < data.length; n++) {
    const [i, j, k] = [n % side - radius, Math.floor(n / side) % side - radius, Math.floor(n / side ** 2) - radius];
    if (Math.hypot(i, j, k) <= radius) data[n] = 1;
  }
  return { worldPoint: indexToWorld(geometry, mark), mask: { start, size: [side, side, side], data } } as unknown as Measurement;
}

describe('two measurements are of one nodule', () => {
  it('when a mark at the rim has an outline that is in good part that of the other', () => {
    const nodule = ball([20, 20, 20], 8);
    const atItsRim = ball([26, 20, 20], 4, [29, 20, 20]);
    expect(isSameNodule(volume, nodule, atItsRim)).toBe(true);
    expect(isSameNodule(volume, atItsRim, nodule)).toBe(true);
  });

  it('when the middle of one lies in the other', () => {
    expect(isSameNodule(volume, ball([20, 20, 20], 8), ball([25, 20, 20], 2))).toBe(true);
  });

  it('not when they only touch, and not when they are apart', () => {
    expect(isSameNodule(volume, ball([14, 20, 20], 6), ball([25, 20, 20], 6))).toBe(false);
    expect(isSameNodule(volume, ball([8, 20, 20], 4), ball([30, 20, 20], 4))).toBe(false);
  });
});
