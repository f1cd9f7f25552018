/** Where no border can be found, the detection is kept as a ball of the size that the network gave, and says so. */
import { indexToWorld, worldToIndex } from '../volume/geometry.ts';
import type { Vec3, Volume } from '../volume/types.ts';
import type { Polygon } from './contour.ts';
import type { LesionSlices, SliceAxes } from './lesion-slices.ts';
import { depthAt } from './lung-location.ts';
import type { LungMask } from './lung-mask.ts';
import type { Detection, Measurement } from './measure.ts';
import { coverBody, type IndexBox, type VoxelCover } from './voxel-cover.ts';

const unknownDiameterMm = 5;
const circlePoints = 32;

/** Voxels that the ball may touch; one of them at least. */
function boxAround({ geometry }: Volume, middle: Vec3, radiusMm: number): IndexBox {
  const limit = [geometry.columns, geometry.rows, geometry.slices] as const;
  const reach = (axis: 0 | 1 | 2): number => radiusMm / geometry.spacingMm[axis] + 1;
  const from = ([0, 1, 2] as const).map((axis) => Math.min(limit[axis] - 1, Math.max(0, Math.floor(middle[axis] - reach(axis)))));
  const to = ([0, 1, 2] as const).map((axis) => Math.max(from[axis] ?? 0, Math.min(limit[axis] - 1, Math.ceil(middle[axis] + reach(axis)))));
  const [i0 = 0, j0 = 0, k0 = 0] = from;
  const [i1 = 0, j1 = 0, k1 = 0] = to;
  return { start: [i0, j0, k0], size: [i1 - i0 + 1, j1 - j0 + 1, k1 - k0 + 1] };
}

/** Sample points of a ball lie this close, mm. */
const stepMm = 0.25;

function ballVoxels({ geometry }: Volume, [cx, cy, cz]: Vec3, radiusMm: number, box: IndexBox): VoxelCover {
  return coverBody(geometry, box, (x, y, z) => (x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2 <= radiusMm ** 2, stepMm);
}

function circle(volume: Volume, middle: Vec3, radiusMm: number): Polygon {
  const { spacingMm } = volume.geometry;
  return Array.from({ length: circlePoints }, (_, n) => {
    const angle = (2 * Math.PI * n) / circlePoints;
    return [middle[0] + (radiusMm * Math.cos(angle)) / spacingMm[0], middle[1] + (radiusMm * Math.sin(angle)) / spacingMm[1]];
  }).flat();
}

function ballSlices(volume: Volume, centre: Vec3, radiusMm: number): LesionSlices {
  const { geometry } = volume;
  const middle = worldToIndex(geometry, centre);
  const box = boxAround(volume, middle, radiusMm);
  const slice = Math.min(geometry.slices - 1, Math.max(0, Math.round(middle[2])));
  const outlines = new Map<number, readonly Polygon[]>();
  for (let k = box.start[2]; k < box.start[2] + box.size[2]; k++) {
    const awayMm = Math.abs(k - middle[2]) * geometry.spacingMm[2];
    const crossMm = Math.sqrt(Math.max(0, radiusMm ** 2 - awayMm ** 2));
    if (crossMm > 0 || k === slice) outlines.set(k, [circle(volume, middle, Math.max(0.5, crossMm))]);
  }
  const end = (di: number, dj: number): Vec3 => indexToWorld(geometry, [middle[0] + (di * radiusMm) / geometry.spacingMm[0], middle[1] + (dj * radiusMm) / geometry.spacingMm[1], slice]);
  const axes: SliceAxes = {
    slice,
    areaMm2: Math.PI * radiusMm ** 2,
    longMm: 2 * radiusMm,
    shortMm: 2 * radiusMm,
    longWorld: [end(-1, 0), end(1, 0)],
    shortWorld: [end(0, -1), end(0, 1)],
  };
  return { box, outlines, axes };
}

/** A measurement that carries the note 'not-segmented': position as detected, size only as the network guessed it. */
export function ballMeasurement(volume: Volume, lungs: LungMask, { worldPoint, diameterMm = unknownDiameterMm }: Detection): Measurement {
  const slices = ballSlices(volume, worldPoint, diameterMm / 2);
  const { mask, volumeMm3 } = ballVoxels(volume, worldPoint, diameterMm / 2, slices.box);
  const [i, j, k] = worldToIndex(volume.geometry, worldPoint).map(Math.round);
  const { columns, rows } = volume.geometry;
  const centreHU = volume.hu[((k ?? 0) * rows + (j ?? 0)) * columns + (i ?? 0)] ?? -1024;
  return {
    worldPoint,
    volumeMm3,
    meanHU: centreHU,
    type: centreHU < -300 ? 'ground-glass' : 'solid',
    distanceToPleuraMm: Math.max(0, depthAt(lungs, worldPoint) - diameterMm / 2),
    slices,
    mask,
    notes: ['not-segmented'],
  };
}
