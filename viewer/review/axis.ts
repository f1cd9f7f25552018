import type { WorldPoint } from '../../src/findings/types.ts';

type Axis = readonly [WorldPoint, WorldPoint];

/** The axis about its middle, with the length that was typed. */
export function withLength([from, to]: Axis, lengthMm: number): Axis {
  const now = Math.hypot(to[0] - from[0], to[1] - from[1], to[2] - from[2]);
  const factor = now === 0 ? 0 : lengthMm / now;
  const middle = [0, 1, 2].map((at) => ((from[at] ?? 0) + (to[at] ?? 0)) / 2);
  const moved = (point: WorldPoint): WorldPoint => [0, 1, 2].map((at) => (middle[at] ?? 0) + ((point[at] ?? 0) - (middle[at] ?? 0)) * factor) as unknown as WorldPoint;
  return [moved(from), moved(to)];
}
