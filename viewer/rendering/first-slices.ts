/** The slices to load, those asked for first and then outwards from the middle. */
export function firstSlices(count: number, wanted: readonly number[], limit: number): readonly number[] {
  const middle = Math.floor(count / 2);
  const outwards = Array.from({ length: count }, (_, at) => at).toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle) || b - a);
  return [...new Set([middle, ...wanted.filter((at) => at >= 0 && at < count), ...outwards].filter((at) => at >= 0 && at < count))].slice(0, limit);
}
