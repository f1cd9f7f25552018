/** A nodule whose axes a person drew on one image: no outline and no volume, everything else from the images. */
import { depthAt, lateralityAt, lobeAt } from '../findings/lung-location.ts';
import type { WorldPoint } from '../findings/types.ts';
import { indexToWorld, worldToIndex } from '../volume/geometry.ts';
import type { Vec3 } from '../volume/types.ts';
import { add, distance, dot, scale, subtract } from '../volume/vec3.ts';
import { imageAt, roundPoint } from './build-finding.ts';
import { isInside, type MeasuredPoint } from './measure-point.ts';
import type { PreparedSeries } from './prepare-series.ts';
import { round } from './round.ts';

export type Axis = readonly [WorldPoint, WorldPoint];

const solidHU = -300;
const calcifiedHU = 200;

/** Mean HU within the ellipse of both axes on the slice of their middle; rectangular sampling at half millimetres. */
function meanWithin({ volume: { geometry, hu } }: PreparedSeries, middle: Vec3, long: Axis, shortMm: number): number {
  const along = subtract(long[1], long[0]);
  const longMm = Math.hypot(...along);
  const u = scale(along, 1 / longMm);
  const { columnDirection, rowDirection } = geometry;
  // Perpendicular to the long axis within the image plane.
  const v = subtract(scale(rowDirection, dot(u, columnDirection)), scale(columnDirection, dot(u, rowDirection)));
  let sum = 0;
  let count = 0;
  for (let a = -longMm / 2; a <= longMm / 2; a += 0.5) {
    for (let b = -shortMm / 2; b <= shortMm / 2; b += 0.5) {
      if ((2 * a / longMm) ** 2 + (2 * b / shortMm) ** 2 > 1) continue;
      const [i, j, k] = worldToIndex(geometry, add(middle, add(scale(u, a), scale(v, b)))).map(Math.round) as [number, number, number];
      if (!isInside(geometry, [i, j, k])) continue;
      sum += hu[(k * geometry.rows + j) * geometry.columns + i] as number;
      count++;
    }
  }
  return count === 0 ? -1024 : sum / count;
}

/** Undefined when the axes lie outside the images. One axis alone stands for both and says so. */
export function measureAxes(series: PreparedSeries, longAxisWorld: Axis, shortAxisWorld?: Axis): MeasuredPoint | undefined {
  const { volume, lungs } = series;
  const { geometry } = volume;
  const lengthOf = ([from, to]: Axis): number => distance(from, to);
  const drawn = shortAxisWorld === undefined ? [longAxisWorld] : [longAxisWorld, shortAxisWorld].sort((a, b) => lengthOf(b) - lengthOf(a));
  const long = drawn[0] ?? longAxisWorld;
  const short = drawn[1] ?? long;
  const middle = scale(add(long[0], long[1]), 0.5);
  const index = worldToIndex(geometry, middle);
  if (![...long, ...short].every((point) => isInside(geometry, worldToIndex(geometry, point)))) return undefined;
  const slice = Math.min(geometry.slices - 1, Math.max(0, Math.round(index[2])));
  const onSlice = indexToWorld(geometry, [index[0], index[1], slice]);
  const image = imageAt(volume, slice);
  const meanHU = meanWithin(series, onSlice, long, lengthOf(short));
  const laterality = lateralityAt(lungs, middle);
  const lobe = lobeAt(lungs, middle, laterality, series.lungsComplete);
  const [longAxisMm, shortAxisMm] = [round(lengthOf(long), 2), round(lengthOf(short), 2)];
  const ends = (axis: Axis): Axis => [roundPoint(axis[0]), roundPoint(axis[1])];
  return {
    values: {
      worldPoint: roundPoint(middle),
      diameterMm: round((longAxisMm + shortAxisMm) / 2, 2),
      longAxisMm,
      shortAxisMm,
      volumeMm3: 0,
      meanHU: Math.round(meanHU),
      type: meanHU < solidHU ? 'ground-glass' : meanHU > calcifiedHU ? 'calcified' : 'solid',
      laterality,
      ...(lobe && { lobe }),
      distanceToPleuraMm: round(Math.max(0, depthAt(lungs, middle) - longAxisMm / 2), 1),
      sliceInstanceUID: image?.sopInstanceUID ?? '',
      ...(image?.frameNumber !== undefined && { sliceFrameNumber: image.frameNumber }),
      longAxisWorld: ends(long),
      shortAxisWorld: ends(short),
      outlines: [],
      notes: ['axes-drawn', ...(shortAxisWorld === undefined ? ['one-axis'] : [])],
    },
  };
}
