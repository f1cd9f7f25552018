import type { Point3 } from '../rendering/slice-images.ts';

const letters: readonly (readonly [positive: string, negative: string])[] = [['L', 'R'], ['P', 'A'], ['H', 'F']];
/** A second letter tells an oblique direction; below about 17 degrees it would only confuse. */
const oblique = 0.3;

/** The patient side a direction (LPS) points to: L, R, A, P, H, F or two of them (PS3.3 C.7.6.1.1.1). */
export function sideOf(direction: Point3): string {
  return [0, 1, 2]
    .map((axis) => ({ axis, size: Math.abs(direction[axis as 0 | 1 | 2]) }))
    .filter((each) => each.size > oblique)
    .toSorted((a, b) => b.size - a.size)
    .slice(0, 2)
    .map(({ axis }) => letters[axis]?.[direction[axis as 0 | 1 | 2] > 0 ? 0 : 1] ?? '')
    .join('');
}

/** A round length in mm whose bar is at most `maxPixels` long. */
export function scaleBarLength(pixelsPerMm: number, maxPixels: number): number {
  const lengths = [200, 100, 50, 20, 10, 5, 2, 1];
  return lengths.find((length) => length * pixelsPerMm <= maxPixels) ?? 1;
}
