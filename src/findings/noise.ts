/** Image noise, for the record of quality. */
import type { Volume } from '../volume/types.ts';

/** Soft tissue lies between these, HU; fat and vessels with contrast are left out. */
const softTissueHU = [-20, 120] as const;

/** Median standard deviation (HU) of 5 x 5 pixels that lie in soft tissue; undefined where there is none. */
export function softTissueNoiseHU({ hu, geometry: { columns, rows, slices } }: Volume): number | undefined {
  const deviations: number[] = [];
  for (let k = 0; k < slices; k += Math.max(1, Math.floor(slices / 12))) {
    for (let j = 2; j < rows - 2; j += 6) {
      for (let i = 2; i < columns - 2; i += 6) {
        let sum = 0;
        let squares = 0;
        for (let dj = -2; dj <= 2; dj++) {
          for (let di = -2; di <= 2; di++) {
            const value = hu[(k * rows + j + dj) * columns + i + di] as number;
            sum += value;
            squares += value * value;
          }
        }
        const mean = sum / 25;
        if (mean < softTissueHU[0] || mean > softTissueHU[1]) continue;
        deviations.push(Math.sqrt(Math.max(0, (squares - 25 * mean * mean) / 24)));
      }
    }
  }
  if (deviations.length < 50) return undefined;
  deviations.sort((a, b) => a - b);
  return deviations[Math.floor(deviations.length / 2)];
}
