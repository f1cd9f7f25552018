/** Stored values to Hounsfield units (PS3.3 C.11.1.1.2). */
export const lowestHU = -1024;
export const highestHU = 3071;

export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
  /** Stored values from lowest to highest that stand for "no data". */
  readonly padding?: readonly [number, number];
}

/**
 * Writes slope * stored + intercept, clamped to [-1024, 3071]; padding becomes -1024.
 * Neither a window nor MONOCHROME1 changes what a stored value means: both are about display.
 */
export function storedToHU(stored: ArrayLike<number>, rescale: Rescale, out: Int16Array): void {
  const { slope, intercept } = rescale;
  const [low, high] = rescale.padding ?? [1, 0];
  for (let n = 0; n < out.length; n++) {
    const value = stored[n] as number;
    const hu = value >= low && value <= high ? lowestHU : Math.round(value * slope + intercept);
    out[n] = hu < lowestHU ? lowestHU : hu > highestHU ? highestHU : hu;
  }
}
