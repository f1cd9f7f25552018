import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskOf, sectionOf, type Mask, type PixelPolygon } from '../../viewer/reader/mask-section.ts';
import { normalOf, pixelToWorld, worldToPixel, type ImagePlane, type Point3, type SliceImage } from '../../viewer/rendering/slice-images.ts';

const sliceMm = 2;
const spacing = { columnSpacingMm: 0.7, rowSpacingMm: 0.9 };

const dot = (a: Point3, b: Point3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

function image(number: number, plane: ImagePlane): SliceImage {
  return { imageId: '', sopInstanceUID: `1.2.${number}`, rows: 64, columns: 64, attributes: {}, plane };
}

/** Slices one after the other along their normal, or against it. */
function stackOf(columnDirection: Point3, rowDirection: Point3, count: number, step: 1 | -1 = 1): readonly SliceImage[] {
  const first: ImagePlane = { position: [-20, -15, 100], columnDirection, rowDirection, ...spacing };
  const normal = normalOf(first);
  return Array.from({ length: count }, (_, at) => image(at, { ...first, position: [0, 1, 2].map((axis) => first.position[axis]! + normal[axis]! * at * step * sliceMm) as unknown as Point3 }));
}

function evenOdd(loops: readonly (readonly (readonly [number, number])[])[], [x, y]: readonly [number, number]): boolean {
  let inside = false;
  for (const loop of loops) {
    for (const [at, [ax, ay]] of loop.entries()) {
      const [bx, by] = loop[(at + 1) % loop.length]!;
      if (ay > y !== by > y && x < ax + (bx - ax) * (y - ay) / (by - ay)) inside = !inside;
    }
  }
  return inside;
}

const corners = (polygon: PixelPolygon): readonly (readonly [number, number])[] => Array.from({ length: polygon.length / 2 }, (_, at) => [polygon[at * 2]!, polygon[at * 2 + 1]!]);

/** Whether the voxels that the outlines stand for hold the point. */
function isInMask({ normal, slices }: Mask, point: Point3): boolean {
  const at = dot(point, normal);
  const slice = slices.find(({ from, to }) => from <= at && at < to);
  return slice !== undefined && evenOdd(slice.polygons.map(corners), worldToPixel(slice.plane, point));
}

const box: PixelPolygon = [19.5, 9.5, 29.5, 9.5, 29.5, 19.5, 19.5, 19.5];

test.each([
  ['head first', [1, 0, 0], [0, 1, 0], 1], ['from head to feet', [1, 0, 0], [0, 1, 0], -1], ['prone', [-1, 0, 0], [0, -1, 0], 1],
  ['mirrored columns', [-1, 0, 0], [0, 1, 0], 1], ['mirrored rows', [1, 0, 0], [0, -1, 0], -1],
] as const)('a box is cut into a rectangle of its edges and of whole slices: %s', (_name, columnDirection, rowDirection, step) => {
  const images = stackOf(columnDirection, rowDirection, 8, step);
  const mask = maskOf(images, [3, 4, 5].map((at) => ({ sopInstanceUID: `1.2.${at}`, polygons: [box] })))!;
  const middle = pixelToWorld(images[4]!.plane!, 24.5, 14.5);
  const edges = ([19.5, 29.5] as const).map((column) => pixelToWorld(images[4]!.plane!, column, 14.5)[0]);
  const ends = [images[3]!, images[5]!].map(({ plane }) => plane!.position[2]);
  const [low, high] = [Math.min(...ends) - sliceMm / 2, Math.max(...ends) + sliceMm / 2];
  const coronal = sectionOf(mask, middle, [0, 1, 0]);
  expect(coronal).toHaveLength(1);
  expect(coronal[0]).toHaveLength(4);
  for (const x of edges) for (const z of [low, high]) expect(coronal[0]!.some((at) => Math.hypot(at[0] - x, at[1] - middle[1], at[2] - z) < 1e-9)).toBe(true);
  // Just within the box and just beside it.
  const side = (mm: number): Point3 => [middle[0] + mm, middle[1], middle[2]];
  expect(sectionOf(mask, side(3.49), [1, 0, 0])[0]).toHaveLength(4);
  expect(sectionOf(mask, side(3.51), [1, 0, 0])).toEqual([]);
});

test('holes, gaps and slices of different width are kept apart', () => {
  const images = stackOf([1, 0, 0], [0, 1, 0], 12);
  const hole: PixelPolygon = [22.5, 12.5, 26.5, 12.5, 26.5, 16.5, 22.5, 16.5];
  const wide: PixelPolygon = [15.5, 9.5, 33.5, 9.5, 33.5, 19.5, 15.5, 19.5];
  const outlines = [[2, [box]], [3, [box, hole]], [4, [wide]], [7, [box]]] as const;
  const mask = maskOf(images, outlines.map(([at, polygons]) => ({ sopInstanceUID: `1.2.${at}`, polygons })))!;
  const loops = sectionOf(mask, pixelToWorld(images[3]!.plane!, 24, 14), [0, 1, 0]);
  expect(loops.map((loop) => loop.length).toSorted((a, b) => a - b)).toEqual([4, 4, 8]);
});

test('no mask where the outlines are on other images, or the images lie nowhere', () => {
  const images = stackOf([1, 0, 0], [0, 1, 0], 4);
  expect(maskOf(images, [])).toBeUndefined();
  expect(maskOf(images, [{ sopInstanceUID: '9', polygons: [box] }])).toBeUndefined();
  expect(maskOf(images.map(({ imageId, sopInstanceUID, rows, columns, attributes }) => ({ imageId, sopInstanceUID, rows, columns, attributes })), [{ sopInstanceUID: '1.2.1', polygons: [box] }])).toBeUndefined();
});

test('a plane along the slices shows the outline of its slice', () => {
  const images = stackOf([1, 0, 0], [0, 0, -1], 6);
  const mask = maskOf(images, [{ sopInstanceUID: '1.2.2', polygons: [box] }])!;
  const { plane } = images[2]!;
  expect(sectionOf(mask, plane!.position, [0, 1, 0])).toEqual([corners(box).map(([column, row]) => pixelToWorld(plane!, column, row))]);
  expect(sectionOf(mask, images[3]!.plane!.position, [0, 1, 0])).toEqual([]);
});

test('whatever the tilt, what the contour holds is what the voxels hold', () => {
  const angle = fc.double({ min: -Math.PI, max: Math.PI, noNaN: true });
  const blob = fc.array(fc.double({ min: 3, max: 12, noNaN: true }), { minLength: 3, maxLength: 12 }).map((radii): PixelPolygon => radii.flatMap((radius, at) => (
    [25 + radius * Math.cos(2 * Math.PI * at / radii.length), 25 + radius * Math.sin(2 * Math.PI * at / radii.length)])));
  fc.assert(fc.property(angle, angle, angle, fc.array(fc.option(blob), { minLength: 5, maxLength: 5 }), fc.constantFrom<Point3>([0, 1, 0], [1, 0, 0]), fc.double({ min: -4, max: 4, noNaN: true }), fc.array(fc.tuple(fc.double({ min: -14, max: 14, noNaN: true }), fc.double({ min: -14, max: 14, noNaN: true })), { minLength: 30, maxLength: 30 }), (yaw, pitch, roll, blobs, planeNormal, offset, samples) => {
    const turned = ([x, y, z]: Point3): Point3 => {
      const [x1, y1] = [x * Math.cos(yaw) - y * Math.sin(yaw), x * Math.sin(yaw) + y * Math.cos(yaw)];
      const [x2, z2] = [x1 * Math.cos(pitch) - z * Math.sin(pitch), x1 * Math.sin(pitch) + z * Math.cos(pitch)];
      return [x2, y1 * Math.cos(roll) - z2 * Math.sin(roll), y1 * Math.sin(roll) + z2 * Math.cos(roll)];
    };
    const images = stackOf(turned([1, 0, 0]), turned([0, 1, 0]), 9);
    const normal = normalOf(images[0]!.plane!);
    // Nearly along the slices a step of the contour is wider than any tolerance that would still say something.
    fc.pre(Math.abs(dot(normal, planeNormal)) < 0.9);
    const mask = maskOf(images, blobs.flatMap((polygon, at) => (polygon === null ? [] : [{ sopInstanceUID: `1.2.${at + 2}`, polygons: [polygon] }])));
    fc.pre(mask !== undefined);
    const middle = pixelToWorld(images[4]!.plane!, 25, 25);
    const point: Point3 = [middle[0] + planeNormal[0] * offset, middle[1] + planeNormal[1] * offset, middle[2]];
    const flat = ([x, y, z]: Point3): readonly [number, number] => (planeNormal[0] === 0 ? [x, z] : [y, z]);
    const loops = sectionOf(mask, point, planeNormal).map((loop) => loop.map(flat));
    for (const [across, up] of samples) {
      const at = (dx: number, dy: number): Point3 => (planeNormal[0] === 0 ? [point[0] + across + dx, point[1], point[2] + up + dy] : [point[0], point[1] + across + dx, point[2] + up + dy]);
      // A step is half a pixel of movement: this near to the edge either may be right.
      const around = Array.from({ length: 16 }, (_, each) => isInMask(mask, at(Math.cos(each * Math.PI / 8) * 0.8, Math.sin(each * Math.PI / 8) * 0.8)));
      const inside = isInMask(mask, at(0, 0));
      if (around.every((each) => each === inside)) expect(evenOdd(loops, flat(at(0, 0)))).toBe(inside);
    }
  }), { numRuns: 300 });
});
