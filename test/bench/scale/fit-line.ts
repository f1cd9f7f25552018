/** A straight line through measured points, and how far they scatter around it. */
export interface Line {
  readonly base: number;
  readonly slope: number;
  /** Standard deviation of the logarithm of measured over fitted. */
  readonly logSigma: number;
}

/** Least squares; at least two different `x`. */
export function fitLine(points: readonly (readonly [x: number, y: number])[]): Line {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const slope = mean(points.map(([x, y]) => (x - meanX) * (y - meanY))) / mean(points.map(([x]) => (x - meanX) ** 2));
  const base = meanY - slope * meanX;
  const logSigma = Math.sqrt(mean(points.map(([x, y]) => Math.log(y / (base + slope * x)) ** 2)));
  return { base, slope, logSigma };
}
