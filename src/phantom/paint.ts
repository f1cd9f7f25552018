import type { Vec3 } from '../volume/types.ts';
import type { Capsule, PhantomGrid, PhantomScene, PlacedNodule } from './types.ts';
import { sampleField } from './lattice.ts';
import { noduleDistance } from './nodule-shape.ts';

/** Part of a grid: `slices` consecutive (sub)slices from `origin`, in float HU. */
export interface Slab extends PhantomGrid {
  readonly hu: Float32Array;
}

/** HU that 'max' shapes fade into at their rim. */
const background = -880;

interface Frame { readonly i: Vec3; readonly j: Vec3; readonly k: Vec3 }

const steps = (grid: PhantomGrid): Frame => {
  const by = (direction: Vec3, s: number): Vec3 => [direction[0] * s, direction[1] * s, direction[2] * s];
  return { i: by(grid.columnDirection, grid.spacingMm[0]), j: by(grid.rowDirection, grid.spacingMm[1]), k: by(grid.sliceDirection, grid.spacingMm[2]) };
};

/** Index box of a ball; undefined when it misses the slab. */
function indexBox(grid: PhantomGrid, centre: Vec3, radius: number): readonly [number, number, number, number, number, number] | undefined {
  const dx = centre[0] - grid.origin[0];
  const dy = centre[1] - grid.origin[1];
  const dz = centre[2] - grid.origin[2];
  const range = (d: Vec3, s: number, n: number): readonly [number, number] => {
    const at = (dx * d[0] + dy * d[1] + dz * d[2]) / s;
    return [Math.max(Math.ceil(at - radius / s), 0), Math.min(Math.floor(at + radius / s), n - 1)];
  };
  const [k0, k1] = range(grid.sliceDirection, grid.spacingMm[2], grid.slices);
  if (k0 > k1) return undefined;
  const [j0, j1] = range(grid.rowDirection, grid.spacingMm[1], grid.rows);
  const [i0, i1] = range(grid.columnDirection, grid.spacingMm[0], grid.columns);
  return i0 > i1 || j0 > j1 ? undefined : [i0, i1, j0, j1, k0, k1];
}

/** Index box of a tube: each axis on its own, which is much tighter than a ball around it. */
function tubeBox(grid: PhantomGrid, c: Capsule, margin: number): readonly [number, number, number, number, number, number] | undefined {
  const o = grid.origin;
  const stretch = c.stretchZ ?? 1;
  const range = (d: Vec3, s: number, n: number): readonly [number, number] => {
    const grow = Math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2] * stretch * stretch);
    const ra = (c.radiusA * grow + margin) / s;
    const rb = (c.radiusB * grow + margin) / s;
    const a = ((c.a[0] - o[0]) * d[0] + (c.a[1] - o[1]) * d[1] + (c.a[2] - o[2]) * d[2]) / s;
    const b = ((c.b[0] - o[0]) * d[0] + (c.b[1] - o[1]) * d[1] + (c.b[2] - o[2]) * d[2]) / s;
    return [Math.max(Math.ceil(Math.min(a - ra, b - rb)), 0), Math.min(Math.floor(Math.max(a + ra, b + rb)), n - 1)];
  };
  const [k0, k1] = range(grid.sliceDirection, grid.spacingMm[2], grid.slices);
  if (k0 > k1) return undefined;
  const [j0, j1] = range(grid.rowDirection, grid.spacingMm[1], grid.rows);
  if (j0 > j1) return undefined;
  const [i0, i1] = range(grid.columnDirection, grid.spacingMm[0], grid.columns);
  return i0 > i1 ? undefined : [i0, i1, j0, j1, k0, k1];
}

/** Paints one tube; edges are blended over one voxel, tubes thinner than that keep their mass. */
export function paintCapsule(slab: Slab, scene: PhantomScene, c: Capsule): void {
  const width = slab.spacingMm[0];
  const box = tubeBox(slab, c, width);
  if (!box) return;
  const { i: di, j: dj, k: dk } = steps(slab);
  const [i0, i1, j0, j1, k0, k1] = box;
  const inverse = 1 / (c.stretchZ ?? 1);
  const ux = c.b[0] - c.a[0];
  const uy = c.b[1] - c.a[1];
  const uz = (c.b[2] - c.a[2]) * inverse;
  const inverseLength = 1 / Math.max(ux * ux + uy * uy + uz * uz, 1e-9);
  const { hu: volume, columns, rows } = slab;
  const over = c.blend === 'over';
  const core = c.core;
  const taper = c.radiusB - c.radiusA;
  const widest = Math.max(c.radiusA, c.radiusB) + 0.5 * width;
  const reach = Math.max(widest, width) ** 2;
  for (let k = k0; k <= k1; k++) {
    for (let j = j0; j <= j1; j++) {
      let px = slab.origin[0] + i0 * di[0] + j * dj[0] + k * dk[0] - c.a[0];
      let py = slab.origin[1] + i0 * di[1] + j * dj[1] + k * dk[1] - c.a[1];
      let pz = slab.origin[2] + i0 * di[2] + j * dj[2] + k * dk[2] - c.a[2];
      let at = (k * rows + j) * columns + i0;
      for (let i = i0; i <= i1; i++, at++, px += di[0], py += di[1], pz += di[2]) {
        const qz = pz * inverse;
        let t = (px * ux + py * uy + qz * uz) * inverseLength;
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        const ex = px - t * ux;
        const ey = py - t * uy;
        const ez = qz - t * uz;
        const square = ex * ex + ey * ey + ez * ez;
        if (square > reach) continue;
        const distance = Math.sqrt(square);
        const radius = c.radiusA + taper * t;
        let share = radius < 0.5 * width ? (1 - distance / width) * ((radius * radius * 3) / (width * width)) : 0.5 + (radius - distance) / width;
        if (share <= 0) continue;
        if (share > 1) share = 1;
        if (c.outsideLung === true) {
          share *= Math.min(Math.max(0.5 - sampleField(scene.lattice, scene.fields.lung, px + c.a[0], py + c.a[1], pz + c.a[2]) / width, 0), 1);
        }
        let hu = c.hu;
        if (core) {
          let inner = 0.5 + (radius - core.insetMm - distance) / width;
          inner = inner < 0 ? 0 : inner > 1 ? 1 : inner;
          hu += (core.hu - hu) * inner;
        }
        if (over) volume[at]! += (hu - volume[at]!) * share;
        else {
          const value = background + (hu - background) * share;
          if (value > volume[at]!) volume[at] = value;
        }
      }
    }
  }
}

/** Paints a nodule's body where it lies inside the lung, and its spicules. */
export function paintNodule(slab: Slab, scene: PhantomScene, nodule: PlacedNodule): void {
  for (const spicule of nodule.spicules) paintCapsule(slab, scene, spicule);
  const { shape } = nodule;
  const box = indexBox(slab, shape.centre, shape.boundMm + 1);
  if (!box) return;
  const { i: di, j: dj, k: dk } = steps(slab);
  const [i0, i1, j0, j1, k0, k1] = box;
  const width = slab.spacingMm[0];
  const rim = Math.max(width, shape.softRimMm);
  const { hu: volume, columns, rows } = slab;
  for (let k = k0; k <= k1; k++) {
    for (let j = j0; j <= j1; j++) {
      let at = (k * rows + j) * columns + i0;
      for (let i = i0; i <= i1; i++, at++) {
        const x = slab.origin[0] + i * di[0] + j * dj[0] + k * dk[0];
        const y = slab.origin[1] + i * di[1] + j * dj[1] + k * dk[1];
        const z = slab.origin[2] + i * di[2] + j * dj[2] + k * dk[2];
        const f = noduleDistance(shape, x, y, z);
        if (f < -rim) continue;
        let share = Math.min(Math.max(0.5 + f / rim, 0), 1);
        if (share <= 0) continue;
        if (shape.clippedByLung) share *= Math.min(Math.max(0.5 + sampleField(scene.lattice, scene.fields.lung, x, y, z) / width, 0), 1);
        if (share <= 0) continue;
        const before = volume[at]!;
        let hu = shape.hu;
        if (shape.mottleHU > 0) hu += shape.mottleHU * Math.sin(1.3 * x + 0.7 * y) * Math.sin(1.1 * y - 0.9 * z + 0.5 * x) * Math.sin(1.7 * z + 0.3 * x);
        for (const core of shape.cores) {
          const d = Math.sqrt((x - shape.centre[0] - core.centre[0]) ** 2 + (y - shape.centre[1] - core.centre[1]) ** 2 + (z - shape.centre[2] - core.centre[2]) ** 2);
          const inner = Math.min(Math.max(0.5 + (core.radius - d) / width, 0), 1);
          if (inner > 0) hu += (core.hu - hu) * inner;
        }
        // A vessel inside ground glass stays visible; a dense nodule hides it.
        const value = before + (hu - before) * share;
        volume[at] = hu < -200 && before > hu ? before : value;
      }
    }
  }
}
