import { describe, expect, test } from 'vitest';
import type { Kernel } from '../../src/phantom/types.ts';
import { descendingAorta } from '../../src/phantom/anatomy.ts';
import { planBody, spineCentre } from '../../src/phantom/plan.ts';
import { renderPhantom } from '../../src/phantom/render.ts';
import { sampleField } from '../../src/phantom/lattice.ts';
import { boxGrid, clean, isolatedSolid, mixture, sceneOf } from './fixtures.ts';

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const deviation = (values: Int16Array): number => {
  const mean = values.reduce((s, v) => s + v, 0) / values.length;
  return Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / values.length);
};

describe('HU of each tissue', () => {
  const scene = sceneOf(isolatedSolid);
  const plan = planBody(isolatedSolid);
  const at = (point: readonly [number, number, number], half = 2): number => middle([...renderPhantom(scene, boxGrid(point, half, 1), clean)]);

  test('air outside, fat, liver, blood, airway, bone', () => {
    const { bodyBox, lungBox } = scene;
    expect(at([0, bodyBox.low[1] - 15, 0])).toBe(-1000);
    expect(at([2, 2, 40])).toBeLessThan(-970);
    const [ax, ay] = descendingAorta(plan, -20);
    expect(at([ax, ay, -20])).toBeCloseTo(42, -1);
    const liver = at([-0.5 * plan.halfWidth, 0, plan.zDomeRight - 30]);
    expect(liver).toBeGreaterThan(30);
    expect(liver).toBeLessThan(75);
    // Just under the skin of the flank, where nothing but fat lies.
    const z = (lungBox.low[2] + lungBox.high[2]) / 2 - 40;
    let x = 0;
    while (sampleField(scene.lattice, scene.fields.body, x, 6, z) > 4.5) x += 0.5;
    expect(at([x, 6, z], 1)).toBeLessThan(-70);
    expect(at([x, 6, z], 1)).toBeGreaterThan(-130);
    const column = renderPhantom(scene, { ...boxGrid([...spineCentre(plan, -20), -20], 20, 1) }, clean);
    expect(Math.max(...column)).toBeGreaterThan(350);
  });

  test('the median of the lung is that of inspired lung', () => {
    const { low, high } = scene.lungBox;
    const values: number[] = [];
    const grid = { ...boxGrid([0, 0, 0], 1, 4), origin: low, columns: Math.ceil((high[0] - low[0]) / 4), rows: Math.ceil((high[1] - low[1]) / 4), slices: Math.ceil((high[2] - low[2]) / 4) };
    renderPhantom(scene, grid, { ...clean, sliceThicknessMm: 1 }).forEach((hu, p) => {
      const i = p % grid.columns;
      const j = Math.floor(p / grid.columns) % grid.rows;
      const k = Math.floor(p / (grid.columns * grid.rows));
      if (sampleField(scene.lattice, scene.fields.lung, low[0] + 4 * i, low[1] + 4 * j, low[2] + 4 * k) > 4) values.push(hu);
    });
    expect(values.length * 0.064).toBeGreaterThan(1800);
    expect(middle(values)).toBeGreaterThan(-920);
    expect(middle(values)).toBeLessThan(-780);
  });

  test('nodules have the density of their type', () => {
    const many = sceneOf(mixture);
    for (const { truth, shape } of many.nodules) {
      const inner = middle([...renderPhantom(many, boxGrid([shape.centre[0], shape.centre[1], shape.centre[2]], 1, 0.5), clean)]);
      if (truth.type === 'solid') expect(inner).toBeGreaterThan(-80);
      if (truth.type === 'solid') expect(inner).toBeLessThan(120);
      if (truth.type === 'calcified') expect(inner).toBeGreaterThan(180);
      if (truth.type === 'ground-glass') {
        expect(shape.hu).toBeGreaterThan(-700);
        expect(shape.hu).toBeLessThan(-450);
      }
    }
  });
});

describe('noise', () => {
  const scene = sceneOf(isolatedSolid);
  const plan = planBody(isolatedSolid);
  const grid = boxGrid([-0.5 * plan.halfWidth, 0, plan.zDomeRight - 38], 14, 0.7);
  const noiseOf = (kernel: Kernel, noise: number, sliceThicknessMm: number): number => {
    const noisy = renderPhantom(scene, grid, { kernel, noise, sliceThicknessMm, streaks: false });
    const still = renderPhantom(scene, grid, { kernel, noise: 'none', sliceThicknessMm });
    return deviation(noisy.map((hu, p) => hu - still[p]!));
  };

  test('grows from soft to sharp, with less dose and with thinner slices', () => {
    const standard = noiseOf('standard', 20, 1);
    expect(standard).toBeGreaterThan(14);
    expect(standard).toBeLessThan(26);
    expect(noiseOf('soft', 20, 1)).toBeLessThan(0.75 * standard);
    expect(noiseOf('sharp', 20, 1)).toBeGreaterThan(1.8 * standard);
    expect(noiseOf('standard', 40, 1) / standard).toBeCloseTo(2, 0);
    expect(noiseOf('standard', 20, 4) / standard).toBeCloseTo(0.5, 0);
  });
});
