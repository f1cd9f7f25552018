/** What a person points at, measured as the AI's findings are: outline, axes, volume and type of the nodule there. */
import { measureNodule } from '../findings/measure.ts';
import { indexToWorld, worldToIndex } from '../volume/geometry.ts';
import type { MaskBox, Vec3, VolumeGeometry } from '../volume/types.ts';
import { distance } from '../volume/vec3.ts';
import { measuredValues, type MeasuredValues } from './build-finding.ts';
import type { PreparedSeries } from './prepare-series.ts';

export interface MeasuredPoint {
  readonly values: MeasuredValues;
  readonly mask?: MaskBox;
}

/** A border farther than this from the point is of something else, mm. */
const reachMm = 4;

export function isInside({ columns, rows, slices }: VolumeGeometry, [i, j, k]: Vec3): boolean {
  return i >= -0.5 && j >= -0.5 && k >= -0.5 && i <= columns - 0.5 && j <= rows - 0.5 && k <= slices - 0.5;
}

function centroid({ volume: { geometry } }: PreparedSeries, { start, size, data }: MaskBox): Vec3 | undefined {
  const sum: [number, number, number] = [0, 0, 0];
  let voxels = 0;
  for (let n = 0; n < data.length; n++) {
    if (data[n] !== 1) continue;
    sum[0] += n % size[0];
    sum[1] += Math.floor(n / size[0]) % size[1];
    sum[2] += Math.floor(n / (size[0] * size[1]));
    voxels++;
  }
  return voxels === 0 ? undefined : indexToWorld(geometry, [start[0] + sum[0] / voxels, start[1] + sum[1] / voxels, start[2] + sum[2] / voxels]);
}

/** From a voxel of the mask to the point, mm; the least. */
function awayMm({ volume: { geometry } }: PreparedSeries, { start, size, data }: MaskBox, point: Vec3): number {
  let least = Infinity;
  for (let n = 0; n < data.length; n++) {
    if (data[n] !== 1) continue;
    const index: Vec3 = [start[0] + n % size[0], start[1] + Math.floor(n / size[0]) % size[1], start[2] + Math.floor(n / (size[0] * size[1]))];
    least = Math.min(least, distance(indexToWorld(geometry, index), point));
  }
  return least;
}

/**
 * The nodule at a point; undefined when nothing there has a border. A second pass from the middle of what was found
 * makes the answer the same wherever in the nodule the point was.
 */
export function measurePoint(series: PreparedSeries, worldPoint: Vec3): MeasuredPoint | undefined {
  const { volume, lungs } = series;
  if (!isInside(volume.geometry, worldToIndex(volume.geometry, worldPoint))) return undefined;
  const first = measureNodule(volume, lungs, { worldPoint });
  const middle = first && centroid(series, first.mask);
  if (!first || !middle || awayMm(series, first.mask, worldPoint) > reachMm) return undefined;
  const { longMm, shortMm } = first.slices.axes;
  const second = measureNodule(volume, lungs, { worldPoint: middle, diameterMm: (longMm + shortMm) / 2 });
  const best = second && awayMm(series, second.mask, worldPoint) <= reachMm ? second : first;
  return { values: measuredValues(series, best), mask: best.mask };
}
