import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { gateLungs } from '../../src/findings/lung-gate.ts';
import { depthAt, lateralityAt, lobeAt } from '../../src/findings/lung-location.ts';
import { segmentLungs, type LungMask } from '../../src/findings/lung-mask.ts';
import { measureNodule } from '../../src/findings/measure.ts';
import { describePhantom } from '../../src/phantom/scene.ts';
import { renderPhantom } from '../../src/phantom/render.ts';
import { lungGrid } from '../../src/phantom/training-volume.ts';
import type { PhantomScene } from '../../src/phantom/types.ts';
import { distance } from '../../src/volume/vec3.ts';
import type { Vec3, Volume } from '../../src/volume/types.ts';
import { hasSharedData, sharedData } from '../helpers/peers.ts';
import { assemble, toyLimits } from '../volume/synthetic-series.ts';

const limits = { ...toyLimits, incompleteLung: 'warn' } as const;

function part(volume: Volume, from: number, to: number): Volume {
  const { geometry, hu, slices } = volume;
  const plane = geometry.rows * geometry.columns;
  const origin: Vec3 = [geometry.origin[0], geometry.origin[1], geometry.origin[2] + from * geometry.spacingMm[2]];
  return { geometry: { ...geometry, slices: to - from, origin }, hu: hu.subarray(from * plane, to * plane), slices: slices.slice(from, to) };
}

describe('lungs of the phantom', () => {
  let scene: PhantomScene;
  let volume: Volume;
  let lungs: LungMask;
  beforeAll(() => {
    // A seed of the held-out range.
    scene = describePhantom({ seed: 100_311, nodules: 12, diameterRangeMm: [5, 22] });
    const grid = lungGrid(scene, [0.72, 0.72, 1.2], 35);
    const hu = renderPhantom(scene, grid, { kernel: 'standard', noise: 20, sliceThicknessMm: 1.25 });
    const geometry = { ...grid, frameOfReferenceUID: '1.2.3' };
    volume = { geometry, hu, slices: Array.from({ length: grid.slices }, (_, k) => ({ sopInstanceUID: `1.2.3.${k}`, sopClassUID: '1.2', imagePositionPatient: [0, 0, k] as const })) };
    lungs = segmentLungs(volume);
  });

  it('are found whole, right and left', () => {
    for (const millilitres of [lungs.rightMl, lungs.leftMl]) {
      expect(millilitres).toBeGreaterThan(900);
      expect(millilitres).toBeLessThan(5000);
    }
    expect(gateLungs(lungs, volume, limits)).toEqual({ warnings: [], isComplete: true });
    const box = lungs.box ?? [[NaN, NaN, NaN], [NaN, NaN, NaN]];
    for (const axis of [0, 1, 2] as const) {
      expect(Math.abs(box[0][axis] - scene.lungBox.low[axis])).toBeLessThan(8);
      expect(Math.abs(box[1][axis] - scene.lungBox.high[axis])).toBeLessThan(8);
    }
  });

  it('hold every nodule, on its side', () => {
    for (const { truth } of scene.nodules) {
      expect(depthAt(lungs, truth.worldPoint)).toBeGreaterThan(-2);
      expect(lateralityAt(lungs, truth.worldPoint)).toBe(truth.worldPoint[0] < 0 ? 'right' : 'left');
    }
  });

  it('give a lobe only where there is no doubt', () => {
    const [low, high] = lungs.box ?? [[0, 0, 0], [0, 0, 0]];
    const at = (height: number, back: number): Vec3 => [-60, low[1] + back * (high[1] - low[1]), low[2] + height * (high[2] - low[2])];
    expect(lobeAt(lungs, at(0.95, 0.5), 'right', true)).toBe('right-upper');
    expect(lobeAt(lungs, at(0.1, 0.8), 'left', true)).toBe('left-lower');
    expect(lobeAt(lungs, at(0.5, 0.5), 'right', true)).toBeUndefined();
    expect(lobeAt(lungs, at(0.95, 0.5), 'right', false)).toBeUndefined();
  });

  it('cut by the scan are incomplete, and without lung there is no chest', () => {
    const { slices } = volume.geometry;
    const lower = part(volume, 0, Math.floor(slices * 0.55));
    const gate = gateLungs(segmentLungs(lower), lower, limits);
    expect(gate.warnings.map(({ code }) => code)).toContain('incomplete-lung');
    expect(gate.isComplete).toBe(false);
    expect(gateLungs(segmentLungs(lower), lower, { ...limits, incompleteLung: 'refuse' }).refusal?.code).toBe('incomplete-lung');
    const belly: Volume = { ...volume, hu: volume.hu.map((value) => (value < -300 && value > -985 ? 40 : value)) };
    expect(gateLungs(segmentLungs(belly), belly, limits).refusal?.code).toBe('not-chest');
  });

  it('have nodules that are measured within half a millimetre or so', () => {
    const errors = scene.nodules.map(({ truth }) => {
      const start: Vec3 = [truth.worldPoint[0] + 0.8, truth.worldPoint[1] - 0.8, truth.worldPoint[2] + 0.7];
      const measurement = measureNodule(volume, lungs, { worldPoint: start, diameterMm: truth.diameterMm * 1.1 });
      if (!measurement) return { position: 99, diameter: 99, volume: 99 };
      const { axes } = measurement.slices;
      return {
        position: distance(measurement.worldPoint, truth.worldPoint),
        diameter: Math.abs((axes.longMm + axes.shortMm) / 2 - truth.diameterMm),
        volume: Math.abs(measurement.volumeMm3 / truth.volumeMm3 - 1),
      };
    });
    const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
    expect(median(errors.map(({ position }) => position))).toBeLessThan(0.6);
    expect(median(errors.map(({ diameter }) => diameter))).toBeLessThan(0.7);
    expect(median(errors.map((error) => error.volume))).toBeLessThan(0.15);
    expect(errors.filter(({ position }) => position <= 1).length).toBeGreaterThanOrEqual(Math.ceil(0.75 * errors.length));
  });
});

describe.runIf(hasSharedData())('lungs of real CT', () => {
  const load = async (name: string): Promise<Volume> => {
    const folder = join(sharedData, 'ct', name);
    const files = readdirSync(folder).filter((file) => file.endsWith('.dcm'));
    return assemble(files.map((file) => ({ read: () => readFile(join(folder, file)) })), limits);
  };

  it('whole lungs with thick slices and a sharp kernel', async () => {
    const volume = await load('cptac-c3n-00247');
    const lungs = segmentLungs(volume);
    expect(lungs.rightMl).toBeGreaterThan(2200);
    expect(lungs.rightMl).toBeLessThan(2900);
    expect(lungs.leftMl).toBeGreaterThan(1500);
    expect(lungs.leftMl).toBeLessThan(2100);
    expect(gateLungs(lungs, volume, limits)).toMatchObject({ isComplete: true });
  });

  it('the lower half only, touching the side of the image', async () => {
    const volume = await load('ncia-0117');
    const lungs = segmentLungs(volume);
    const { refusal, warnings, isComplete } = gateLungs(lungs, volume, limits);
    expect(refusal).toBeUndefined();
    expect(isComplete).toBe(false);
    expect(warnings.map(({ code }) => code)).toContain('incomplete-lung');
    expect(lungs.rightMl).toBeGreaterThan(600);
    // Marks made by inspection: all the sure ones lie in or at the lungs.
    const marks = (await readFile(join(sharedData, 'annotations/ncia-0117_marks.csv'), 'utf8')).trim().split('\n').slice(1).map((line) => line.split(','));
    const outside = marks.filter((mark) => mark[5] === 'sure' && depthAt(lungs, [Number(mark[1]), Number(mark[2]), Number(mark[3])]) < -3);
    expect(outside).toEqual([]);
  });
});
