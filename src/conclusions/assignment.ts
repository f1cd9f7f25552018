/** One-to-one assignment at least total cost (Hungarian method with potentials, after Kuhn and Munkres). */

/** Costs above every sum of allowed ones: a pair is avoided whenever anything else is possible. */
const forbiddenCost = 1e6;

/**
 * Pairs of row and column: as many as the allowed costs permit, and among these of least total cost. `undefined`
 * forbids a pair. Costs lie in 0..100; there are at most a few hundred rows and columns.
 */
export function assign(costs: readonly (readonly (number | undefined)[])[]): readonly (readonly [row: number, column: number])[] {
  const rows = costs.length;
  const columns = costs[0]?.length ?? 0;
  if (rows === 0 || columns === 0) return [];
  const size = Math.max(rows, columns);
  const cost = (row: number, column: number): number => costs[row]?.[column] ?? forbiddenCost;
  // Everything counts from 1; 0 stands for "none".
  const rowPotential = new Float64Array(size + 1);
  const columnPotential = new Float64Array(size + 1);
  const rowOf = new Int32Array(size + 1);
  for (let row = 1; row <= size; row += 1) insert(row, size, cost, rowPotential, columnPotential, rowOf);
  const pairs: (readonly [number, number])[] = [];
  for (let column = 1; column <= columns; column += 1) {
    const row = rowOf[column]! - 1;
    if (row < rows && costs[row]?.[column - 1] !== undefined) pairs.push([row, column - 1]);
  }
  return pairs.sort(([a], [b]) => a - b);
}

/** Adds one row by the cheapest alternating path to a free column. */
function insert(
  row: number, size: number, cost: (row: number, column: number) => number,
  rowPotential: Float64Array, columnPotential: Float64Array, rowOf: Int32Array,
): void {
  const least = new Float64Array(size + 1).fill(Infinity);
  const previous = new Int32Array(size + 1);
  const isDone = new Uint8Array(size + 1);
  rowOf[0] = row;
  let column = 0;
  do {
    isDone[column] = 1;
    const at = rowOf[column]!;
    let step = Infinity;
    let next = 0;
    for (let to = 1; to <= size; to += 1) {
      if (isDone[to] === 1) continue;
      const reduced = cost(at - 1, to - 1) - rowPotential[at]! - columnPotential[to]!;
      if (reduced < least[to]!) { least[to] = reduced; previous[to] = column; }
      if (least[to]! < step) { step = least[to]!; next = to; }
    }
    for (let to = 0; to <= size; to += 1) {
      if (isDone[to] === 1) { rowPotential[rowOf[to]!]! += step; columnPotential[to]! -= step; } else least[to]! -= step;
    }
    column = next;
  } while (rowOf[column] !== 0);
  while (column !== 0) {
    const before = previous[column]!;
    rowOf[column] = rowOf[before]!;
    column = before;
  }
}
