import { describe, expect, it } from 'vitest';
import { findSliceGaps } from '../../src/study/slice-gaps.ts';
import type { InstancePlacement } from '../../src/study/types.ts';

const axial = [1, 0, 0, 0, 1, 0] as const;
const sliceAt = (z: number, more: Partial<InstancePlacement> = {}): InstancePlacement =>
  ({ modality: 'CT', imageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'], imageOrientationPatient: axial, imagePositionPatient: [-100, -90, z], ...more });
const stack = (count: number, stepMm: number, without: readonly number[] = [], more: Partial<InstancePlacement> = {}): readonly InstancePlacement[] =>
  Array.from({ length: count }, (_, at) => at).filter((at) => !without.includes(at)).map((at) => sliceAt(-300 + at * stepMm, more));

describe('holes between slices', () => {
  it('are none in a regular stack, in whatever order it came', () => {
    expect(findSliceGaps(stack(40, 1.25))).toEqual([]);
    expect(findSliceGaps([...stack(40, 1.25)].reverse())).toEqual([]);
  });

  it('are found wherever they lie, with the number that fits in', () => {
    expect(findSliceGaps(stack(40, 1.5, [10, 20, 21, 22]))).toEqual([
      { axis: 'z', fromMm: -286.5, toMm: -283.5, missing: 1 },
      { axis: 'z', fromMm: -271.5, toMm: -265.5, missing: 3 },
    ]);
  });

  it('cannot be seen at the ends', () => {
    expect(findSliceGaps(stack(40, 1.5, [0, 1, 39]))).toEqual([]);
  });

  it('are not imagined from positions that were rounded or vary a little', () => {
    expect(findSliceGaps(stack(40, 0.8).map((placement, at) => sliceAt(-300 + at * 0.8 + (at % 2) * 0.05, { ...placement, imagePositionPatient: [-100, -90, -300 + at * 0.8 + (at % 2) * 0.05] })))).toEqual([]);
    expect(findSliceGaps([0, 5, 10, 15, 22, 30, 38].map((z) => sliceAt(z)))).toEqual([]);
  });

  it('need a usual step: three images have none', () => {
    expect(findSliceGaps([sliceAt(0), sliceAt(1), sliceAt(9)])).toEqual([]);
  });

  it('are measured along the normal where the stack is tilted or coronal', () => {
    const cos = Math.cos(Math.PI / 9);
    const sin = Math.sin(Math.PI / 9);
    const tilted = Array.from({ length: 12 }, (_, at) => sliceAt(0, { imageOrientationPatient: [1, 0, 0, 0, cos, -sin], imagePositionPatient: [-100, -90 + at * 2 * sin, at * 2 * cos] }));
    expect(findSliceGaps(tilted.filter((_, at) => at !== 5))).toMatchObject([{ axis: 'z', missing: 1 }]);
    const coronal = Array.from({ length: 12 }, (_, at) => sliceAt(0, { imageOrientationPatient: [1, 0, 0, 0, 0, -1], imagePositionPatient: [-100, at * 3, 50] }));
    expect(findSliceGaps(coronal.filter((_, at) => at !== 4))).toEqual([{ axis: 'normal', fromMm: 9, toMm: 15, missing: 1 }]);
  });

  it('read the same for a stack whose normal points down', () => {
    expect(findSliceGaps(stack(20, 1, [7], { imageOrientationPatient: [-1, 0, 0, 0, 1, 0] }))).toEqual([{ axis: 'z', fromMm: -294, toMm: -292, missing: 1 }]);
  });

  it('in one of two passes over the same places are not covered by the other', () => {
    const first = stack(20, 1, [7], { acquisitionNumber: 1 });
    const second = stack(20, 1, [], { acquisitionNumber: 2 });
    expect(findSliceGaps([...first, ...second])).toEqual([{ axis: 'z', fromMm: -294, toMm: -292, missing: 1 }]);
    expect(findSliceGaps([...stack(20, 1, [], { acquisitionNumber: 1 }), ...second])).toEqual([]);
  });

  it('are not made by an acquisition number that changes at every table stop', () => {
    expect(findSliceGaps(stack(20, 1).map((placement, at) => ({ ...placement, acquisitionNumber: Math.floor(at / 4) })))).toEqual([]);
    expect(findSliceGaps(stack(20, 1, [9]).map((placement, at) => ({ ...placement, acquisitionNumber: Math.floor(at / 4) }))).length).toBe(1);
  });

  it('are not looked for between localizers, other modalities, multi-frame images and images without a place', () => {
    const holes = stack(10, 1, [4]);
    expect(findSliceGaps(holes.map((placement) => ({ ...placement, imageType: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'] })))).toEqual([]);
    expect(findSliceGaps(holes.map((placement) => ({ ...placement, modality: 'PT' })))).toEqual([]);
    expect(findSliceGaps(holes.map((placement) => ({ ...placement, numberOfFrames: 30 })))).toEqual([]);
    expect(findSliceGaps(holes.map(({ modality, imageOrientationPatient }) => ({ modality: modality!, imageOrientationPatient: imageOrientationPatient! })))).toEqual([]);
  });

  it('of a localizer beside the stack do not count', () => {
    expect(findSliceGaps([...stack(20, 1), sliceAt(300, { imageOrientationPatient: [1, 0, 0, 0, 0, -1] }), sliceAt(900, { imageOrientationPatient: [0, 1, 0, 0, 0, -1] })])).toEqual([]);
  });
});
