/** Hounsfield units to tensor values, by table. */
import type { Intensity } from '../manifest/input.ts';

/** Volumes hold values from here … */
const lowestHU = -1024;
/** … to here. */
const entries = 4096;

function valueOf(intensity: Intensity, hu: number): number {
  const [low, high] = intensity.clipHU;
  const clipped = Math.min(high, Math.max(low, hu));
  if (intensity.kind === 'standardize') return (clipped - intensity.meanHU) / intensity.deviationHU;
  const [from, to] = intensity.scaleTo;
  const part = (clipped - low) / (high - low);
  const { levels } = intensity;
  return from + (to - from) * (levels === undefined ? part : Math.floor(part * (levels - 1)) / (levels - 1));
}

/** The tensor value of each Hounsfield unit; values beyond the table are those of its ends. */
export function intensityTable(intensity: Intensity): (hu: number) => number {
  const table = Float32Array.from({ length: entries }, (_, n) => valueOf(intensity, n + lowestHU));
  return (hu) => table[hu < lowestHU ? 0 : hu >= lowestHU + entries ? entries - 1 : hu - lowestHU] as number;
}

/** One table for each channel. */
export function intensityTables(intensity: Intensity | readonly Intensity[]): readonly ((hu: number) => number)[] {
  return ('kind' in intensity ? [intensity] : intensity).map(intensityTable);
}
