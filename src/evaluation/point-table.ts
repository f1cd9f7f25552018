/** Points of many series in typed arrays: marks with their probability, or nodules with their diameter. */
export interface PointTable {
  readonly count: number;
  /** World coordinates in mm, LPS: x, y, z of point i at 3i. */
  readonly world: Float64Array;
  /** Probability of a mark, or diameter in mm of a nodule. */
  readonly value: Float64Array;
  /** Points of series s, in file order: `order[start[s]]` up to, not including, `order[start[s + 1]]`. */
  readonly order: Int32Array;
  readonly start: Int32Array;
}

export interface PointTableBuilder {
  add(series: number, x: number, y: number, z: number, value: number): void;
  /** Ends the adding and groups the points by series. */
  build(): PointTable;
}

function groupBySeries(series: Int32Array, seriesCount: number): Pick<PointTable, 'order' | 'start'> {
  const start = new Int32Array(seriesCount + 1);
  for (const index of series) start[index + 1]! += 1;
  for (let index = 0; index < seriesCount; index += 1) start[index + 1]! += start[index]!;
  const next = start.slice();
  const order = new Int32Array(series.length);
  for (let point = 0; point < series.length; point += 1) {
    const slot = next[series[point]!]!++;
    order[slot] = point;
  }
  return { order, start };
}

/** 36 bytes a point; the arrays double when they are full. */
export function createPointTable(seriesCount: number): PointTableBuilder {
  let count = 0;
  let series = new Int32Array(1024);
  let world = new Float64Array(3 * 1024);
  let value = new Float64Array(1024);

  function grow(): void {
    const grown = { series: new Int32Array(2 * count), world: new Float64Array(6 * count), value: new Float64Array(2 * count) };
    grown.series.set(series);
    grown.world.set(world);
    grown.value.set(value);
    ({ series, world, value } = grown);
  }

  return {
    add(index, x, y, z, amount) {
      if (count === series.length) grow();
      series[count] = index;
      world[3 * count] = x;
      world[3 * count + 1] = y;
      world[3 * count + 2] = z;
      value[count] = amount;
      count += 1;
    },
    build: () => ({
      count, world: world.subarray(0, 3 * count), value: value.subarray(0, count),
      ...groupBySeries(series.subarray(0, count), seriesCount),
    }),
  };
}
