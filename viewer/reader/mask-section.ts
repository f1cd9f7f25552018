/** What a plane across the slices cuts out of a mask that is outlined slice by slice. Lengths in mm, points LPS. */
import { normalOf, pixelToWorld, worldToPixel, type ImagePlane, type Point3, type SliceImage } from '../rendering/slice-images.ts';

/** Columns and rows in turn, pixel centres being whole numbers; polygons of one slice fill by the even-odd rule. */
export type PixelPolygon = readonly number[];

interface MaskSlice {
  readonly plane: ImagePlane;
  readonly polygons: readonly PixelPolygon[];
  /** Where the slice begins and ends along the normal: half way to its neighbours. */
  readonly from: number;
  readonly to: number;
}

/** From the first slice with an outline to the last one, ascending along the normal. */
export interface Mask {
  readonly normal: Point3;
  readonly slices: readonly MaskSlice[];
}

export interface SliceOutline {
  readonly sopInstanceUID: string;
  readonly frameNumber?: number;
  readonly polygons: readonly PixelPolygon[];
}

type Interval = readonly [from: number, to: number];

/** One step of the contour: what of the plane lies between two heights is inside these intervals. */
interface Row {
  readonly bottom: number;
  readonly top: number;
  readonly inside: readonly Interval[];
}

/** Below this sine of their angle the plane lies along the slices rather than across them. */
const leastSine = 0.02;

const dot = (a: Point3, b: Point3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Point3, b: Point3): Point3 => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const along = (from: Point3, direction: Point3, mm: number): Point3 => [from[0] + direction[0] * mm, from[1] + direction[1] * mm, from[2] + direction[2] * mm];

/** The mask as a stack of slices; undefined when none of its outlines is on these images, or they do not say where they lie. */
export function maskOf(images: readonly SliceImage[], outlines: readonly SliceOutline[]): Mask | undefined {
  const reference = images[0]?.plane;
  if (reference === undefined || images.length < 2) return undefined;
  const normal = normalOf(reference);
  const stack = images.flatMap((image) => (image.plane === undefined ? [] : [{ image, plane: image.plane, at: dot(image.plane.position, normal) }]))
    .toSorted((a, b) => a.at - b.at);
  const edge = (index: number): number => {
    const [below, above] = [stack[index - 1]?.at, stack[index]?.at];
    if (below !== undefined && above !== undefined) return (below + above) / 2;
    const [end, next] = below === undefined ? [stack[0]?.at ?? 0, stack[1]?.at ?? 0] : [below, stack[index - 2]?.at ?? below];
    return end + (end - next) / 2;
  };
  const polygonsOf = ({ sopInstanceUID, frameNumber }: SliceImage): readonly PixelPolygon[] => outlines
    .filter((outline) => outline.sopInstanceUID === sopInstanceUID && outline.frameNumber === frameNumber).flatMap(({ polygons }) => polygons);
  const slices = stack.map(({ image, plane }, index): MaskSlice => ({ plane, polygons: polygonsOf(image), from: edge(index), to: edge(index + 1) }));
  const first = slices.findIndex(({ polygons }) => polygons.length > 0);
  return first < 0 ? undefined : { normal, slices: slices.slice(first, slices.findLastIndex(({ polygons }) => polygons.length > 0) + 1) };
}

/** The parts of the line `start + t * step` (pixels) that lie inside the polygons, as ascending intervals of t. */
function insideOf(polygons: readonly PixelPolygon[], [column, row]: readonly [number, number], [dx, dy]: readonly [number, number]): readonly Interval[] {
  const crossings: number[] = [];
  for (const polygon of polygons) {
    for (let at = 0; at + 1 < polygon.length; at += 2) {
      const next = (at + 2) % polygon.length;
      const [ax, ay, bx, by] = [(polygon[at] ?? 0) - column, (polygon[at + 1] ?? 0) - row, (polygon[next] ?? 0) - column, (polygon[next + 1] ?? 0) - row];
      const [a, b] = [dx * ay - dy * ax, dx * by - dy * bx];
      // A corner on the line belongs to one side, so that it never counts twice.
      if (a >= 0 === b >= 0) continue;
      const share = a / (a - b);
      crossings.push(((ax + (bx - ax) * share) * dx + (ay + (by - ay) * share) * dy) / (dx * dx + dy * dy));
    }
  }
  crossings.sort((a, b) => a - b);
  return crossings.flatMap((from, at): readonly Interval[] => {
    const to = crossings[at + 1];
    return at % 2 === 1 || to === undefined || to <= from ? [] : [[from, to]];
  });
}

type Corner = readonly [across: number, height: number];

/** Corners around what the rows hold together, each loop with the inside on the same hand. */
function contours(rows: readonly Row[]): readonly (readonly Corner[])[] {
  const edges = new Map<string, { readonly from: Corner; readonly to: Corner }[]>();
  const key = ([x, y]: Corner): string => `${String(x)} ${String(y)}`;
  const add = (from: Corner, to: Corner): void => {
    const known = edges.get(key(from));
    if (known === undefined) edges.set(key(from), [{ from, to }]);
    else known.push({ from, to });
  };
  const level = (height: number, below: readonly Interval[], above: readonly Interval[]): void => {
    const has = (intervals: readonly Interval[], x: number): boolean => intervals.some(([from, to]) => from <= x && x < to);
    const ends = [...new Set([...below, ...above].flat())].toSorted((a, b) => a - b);
    for (const [at, from] of ends.entries()) {
      const to = ends[at + 1];
      if (to === undefined || has(below, from) === has(above, from)) continue;
      if (has(above, from)) add([from, height], [to, height]);
      else add([to, height], [from, height]);
    }
  };
  for (const [at, { bottom, top, inside }] of rows.entries()) {
    level(bottom, rows[at - 1]?.inside ?? [], inside);
    if (at === rows.length - 1) level(top, inside, []);
    for (const [from, to] of inside) {
      add([to, bottom], [to, top]);
      add([from, top], [from, bottom]);
    }
  }
  const loops: Corner[][] = [];
  for (const [start, leaving] of edges) {
    while (leaving.length > 0) {
      const loop: Corner[] = [];
      let at = start;
      for (let edge = edges.get(at)?.pop(); edge !== undefined; edge = edges.get(at)?.pop()) {
        loop.push(edge.from);
        at = key(edge.to);
        if (at === start) break;
      }
      loops.push(loop.filter((corner, index) => {
        const [before, after] = [loop.at(index - 1) ?? corner, loop[(index + 1) % loop.length] ?? corner];
        return !(before[0] === corner[0] && corner[0] === after[0]) && !(before[1] === corner[1] && corner[1] === after[1]);
      }));
    }
  }
  return loops;
}

/**
 * The closed contours in which the plane through `point` with the unit normal `planeNormal` cuts the mask, as points of
 * that plane. Each slice fills its thickness, so that the contour has steps as the voxels have. Empty where nothing is cut.
 */
export function sectionOf({ normal, slices }: Mask, point: Point3, planeNormal: Point3): readonly (readonly Point3[])[] {
  const facing = dot(normal, planeNormal);
  const sine = Math.sqrt(Math.max(0, 1 - facing * facing));
  if (sine < leastSine) {
    const at = dot(point, normal);
    const slice = slices.find(({ from, to }) => from <= at && at < to);
    return slice?.polygons.map((polygon) => Array.from({ length: polygon.length / 2 }, (_, corner) => (
      pixelToWorld(slice.plane, polygon[corner * 2] ?? 0, polygon[corner * 2 + 1] ?? 0)))) ?? [];
  }
  // In the plane: up as far as the slices are passed, and across along them.
  const inPlane = along(normal, planeNormal, -facing);
  const up: Point3 = [inPlane[0] / sine, inPlane[1] / sine, inPlane[2] / sine];
  const across = cross(up, planeNormal);
  const origin = dot(point, normal);
  const rows = slices.flatMap(({ plane, polygons, from, to }): readonly Row[] => {
    // A plane that leans against the slices moves over them within their thickness: rows of half a pixel's movement.
    const movementMm = (to - from) / sine * Math.abs(facing);
    const count = polygons.length === 0 ? 1 : Math.max(1, Math.ceil(movementMm / Math.min(plane.columnSpacingMm, plane.rowSpacingMm) * 2 - 1e-6));
    // The ends are those of the neighbours to the last bit, as `contours` needs it.
    const height = (step: number): number => ((step === count ? to : from + (to - from) * step / count) - origin) / sine;
    const step = [dot(across, plane.columnDirection) / plane.columnSpacingMm, dot(across, plane.rowDirection) / plane.rowSpacingMm] as const;
    return Array.from({ length: count }, (_, each) => {
      const [bottom, top] = [height(each), height(each + 1)];
      return { bottom, top, inside: insideOf(polygons, worldToPixel(plane, along(point, up, (bottom + top) / 2)), step) };
    });
  });
  return contours(rows).map((loop) => loop.map(([x, y]) => along(along(point, across, x), up, y)));
}
