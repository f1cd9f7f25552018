import { describe, expect, it } from 'vitest';
import { measureNodule } from '../../src/findings/measure.ts';
import type { Vec3, VolumeGeometry } from '../../src/volume/types.ts';
import { worldToIndex } from '../../src/volume/geometry.ts';
import { distance } from '../../src/volume/vec3.ts';
import { ballVolume, ballVolumeMm3, geometryOf, lungEverywhere, type Ball } from './sphere-volume.ts';

const centre: Vec3 = [0.3, -1.2, 0.4];

function measure(balls: readonly Ball[], at: Vec3 = centre, geometry?: VolumeGeometry, noiseHU = 0, diameterMm?: number) {
  const volume = ballVolume(balls, geometry, noiseHU);
  const measurement = measureNodule(volume, lungEverywhere(volume), { worldPoint: at, ...(diameterMm !== undefined && { diameterMm }) });
  if (!measurement) throw new Error('nothing was measured');
  return { volume, measurement };
}

describe('a solid ball is measured', () => {
  it.each([5, 6, 8, 10, 14, 20, 28])('%d mm, found 1.5 mm beside its middle', (diameterMm) => {
    const { measurement } = measure([{ centre, diameterMm, hu: 30 }], [1.2, -0.3, 1.2]);
    expect(distance(measurement.worldPoint, centre)).toBeLessThan(0.25);
    expect(Math.abs(measurement.slices.axes.longMm - diameterMm)).toBeLessThan(0.45);
    expect(Math.abs(measurement.slices.axes.shortMm - diameterMm)).toBeLessThan(0.45);
    expect(Math.abs(measurement.volumeMm3 / ballVolumeMm3(diameterMm) - 1)).toBeLessThan(0.12);
    expect(measurement.type).toBe('solid');
    expect(measurement.notes).toEqual([]);
  });

  it('in noise of 60 HU', () => {
    const { measurement } = measure([{ centre, diameterMm: 9, hu: 30 }], centre, undefined, 60);
    expect(Math.abs((measurement.slices.axes.longMm + measurement.slices.axes.shortMm) / 2 - 9)).toBeLessThan(0.7);
    expect(Math.abs(measurement.volumeMm3 / ballVolumeMm3(9) - 1)).toBeLessThan(0.12);
  });

  it.each([
    ['feet first, prone', { columnDirection: [1, 0, 0], rowDirection: [0, -1, 0], sliceDirection: [0, 0, -1], origin: [-30, 28, 32] }],
    ['on slices of 2.5 mm', { spacingMm: [0.7, 0.7, 2.5], slices: 28 }],
    ['with a tilted gantry', { rowDirection: [0, Math.cos(0.2), -Math.sin(0.2)], origin: [-30, -28, -26] }],
  ] as const)('%s', (_, change) => {
    const { measurement } = measure([{ centre, diameterMm: 10, hu: 30 }], [1, -1, 1], geometryOf(change));
    expect(distance(measurement.worldPoint, centre)).toBeLessThan(0.4);
    expect(Math.abs((measurement.slices.axes.longMm + measurement.slices.axes.shortMm) / 2 - 10)).toBeLessThan(0.7);
    expect(Math.abs(measurement.volumeMm3 / ballVolumeMm3(10) - 1)).toBeLessThan(0.15);
  });

  it('with the axes at right angles, across its middle, on the slice through it', () => {
    const { volume, measurement: { slices: { axes } } } = measure([{ centre, diameterMm: 12, hu: 30 }]);
    const along = (pair: readonly [Vec3, Vec3]): Vec3 => [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1], pair[1][2] - pair[0][2]];
    const [long, short] = [along(axes.longWorld), along(axes.shortWorld)];
    expect(Math.hypot(...long)).toBeCloseTo(axes.longMm, 6);
    expect(Math.hypot(...short)).toBeCloseTo(axes.shortMm, 6);
    expect(Math.abs(long[0] * short[0] + long[1] * short[1] + long[2] * short[2])).toBeLessThan(1e-6);
    for (const end of axes.longWorld) expect(worldToIndex(volume.geometry, end)[2]).toBeCloseTo(axes.slice, 6);
    expect(Math.abs(worldToIndex(volume.geometry, centre)[2] - axes.slice)).toBeLessThanOrEqual(0.5);
  });

  it('with a mask and outlines that cover it', () => {
    const { volume, measurement } = measure([{ centre, diameterMm: 12, hu: 30 }]);
    const { start, size, data } = measurement.mask;
    let voxels = 0;
    for (let k = 0, n = 0; k < size[2]; k++) {
      for (let j = 0; j < size[1]; j++) {
        for (let i = 0; i < size[0]; i++, n++) {
          voxels += data[n] ?? 0;
          const [ci, cj, ck] = worldToIndex(volume.geometry, centre);
          const away = Math.hypot((start[0] + i - ci) * 0.68, (start[1] + j - cj) * 0.68, start[2] + k - ck);
          if (away < 5.3) expect(data[n]).toBe(1);
          if (away > 6.7) expect(data[n]).toBe(0);
        }
      }
    }
    expect(Math.abs((voxels * 0.68 * 0.68) / ballVolumeMm3(12) - 1)).toBeLessThan(0.08);
    const xs = [...measurement.slices.outlines.values()].flat(2).filter((_, n) => n % 2 === 0);
    const [middle] = worldToIndex(volume.geometry, centre);
    expect(Math.max(...xs)).toBeCloseTo(middle + 6 / 0.68, 0);
    expect(Math.min(...xs)).toBeCloseTo(middle - 6 / 0.68, 0);
  });
});

describe('other kinds', () => {
  it('ground glass', () => {
    const { measurement } = measure([{ centre, diameterMm: 12, hu: -600 }], centre, undefined, 20);
    expect(measurement.type).toBe('ground-glass');
    expect(Math.abs((measurement.slices.axes.longMm + measurement.slices.axes.shortMm) / 2 - 12)).toBeLessThan(1);
  });

  it('part-solid, with its solid part', () => {
    const { measurement } = measure([{ centre, diameterMm: 15, hu: -600 }, { centre, diameterMm: 7, hu: 20 }]);
    expect(measurement.type).toBe('part-solid');
    expect(Math.abs((measurement.slices.axes.longMm + measurement.slices.axes.shortMm) / 2 - 15)).toBeLessThan(1.2);
    expect(Math.abs((measurement.solidDiameterMm ?? NaN) - 7)).toBeLessThan(1);
  });

  it('calcified', () => {
    expect(measure([{ centre, diameterMm: 7, hu: 450 }]).measurement.type).toBe('calcified');
  });

  it('cut from a vessel', () => {
    const vessel = Array.from({ length: 60 }, (_, n): Ball => ({ centre: [centre[0] - 20 + n * 0.7, centre[1] + 0.5, centre[2]], diameterMm: 2.6, hu: 40 }));
    const { measurement } = measure([...vessel, { centre, diameterMm: 10, hu: 40 }]);
    expect(Math.abs(measurement.volumeMm3 / ballVolumeMm3(10) - 1)).toBeLessThan(0.15);
    expect(measurement.slices.axes.longMm).toBeLessThan(13);
  });

  it('nothing there is not measured', () => {
    const volume = ballVolume([]);
    expect(measureNodule(volume, lungEverywhere(volume), { worldPoint: centre })).toBeUndefined();
  });

  it('at the edge of the scan says so', () => {
    const { measurement } = measure([{ centre: [0, 0, -30.5], diameterMm: 9, hu: 30 }], [0, 0, -30]);
    expect(measurement.notes).toContain('at-scan-edge');
  });
});
