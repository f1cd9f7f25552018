/** From a reader's contours to voxels. */
import type { VolumeGeometry } from '../volume/types.ts';
import type { SeriesGrid } from './series-grid.ts';
import type { LidcProblem, Outline, ReaderNodule } from './types.ts';

type Point = readonly [number, number];

/** How far (mm) a stated z position may lie from the slice that is taken for it when the image is not named. */
const zToleranceMm = 0.6;

function sliceOfOutline({ sopInstanceUID, zMm }: Outline, { geometry, slices, sliceOf }: SeriesGrid): number | undefined {
  const named = sliceOf.get(sopInstanceUID);
  if (named !== undefined) return named;
  const away = slices.map(({ imagePositionPatient }) => Math.abs(imagePositionPatient[2] - zMm));
  const nearest = away.indexOf(Math.min(...away));
  return away[nearest]! <= Math.min(zToleranceMm, geometry.spacingMm[2] / 2) ? nearest : undefined;
}

/** Even-odd rule for a pixel's centre. */
function isInside(points: readonly Point[], x: number, y: number): boolean {
  let inside = false;
  for (let n = 0, last = points.length - 1; n < points.length; last = n, n += 1) {
    const [xa, ya] = points[n]!;
    const [xb, yb] = points[last]!;
    if ((ya > y) !== (yb > y) && x < ((xb - xa) * (y - ya)) / (yb - ya) + xa) inside = !inside;
  }
  return inside;
}

/** Pixels of the contour itself, also between points that are not neighbours. */
function contourPixels(points: readonly Point[], key: (x: number, y: number) => number): ReadonlySet<number> {
  const pixels = new Set<number>();
  points.forEach(([xa, ya], n) => {
    const [xb, yb] = points[(n + 1) % points.length]!;
    const steps = Math.max(1, Math.abs(xb - xa), Math.abs(yb - ya));
    for (let step = 0; step <= steps; step += 1) pixels.add(key(Math.round(xa + (xb - xa) * step / steps), Math.round(ya + (yb - ya) * step / steps)));
  });
  return pixels;
}

/** Pixels strictly within the contour: it is drawn on the outside. A single point is its own pixel. */
function filled({ points }: Outline, { columns, rows }: VolumeGeometry): readonly number[] {
  const key = (x: number, y: number): number => y * columns + x;
  const isOnImage = ([x, y]: Point): boolean => x >= 0 && y >= 0 && x < columns && y < rows;
  if (points.length === 1) return points.filter(isOnImage).map(([x, y]) => key(Math.round(x), Math.round(y)));
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const edge = contourPixels(points, key);
  const inside: number[] = [];
  for (let y = Math.max(0, Math.floor(Math.min(...ys))); y <= Math.min(rows - 1, Math.max(...ys)); y += 1) {
    for (let x = Math.max(0, Math.floor(Math.min(...xs))); x <= Math.min(columns - 1, Math.max(...xs)); x += 1) {
      if (!edge.has(key(x, y)) && isInside(points, x, y)) inside.push(key(x, y));
    }
  }
  return inside;
}

/**
 * Voxels of a reader's nodule, as places in a volume of the series ((k * rows + j) * columns + i), ascending. A contour so
 * tight that no pixel lies within it gives its own pixels: the nodule is there.
 */
export function noduleVoxels(nodule: ReaderNodule, grid: SeriesGrid, problems: LidcProblem[]): readonly number[] {
  const { geometry } = grid;
  const plane = geometry.columns * geometry.rows;
  const voxels = new Set<number>();
  const what = `reader ${nodule.reader}, ${nodule.kind === 'non-nodule' ? 'non-nodule' : 'nodule'} ${JSON.stringify(nodule.id.slice(0, 40))}`;
  const ordered = [...nodule.outlines].sort((a, b) => Number(b.inclusion) - Number(a.inclusion));
  for (const outline of ordered) {
    const slice = sliceOfOutline(outline, grid);
    if (slice === undefined) {
      problems.push({ code: 'OFF_SERIES', text: `${what}: no image of the series at z ${outline.zMm} mm; this outline is left out` });
      continue;
    }
    const inside = filled(outline, geometry);
    for (const pixel of inside) {
      if (outline.inclusion) voxels.add(slice * plane + pixel);
      else voxels.delete(slice * plane + pixel);
    }
  }
  if (voxels.size === 0) {
    for (const outline of ordered.filter(({ inclusion }) => inclusion)) {
      const slice = sliceOfOutline(outline, grid);
      if (slice === undefined) continue;
      for (const pixel of contourPixels(outline.points, (x, y) => y * geometry.columns + x)) if (pixel >= 0 && pixel < plane) voxels.add(slice * plane + pixel);
    }
    if (voxels.size > 0 && nodule.kind === 'outlined') problems.push({ code: 'NOTHING_INSIDE', text: `${what}: no pixel lies within its contours; the contours themselves are taken` });
  }
  return [...voxels].sort((a, b) => a - b);
}
