/** Small linear systems. */

/** Solves a symmetric positive system by Gaussian elimination with pivoting; undefined when it is singular. */
export function solveSymmetric(matrix: readonly (readonly number[])[], right: readonly number[]): readonly number[] | undefined {
  const size = right.length;
  const rows = matrix.map((row, n) => [...row, right[n] ?? 0]);
  for (let column = 0; column < size; column++) {
    const pivot = rows.slice(column).reduce((best, row, n) => (Math.abs(row[column] ?? 0) > Math.abs(rows[best]?.[column] ?? 0) ? column + n : best), column);
    const top = rows[pivot];
    const current = rows[column];
    if (!top || !current || Math.abs(top[column] ?? 0) < 1e-12) return undefined;
    rows[pivot] = current;
    rows[column] = top;
    for (let n = column + 1; n < size; n++) {
      const row = rows[n];
      if (!row) continue;
      const factor = (row[column] ?? 0) / (top[column] ?? 1);
      for (let m = column; m <= size; m++) row[m] = (row[m] ?? 0) - factor * (top[m] ?? 0);
    }
  }
  const solution = new Array<number>(size).fill(0);
  for (let n = size - 1; n >= 0; n--) {
    const row = rows[n] ?? [];
    let sum = row[size] ?? 0;
    for (let m = n + 1; m < size; m++) sum -= (row[m] ?? 0) * (solution[m] ?? 0);
    solution[n] = sum / (row[n] ?? 1);
  }
  return solution;
}
