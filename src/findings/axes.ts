/** Long and short axis of an outline in its plane. */
export type Point2 = readonly [x: number, y: number];

export interface Axes {
  readonly longMm: number;
  readonly shortMm: number;
  readonly long: readonly [Point2, Point2];
  readonly short: readonly [Point2, Point2];
}

/** Where a line parallel to `direction` at the given offset (along the normal of `direction`) crosses the outline. */
function crossings(outline: readonly Point2[], direction: Point2, offset: number): readonly number[] {
  const along = (point: Point2): number => point[0] * direction[0] + point[1] * direction[1];
  const across = (point: Point2): number => point[1] * direction[0] - point[0] * direction[1];
  const found: number[] = [];
  for (let n = 0; n < outline.length; n++) {
    const a = outline[n];
    const b = outline[(n + 1) % outline.length];
    if (!a || !b) continue;
    const [ca, cb] = [across(a) - offset, across(b) - offset];
    if (ca < 0 === cb < 0) continue;
    found.push(along(a) + ((along(b) - along(a)) * ca) / (ca - cb));
  }
  return found;
}

const chordStepMm = 0.1;

/**
 * The longest distance between two points of the outline, and the longest chord at a right angle to it.
 *
 * @param outline closed implicitly, mm in the plane, at least 3 points
 */
export function measureAxes(outline: readonly Point2[]): Axes {
  let longest = -1;
  let long: readonly [Point2, Point2] = [outline[0] ?? [0, 0], outline[0] ?? [0, 0]];
  for (let a = 0; a < outline.length; a++) {
    for (let b = a + 1; b < outline.length; b++) {
      const [p, q] = [outline[a], outline[b]];
      if (!p || !q) continue;
      const squared = (p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2;
      if (squared <= longest) continue;
      longest = squared;
      long = [p, q];
    }
  }
  const longMm = Math.sqrt(Math.max(0, longest));
  const [p, q] = long;
  if (longMm === 0) return { longMm: 0, shortMm: 0, long, short: long };
  const u: Point2 = [(q[0] - p[0]) / longMm, (q[1] - p[1]) / longMm];
  const v: Point2 = [-u[1], u[0]];
  // A line along v at distance s from the origin along u has, with respect to v, the offset -s.
  const begin = p[0] * u[0] + p[1] * u[1];
  let shortMm = 0;
  let short: readonly [Point2, Point2] = [p, p];
  for (let s = chordStepMm / 2; s < longMm; s += chordStepMm) {
    const hits = crossings(outline, v, -(begin + s));
    if (hits.length < 2) continue;
    const [low, high] = [Math.min(...hits), Math.max(...hits)];
    if (high - low <= shortMm) continue;
    shortMm = high - low;
    const point = (t: number): Point2 => [u[0] * (begin + s) + v[0] * t, u[1] * (begin + s) + v[1] * t];
    short = [point(low), point(high)];
  }
  return { longMm, shortMm, long, short };
}
