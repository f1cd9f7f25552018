import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelComponents } from '../../src/findings/components.ts';
import { coverBody, type Body, type IndexBox, type VoxelCover } from '../../src/findings/voxel-cover.ts';
import { voxelVolumeMm3 } from '../../src/volume/geometry.ts';
import type { Vec3, VolumeGeometry } from '../../src/volume/types.ts';
import { cross, normalize } from '../../src/volume/vec3.ts';

const size = 24;
const box: IndexBox = { start: [0, 0, 0], size: [size, size, size] };

/** A grid around the origin whose slices need not be perpendicular to the stack. */
function gridOf(spacingMm: Vec3, direction: Vec3, tilt: number): VolumeGeometry {
  const columnDirection = normalize(direction);
  const normal = normalize(cross(columnDirection, [0.1, 1, 0.2]));
  const rowDirection = cross(normal, columnDirection);
  const sliceDirection = normalize([normal[0] + tilt * rowDirection[0], normal[1] + tilt * rowDirection[1], normal[2] + tilt * rowDirection[2]]);
  const middle = (size - 1) / 2;
  const origin = ([0, 1, 2] as const).map((axis) => -middle * (spacingMm[0] * columnDirection[axis] + spacingMm[1] * rowDirection[axis] + spacingMm[2] * sliceDirection[axis]));
  return { columns: size, rows: size, slices: size, origin: origin as unknown as Vec3, columnDirection, rowDirection, sliceDirection, spacingMm, frameOfReferenceUID: '1.2' };
}

const ball = (radiusMm: number, [cx, cy, cz]: Vec3): Body => (x, y, z) => (x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2 <= radiusMm ** 2;
const voxelsOf = ({ mask }: VoxelCover): number => mask.data.reduce((sum, value) => sum + value, 0);
const spacing = fc.double({ min: 0.6, max: 1.6, noNaN: true });
const component = fc.double({ min: -1, max: 1, noNaN: true });

describe('a body on the voxels of a scan', () => {
  it('has its volume to half a voxel (and what sampling costs), states the sum of its voxels, and is one piece, on any grid', () => {
    fc.assert(fc.property(
      fc.tuple(spacing, spacing, spacing), fc.tuple(fc.double({ min: 0.3, max: 1, noNaN: true }), component, component), fc.double({ min: -0.3, max: 0.3, noNaN: true }),
      fc.double({ min: 1.2, max: 6, noNaN: true }), fc.tuple(component, component, component),
      (spacingMm, direction, tilt, radiusMm, centre) => {
        const geometry = gridOf(spacingMm, direction, tilt);
        const cover = coverBody(geometry, box, ball(radiusMm, centre), 0.2);
        const voxelMm3 = voxelVolumeMm3(geometry);
        const truth = (4 / 3) * Math.PI * radiusMm ** 3;
        // Sampling in steps of 0.2 mm moves the surface by a fraction of a step.
        const samplingMm3 = 0.15 * 0.2 * 4 * Math.PI * radiusMm ** 2;
        expect(Math.abs(cover.volumeMm3 - truth)).toBeLessThan(0.5 * voxelMm3 + samplingMm3 + 0.02 * truth);
        expect(cover.volumeMm3).toBeCloseTo(voxelsOf(cover) * voxelMm3, 9);
        expect(labelComponents(cover.mask.data, [size, size, size]).components).toHaveLength(1);
      },
    ), { numRuns: 30 });
  });

  it('takes the fullest voxels', () => {
    const geometry = gridOf([1, 1, 1], [1, 0, 0], 0);
    // The half space below a plane through voxel centres 11 and 0.3 of the way to the next: its voxels and no others.
    const { mask } = coverBody({ ...geometry, columnDirection: [1, 0, 0], rowDirection: [0, 1, 0], sliceDirection: [0, 0, 1], origin: [0, 0, 0] }, box,
      (x, y, z) => x > 4 && x < 15.3 && y > 4 && y < 9 && z > 4 && z < 9, 0.1);
    const columns = [...mask.data.keys()].filter((n) => mask.data[n] === 1).map((n) => n % size);
    expect(Math.min(...columns)).toBeGreaterThanOrEqual(4);
    expect(Math.max(...columns)).toBe(15);
  });

  it('keeps a body smaller than a voxel as one voxel, and nothing as nothing', () => {
    const geometry = gridOf([1.5, 1.5, 1.5], [1, 0, 0], 0);
    expect(voxelsOf(coverBody(geometry, box, ball(0.4, [0.2, 0.1, 0]), 0.2))).toBe(1);
    expect(coverBody(geometry, box, () => false, 0.2)).toMatchObject({ volumeMm3: 0 });
  });

  it('counts two pieces both', () => {
    const geometry = gridOf([1, 1, 1], [1, 0, 0], 0);
    const [a, b] = [ball(2.5, [-5, 0, 0]), ball(2.5, [5, 0, 0])];
    const both = coverBody(geometry, box, (x, y, z) => a(x, y, z) || b(x, y, z), 0.2);
    expect(labelComponents(both.mask.data, [size, size, size]).components).toHaveLength(2);
    expect(Math.abs(both.volumeMm3 / (2 * (4 / 3) * Math.PI * 2.5 ** 3) - 1)).toBeLessThan(0.03);
  });
});
