/** Balls in even lung, blurred as a scanner would, on any grid; and a lung mask that is lung everywhere. */
import type { LungMask } from '../../src/findings/lung-mask.ts';
import { indexToWorld, worldBounds } from '../../src/volume/geometry.ts';
import { gridOver, voxelCount } from '../../src/volume/lps-grid.ts';
import type { Vec3, Volume, VolumeGeometry } from '../../src/volume/types.ts';
import { distance } from '../../src/volume/vec3.ts';

export interface Ball {
  readonly centre: Vec3;
  readonly diameterMm: number;
  readonly hu: number;
}

export const lungHU = -850;
/** Standard deviation of the point spread, mm. */
const blurMm = 0.55;

/** Error function, Abramowitz and Stegun 7.1.26: 1.5e-7 at worst. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const y = 1 - ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-x * x);
  return Math.sign(x) * y;
}

export function geometryOf(change: Partial<VolumeGeometry> = {}): VolumeGeometry {
  return {
    columns: 90, rows: 84, slices: 64, origin: [-30, -28, -32],
    columnDirection: [1, 0, 0], rowDirection: [0, 1, 0], sliceDirection: [0, 0, 1],
    spacingMm: [0.68, 0.68, 1], frameOfReferenceUID: '1.2.3', ...change,
  };
}

/** Later balls lie over earlier ones. `noiseHU` is the standard deviation of white noise, the same each time. */
export function ballVolume(balls: readonly Ball[], geometry: VolumeGeometry = geometryOf(), noiseHU = 0): Volume {
  const { columns, rows, slices } = geometry;
  const hu = new Int16Array(columns * rows * slices);
  let state = 1;
  const random = (): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
  for (let k = 0, n = 0; k < slices; k++) {
    for (let j = 0; j < rows; j++) {
      for (let i = 0; i < columns; i++, n++) {
        const world = indexToWorld(geometry, [i, j, k]);
        let value = lungHU;
        for (const { centre, diameterMm, hu: inside } of balls) {
          const away = distance(world, centre);
          if (away > diameterMm / 2 + 3) continue;
          const share = 0.5 * (1 + erf((diameterMm / 2 - away) / (blurMm * Math.SQRT2)));
          value += (inside - value) * share;
        }
        const noise = noiseHU === 0 ? 0 : noiseHU * Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
        hu[n] = Math.round(value + noise);
      }
    }
  }
  const imagePositionPatient = (k: number): Vec3 => indexToWorld(geometry, [0, 0, k]);
  return { geometry, hu, slices: Array.from({ length: slices }, (_, k) => ({ sopInstanceUID: `1.2.3.${k}`, sopClassUID: '1.2', imagePositionPatient: imagePositionPatient(k) })) };
}

export function lungEverywhere(volume: Volume): LungMask {
  const [low, high] = worldBounds(volume.geometry);
  const grid = gridOver(low, high, [2.5, 2.5, 2.5]);
  const count = voxelCount(grid);
  return { grid, labels: new Uint8Array(count).fill(1), depthMm: new Float32Array(count).fill(50), rightMl: 2000, leftMl: 0, meanHU: lungHU, topAreaCm2: 0, bottomAreaCm2: 0, box: [low, high] };
}

export const ballVolumeMm3 = (diameterMm: number): number => (Math.PI / 6) * diameterMm ** 3;
