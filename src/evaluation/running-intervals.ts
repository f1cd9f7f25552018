/**
 * Percentiles of many rows of values that come one column at a time. Of each row only the tails are held: what lies
 * between them can be in neither place of the sorted row.
 */

export type Interval = readonly [low: number, high: number];

const confidence = 0.95;
/** Computed as the official script does, so that the places in the sorted list are the same. */
const tail = (1 - confidence) / 2;

/** Places of the bounds among so many sorted values, counted from 0. */
const lowPlace = (count: number): number => Math.floor(tail * count);
const highPlace = (count: number): number => Math.floor((1 - tail) * count);

/** Elements floor(0.025 n) and floor(0.975 n) of the sorted values, counted from 0; sorts in place. */
export function intervalOf(values: Float64Array): Interval {
  values.sort();
  return [values[lowPlace(values.length)]!, values[highPlace(values.length)]!];
}

/** The `keep` smallest values of each row; twice as many are gathered before they are sorted and cut. */
function createSmallest(rows: number, keep: number): { add(row: number, value: number): void; largest(row: number): number } {
  const room = 2 * keep;
  const values = new Float32Array(rows * room);
  const filled = new Int32Array(rows);
  const limit = new Float32Array(rows).fill(Number.POSITIVE_INFINITY);
  return {
    add(row, value) {
      if (value >= limit[row]!) return;
      values[row * room + filled[row]!] = value;
      filled[row]! += 1;
      if (filled[row]! < room) return;
      const own = values.subarray(row * room, (row + 1) * room).sort();
      filled[row] = keep;
      limit[row] = own[keep - 1]!;
    },
    largest: (row) => values.subarray(row * room, row * room + filled[row]!).sort()[keep - 1]!,
  };
}

export interface RunningIntervals {
  /** One value for each row. */
  add(column: Float32Array): void;
  /** Of a row, after all `columns` of them; as `intervalOf` gives it. */
  interval(row: number): Interval;
}

export function createRunningIntervals(rows: number, columns: number): RunningIntervals {
  const low = createSmallest(rows, lowPlace(columns) + 1);
  // The largest ones, with their signs turned.
  const high = createSmallest(rows, columns - highPlace(columns));
  return {
    add(column) {
      for (let row = 0; row < rows; row += 1) {
        low.add(row, column[row]!);
        high.add(row, -column[row]!);
      }
    },
    interval: (row) => [low.largest(row), -high.largest(row)],
  };
}
