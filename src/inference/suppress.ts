/** Non-maximum suppression, by distance and by the overlap of boxes. */
import type { Triple } from '../volume/lps-grid.ts';
import type { Vec3 } from '../volume/types.ts';
import { distance } from '../volume/vec3.ts';

export interface Scored {
  readonly worldPoint: Vec3;
  readonly score: number;
}

/** Deterministic order: higher score, then by position. */
function compare(a: Scored, b: Scored): number {
  return b.score - a.score || b.worldPoint[2] - a.worldPoint[2] || a.worldPoint[1] - b.worldPoint[1] || a.worldPoint[0] - b.worldPoint[0];
}

/** Keeps the best of all that lie within `radiusMm` of a kept one, at most `most`; best first. */
export function suppress<T extends Scored>(candidates: readonly T[], radiusMm: number, most: number): readonly T[] {
  const kept: T[] = [];
  const cells = new Map<string, T[]>();
  const cell = (value: number): number => Math.floor(value / radiusMm);
  for (const candidate of [...candidates].sort(compare)) {
    if (kept.length >= most) break;
    const [cx, cy, cz] = [cell(candidate.worldPoint[0]), cell(candidate.worldPoint[1]), cell(candidate.worldPoint[2])];
    let near = false;
    for (let x = cx - 1; x <= cx + 1 && !near; x++) {
      for (let y = cy - 1; y <= cy + 1 && !near; y++) {
        for (let z = cz - 1; z <= cz + 1 && !near; z++) {
          near = (cells.get(`${x},${y},${z}`) ?? []).some((other) => distance(other.worldPoint, candidate.worldPoint) <= radiusMm);
        }
      }
    }
    if (near) continue;
    kept.push(candidate);
    const key = `${cx},${cy},${cz}`;
    cells.set(key, [...(cells.get(key) ?? []), candidate]);
  }
  return kept;
}

/** Intersection over union of two boxes with axes along the same grid, given by centre and sides. */
export function overlapOf(a: { readonly index: Triple; readonly sizeVoxels: Triple }, b: { readonly index: Triple; readonly sizeVoxels: Triple }): number {
  let common = 1;
  for (const axis of [0, 1, 2] as const) {
    const low = Math.max(a.index[axis] - a.sizeVoxels[axis] / 2, b.index[axis] - b.sizeVoxels[axis] / 2);
    const high = Math.min(a.index[axis] + a.sizeVoxels[axis] / 2, b.index[axis] + b.sizeVoxels[axis] / 2);
    if (high <= low) return 0;
    common *= high - low;
  }
  const volume = ({ sizeVoxels: [x, y, z] }: { readonly sizeVoxels: Triple }): number => x * y * z;
  return common / (volume(a) + volume(b) - common);
}

/** Keeps the best of all whose box overlaps a kept one by more than `above`; what has no box is kept. Best first. */
export function suppressBoxes<T extends Scored & { readonly index: Triple; readonly sizeVoxels?: Triple }>(candidates: readonly T[], above: number, most: number): readonly T[] {
  const kept: T[] = [];
  for (const candidate of [...candidates].sort(compare)) {
    if (kept.length >= most) break;
    const { index, sizeVoxels } = candidate;
    const isCovered = sizeVoxels !== undefined && kept.some((other) => other.sizeVoxels !== undefined
      && overlapOf({ index, sizeVoxels }, { index: other.index, sizeVoxels: other.sizeVoxels }) > above);
    if (!isCovered) kept.push(candidate);
  }
  return kept;
}
