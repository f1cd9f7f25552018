/** Contours of a scalar field on a 2-D grid by marching squares: polygons at sub-pixel accuracy. */

/** Flat list x, y, x, y …; closed implicitly. */
export type Polygon = readonly number[];

/**
 * The lines where the field is 0, around everything positive. Values beyond the grid count as negative.
 * (x, y) are grid indices; whole numbers are sample centres.
 *
 * @param field shape [height, width]
 */
export function contours(field: Float32Array, width: number, height: number): readonly Polygon[] {
  const value = (x: number, y: number): number => (x < 0 || y < 0 || x >= width || y >= height ? -1 : (field[y * width + x] as number));
  // Each segment runs from one cell edge to another with the positive side on its left; edges are shared by two cells.
  const nextOf = new Map<string, string>();
  const points = new Map<string, readonly [number, number]>();
  const edge = (x0: number, y0: number, x1: number, y1: number): string => {
    const key = y0 === y1 ? `h${Math.min(x0, x1)},${y0}` : `v${x0},${Math.min(y0, y1)}`;
    if (!points.has(key)) {
      const a = value(x0, y0);
      const b = value(x1, y1);
      const t = a === b ? 0.5 : a / (a - b);
      points.set(key, [x0 + (x1 - x0) * t, y0 + (y1 - y0) * t]);
    }
    return key;
  };
  for (let y = -1; y < height; y++) {
    for (let x = -1; x < width; x++) {
      const inside = [value(x, y), value(x + 1, y), value(x + 1, y + 1), value(x, y + 1)].map((corner) => corner > 0);
      const corners = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]] as const;
      // Where the outline leaves (in to out) and enters (out to in) the cell, walking round its corners.
      const leaves: number[] = [];
      const enters: number[] = [];
      for (let n = 0; n < 4; n++) {
        if (inside[n] && !inside[(n + 1) % 4]) leaves.push(n);
        if (!inside[n] && inside[(n + 1) % 4]) enters.push(n);
      }
      const key = (n: number): string => {
        const [from, to] = [corners[n as 0 | 1 | 2 | 3], corners[((n + 1) % 4) as 0 | 1 | 2 | 3]];
        return edge(from[0], from[1], to[0], to[1]);
      };
      // In the saddle each diagonal corner is cut off by itself: a leaving edge joins the entering edge just before it.
      for (const leave of leaves) {
        const enter = [3, 2, 1].map((back) => (leave + back) % 4).find((n) => enters.includes(n));
        if (enter !== undefined) nextOf.set(key(leave), key(enter));
      }
    }
  }
  const polygons: Polygon[] = [];
  for (const [start] of nextOf) {
    if (!nextOf.has(start)) continue;
    const polygon: number[] = [];
    for (let at: string | undefined = start; at !== undefined && nextOf.has(at);) {
      const point = points.get(at);
      if (point) polygon.push(point[0], point[1]);
      const following = nextOf.get(at);
      nextOf.delete(at);
      at = following;
    }
    if (polygon.length >= 6) polygons.push(polygon);
  }
  return polygons;
}

/** Signed area by the shoelace formula, in square grid units. */
export function signedArea(polygon: Polygon): number {
  let sum = 0;
  for (let n = 0; n < polygon.length; n += 2) {
    const next = (n + 2) % polygon.length;
    sum += (polygon[n] as number) * (polygon[next + 1] as number) - (polygon[next] as number) * (polygon[n + 1] as number);
  }
  return sum / 2;
}
