/** The slice nearest to `centre` and at most `reach` away that is not settled yet, the following one first; undefined when all are. */
export function nearestPending(centre: number, count: number, reach: number, settled: ReadonlySet<number>): number | undefined {
  for (let distance = 0; distance <= reach; distance++) {
    for (const index of [centre + distance, centre - distance]) {
      if (index >= 0 && index < count && !settled.has(index)) return index;
    }
  }
  return undefined;
}
