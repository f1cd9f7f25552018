/** What is drawn without a graphics card: grey levels, places, planes. */
import { describe, expect, test } from 'vitest';
import { greyPainter } from '../../viewer/rendering/canvas/greyscale.ts';
import { apply, fitted, inverse, matrixOf, moved, turned, zoomed, type Placement } from '../../viewer/rendering/placement.ts';
import { coordinatesOf, nothing, planeFrame, pointOf, reslice, type SliceValues } from '../../viewer/rendering/reslice.ts';
import { cornersOf, gridOf, indexOfOffset, type SliceGrid } from '../../viewer/rendering/slice-grid.ts';
import type { Point3, SliceImage } from '../../viewer/rendering/slice-images.ts';
import type { SlicePixels } from '../../viewer/rendering/slice-pixels.ts';
import { isSoftware } from '../../viewer/rendering/software-renderer.ts';

test.each([
  ['ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)', true],
  ['llvmpipe (LLVM 15.0.6, 256 bits)', true], ['Mesa/X.org, softpipe', true], ['Microsoft Basic Render Driver', true], ['Apple Software Renderer', true],
  ['ANGLE (NVIDIA, NVIDIA GeForce RTX 3060 Direct3D11 vs_5_0 ps_5_0, D3D11)', false], ['ANGLE (Intel, Mesa Intel(R) UHD Graphics 620 (KBL GT2), OpenGL 4.6)', false], ['Apple GPU', false],
])('%s is software: %s', (name, expected) => {
  expect(isSoftware(name)).toBe(expected);
});

describe('grey levels', () => {
  const window = { width: 1500, centre: -600 };
  const paint = (pixels: SlicePixels, invert = false): readonly string[] => {
    const out = new Uint32Array(pixels.rows * pixels.columns);
    greyPainter().paint(pixels, window, invert, out);
    return [...out].map((cell) => cell.toString(16));
  };
  const values = [-32768, -1350, -600, 149, 150, 32767];

  test.each([['whole values', new Int16Array(values)], ['values with fractions', new Float32Array(values)]])('%s run from black to white over the window', (_name, all) => {
    const grey = { kind: 'grey', rows: 1, columns: 6, values: all, inverted: false } as const;
    expect(paint(grey)).toEqual(['ff000000', 'ff000000', 'ff808080', 'ffffffff', 'ffffffff', 'ffffffff']);
    expect(paint(grey, true)).toEqual(['ffffffff', 'ffffffff', 'ff7f7f7f', 'ff000000', 'ff000000', 'ff000000']);
    expect(paint({ ...grey, inverted: true }), 'MONOCHROME1').toEqual(paint(grey, true));
    expect(paint({ ...grey, inverted: true }, true)).toEqual(paint(grey));
  });

  test('colours are left as they are, unless they are inverted', () => {
    const colours = { kind: 'colour', rows: 1, columns: 1, rgba: new Uint8ClampedArray([1, 2, 3, 255]) } as const;
    expect(paint(colours)).toEqual(['ff030201']);
    expect(paint(colours, true)).toEqual(['fffcfdfe']);
  });
});

describe('the place of a picture', () => {
  const bitmap = { columns: 100, rows: 50, columnSpacingMm: 1, rowSpacingMm: 2 };
  const canvas = { width: 400, height: 300 };
  const rounded = (at: readonly number[]): readonly number[] => at.map((each) => Math.round(each * 1e6) / 1e6 + 0);
  const place = (placement: Placement, x: number, y: number): readonly number[] => rounded(apply(matrixOf(placement, bitmap, canvas), x, y));

  test('the whole picture is in the middle, pixels as large as in the patient', () => {
    expect(place(fitted(bitmap), 0, 0)).toEqual([50, 0]);
    expect(place(fitted(bitmap), 100, 50)).toEqual([350, 300]);
  });

  test('turned clockwise the left side is on top; mirrored, turning is still clockwise', () => {
    const quarter = turned(fitted(bitmap), 90);
    expect(place(quarter, 0, 25)).toEqual([200, 0]);
    expect(place(quarter, 50, 50)).toEqual([50, 150]);
    const mirrored = { ...fitted(bitmap), flipHorizontal: true };
    expect(place(mirrored, 0, 0)).toEqual([350, 0]);
    expect(place(turned(mirrored, 90), 0, 25), 'what was on the right goes down').toEqual([200, 300]);
  });

  test('zoom leaves its point where it is, and has limits', () => {
    const start = { ...fitted(bitmap), rotation: 30, flipVertical: true };
    const at = [123, 45] as const;
    const before = apply(inverse(matrixOf(start, bitmap, canvas)), ...at);
    const near = zoomed(start, 3, bitmap, canvas, at);
    expect(near.zoom).toBe(3);
    expect(place(near, ...before)).toEqual([123, 45]);
    expect(zoomed(near, 1000, bitmap, canvas, at).zoom).toBe(20);
    expect(zoomed(near, 1e-9, bitmap, canvas, at).zoom).toBe(0.25);
  });

  test('a picture follows the pointer however it lies', () => {
    const start = { ...fitted(bitmap), rotation: 90, flipHorizontal: true, zoom: 2 };
    const [x, y] = place(start, 10, 20);
    expect(place(moved(start, 7, -9, bitmap, canvas), 10, 20)).toEqual(rounded([x! + 7, y! - 9]));
  });
});

describe('planes across the slices', () => {
  const [columns, rows, count] = [7, 6, 5];
  type Directions = Pick<NonNullable<SliceImage['plane']>, 'columnDirection' | 'rowDirection'>;

  function stack({ columnDirection, rowDirection }: Directions, step: Point3): readonly SliceImage[] {
    return Array.from({ length: count }, (_, at): SliceImage => ({
      imageId: `slice ${at}`, sopInstanceUID: `1.${at}`, rows, columns, attributes: {},
      plane: { position: [10 + step[0] * at, -20 + step[1] * at, 30 + step[2] * at], columnDirection, rowDirection, columnSpacingMm: 1.5, rowSpacingMm: 2 },
    }));
  }

  /** A field that is linear in the patient, so that linear sampling gives it exactly. */
  const field = ([x, y, z]: Point3): number => 3 * x - 5 * y + 7 * z;

  function worldOf({ origin, steps }: SliceGrid, i: number, j: number, k: number): Point3 {
    const on = (axis: 0 | 1 | 2): number => origin[axis] + steps[0][axis] * i + steps[1][axis] * j + steps[2][axis] * k;
    return [on(0), on(1), on(2)];
  }

  function valuesOf(grid: SliceGrid): SliceValues {
    return (slice) => Float32Array.from({ length: columns * rows }, (_, at) => field(worldOf(grid, at % columns, Math.floor(at / columns), slice)));
  }

  const tilt = 20 * Math.PI / 180;
  const [cosine, sine] = [Math.cos(tilt), Math.sin(tilt)];
  const poses = [
    ['head first', { columnDirection: [1, 0, 0], rowDirection: [0, 1, 0] }, [0, 0, -3]],
    ['feet first', { columnDirection: [-1, 0, 0], rowDirection: [0, 1, 0] }, [0, 0, -3]],
    ['prone', { columnDirection: [-1, 0, 0], rowDirection: [0, -1, 0] }, [0, 0, -3]],
    ['oblique', { columnDirection: [1, 0, 0], rowDirection: [0, cosine, sine] }, [0, 3 * sine, -3 * cosine]],
    ['with a tilted gantry', { columnDirection: [1, 0, 0], rowDirection: [0, cosine, sine] }, [0, 0, -3]],
  ] as const;

  test.each(poses)('index and place agree: %s', (_name, directions, step) => {
    const grid = gridOf(stack(directions, step))!;
    const [x, y, z] = worldOf(grid, 2.5, 1.25, 3.75);
    const index = indexOfOffset(grid, [x - grid.origin[0], y - grid.origin[1], z - grid.origin[2]]);
    for (const [axis, expected] of [2.5, 1.25, 3.75].entries()) expect(index[axis]).toBeCloseTo(expected, 9);
  });

  test.each(poses.flatMap((pose) => (['coronal', 'sagittal'] as const).map((plane) => [pose[0], plane, pose] as const)))('every pixel has the value of its place: %s, %s', (_name, plane, [, directions, step]) => {
    const grid = gridOf(stack(directions, step))!;
    const frame = planeFrame(grid, plane);
    const middle = worldOf(grid, (columns - 1) / 2, (rows - 1) / 2, (count - 1) / 2);
    const across = plane === 'coronal' ? middle[1] + 0.3 : middle[0] + 0.3;
    const out = new Float32Array(frame.bitmap.columns * frame.bitmap.rows);
    reslice(grid, frame, across, undefined, valuesOf(grid), out);
    let inside = 0;
    for (let row = 0; row < frame.bitmap.rows; row++) {
      for (let column = 0; column < frame.bitmap.columns; column++) {
        const world = pointOf(frame, across, column + 0.5, row + 0.5);
        const [x, y] = coordinatesOf(frame, world);
        expect([x, y].map((each) => Math.round(each * 1e6) / 1e6)).toEqual([column + 0.5, row + 0.5]);
        const index = indexOfOffset(grid, [world[0] - grid.origin[0], world[1] - grid.origin[1], world[2] - grid.origin[2]]);
        const isWithin = index.every((at, axis) => at >= -1e-6 && at <= [columns, rows, count][axis]! - 1 + 1e-6);
        const isOutside = index.some((at, axis) => at < -0.5 - 1e-3 || at > [columns, rows, count][axis]! - 0.5 + 1e-3);
        if (isWithin) {
          inside += 1;
          expect(out[row * frame.bitmap.columns + column]).toBeCloseTo(field(world), 2);
        } else if (isOutside) expect(out[row * frame.bitmap.columns + column]).toBe(nothing);
      }
    }
    expect(inside).toBeGreaterThan(5);
  });

  test('from the front the patient\'s left is on the right and the head on top; from the left the face is on the left', () => {
    const grid = gridOf(stack(poses[1][1], poses[1][2]))!;
    const [coronal, sagittal] = [planeFrame(grid, 'coronal'), planeFrame(grid, 'sagittal')];
    expect([coronal.right, coronal.down, sagittal.right, sagittal.down]).toEqual([[1, 0, 0], [0, 0, -1], [0, 1, 0], [0, 0, -1]]);
    // One pixel for each voxel where the axes are those of the patient.
    expect([coronal.bitmap, sagittal.bitmap]).toEqual([
      { columns, rows: count, columnSpacingMm: 1.5, rowSpacingMm: 3 }, { columns: rows, rows: count, columnSpacingMm: 2, rowSpacingMm: 3 },
    ]);
    expect(Math.max(...cornersOf(grid).map(([, , z]) => z))).toBeCloseTo(31.5, 9);
  });

  test('slices that have not come are left out, and a slab holds the highest, the lowest and the mean across it', () => {
    const grid = gridOf(stack(poses[0][1], poses[0][2]))!;
    const frame = planeFrame(grid, 'coronal');
    const all: SliceValues = (slice) => (slice === 2 ? undefined : Float32Array.from({ length: columns * rows }, (_, at) => Math.floor(at / columns)));
    const cut = (thicknessMm: number, mode: 'mip' | 'minip' | 'average', atRow = 3): readonly number[] => {
      const out = new Float32Array(frame.bitmap.columns * frame.bitmap.rows);
      reslice(grid, frame, -20 + 2 * atRow, { mode, thicknessMm }, all, out);
      return Array.from({ length: count }, (_, row) => out[row * columns + 3]!);
    };
    // Rows are 2 mm apart: eight millimetres reach two of them to each side of the third.
    expect(cut(8, 'mip')).toEqual([5, 5, nothing, 5, 5]);
    expect(cut(8, 'minip')).toEqual([1, 1, nothing, 1, 1]);
    expect(cut(8, 'average')).toEqual([3, 3, nothing, 3, 3]);
    expect(cut(3, 'mip')).toEqual([3, 3, nothing, 3, 3]);
    expect(cut(8, 'average', 0), 'at the edge of the slices only what is there counts').toEqual([1, 1, nothing, 1, 1]);
    expect(cut(8, 'minip', 5)).toEqual([3, 3, nothing, 3, 3]);
  });
});
