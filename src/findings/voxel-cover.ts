/**
 * A body on the scanner's own voxels, such that their sum is the body's volume: the segmentation that leaves the house
 * and the volume that the report states are then one number, for every reader of either.
 */
import { voxelSteps, voxelVolumeMm3 } from '../volume/geometry.ts';
import type { MaskBox, VolumeGeometry } from '../volume/types.ts';
import { length } from '../volume/vec3.ts';

export interface IndexBox {
  readonly start: readonly [number, number, number];
  readonly size: readonly [number, number, number];
}

/** Whether a point (LPS mm) lies in the body. */
export type Body = (x: number, y: number, z: number) => boolean;

export interface VoxelCover {
  readonly mask: MaskBox;
  /** The mask's voxels together; half a voxel beside the body's volume at most. */
  readonly volumeMm3: number;
}

/**
 * Index coordinates at which one axis of the box is sampled, voxel by voxel, at most `stepMm` apart. Half of an edge
 * voxel lies beyond the last centre, where no body is known: it counts as the edge does.
 */
function samplePositions(start: number, size: number, voxelMm: number, stepMm: number, last: number): readonly (readonly number[])[] {
  const count = Math.max(2, Math.ceil(voxelMm / stepMm));
  return Array.from({ length: size }, (_, voxel) => Array.from({ length: count }, (__, n) => Math.min(last, Math.max(0, start + voxel + (n + 0.5) / count - 0.5))));
}

interface Coverage {
  /** Sample points inside the body, by voxel of the box. */
  readonly inside: Uint16Array;
  readonly pointsPerVoxel: number;
}

function coverage(geometry: VolumeGeometry, { start, size }: IndexBox, body: Body, stepMm: number): Coverage {
  const steps = voxelSteps(geometry);
  const limit = [geometry.columns - 1, geometry.rows - 1, geometry.slices - 1] as const;
  const positions = (axis: 0 | 1 | 2): readonly (readonly number[])[] => samplePositions(start[axis], size[axis], length(steps[axis]), stepMm, limit[axis]);
  const [columns, rows, slices] = [positions(0), positions(1), positions(2)];
  const [[ix, iy, iz], [jx, jy, jz], [kx, ky, kz]] = steps;
  const [ox, oy, oz] = geometry.origin;
  const inside = new Uint16Array(size[0] * size[1] * size[2]);
  slices.forEach((ks, z) => {
    for (const k of ks) {
      rows.forEach((js, y) => {
        for (const j of js) {
          const [wx, wy, wz] = [ox + k * kx + j * jx, oy + k * ky + j * jy, oz + k * kz + j * jz];
          const base = (z * size[1] + y) * size[0];
          columns.forEach((is, x) => {
            for (const i of is) if (body(wx + i * ix, wy + i * iy, wz + i * iz)) inside[base + x] = (inside[base + x] as number) + 1;
          });
        }
      });
    }
  });
  return { inside, pointsPerVoxel: (columns[0]?.length ?? 1) * (rows[0]?.length ?? 1) * (slices[0]?.length ?? 1) };
}

/** Takes the `wanted` fullest voxels. One that is less than half full must touch one of those: specks are not strewn around a body. */
function takeFullest({ inside, pointsPerVoxel }: Coverage, [ni, nj, nk]: IndexBox['size'], wanted: number): Uint8Array {
  const [free, waiting, taken] = [0, 1, 2];
  const state = new Uint8Array(inside.length);
  /** By fullness. */
  const queues: number[][] = Array.from({ length: pointsPerVoxel + 1 }, () => []);
  let fullest = 0;
  const offer = (n: number): void => {
    const share = inside[n] as number;
    if (share === 0 || state[n] !== free) return;
    state[n] = waiting;
    queues[share]?.push(n);
    fullest = Math.max(fullest, share);
  };
  const order = [...inside.keys()].filter((n) => inside[n] !== 0).sort((a, b) => (inside[b] as number) - (inside[a] as number) || a - b);
  order.filter((n) => 2 * (inside[n] as number) >= pointsPerVoxel).forEach(offer);
  for (let count = 0; count < wanted;) {
    while (fullest > 0 && queues[fullest]?.length === 0) fullest--;
    if (fullest === 0) {
      const next = order.find((n) => state[n] === free);
      if (next === undefined) break;
      offer(next);
      continue;
    }
    const n = queues[fullest]?.pop() as number;
    state[n] = taken;
    count++;
    const [i, j, k] = [n % ni, Math.floor(n / ni) % nj, Math.floor(n / (ni * nj))];
    if (i > 0) offer(n - 1);
    if (i < ni - 1) offer(n + 1);
    if (j > 0) offer(n - ni);
    if (j < nj - 1) offer(n + ni);
    if (k > 0) offer(n - ni * nj);
    if (k < nk - 1) offer(n + ni * nj);
  }
  return state.map((value) => (value === taken ? 1 : 0));
}

/**
 * The voxels that stand for a body: as many as together have its volume, those that it fills most. At least one, the fullest, where the body touches the box at all.
 *
 * @param box must hold the body
 * @param stepMm how finely the body is sampled
 */
export function coverBody(geometry: VolumeGeometry, box: IndexBox, body: Body, stepMm: number): VoxelCover {
  const covered = coverage(geometry, box, body, stepMm);
  const points = covered.inside.reduce((sum, count) => sum + count, 0);
  const wanted = points === 0 ? 0 : Math.max(1, Math.round(points / covered.pointsPerVoxel));
  const data = takeFullest(covered, box.size, wanted);
  return { mask: { ...box, data }, volumeMm3: wanted * voxelVolumeMm3(geometry) };
}
