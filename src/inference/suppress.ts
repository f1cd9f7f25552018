/** Non-maximum suppression by distance. */
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
