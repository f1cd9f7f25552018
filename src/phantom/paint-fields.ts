import type { Slab } from './paint.ts';
import type { PhantomFields, PhantomScene } from './types.ts';
import { sampleField } from './lattice.ts';

const air = -1000;

/** Fills a slab with the smooth anatomy of the scene: skin, fat, muscle, mediastinum, lungs, fissures. */
export function paintFields(slab: Slab, scene: PhantomScene): void {
  const aligned = Math.abs(Math.abs(slab.columnDirection[0]) - 1) < 1e-9;
  for (let k = 0; k < slab.slices; k++) {
    for (let j = 0; j < slab.rows; j++) {
      if (aligned) paintAlignedRow(slab, scene, j, k);
      else paintRow(slab, scene, j, k);
    }
  }
}

function paintRow(slab: Slab, scene: PhantomScene, j: number, k: number): void {
  const { lattice, fields } = scene;
  const [di, dj, dk] = [slab.columnDirection, slab.rowDirection, slab.sliceDirection];
  const [si, sj, sk] = slab.spacingMm;
  let at = (k * slab.rows + j) * slab.columns;
  for (let i = 0; i < slab.columns; i++, at++) {
    const x = slab.origin[0] + i * si * di[0] + j * sj * dj[0] + k * sk * dk[0];
    const y = slab.origin[1] + i * si * di[1] + j * sj * dj[1] + k * sk * dk[1];
    const z = slab.origin[2] + i * si * di[2] + j * sj * dj[2] + k * sk * dk[2];
    const body = sampleField(lattice, fields.body, x, y, z);
    if (body < -si) {
      slab.hu[at] = air;
      continue;
    }
    const lung = sampleField(lattice, fields.lung, x, y, z);
    const soft = sampleField(lattice, fields.soft, x, y, z);
    let oblique = 100;
    let horizontal = 100;
    let parenchyma = 0;
    if (lung > -si) {
      parenchyma = sampleField(lattice, fields.parenchyma, x, y, z);
      oblique = sampleField(lattice, fields.oblique, x, y, z);
      horizontal = sampleField(lattice, fields.horizontal, x, y, z);
    }
    slab.hu[at] = compose(body, lung, soft, parenchyma, oblique, horizontal, si, scene.fissureThicknessMm);
  }
}

/** One voxel of the smooth anatomy; every edge is blended over `width` mm. */
function compose(
  body: number, lung: number, soft: number, parenchyma: number, oblique: number, horizontal: number, width: number, sheet: number,
): number {
  let hu = soft;
  let share = 0.5 + lung / width;
  if (share > 0) {
    if (share > 1) share = 1;
    hu += (parenchyma - hu) * share;
    const nearest = Math.min(Math.abs(oblique), Math.abs(horizontal));
    if (nearest < width) hu += (-60 - hu) * share * Math.min((sheet / width) * (1 - nearest / width), 1);
  }
  let inside = 0.5 + body / width;
  if (inside < 1) {
    if (inside < 0) inside = 0;
    hu = air + (hu - air) * inside;
  }
  return hu;
}

/** Rows along the lattice's x axis: the y and z interpolation is done once per lattice column. */
function paintAlignedRow(slab: Slab, scene: PhantomScene, j: number, k: number): void {
  const { lattice, fields } = scene;
  const [nx, ny, nz] = lattice.size;
  const s = lattice.spacingMm;
  const width = slab.spacingMm[0];
  const start = (k * slab.rows + j) * slab.columns;
  const sj = j * slab.spacingMm[1];
  const sk = k * slab.spacingMm[2];
  const y = slab.origin[1] + sj * slab.rowDirection[1] + sk * slab.sliceDirection[1];
  const z = slab.origin[2] + sj * slab.rowDirection[2] + sk * slab.sliceDirection[2];
  const fy = Math.min(Math.max((y - lattice.origin[1]) / s, 0), ny - 1.001);
  const fz = Math.min(Math.max((z - lattice.origin[2]) / s, 0), nz - 1.001);
  const jy = Math.floor(fy);
  const kz = Math.floor(fz);
  const v = fy - jy;
  const w = fz - kz;
  const p = (kz * ny + jy) * nx;
  const q = p + nx * ny;
  const profiles = profileBuffers(nx);
  const fill = (name: keyof PhantomFields, out: Float32Array): void => {
    const field = fields[name];
    const a = (1 - v) * (1 - w);
    const b = v * (1 - w);
    const c = (1 - v) * w;
    const d = v * w;
    for (let i = 0; i < nx; i++) out[i] = field[p + i]! * a + field[p + nx + i]! * b + field[q + i]! * c + field[q + nx + i]! * d;
  };
  const [bodyP, lungP, softP, parenchymaP, obliqueP, horizontalP] = profiles;
  fill('body', bodyP);
  let any = false;
  for (let i = 0; i < nx && !any; i++) any = bodyP[i]! > -width;
  if (!any) {
    slab.hu.fill(air, start, start + slab.columns);
    return;
  }
  fill('lung', lungP);
  fill('soft', softP);
  let lungHere = false;
  for (let i = 0; i < nx && !lungHere; i++) lungHere = lungP[i]! > -width;
  if (lungHere) {
    fill('parenchyma', parenchymaP);
    fill('oblique', obliqueP);
    fill('horizontal', horizontalP);
  }
  const step = (slab.spacingMm[0] * slab.columnDirection[0]) / s;
  let fx = (slab.origin[0] + sj * slab.rowDirection[0] + sk * slab.sliceDirection[0] - lattice.origin[0]) / s;
  const sheet = scene.fissureThicknessMm;
  for (let i = 0; i < slab.columns; i++, fx += step) {
    if (fx < 0 || fx >= nx - 1) {
      slab.hu[start + i] = air;
      continue;
    }
    const n = Math.floor(fx);
    const u = fx - n;
    const body = bodyP[n]! + (bodyP[n + 1]! - bodyP[n]!) * u;
    if (body < -width) {
      slab.hu[start + i] = air;
      continue;
    }
    const lung = lungP[n]! + (lungP[n + 1]! - lungP[n]!) * u;
    const soft = softP[n]! + (softP[n + 1]! - softP[n]!) * u;
    if (lung < -width) {
      slab.hu[start + i] = body > width ? soft : compose(body, lung, soft, 0, 100, 100, width, sheet);
      continue;
    }
    slab.hu[start + i] = compose(
      body, lung, soft, parenchymaP[n]! + (parenchymaP[n + 1]! - parenchymaP[n]!) * u,
      obliqueP[n]! + (obliqueP[n + 1]! - obliqueP[n]!) * u, horizontalP[n]! + (horizontalP[n + 1]! - horizontalP[n]!) * u, width, sheet,
    );
  }
}

type Profiles = readonly [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
let buffers: Profiles | undefined;

function profileBuffers(nx: number): Profiles {
  if (!buffers || buffers[0].length < nx) {
    const make = (): Float32Array => new Float32Array(nx);
    buffers = [make(), make(), make(), make(), make(), make()];
  }
  return buffers;
}
