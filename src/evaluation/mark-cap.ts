import type { PointTable } from './point-table.ts';

/** The official limit of marks per scan. */
export const officialMaxMarks = 100;

/**
 * The marks of one series that count, in file order. With more than `maxMarks` of them, those above the probability of
 * the one after the last allowed: ties at the cut are all dropped, so that fewer than `maxMarks` may be left, even none.
 * 0 means no limit.
 */
export function capMarks(marks: PointTable, series: number, maxMarks: number): Int32Array {
  const all = marks.order.subarray(marks.start[series], marks.start[series + 1]);
  if (maxMarks === 0 || all.length <= maxMarks) return all;
  const ascending = Float64Array.from(all, (mark) => marks.value[mark]!).sort();
  const threshold = ascending[ascending.length - 1 - maxMarks]!;
  return all.filter((mark) => marks.value[mark]! > threshold);
}
