import type { Vec3 } from '../volume/types.ts';
import type { NoduleShape, NoduleTruth } from './types.ts';
import { noduleDistance } from './nodule-shape.ts';

export interface ShapeMeasure {
  readonly centroid: Vec3;
  readonly volumeMm3: number;
  readonly longAxisMm: number;
  readonly shortAxisMm: number;
  readonly solidDiameterMm?: number;
  readonly meanHU: number;
}

/** Inside the nodule and, where it is cut by the pleura, inside the lung. */
export type InsideTest = (x: number, y: number, z: number) => number;

export const insideTest = (shape: NoduleShape, lungAt: InsideTest): InsideTest => (
  shape.clippedByLung
    ? (x, y, z) => {
      const own = noduleDistance(shape, x, y, z);
      return own > -2 ? Math.min(own, lungAt(x, y, z)) : own;
    }
    : (x, y, z) => noduleDistance(shape, x, y, z)
);

/**
 * Integrates the shape on a cubic grid of `step` mm. The axes are those of the axial slice of largest area:
 * the longest chord, and the longest chord at a right angle to it.
 */
export function measureShape(shape: NoduleShape, lungAt: InsideTest, step: number): ShapeMeasure {
  const inside = insideTest(shape, lungAt);
  const n = Math.ceil(shape.boundMm / step);
  const side = 2 * n + 1;
  let mask = new Uint8Array(side * side);
  let best = new Uint8Array(side * side);
  let bestArea = -1;
  let count = 0;
  let weight = 0;
  let sx = 0;
  let sy = 0;
  let sz = 0;
  let sumHU = 0;
  let solid = 0;
  for (let k = -n; k <= n; k++) {
    const z = shape.centre[2] + k * step;
    let area = 0;
    mask.fill(0);
    const core = new Uint8Array(shape.cores.length > 0 ? side * side : 0);
    let coreArea = 0;
    for (let j = -n; j <= n; j++) {
      const y = shape.centre[1] + j * step;
      for (let i = -n; i <= n; i++) {
        const x = shape.centre[0] + i * step;
        const f = inside(x, y, z);
        if (f <= -step) continue;
        // Coverage of the cell by a locally flat surface: second order, so that a coarse step already serves.
        const share = Math.min(Math.max(0.5 + f / step, 0), 1);
        weight += share;
        sx += share * x;
        sy += share * y;
        sz += share * z;
        if (f <= 0) continue;
        count++;
        area++;
        mask[(j + n) * side + i + n] = 1;
        const hu = coreHU(shape, x, y, z);
        sumHU += hu ?? shape.hu;
        if (hu !== undefined && core.length > 0) {
          core[(j + n) * side + i + n] = 1;
          coreArea++;
        }
      }
    }
    if (area > bestArea) {
      bestArea = area;
      [best, mask] = [mask, best];
    }
    if (coreArea > 0) solid = Math.max(solid, chords(core, side, step).longMm);
  }
  const axes = chords(best, side, step);
  return {
    centroid: [sx / weight, sy / weight, sz / weight], volumeMm3: weight * step ** 3,
    longAxisMm: axes.longMm, shortAxisMm: axes.shortMm, meanHU: sumHU / Math.max(count, 1),
    ...(solid > 0 ? { solidDiameterMm: solid } : {}),
  };
}

export function coreHU(shape: NoduleShape, x: number, y: number, z: number): number | undefined {
  for (const core of shape.cores) {
    const dx = x - shape.centre[0] - core.centre[0];
    const dy = y - shape.centre[1] - core.centre[1];
    const dz = z - shape.centre[2] - core.centre[2];
    if (dx * dx + dy * dy + dz * dz < core.radius * core.radius) return core.hu;
  }
  return undefined;
}

/** Longest chord of a mask and the longest one perpendicular to it; a pixel counts with its full width. */
function chords(mask: Uint8Array, side: number, step: number): { readonly longMm: number; readonly shortMm: number } {
  const edge: number[] = [];
  for (let j = 1; j < side - 1; j++) {
    for (let i = 1; i < side - 1; i++) {
      const p = j * side + i;
      if (mask[p] === 1 && (mask[p - 1] === 0 || mask[p + 1] === 0 || mask[p - side] === 0 || mask[p + side] === 0)) edge.push(i, j);
    }
  }
  let longest = -1;
  let ux = 1;
  let uy = 0;
  for (let a = 0; a < edge.length; a += 2) {
    for (let b = a + 2; b < edge.length; b += 2) {
      const dx = edge[b]! - edge[a]!;
      const dy = edge[b + 1]! - edge[a + 1]!;
      const d = dx * dx + dy * dy;
      if (d > longest) {
        longest = d;
        ux = dx;
        uy = dy;
      }
    }
  }
  if (longest < 0) return { longMm: 0, shortMm: 0 };
  const long = Math.sqrt(longest);
  ux /= long || 1;
  uy /= long || 1;
  const low = new Map<number, number>();
  const high = new Map<number, number>();
  for (let a = 0; a < edge.length; a += 2) {
    const bin = Math.round((edge[a]! * ux + edge[a + 1]! * uy) / 1.5);
    const across = -edge[a]! * uy + edge[a + 1]! * ux;
    low.set(bin, Math.min(low.get(bin) ?? Infinity, across));
    high.set(bin, Math.max(high.get(bin) ?? -Infinity, across));
  }
  let short = 0;
  for (const [bin, value] of high) short = Math.max(short, value - low.get(bin)!);
  return { longMm: (long + 1) * step, shortMm: (short + 1) * step };
}

export function truthOf(
  measure: ShapeMeasure, id: number, kind: Pick<NoduleTruth, 'type' | 'location' | 'margin'>,
): NoduleTruth {
  return {
    id, worldPoint: measure.centroid, volumeMm3: measure.volumeMm3,
    diameterMm: (measure.longAxisMm + measure.shortAxisMm) / 2,
    longAxisMm: measure.longAxisMm, shortAxisMm: measure.shortAxisMm,
    ...(kind.type === 'part-solid' && measure.solidDiameterMm !== undefined ? { solidDiameterMm: measure.solidDiameterMm } : {}),
    ...(kind.type === 'solid' || kind.type === 'calcified' ? { solidDiameterMm: (measure.longAxisMm + measure.shortAxisMm) / 2 } : {}),
    equivalentDiameterMm: 2 * Math.cbrt((3 * measure.volumeMm3) / (4 * Math.PI)),
    type: kind.type, location: kind.location, margin: kind.margin, meanHU: measure.meanHU,
  };
}
